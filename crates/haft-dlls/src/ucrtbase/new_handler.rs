//! What is called when `new` finds no memory.

use haft_kernel::crt::main;
use haft_macros::export;

/// Sets the function that is called when there is no memory. (Microsoft: "_set_new_handler")
#[export(ucrtbase)]
fn _set_new_handler(pNewHandler: usize) -> usize {
    main::set_new_handler(pNewHandler)
}

/// Gives the function that is called when there is no memory. (Microsoft: "_query_new_handler")
#[export(ucrtbase)]
fn _query_new_handler() -> usize {
    main::new_handler()
}

/// Calls that function; 0 when there is none, or when it has none to give. (Microsoft: "_callnewh")
#[export(ucrtbase)]
fn _callnewh(size: usize) -> i32 {
    main::call_new_handler(size).into()
}

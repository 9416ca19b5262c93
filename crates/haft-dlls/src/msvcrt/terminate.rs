//! What C++ programs end by.

use haft_kernel::crt::terminate as ends;
use haft_macros::export;

/// Ends the program by its handler, or aborts. (Microsoft: "terminate (CRT)")
#[export(ucrtbase)]
fn terminate() -> ! {
    ends::terminate()
}

/// Sets what `terminate` calls in this thread. (Microsoft: "set_terminate (CRT)")
#[export(ucrtbase)]
fn set_terminate(termFunction: usize) -> usize {
    ends::set_handler(termFunction)
}

/// Gives what `terminate` calls in this thread. (Microsoft: "_get_terminate")
#[export(ucrtbase)]
fn _get_terminate() -> usize {
    ends::handler()
}

/// Ends the program because it called a function that no class has written. (Microsoft:
/// "_purecall")
#[export(msvcrt, ucrtbase, vcruntime140)]
fn _purecall() -> ! {
    ends::pure_call()
}

/// Sets what `_purecall` calls. (Microsoft: "_get_purecall_handler, _set_purecall_handler")
#[export(msvcrt, ucrtbase)]
fn _set_purecall_handler(function: usize) -> usize {
    ends::set_pure_call_handler(function)
}

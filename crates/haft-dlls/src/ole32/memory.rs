//! Memory that crosses interfaces.

use crate::abi::Ptr;
use haft_kernel::ex::allocation;
use haft_macros::export;

/// Allocates memory; null if there is none. (Microsoft: "CoTaskMemAlloc function")
#[export(ole32, combase)]
fn CoTaskMemAlloc(cb: usize) -> Ptr<u8> {
    Ptr::new(allocation::allocate(cb).unwrap_or(0))
}

/// Makes memory larger or smaller; a size of 0 frees it. (Microsoft: "CoTaskMemRealloc function")
#[export(ole32, combase)]
fn CoTaskMemRealloc(pv: Ptr<u8>, cb: usize) -> Ptr<u8> {
    if cb == 0 && !pv.is_null() {
        CoTaskMemFree(pv);
        return Ptr::NULL;
    }
    Ptr::new(allocation::reallocate(pv.addr(), cb).unwrap_or(0))
}

/// Frees memory. (Microsoft: "CoTaskMemFree function")
#[export(ole32, combase)]
fn CoTaskMemFree(pv: Ptr<u8>) {
    // What is no memory of the heap cannot be told to the caller.
    let _ = allocation::free(pv.addr());
}

//! Thread local storage in slots.

use crate::abi::OrMax;
use haft_abi::Win32Error;
use haft_host::gs;
use haft_kernel::ke::tls_slots;
use haft_macros::export;

/// Allocates a slot. (Microsoft: "TlsAlloc function")
#[export(kernel32)]
fn TlsAlloc() -> Result<OrMax, Win32Error> {
    Ok(OrMax(tls_slots::allocate()?))
}

/// Frees a slot. (Microsoft: "TlsFree function")
#[export(kernel32)]
fn TlsFree(dwTlsIndex: u32) -> Result<(), Win32Error> {
    Ok(tls_slots::free(dwTlsIndex)?)
}

/// Gets the calling thread's value in a slot; success sets the last error to ERROR_SUCCESS, so
/// that a stored zero can be told from a failure. (Microsoft: "TlsGetValue function")
#[export(kernel32)]
fn TlsGetValue(dwTlsIndex: u32) -> Result<u64, Win32Error> {
    let value = tls_slots::get(dwTlsIndex)?;
    gs::set_last_error(Win32Error::SUCCESS.0);
    Ok(value)
}

/// Gets the calling thread's value in a slot and leaves the last error alone. (Microsoft:
/// "TlsGetValue2 function")
#[export(kernel32)]
fn TlsGetValue2(dwTlsIndex: u32) -> u64 {
    tls_slots::get(dwTlsIndex).unwrap_or(0)
}

/// Sets the calling thread's value in a slot. (Microsoft: "TlsSetValue function")
#[export(kernel32)]
fn TlsSetValue(dwTlsIndex: u32, lpTlsValue: u64) -> Result<(), Win32Error> {
    Ok(tls_slots::set(dwTlsIndex, lpTlsValue)?)
}

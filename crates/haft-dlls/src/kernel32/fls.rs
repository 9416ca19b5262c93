//! Fiber local storage.

use crate::abi::{OrMax, Routine};
use haft_abi::Win32Error;
use haft_host::gs;
use haft_kernel::ke::fls;
use haft_macros::export;

/// Allocates a slot; the callback is called with a value when its fiber ends or the slot is
/// freed. (Microsoft: "FlsAlloc function")
#[export(kernel32)]
fn FlsAlloc(lpCallback: Option<Routine>) -> Result<OrMax, Win32Error> {
    Ok(OrMax(fls::allocate(lpCallback.map_or(0, |callback| callback.0))?))
}

/// Frees a slot. (Microsoft: "FlsFree function")
#[export(kernel32)]
fn FlsFree(dwFlsIndex: u32) -> Result<(), Win32Error> {
    Ok(fls::free(dwFlsIndex)?)
}

/// Gets the running fiber's value in a slot; success clears the last error. (Microsoft:
/// "FlsGetValue function", "FlsGetValue2 function")
#[export(kernel32)]
fn FlsGetValue(dwFlsIndex: u32) -> Result<u64, Win32Error> {
    let value = fls::get(dwFlsIndex)?;
    gs::set_last_error(Win32Error::SUCCESS.0);
    Ok(value)
}

/// Gets the running fiber's value in a slot and leaves the last error alone. (Microsoft:
/// "FlsGetValue2 function")
#[export(kernel32)]
fn FlsGetValue2(dwFlsIndex: u32) -> u64 {
    fls::get(dwFlsIndex).unwrap_or(0)
}

/// Sets the running fiber's value in a slot. (Microsoft: "FlsSetValue function")
#[export(kernel32)]
fn FlsSetValue(dwFlsIndex: u32, lpFlsData: u64) -> Result<(), Win32Error> {
    Ok(fls::set(dwFlsIndex, lpFlsData)?)
}

//! Standard handles.

use crate::abi::OrInvalid;
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::standard::{self, Standard};
use haft_macros::export;

/// Returns a standard handle of the process. (Microsoft: "GetStdHandle function")
#[export(kernel32)]
fn GetStdHandle(nStdHandle: u32) -> Result<OrInvalid<Handle>, Win32Error> {
    let which = Standard::from_number(nStdHandle).ok_or(Win32Error::INVALID_HANDLE)?;
    Ok(OrInvalid(standard::get(which)?))
}

/// Sets a standard handle of the process. (Microsoft: "SetStdHandle function")
#[export(kernel32)]
fn SetStdHandle(nStdHandle: u32, hHandle: Handle) -> Result<(), Win32Error> {
    let which = Standard::from_number(nStdHandle).ok_or(Win32Error::INVALID_HANDLE)?;
    Ok(standard::set(which, hHandle)?)
}

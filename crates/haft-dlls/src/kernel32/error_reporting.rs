//! Windows Error Reporting, of which there are only the settings: haft sends no reports.

use crate::abi::Out;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::{Handle, Win32Error};
use haft_macros::export;

static FLAGS: AtomicU32 = AtomicU32::new(0);

/// An `HRESULT` that stands for a Win32 error (`HRESULT_FROM_WIN32`).
const fn hresult(error: Win32Error) -> u32 {
    0x8007_0000 | error.0 & 0xFFFF
}

/// Gets what WerSetFlags kept; an HRESULT. (Microsoft: "WerGetFlags function")
#[export(kernel32)]
fn WerGetFlags(hProcess: Handle, pdwFlags: Out<u32>) -> u32 {
    let get = || -> Result<(), Win32Error> {
        super::memory::own_process(hProcess, super::memory::QUERY_LIMITED)?;
        Ok(pdwFlags.set(FLAGS.load(Ordering::Relaxed))?)
    };
    get().map_or_else(hresult, |()| 0)
}

/// Keeps how faults are to be reported; an HRESULT. (Microsoft: "WerSetFlags function")
#[export(kernel32)]
fn WerSetFlags(dwFlags: u32) -> u32 {
    const KNOWN: u32 = 0x3F;
    if dwFlags & !KNOWN != 0 {
        return hresult(Win32Error::INVALID_PARAMETER);
    }
    FLAGS.store(dwFlags, Ordering::Relaxed);
    0
}

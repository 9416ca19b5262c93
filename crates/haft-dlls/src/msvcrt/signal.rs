//! Signals.

use crate::abi::Ptr;
use haft_crt::Errno;
use haft_kernel::crt::{Error, signal as signals};
use haft_macros::export;

/// Sets what a signal does; the former, or -1. (Microsoft: "signal")
#[export(msvcrt, ucrtbase)]
fn signal(sig: i32, func: usize) -> Result<usize, Error> {
    Ok(signals::set(sig, func)?)
}

/// Sends the program a signal. (Microsoft: "raise")
#[export(msvcrt, ucrtbase)]
fn raise(sig: i32) -> Result<(), Error> {
    signals::raise(sig).map_err(|errno: Errno| errno.into())
}

/// Decides about an exception that `main` did not handle. (Microsoft: "_XcptFilter")
#[export(msvcrt)]
fn _XcptFilter(xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> i32 {
    signals::filter(xcptnum, pxcptinfoptrs.addr())
}

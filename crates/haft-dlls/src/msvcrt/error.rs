//! `errno` and its texts.

use crate::abi::Ptr;
use haft_crt::Errno;
use haft_kernel::crt::{Error, error, locale};
use haft_macros::export;

/// Gives the place of `errno`. (Microsoft: "errno, _doserrno, _sys_errlist, and _sys_nerr")
#[export(msvcrt, ucrtbase)]
fn _errno() -> Ptr<i32> {
    Ptr::new(error::errno_address())
}

/// Gives the place of `_doserrno`. (Microsoft: "errno, _doserrno, _sys_errlist, and _sys_nerr")
#[export(msvcrt, ucrtbase)]
fn __doserrno() -> Ptr<u32> {
    Ptr::new(error::doserrno_address())
}

/// Gives the text of an error. (Microsoft: "strerror, _strerror, _wcserror, __wcserror")
#[export(msvcrt, ucrtbase)]
fn strerror(errnum: i32) -> Result<Ptr<u8>, Error> {
    locale::permanent(Errno(errnum).text().as_bytes()).map(Ptr::new)
}

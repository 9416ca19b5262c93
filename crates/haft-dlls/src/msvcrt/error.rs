//! `errno` and its texts.

use crate::abi::{ErrorCode, Ptr};
use haft_abi::wide;
use haft_crt::Errno;
use haft_kernel::crt::{Error, diagnostics, error, locale, strings};
use haft_macros::export;

/// Gives the text of an error. (Microsoft: "strerror, _strerror, _wcserror, __wcserror")
#[export(msvcrt, ucrtbase)]
fn strerror(errnum: i32) -> Result<Ptr<u8>, Error> {
    locale::permanent(Errno(errnum).text().as_bytes()).map(Ptr::new)
}

/// Gives the text of an error. (Microsoft: "strerror_s, _strerror_s, _wcserror_s, __wcserror_s")
#[export(msvcrt, ucrtbase)]
fn strerror_s(buffer: Ptr<u8>, sizeInBytes: usize, errnum: i32) -> ErrorCode {
    ErrorCode(strings::store_truncated(buffer.addr(), sizeInBytes, Errno(errnum).text().as_bytes()))
}

/// Gives the text of `errno` behind a text. (Microsoft: "strerror, _strerror, _wcserror,
/// __wcserror")
#[export(msvcrt, ucrtbase)]
fn _strerror(strErrMsg: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    diagnostics::message::<u8>(strErrMsg.addr())
        .and_then(|text| locale::permanent(&text))
        .map(Ptr::new)
}

/// Writes the text of `errno` to standard error. (Microsoft: "perror, _wperror")
#[export(msvcrt, ucrtbase)]
fn perror(message: Ptr<u8>) -> Result<(), Error> {
    diagnostics::report::<u8>(message.addr())
}

/// Ends the program with the text of an assertion. (Microsoft: "assert Macro, _assert, _wassert")
#[export(msvcrt, ucrtbase)]
fn _assert(message: Ptr<u8>, filename: Ptr<u8>, line: u32) -> ! {
    diagnostics::failed_assertion::<u8>(message.addr(), filename.addr(), line)
}

/// Gives the text of an error. (Microsoft: "strerror, _strerror, _wcserror, __wcserror")
#[export(msvcrt, ucrtbase)]
fn _wcserror(errnum: i32) -> Result<Ptr<u16>, Error> {
    locale::permanent_wide(&wide::from_str(Errno(errnum).text())).map(Ptr::new)
}

/// Gives the text of an error. (Microsoft: "strerror_s, _strerror_s, _wcserror_s, __wcserror_s")
#[export(msvcrt, ucrtbase)]
fn _wcserror_s(buffer: Ptr<u16>, sizeInWords: usize, errnum: i32) -> ErrorCode {
    ErrorCode(strings::store_truncated(
        buffer.addr(),
        sizeInWords,
        &wide::from_str(Errno(errnum).text()),
    ))
}

/// Writes the text of `errno` to standard error. (Microsoft: "perror, _wperror")
#[export(msvcrt, ucrtbase)]
fn _wperror(message: Ptr<u16>) -> Result<(), Error> {
    diagnostics::report::<u16>(message.addr())
}

/// Ends the program with the text of an assertion. (Microsoft: "assert Macro, _assert, _wassert")
#[export(msvcrt, ucrtbase)]
fn _wassert(message: Ptr<u16>, filename: Ptr<u16>, line: u32) -> ! {
    diagnostics::failed_assertion::<u16>(message.addr(), filename.addr(), line)
}

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

/// Gives the place of the number of texts. (Microsoft: "errno, _doserrno, _sys_errlist, and
/// _sys_nerr")
#[export(ucrtbase)]
fn __sys_nerr() -> Result<Ptr<i32>, Error> {
    diagnostics::error_list().map(|list| Ptr::new(list.count))
}

/// Gives the texts of the errors. (Microsoft: "errno, _doserrno, _sys_errlist, and _sys_nerr")
#[export(ucrtbase)]
fn __sys_errlist() -> Result<Ptr<usize>, Error> {
    diagnostics::error_list().map(|list| Ptr::new(list.texts))
}

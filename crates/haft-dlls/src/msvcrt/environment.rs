//! The environment.

use super::data::show_environment;
use crate::abi::{AStr, ErrorCode, Out, Ptr, SetIfSome as _, WStr};
use haft_kernel::crt::{Error, environment};
use haft_macros::export;

/// Gives the value of a variable. (Microsoft: "getenv, _wgetenv")
#[export(msvcrt, ucrtbase)]
fn getenv(varname: Option<AStr>) -> Result<Ptr<u8>, Error> {
    environment::get::<u8>(&varname.map_or_else(Vec::new, AStr::into_wide))
        .map(|at| Ptr::new(at.unwrap_or(0)))
}

/// Gives the value of a variable. (Microsoft: "getenv, _wgetenv")
#[export(msvcrt, ucrtbase)]
fn _wgetenv(varname: Option<WStr>) -> Result<Ptr<u16>, Error> {
    environment::get::<u16>(&varname.map_or_else(Vec::new, WStr::into_wide))
        .map(|at| Ptr::new(at.unwrap_or(0)))
}

/// Gives the value of a variable, if it fits. (Microsoft: "getenv_s, _wgetenv_s")
#[export(msvcrt, ucrtbase)]
fn getenv_s(
    pReturnValue: Ptr<usize>,
    buffer: Ptr<u8>,
    numberOfElements: usize,
    varname: AStr,
) -> ErrorCode {
    ErrorCode(environment::get_secure::<u8>(
        pReturnValue.addr(),
        buffer.addr(),
        numberOfElements,
        &varname,
    ))
}

/// Gives the value of a variable, if it fits. (Microsoft: "getenv_s, _wgetenv_s")
#[export(msvcrt, ucrtbase)]
fn _wgetenv_s(
    pReturnValue: Ptr<usize>,
    buffer: Ptr<u16>,
    numberOfElements: usize,
    varname: WStr,
) -> ErrorCode {
    ErrorCode(environment::get_secure::<u16>(
        pReturnValue.addr(),
        buffer.addr(),
        numberOfElements,
        &varname,
    ))
}

/// Copies the value of a variable to the heap. (Microsoft: "_dupenv_s, _wdupenv_s")
#[export(msvcrt, ucrtbase)]
fn _dupenv_s(buffer: Out<usize>, numberOfElements: Option<Out<usize>>, varname: AStr) -> ErrorCode {
    ErrorCode(environment::duplicate::<u8>(&varname).and_then(|(at, size)| {
        numberOfElements.set(size)?;
        Ok(buffer.set(at)?)
    }))
}

/// Copies the value of a variable to the heap. (Microsoft: "_dupenv_s, _wdupenv_s")
#[export(msvcrt, ucrtbase)]
fn _wdupenv_s(
    buffer: Out<usize>,
    numberOfElements: Option<Out<usize>>,
    varname: WStr,
) -> ErrorCode {
    ErrorCode(environment::duplicate::<u16>(&varname).and_then(|(at, size)| {
        numberOfElements.set(size)?;
        Ok(buffer.set(at)?)
    }))
}

/// Sets or removes a variable. (Microsoft: "_putenv, _wputenv")
#[export(msvcrt, ucrtbase, also = "putenv")]
fn _putenv(envstring: AStr) -> Result<(), Error> {
    environment::put_string(&envstring)?;
    show_environment()
}

/// Sets or removes a variable. (Microsoft: "_putenv, _wputenv")
#[export(msvcrt, ucrtbase)]
fn _wputenv(envstring: WStr) -> Result<(), Error> {
    environment::put_string(&envstring)?;
    show_environment()
}

/// Sets or removes a variable. (Microsoft: "_putenv_s, _wputenv_s")
#[export(msvcrt, ucrtbase)]
fn _putenv_s(varname: AStr, value_string: AStr) -> ErrorCode {
    ErrorCode(environment::put(&varname, &value_string).and_then(|()| show_environment()))
}

/// Sets or removes a variable. (Microsoft: "_putenv_s, _wputenv_s")
#[export(msvcrt, ucrtbase)]
fn _wputenv_s(varname: WStr, value_string: WStr) -> ErrorCode {
    ErrorCode(environment::put(&varname, &value_string).and_then(|()| show_environment()))
}

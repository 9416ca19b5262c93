//! `printf` of msvcrt.dll.

use crate::abi::{Ptr, VaList};
use haft_crt::printf::Options;
use haft_kernel::crt::{Error, print, stream};
use haft_macros::export;

const OPTIONS: Options = Options::msvcrt();

/// Prints to standard output. (Microsoft: "printf, _printf_l, wprintf, _wprintf_l")
#[export(msvcrt, variadic)]
fn printf(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream::standard(1), format.addr(), args.address(), OPTIONS)
}

/// Prints to standard output. (Microsoft: "vprintf, _vprintf_l, vwprintf, _vwprintf_l")
#[export(msvcrt)]
fn vprintf(format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream::standard(1), format.addr(), argptr.address(), OPTIONS)
}

/// Prints to a stream. (Microsoft: "fprintf, _fprintf_l, fwprintf, _fwprintf_l")
#[export(msvcrt, variadic)]
fn fprintf(stream: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream.addr(), format.addr(), args.address(), OPTIONS)
}

/// Prints to a stream. (Microsoft: "vfprintf, _vfprintf_l, vfwprintf, _vfwprintf_l")
#[export(msvcrt)]
fn vfprintf(stream: Ptr<u8>, format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream.addr(), format.addr(), argptr.address(), OPTIONS)
}

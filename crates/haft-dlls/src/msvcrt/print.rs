//! `printf` of msvcrt.dll.

use crate::abi::{Ptr, VaList};
use haft_crt::printf::{Options, Overflow};
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

/// Prints to standard output. (Microsoft: "printf_s, _printf_s_l, wprintf_s, _wprintf_s_l")
#[export(msvcrt, variadic)]
fn printf_s(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream::standard(1), format.addr(), args.address(), OPTIONS)
}

/// Prints to standard output. (Microsoft: "vprintf_s, _vprintf_s_l, vwprintf_s, _vwprintf_s_l")
#[export(msvcrt)]
fn vprintf_s(format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
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

/// Prints to a stream. (Microsoft: "fprintf_s, _fprintf_s_l, fwprintf_s, _fwprintf_s_l")
#[export(msvcrt, variadic)]
fn fprintf_s(stream: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream.addr(), format.addr(), args.address(), OPTIONS)
}

/// Prints to a stream. (Microsoft: "vfprintf_s, _vfprintf_s_l, vfwprintf_s, _vfwprintf_s_l")
#[export(msvcrt)]
fn vfprintf_s(stream: Ptr<u8>, format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    print::to_stream::<u8>(stream.addr(), format.addr(), argptr.address(), OPTIONS)
}

/// Prints to a buffer. (Microsoft: "sprintf, _sprintf_l, swprintf, _swprintf_l, __swprintf_l")
#[export(msvcrt, variadic)]
fn sprintf(buffer: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_buffer::<u8>(
        buffer.addr(),
        usize::MAX,
        format.addr(),
        args.address(),
        OPTIONS,
        Overflow::Unterminated,
    )
}

/// Prints to a buffer. (Microsoft: "vsprintf, _vsprintf_l, vswprintf, _vswprintf_l,
/// __vswprintf_l")
#[export(msvcrt)]
fn vsprintf(buffer: Ptr<u8>, format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    print::to_buffer::<u8>(
        buffer.addr(),
        usize::MAX,
        format.addr(),
        argptr.address(),
        OPTIONS,
        Overflow::Unterminated,
    )
}

/// Prints to a buffer of a size. (Microsoft: "snprintf, _snprintf, _snprintf_l, _snwprintf,
/// _snwprintf_l")
#[export(msvcrt, variadic)]
fn _snprintf(buffer: Ptr<u8>, count: usize, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    print::to_buffer::<u8>(
        buffer.addr(),
        count,
        format.addr(),
        args.address(),
        OPTIONS,
        Overflow::Unterminated,
    )
}

/// Prints to a buffer of a size. (Microsoft: "vsnprintf, _vsnprintf, _vsnprintf_l, _vsnwprintf,
/// _vsnwprintf_l")
#[export(msvcrt)]
fn _vsnprintf(
    buffer: Ptr<u8>,
    count: usize,
    format: Ptr<u8>,
    argptr: VaList,
) -> Result<i32, Error> {
    print::to_buffer::<u8>(
        buffer.addr(),
        count,
        format.addr(),
        argptr.address(),
        OPTIONS,
        Overflow::Unterminated,
    )
}

/// Gives the length that a text would have. (Microsoft: "_vscprintf, _vscprintf_l, _vscwprintf,
/// _vscwprintf_l")
#[export(msvcrt)]
fn _vscprintf(format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    Ok(print::to_text::<u8>(format.addr(), argptr.address(), OPTIONS)?.len() as i32)
}

/// Gives the length that a text would have. (Microsoft: "_scprintf, _scprintf_l, _scwprintf,
/// _scwprintf_l")
#[export(msvcrt, variadic)]
fn _scprintf(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    Ok(print::to_text::<u8>(format.addr(), args.address(), OPTIONS)?.len() as i32)
}

/// Prints to a buffer, if it fits. (Microsoft: "sprintf_s, _sprintf_s_l, swprintf_s,
/// _swprintf_s_l")
#[export(msvcrt, variadic)]
fn sprintf_s(
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    format: Ptr<u8>,
    args: VaList,
) -> Result<i32, Error> {
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        sizeOfBuffer,
        None,
        format.addr(),
        args.address(),
        OPTIONS,
    )
}

/// Prints to a buffer, if it fits. (Microsoft: "vsprintf_s, _vsprintf_s_l, vswprintf_s,
/// _vswprintf_s_l")
#[export(msvcrt)]
fn vsprintf_s(
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    format: Ptr<u8>,
    argptr: VaList,
) -> Result<i32, Error> {
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        sizeOfBuffer,
        None,
        format.addr(),
        argptr.address(),
        OPTIONS,
    )
}

/// Prints so much to a buffer, if it fits. (Microsoft: "_snprintf_s, _snprintf_s_l, _snwprintf_s,
/// _snwprintf_s_l")
#[export(msvcrt, variadic)]
fn _snprintf_s(
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    count: usize,
    format: Ptr<u8>,
    args: VaList,
) -> Result<i32, Error> {
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        sizeOfBuffer,
        Some(count),
        format.addr(),
        args.address(),
        OPTIONS,
    )
}

/// Prints so much to a buffer, if it fits. (Microsoft: "vsnprintf_s, _vsnprintf_s,
/// _vsnprintf_s_l, _vsnwprintf_s, _vsnwprintf_s_l")
#[export(msvcrt, also = "vsnprintf_s")]
fn _vsnprintf_s(
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    count: usize,
    format: Ptr<u8>,
    argptr: VaList,
) -> Result<i32, Error> {
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        sizeOfBuffer,
        Some(count),
        format.addr(),
        argptr.address(),
        OPTIONS,
    )
}

//! `printf` and `scanf` of the UCRT: its headers make all of them of these.

use crate::abi::{Ptr, VaList};
use haft_crt::printf::{Options, Overflow};
use haft_crt::scanf;
use haft_kernel::crt::{Error, print, scan};
use haft_macros::export;

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfprintf(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u8>(stream.addr(), format.addr(), arglist.address(), Options::ucrt(options))
}

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfprintf_s(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u8>(stream.addr(), format.addr(), arglist.address(), Options::ucrt(options))
}

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfprintf_p(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u8>(
        stream.addr(),
        format.addr(),
        arglist.address(),
        Options { positional: true, ..Options::ucrt(options) },
    )
}

/// Prints to a buffer for `snprintf` and its kin. (Microsoft: "vsnprintf, _vsnprintf,
/// _vsnprintf_l, _vsnwprintf, _vsnwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vsprintf(
    options: u64,
    buffer: Ptr<u8>,
    buffer_count: usize,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer::<u8>(
        buffer.addr(),
        buffer_count,
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
        Overflow::of_bits(options),
    )
}

/// Prints to a buffer for `sprintf_s` and its kin. (Microsoft: "sprintf_s, _sprintf_s_l,
/// swprintf_s, _swprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vsprintf_s(
    options: u64,
    buffer: Ptr<u8>,
    buffer_count: usize,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        buffer_count,
        None,
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
    )
}

/// Prints to a buffer for `sprintf_p` and its kin. (Microsoft: "sprintf_s, _sprintf_s_l,
/// swprintf_s, _swprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vsprintf_p(
    options: u64,
    buffer: Ptr<u8>,
    buffer_count: usize,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        buffer_count,
        None,
        format.addr(),
        arglist.address(),
        Options { positional: true, ..Options::ucrt(options) },
    )
}

/// Prints to a buffer for `_snprintf_s` and its kin. (Microsoft: "_snprintf_s, _snprintf_s_l,
/// _snwprintf_s, _snwprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vsnprintf_s(
    options: u64,
    buffer: Ptr<u8>,
    buffer_count: usize,
    max_count: usize,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u8>(
        buffer.addr(),
        buffer_count,
        Some(max_count),
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
    )
}

/// Reads fields from a stream for `fscanf` and its kin. (Microsoft: "fscanf, _fscanf_l, fwscanf,
/// _fwscanf_l")
#[export(ucrtbase)]
fn __stdio_common_vfscanf(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    scan::from_stream::<u8>(
        stream.addr(),
        format.addr(),
        arglist.address(),
        scanf::Options::ucrt(options),
    )
}

/// Reads fields from a string for `sscanf` and its kin. (Microsoft: "sscanf, _sscanf_l, swscanf,
/// _swscanf_l")
#[export(ucrtbase)]
fn __stdio_common_vsscanf(
    options: u64,
    buffer: Ptr<u8>,
    buffer_count: usize,
    format: Ptr<u8>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    scan::from_string::<u8>(
        buffer.addr(),
        buffer_count,
        format.addr(),
        arglist.address(),
        scanf::Options::ucrt(options),
    )
}

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfwprintf(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u16>(stream.addr(), format.addr(), arglist.address(), Options::ucrt(options))
}

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfwprintf_s(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u16>(stream.addr(), format.addr(), arglist.address(), Options::ucrt(options))
}

/// Prints to a stream for `fprintf` and its kin. (Microsoft: "fprintf, _fprintf_l, fwprintf,
/// _fwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vfwprintf_p(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_stream::<u16>(
        stream.addr(),
        format.addr(),
        arglist.address(),
        Options { positional: true, ..Options::ucrt(options) },
    )
}

/// Prints to a buffer for `snprintf` and its kin. (Microsoft: "vsnprintf, _vsnprintf,
/// _vsnprintf_l, _vsnwprintf, _vsnwprintf_l")
#[export(ucrtbase)]
fn __stdio_common_vswprintf(
    options: u64,
    buffer: Ptr<u16>,
    buffer_count: usize,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer::<u16>(
        buffer.addr(),
        buffer_count,
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
        Overflow::of_bits(options),
    )
}

/// Prints to a buffer for `sprintf_s` and its kin. (Microsoft: "sprintf_s, _sprintf_s_l,
/// swprintf_s, _swprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vswprintf_s(
    options: u64,
    buffer: Ptr<u16>,
    buffer_count: usize,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u16>(
        buffer.addr(),
        buffer_count,
        None,
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
    )
}

/// Prints to a buffer for `sprintf_p` and its kin. (Microsoft: "sprintf_s, _sprintf_s_l,
/// swprintf_s, _swprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vswprintf_p(
    options: u64,
    buffer: Ptr<u16>,
    buffer_count: usize,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u16>(
        buffer.addr(),
        buffer_count,
        None,
        format.addr(),
        arglist.address(),
        Options { positional: true, ..Options::ucrt(options) },
    )
}

/// Prints to a buffer for `_snprintf_s` and its kin. (Microsoft: "_snprintf_s, _snprintf_s_l,
/// _snwprintf_s, _snwprintf_s_l")
#[export(ucrtbase)]
fn __stdio_common_vsnwprintf_s(
    options: u64,
    buffer: Ptr<u16>,
    buffer_count: usize,
    max_count: usize,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    print::to_buffer_secure::<u16>(
        buffer.addr(),
        buffer_count,
        Some(max_count),
        format.addr(),
        arglist.address(),
        Options::ucrt(options),
    )
}

/// Reads fields from a stream for `fscanf` and its kin. (Microsoft: "fscanf, _fscanf_l, fwscanf,
/// _fwscanf_l")
#[export(ucrtbase)]
fn __stdio_common_vfwscanf(
    options: u64,
    stream: Ptr<u8>,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    scan::from_stream::<u16>(
        stream.addr(),
        format.addr(),
        arglist.address(),
        scanf::Options::ucrt(options),
    )
}

/// Reads fields from a string for `sscanf` and its kin. (Microsoft: "sscanf, _sscanf_l, swscanf,
/// _swscanf_l")
#[export(ucrtbase)]
fn __stdio_common_vswscanf(
    options: u64,
    buffer: Ptr<u16>,
    buffer_count: usize,
    format: Ptr<u16>,
    locale: Ptr<u8>,
    arglist: VaList,
) -> Result<i32, Error> {
    let _ = locale;
    scan::from_string::<u16>(
        buffer.addr(),
        buffer_count,
        format.addr(),
        arglist.address(),
        scanf::Options::ucrt(options),
    )
}

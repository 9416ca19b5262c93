//! `scanf` of msvcrt.dll.

use crate::abi::{Ptr, VaList};
use haft_crt::scanf::Options;
use haft_kernel::crt::{Error, scan, stream};
use haft_macros::export;

const OPTIONS: Options = Options::msvcrt(false);
const SECURE: Options = Options::msvcrt(true);

/// Reads fields from standard input. (Microsoft: "scanf, _scanf_l, wscanf, _wscanf_l")
#[export(msvcrt, variadic)]
fn scanf(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u8>(stream::standard(0), format.addr(), args.address(), OPTIONS)
}

/// Reads fields from a stream. (Microsoft: "fscanf, _fscanf_l, fwscanf, _fwscanf_l")
#[export(msvcrt, variadic)]
fn fscanf(stream: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u8>(stream.addr(), format.addr(), args.address(), OPTIONS)
}

/// Reads fields from a string. (Microsoft: "sscanf, _sscanf_l, swscanf, _swscanf_l")
#[export(msvcrt, variadic)]
fn sscanf(buffer: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u8>(buffer.addr(), usize::MAX, format.addr(), args.address(), OPTIONS)
}

/// Reads fields from the beginning of a string. (Microsoft: "_snscanf, _snscanf_l, _snwscanf,
/// _snwscanf_l")
#[export(msvcrt, variadic)]
fn _snscanf(input: Ptr<u8>, length: usize, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u8>(input.addr(), length, format.addr(), args.address(), OPTIONS)
}

/// Reads fields from standard input. (Microsoft: "scanf_s, _scanf_s_l, wscanf_s, _wscanf_s_l")
#[export(msvcrt, variadic)]
fn scanf_s(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u8>(stream::standard(0), format.addr(), args.address(), SECURE)
}

/// Reads fields from a stream. (Microsoft: "fscanf_s, _fscanf_s_l, fwscanf_s, _fwscanf_s_l")
#[export(msvcrt, variadic)]
fn fscanf_s(stream: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u8>(stream.addr(), format.addr(), args.address(), SECURE)
}

/// Reads fields from a string. (Microsoft: "sscanf_s, _sscanf_s_l, swscanf_s, _swscanf_s_l")
#[export(msvcrt, variadic)]
fn sscanf_s(buffer: Ptr<u8>, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u8>(buffer.addr(), usize::MAX, format.addr(), args.address(), SECURE)
}

/// Reads fields from the beginning of a string. (Microsoft: "_snscanf_s, _snscanf_s_l,
/// _snwscanf_s, _snwscanf_s_l")
#[export(msvcrt, variadic)]
fn _snscanf_s(input: Ptr<u8>, length: usize, format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u8>(input.addr(), length, format.addr(), args.address(), SECURE)
}

/// Reads fields from standard input. (Microsoft: "scanf, _scanf_l, wscanf, _wscanf_l")
#[export(msvcrt, variadic)]
fn wscanf(format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u16>(stream::standard(0), format.addr(), args.address(), OPTIONS)
}

/// Reads fields from a stream. (Microsoft: "fscanf, _fscanf_l, fwscanf, _fwscanf_l")
#[export(msvcrt, variadic)]
fn fwscanf(stream: Ptr<u8>, format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u16>(stream.addr(), format.addr(), args.address(), OPTIONS)
}

/// Reads fields from a string. (Microsoft: "sscanf, _sscanf_l, swscanf, _swscanf_l")
#[export(msvcrt, variadic)]
fn swscanf(buffer: Ptr<u16>, format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u16>(buffer.addr(), usize::MAX, format.addr(), args.address(), OPTIONS)
}

/// Reads fields from the beginning of a string. (Microsoft: "_snscanf, _snscanf_l, _snwscanf,
/// _snwscanf_l")
#[export(msvcrt, variadic)]
fn _snwscanf(input: Ptr<u16>, length: usize, format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u16>(input.addr(), length, format.addr(), args.address(), OPTIONS)
}

/// Reads fields from standard input. (Microsoft: "scanf_s, _scanf_s_l, wscanf_s, _wscanf_s_l")
#[export(msvcrt, variadic)]
fn wscanf_s(format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u16>(stream::standard(0), format.addr(), args.address(), SECURE)
}

/// Reads fields from a stream. (Microsoft: "fscanf_s, _fscanf_s_l, fwscanf_s, _fwscanf_s_l")
#[export(msvcrt, variadic)]
fn fwscanf_s(stream: Ptr<u8>, format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_stream::<u16>(stream.addr(), format.addr(), args.address(), SECURE)
}

/// Reads fields from a string. (Microsoft: "sscanf_s, _sscanf_s_l, swscanf_s, _swscanf_s_l")
#[export(msvcrt, variadic)]
fn swscanf_s(buffer: Ptr<u16>, format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    scan::from_string::<u16>(buffer.addr(), usize::MAX, format.addr(), args.address(), SECURE)
}

/// Reads fields from the beginning of a string. (Microsoft: "_snscanf_s, _snscanf_s_l,
/// _snwscanf_s, _snwscanf_s_l")
#[export(msvcrt, variadic)]
fn _snwscanf_s(
    input: Ptr<u16>,
    length: usize,
    format: Ptr<u16>,
    args: VaList,
) -> Result<i32, Error> {
    scan::from_string::<u16>(input.addr(), length, format.addr(), args.address(), SECURE)
}

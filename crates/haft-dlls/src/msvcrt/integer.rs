//! Integers from and to text.

use crate::abi::{ErrorCode, Ptr, Whole};
use haft_crt::convert;
use haft_kernel::crt::{Error, convert as number};
use haft_macros::export;

/// Gives the number that a string begins with. (Microsoft: "strtol, wcstol, _strtol_l,
/// _wcstol_l")
#[export(msvcrt, ucrtbase)]
fn strtol(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtol(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtol, wcstol, _strtol_l,
/// _wcstol_l")
#[export(msvcrt, ucrtbase)]
fn _strtol_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtol(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "strtol, wcstol, _strtol_l,
/// _wcstol_l")
#[export(msvcrt, ucrtbase)]
fn wcstol(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtol(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "strtol, wcstol, _strtol_l,
/// _wcstol_l")
#[export(msvcrt, ucrtbase)]
fn _wcstol_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtol(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoul, _strtoul_l, wcstoul,
/// _wcstoul_l")
#[export(msvcrt, ucrtbase)]
fn strtoul(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoul(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoul, _strtoul_l, wcstoul,
/// _wcstoul_l")
#[export(msvcrt, ucrtbase)]
fn _strtoul_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoul(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "strtoul, _strtoul_l, wcstoul,
/// _wcstoul_l")
#[export(msvcrt, ucrtbase)]
fn wcstoul(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoul(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "strtoul, _strtoul_l, wcstoul,
/// _wcstoul_l")
#[export(msvcrt, ucrtbase)]
fn _wcstoul_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u32>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoul(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_strtoi64, _wcstoi64, _strtoi64_l,
/// _wcstoi64_l")
#[export(msvcrt, ucrtbase)]
fn _strtoi64(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_strtoi64, _wcstoi64, _strtoi64_l,
/// _wcstoi64_l")
#[export(msvcrt, ucrtbase)]
fn _strtoi64_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "_strtoi64, _wcstoi64,
/// _strtoi64_l, _wcstoi64_l")
#[export(msvcrt, ucrtbase)]
fn _wcstoi64(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "_strtoi64, _wcstoi64,
/// _strtoi64_l, _wcstoi64_l")
#[export(msvcrt, ucrtbase)]
fn _wcstoi64_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_strtoui64, _wcstoui64, _strtoui64_l,
/// _wcstoui64_l")
#[export(msvcrt, ucrtbase)]
fn _strtoui64(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_strtoui64, _wcstoui64, _strtoui64_l,
/// _wcstoui64_l")
#[export(msvcrt, ucrtbase)]
fn _strtoui64_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "_strtoui64, _wcstoui64,
/// _strtoui64_l, _wcstoui64_l")
#[export(msvcrt, ucrtbase)]
fn _wcstoui64(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a wide string begins with. (Microsoft: "_strtoui64, _wcstoui64,
/// _strtoui64_l, _wcstoui64_l")
#[export(msvcrt, ucrtbase)]
fn _wcstoui64_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoll")
#[export(ucrtbase, also = "strtoimax")]
fn strtoll(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoll")
#[export(ucrtbase)]
fn _strtoll_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "wcstoll")
#[export(ucrtbase, also = "wcstoimax")]
fn wcstoll(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "wcstoll")
#[export(ucrtbase)]
fn _wcstoll_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<i64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoi64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoull")
#[export(ucrtbase, also = "strtoumax")]
fn strtoull(strSource: Ptr<u8>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtoull")
#[export(ucrtbase)]
fn _strtoull_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u8]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "wcstoull")
#[export(ucrtbase, also = "wcstoumax")]
fn wcstoull(strSource: Ptr<u16>, endptr: Ptr<usize>, base: i32) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "wcstoull")
#[export(ucrtbase)]
fn _wcstoull_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    base: i32,
    _locale: Ptr<u8>,
) -> Result<Whole<u64>, Error> {
    number::integer(strSource.addr(), endptr.addr(), |text: &[u16]| convert::strtoui64(text, base))
        .map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atoi, _atoi_l, _wtoi, _wtoi_l")
#[export(msvcrt, ucrtbase, also = "atol")]
fn atoi(str: Ptr<u8>) -> Result<Whole<i32>, Error> {
    number::integer(str.addr(), 0, |text: &[u8]| convert::atoi(text)).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atoi, _atoi_l, _wtoi, _wtoi_l")
#[export(msvcrt, ucrtbase, also = "_wtol")]
fn _wtoi(str: Ptr<u16>) -> Result<Whole<i32>, Error> {
    number::integer(str.addr(), 0, |text: &[u16]| convert::atoi(text)).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_atoi64, _atoi64_l, _wtoi64,
/// _wtoi64_l")
#[export(msvcrt, ucrtbase)]
fn _atoi64(str: Ptr<u8>) -> Result<Whole<i64>, Error> {
    number::integer(str.addr(), 0, |text: &[u8]| convert::atoi64(text)).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "_atoi64, _atoi64_l, _wtoi64,
/// _wtoi64_l")
#[export(msvcrt, ucrtbase)]
fn _wtoi64(str: Ptr<u16>) -> Result<Whole<i64>, Error> {
    number::integer(str.addr(), 0, |text: &[u16]| convert::atoi64(text)).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atoll")
#[export(ucrtbase)]
fn atoll(str: Ptr<u8>) -> Result<Whole<i64>, Error> {
    number::integer(str.addr(), 0, |text: &[u8]| convert::atoi64(text)).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atoll")
#[export(ucrtbase)]
fn _wtoll(str: Ptr<u16>) -> Result<Whole<i64>, Error> {
    number::integer(str.addr(), 0, |text: &[u16]| convert::atoi64(text)).map(Whole)
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase, also = "itoa", also = "_ltoa", also = "ltoa")]
fn _itoa(value: i32, buffer: Ptr<u8>, radix: i32) -> Result<Ptr<u8>, Error> {
    number::store::<u8>(buffer.addr(), convert::i32_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase, also = "_ltoa_s")]
fn _itoa_s(value: i32, buffer: Ptr<u8>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u8>(buffer.addr(), size, convert::i32_to_text(value, radix)))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase, also = "_ltow")]
fn _itow(value: i32, buffer: Ptr<u16>, radix: i32) -> Result<Ptr<u16>, Error> {
    number::store::<u16>(buffer.addr(), convert::i32_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase, also = "_ltow_s")]
fn _itow_s(value: i32, buffer: Ptr<u16>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u16>(buffer.addr(), size, convert::i32_to_text(value, radix)))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase, also = "ultoa")]
fn _ultoa(value: u32, buffer: Ptr<u8>, radix: i32) -> Result<Ptr<u8>, Error> {
    number::store::<u8>(buffer.addr(), convert::u64_to_text(value.into(), radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _ultoa_s(value: u32, buffer: Ptr<u8>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u8>(
        buffer.addr(),
        size,
        convert::u64_to_text(value.into(), radix),
    ))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase)]
fn _ultow(value: u32, buffer: Ptr<u16>, radix: i32) -> Result<Ptr<u16>, Error> {
    number::store::<u16>(buffer.addr(), convert::u64_to_text(value.into(), radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _ultow_s(value: u32, buffer: Ptr<u16>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u16>(
        buffer.addr(),
        size,
        convert::u64_to_text(value.into(), radix),
    ))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase)]
fn _i64toa(value: i64, buffer: Ptr<u8>, radix: i32) -> Result<Ptr<u8>, Error> {
    number::store::<u8>(buffer.addr(), convert::i64_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _i64toa_s(value: i64, buffer: Ptr<u8>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u8>(buffer.addr(), size, convert::i64_to_text(value, radix)))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase)]
fn _i64tow(value: i64, buffer: Ptr<u16>, radix: i32) -> Result<Ptr<u16>, Error> {
    number::store::<u16>(buffer.addr(), convert::i64_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _i64tow_s(value: i64, buffer: Ptr<u16>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u16>(buffer.addr(), size, convert::i64_to_text(value, radix)))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase)]
fn _ui64toa(value: u64, buffer: Ptr<u8>, radix: i32) -> Result<Ptr<u8>, Error> {
    number::store::<u8>(buffer.addr(), convert::u64_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _ui64toa_s(value: u64, buffer: Ptr<u8>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u8>(buffer.addr(), size, convert::u64_to_text(value, radix)))
}

/// Writes a number as text. (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa, _i64toa,
/// _ui64toa, _itow, _ltow, _ultow, _i64tow, _ui64tow")
#[export(msvcrt, ucrtbase)]
fn _ui64tow(value: u64, buffer: Ptr<u16>, radix: i32) -> Result<Ptr<u16>, Error> {
    number::store::<u16>(buffer.addr(), convert::u64_to_text(value, radix)).map(Ptr::new)
}

/// Writes a number as text, if it fits. (Microsoft: "_itoa_s, _ltoa_s, _ultoa_s, _i64toa_s,
/// _ui64toa_s, _itow_s, _ltow_s, _ultow_s, _i64tow_s, _ui64tow_s")
#[export(msvcrt, ucrtbase)]
fn _ui64tow_s(value: u64, buffer: Ptr<u16>, size: usize, radix: i32) -> ErrorCode {
    ErrorCode(number::store_within::<u16>(buffer.addr(), size, convert::u64_to_text(value, radix)))
}

//! Calendars as text, as ucrtbase.dll writes them.

use crate::abi::{OrNone, Ptr};
use haft_crt::{Dialect, time as calendar};
use haft_kernel::crt::{Error, heap, time as clock};
use haft_macros::export;

/// Formats a calendar. (Microsoft: "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn strftime(
    strDest: Ptr<u8>,
    maxsize: usize,
    format: Ptr<u8>,
    timeptr: Ptr<i32>,
) -> Result<OrNone, Error> {
    clock::format::<u8>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

/// Formats a calendar in a locale. (Microsoft: "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn _strftime_l(
    strDest: Ptr<u8>,
    maxsize: usize,
    format: Ptr<u8>,
    timeptr: Ptr<i32>,
    locale: Ptr<u8>,
) -> Result<OrNone, Error> {
    let _ = locale;
    clock::format::<u8>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

/// Formats a calendar. (Microsoft: "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn wcsftime(
    strDest: Ptr<u16>,
    maxsize: usize,
    format: Ptr<u16>,
    timeptr: Ptr<i32>,
) -> Result<OrNone, Error> {
    clock::format::<u16>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

/// Formats a calendar in a locale. (Microsoft: "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn _wcsftime_l(
    strDest: Ptr<u16>,
    maxsize: usize,
    format: Ptr<u16>,
    timeptr: Ptr<i32>,
    locale: Ptr<u8>,
) -> Result<OrNone, Error> {
    let _ = locale;
    clock::format::<u16>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

/// Gives the names of the days, to be freed, as the C++ library reads them. (Microsoft: "Internal
/// CRT globals and functions")
#[export(ucrtbase)]
fn _Getdays() -> Result<Ptr<u8>, Error> {
    narrow(&calendar::days())
}

/// Gives the names of the days, to be freed, as the C++ library reads them. (Microsoft: "Internal
/// CRT globals and functions")
#[export(ucrtbase)]
fn _W_Getdays() -> Result<Ptr<u16>, Error> {
    wide(&calendar::days())
}

/// Gives the names of the months, to be freed, as the C++ library reads them. (Microsoft: "Internal
/// CRT globals and functions")
#[export(ucrtbase)]
fn _Getmonths() -> Result<Ptr<u8>, Error> {
    narrow(&calendar::months())
}

/// Gives the names of the months, to be freed, as the C++ library reads them. (Microsoft: "Internal
/// CRT globals and functions")
#[export(ucrtbase)]
fn _W_Getmonths() -> Result<Ptr<u16>, Error> {
    wide(&calendar::months())
}

fn narrow(text: &str) -> Result<Ptr<u8>, Error> {
    heap::place(&[text.as_bytes(), &[0]].concat()).map(Ptr::new)
}

fn wide(text: &str) -> Result<Ptr<u16>, Error> {
    heap::place(&text.encode_utf16().chain([0]).collect::<Vec<_>>()).map(Ptr::new)
}

/// Gives what names times are formatted with, to be freed: of every locale the same. (Microsoft:
/// "Internal CRT globals and functions")
#[export(ucrtbase, also = "_W_Gettnames")]
fn _Gettnames() -> Result<Ptr<u8>, Error> {
    heap::allocate_zeroed(1, 8).map(Ptr::new)
}

/// Formats a calendar with what `_Gettnames` gave. (Microsoft: "Internal CRT globals and
/// functions"; "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn _Strftime(
    strDest: Ptr<u8>,
    maxsize: usize,
    format: Ptr<u8>,
    timeptr: Ptr<i32>,
    _names: Ptr<u8>,
) -> Result<OrNone, Error> {
    clock::format::<u8>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

/// Formats a calendar with what `_W_Gettnames` gave. (Microsoft: "Internal CRT globals and
/// functions"; "strftime, wcsftime, _strftime_l, _wcsftime_l")
#[export(ucrtbase)]
fn _Wcsftime(
    strDest: Ptr<u16>,
    maxsize: usize,
    format: Ptr<u16>,
    timeptr: Ptr<i32>,
    _names: Ptr<u8>,
) -> Result<OrNone, Error> {
    clock::format::<u16>(strDest.addr(), maxsize, format.addr(), timeptr.addr(), Dialect::Ucrt)
        .map(OrNone)
}

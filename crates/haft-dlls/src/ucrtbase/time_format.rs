//! Calendars as text, as ucrtbase.dll writes them.

use crate::abi::{OrNone, Ptr};
use haft_crt::Dialect;
use haft_kernel::crt::{Error, time as clock};
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

//! Multibyte characters.

use crate::abi::{ErrorCode, Out, Ptr, SetIfSome as _};
use haft_kernel::crt::{Error, locale, multibyte};
use haft_macros::export;

/// Converts a multibyte character. (Microsoft: "mbtowc, _mbtowc_l")
#[export(msvcrt, ucrtbase)]
fn mbtowc(wchar: Ptr<u16>, mbchar: Ptr<u8>, count: usize) -> Result<i32, Error> {
    Ok(multibyte::to_wide(wchar.addr(), mbchar.addr(), count, locale::charset())? as i32)
}

/// Converts a multibyte character of a locale. (Microsoft: "mbtowc, _mbtowc_l")
#[export(msvcrt, ucrtbase)]
fn _mbtowc_l(
    wchar: Ptr<u16>,
    mbchar: Ptr<u8>,
    count: usize,
    locale: Ptr<u8>,
) -> Result<i32, Error> {
    Ok(multibyte::to_wide(wchar.addr(), mbchar.addr(), count, locale::charset_of(locale.addr())?)?
        as i32)
}

/// Gives the length of a multibyte character. (Microsoft: "mblen, _mblen_l")
#[export(msvcrt, ucrtbase)]
fn mblen(mbstr: Ptr<u8>, count: usize) -> Result<i32, Error> {
    Ok(multibyte::to_wide(0, mbstr.addr(), count, locale::charset())? as i32)
}

/// Converts a wide character. (Microsoft: "wctomb, _wctomb_l")
#[export(msvcrt, ucrtbase)]
fn wctomb(mbchar: Ptr<u8>, wchar: u16) -> Result<i32, Error> {
    Ok(multibyte::from_wide(mbchar.addr(), wchar, locale::charset())? as i32)
}

/// Converts a wide character, if it fits. (Microsoft: "wctomb_s, _wctomb_s_l")
#[export(msvcrt, ucrtbase)]
fn wctomb_s(
    pRetValue: Option<Out<i32>>,
    mbchar: Ptr<u8>,
    sizeInBytes: usize,
    wchar: u16,
) -> ErrorCode {
    ErrorCode(
        multibyte::from_wide_secure(mbchar.addr(), sizeInBytes, wchar, locale::charset())
            .and_then(|n| Ok(pRetValue.set(n as i32)?)),
    )
}

/// Converts a multibyte string. (Microsoft: "mbstowcs, _mbstowcs_l")
#[export(msvcrt, ucrtbase)]
fn mbstowcs(wcstr: Ptr<u16>, mbstr: Ptr<u8>, count: usize) -> Result<usize, Error> {
    multibyte::string_to_wide(wcstr.addr(), mbstr.addr(), count, locale::charset())
}

/// Converts a multibyte string of a locale. (Microsoft: "mbstowcs, _mbstowcs_l")
#[export(msvcrt, ucrtbase)]
fn _mbstowcs_l(
    wcstr: Ptr<u16>,
    mbstr: Ptr<u8>,
    count: usize,
    locale: Ptr<u8>,
) -> Result<usize, Error> {
    multibyte::string_to_wide(wcstr.addr(), mbstr.addr(), count, locale::charset_of(locale.addr())?)
}

/// Converts a wide string. (Microsoft: "wcstombs, _wcstombs_l")
#[export(msvcrt, ucrtbase)]
fn wcstombs(mbstr: Ptr<u8>, wcstr: Ptr<u16>, count: usize) -> Result<usize, Error> {
    multibyte::string_from_wide(mbstr.addr(), wcstr.addr(), count, locale::charset())
}

/// Converts a wide string for a locale. (Microsoft: "wcstombs, _wcstombs_l")
#[export(msvcrt, ucrtbase)]
fn _wcstombs_l(
    mbstr: Ptr<u8>,
    wcstr: Ptr<u16>,
    count: usize,
    locale: Ptr<u8>,
) -> Result<usize, Error> {
    multibyte::string_from_wide(
        mbstr.addr(),
        wcstr.addr(),
        count,
        locale::charset_of(locale.addr())?,
    )
}

/// Converts a multibyte string, if it fits. (Microsoft: "mbstowcs_s, _mbstowcs_s_l")
#[export(msvcrt, ucrtbase)]
fn mbstowcs_s(
    pReturnValue: Ptr<usize>,
    wcstr: Ptr<u16>,
    sizeInWords: usize,
    mbstr: Ptr<u8>,
    count: usize,
) -> ErrorCode {
    ErrorCode(multibyte::string_secure::<u16>(
        pReturnValue.addr(),
        wcstr.addr(),
        sizeInWords,
        multibyte::decoded(mbstr.addr(), locale::charset()),
        count,
    ))
}

/// Converts a wide string, if it fits. (Microsoft: "wcstombs_s, _wcstombs_s_l")
#[export(msvcrt, ucrtbase)]
fn wcstombs_s(
    pReturnValue: Ptr<usize>,
    mbstr: Ptr<u8>,
    sizeInBytes: usize,
    wcstr: Ptr<u16>,
    count: usize,
) -> ErrorCode {
    ErrorCode(multibyte::string_secure::<u8>(
        pReturnValue.addr(),
        mbstr.addr(),
        sizeInBytes,
        multibyte::encoded(wcstr.addr(), locale::charset()),
        count,
    ))
}

/// Converts a multibyte character that may come in parts. (Microsoft: "mbrtowc")
#[export(msvcrt, ucrtbase)]
fn mbrtowc(
    wchar: Ptr<u16>,
    mbchar: Ptr<u8>,
    count: usize,
    mbstate: Ptr<u8>,
) -> Result<usize, Error> {
    multibyte::restartable_to_wide(
        wchar.addr(),
        mbchar.addr(),
        count,
        mbstate.addr(),
        locale::charset(),
    )
}

/// Gives the length of a multibyte character that may come in parts. (Microsoft: "mbrlen")
#[export(msvcrt, ucrtbase)]
fn mbrlen(str: Ptr<u8>, count: usize, mbstate: Ptr<u8>) -> Result<usize, Error> {
    multibyte::restartable_to_wide(0, str.addr(), count, mbstate.addr(), locale::charset())
}

/// Converts a wide character. (Microsoft: "wcrtomb")
#[export(msvcrt, ucrtbase)]
fn wcrtomb(mbchar: Ptr<u8>, wchar: u16, mbstate: Ptr<u8>) -> Result<usize, Error> {
    multibyte::restartable_from_wide(mbchar.addr(), wchar, mbstate.addr(), locale::charset())
}

/// Converts a wide character, if it fits. (Microsoft: "wcrtomb_s")
#[export(msvcrt, ucrtbase)]
fn wcrtomb_s(
    pReturnValue: Option<Out<usize>>,
    mbchar: Ptr<u8>,
    sizeOfmbchar: usize,
    wchar: u16,
    mbstate: Ptr<u8>,
) -> ErrorCode {
    let _ = mbstate;
    ErrorCode(
        multibyte::from_wide_secure(mbchar.addr(), sizeOfmbchar, wchar, locale::charset())
            .and_then(|n| Ok(pReturnValue.set(n)?)),
    )
}

/// Converts a multibyte string and says where it ended. (Microsoft: "mbsrtowcs")
#[export(msvcrt, ucrtbase)]
fn mbsrtowcs(
    wcstr: Ptr<u16>,
    mbstr: Ptr<usize>,
    count: usize,
    mbstate: Ptr<u8>,
) -> Result<usize, Error> {
    let _ = mbstate;
    multibyte::strings_to_wide(wcstr.addr(), mbstr.addr(), count, locale::charset())
}

/// Converts a wide string and says where it ended. (Microsoft: "wcsrtombs")
#[export(msvcrt, ucrtbase)]
fn wcsrtombs(
    mbstr: Ptr<u8>,
    wcstr: Ptr<usize>,
    count: usize,
    mbstate: Ptr<u8>,
) -> Result<usize, Error> {
    let _ = mbstate;
    multibyte::strings_from_wide(mbstr.addr(), wcstr.addr(), count, locale::charset())
}

/// Gives the wide character of a byte. (Microsoft: "btowc")
#[export(msvcrt, ucrtbase)]
fn btowc(c: i32) -> u16 {
    multibyte::byte_to_wide(c, locale::charset())
}

/// Gives the byte of a wide character. (Microsoft: "wctob")
#[export(msvcrt, ucrtbase)]
fn wctob(wchar: u32) -> i32 {
    multibyte::wide_to_byte(wchar, locale::charset())
}

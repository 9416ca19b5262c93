//! Strings that are checked, copied to the heap, or parted.

use crate::abi::{ErrorCode, Ptr};
use haft_crt::string::{lower, upper};
use haft_kernel::crt::{Error, strings};
use haft_macros::export;

/// Copies a string, if it fits. (Microsoft: "strcpy_s, wcscpy_s, _mbscpy_s")
#[export(msvcrt, ucrtbase)]
fn strcpy_s(dest: Ptr<u8>, dest_size: usize, src: Ptr<u8>) -> ErrorCode {
    ErrorCode(strings::copy::<u8>(dest.addr(), dest_size, src.addr()))
}

/// Appends a string, if it fits. (Microsoft: "strcat_s, wcscat_s, _mbscat_s")
#[export(msvcrt, ucrtbase)]
fn strcat_s(strDestination: Ptr<u8>, numberOfElements: usize, strSource: Ptr<u8>) -> ErrorCode {
    ErrorCode(strings::append::<u8>(strDestination.addr(), numberOfElements, strSource.addr()))
}

/// Copies the beginning of a string, if it fits. (Microsoft: "strncpy_s, _strncpy_s_l,
/// wcsncpy_s")
#[export(msvcrt, ucrtbase)]
fn strncpy_s(
    strDest: Ptr<u8>,
    numberOfElements: usize,
    strSource: Ptr<u8>,
    count: usize,
) -> ErrorCode {
    ErrorCode(strings::copy_n::<u8>(strDest.addr(), numberOfElements, strSource.addr(), count))
}

/// Appends the beginning of a string, if it fits. (Microsoft: "strncat_s, _strncat_s_l,
/// wcsncat_s")
#[export(msvcrt, ucrtbase)]
fn strncat_s(
    strDest: Ptr<u8>,
    numberOfElements: usize,
    strSource: Ptr<u8>,
    count: usize,
) -> ErrorCode {
    ErrorCode(strings::append_n::<u8>(strDest.addr(), numberOfElements, strSource.addr(), count))
}

/// Gives the next token of a string. (Microsoft: "strtok, _strtok_l, wcstok, _wcstok_l")
#[export(msvcrt, ucrtbase)]
fn strtok(strToken: Ptr<u8>, strDelimit: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    strings::token::<u8>(strToken.addr(), strDelimit.addr()).map(Ptr::new)
}

/// Copies a string to the heap. (Microsoft: "_strdup, _wcsdup, _mbsdup")
#[export(msvcrt, ucrtbase, also = "strdup")]
fn _strdup(strSource: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    strings::duplicate::<u8>(strSource.addr()).map(Ptr::new)
}

/// Makes a string that compares by its units as this one does in the locale. (Microsoft:
/// "strxfrm, wcsxfrm, _strxfrm_l, _wcsxfrm_l")
#[export(msvcrt, ucrtbase)]
fn strxfrm(strDest: Ptr<u8>, strSource: Ptr<u8>, count: usize) -> Result<usize, Error> {
    strings::transform::<u8>(strDest.addr(), strSource.addr(), count)
}

/// Makes a string that compares by its units as this one does in a locale. (Microsoft: "strxfrm,
/// wcsxfrm, _strxfrm_l, _wcsxfrm_l")
#[export(msvcrt, ucrtbase)]
fn _strxfrm_l(
    strDest: Ptr<u8>,
    strSource: Ptr<u8>,
    count: usize,
    _locale: Ptr<u8>,
) -> Result<usize, Error> {
    strings::transform::<u8>(strDest.addr(), strSource.addr(), count)
}

/// Makes the letters of a string lower case. (Microsoft: "_strlwr_s, _strlwr_s_l, _mbslwr_s,
/// _mbslwr_s_l, _wcslwr_s, _wcslwr_s_l")
#[export(msvcrt, ucrtbase)]
fn _strlwr_s(str: Ptr<u8>, numberOfElements: usize) -> ErrorCode {
    ErrorCode(strings::map::<u8>(str.addr(), numberOfElements, lower))
}

/// Makes the letters of a string upper case. (Microsoft: "_strupr_s, _strupr_s_l, _mbsupr_s,
/// _mbsupr_s_l, _wcsupr_s, _wcsupr_s_l")
#[export(msvcrt, ucrtbase)]
fn _strupr_s(str: Ptr<u8>, numberOfElements: usize) -> ErrorCode {
    ErrorCode(strings::map::<u8>(str.addr(), numberOfElements, upper))
}

/// Copies a string, if it fits. (Microsoft: "strcpy_s, wcscpy_s, _mbscpy_s")
#[export(msvcrt, ucrtbase)]
fn wcscpy_s(dest: Ptr<u16>, dest_size: usize, src: Ptr<u16>) -> ErrorCode {
    ErrorCode(strings::copy::<u16>(dest.addr(), dest_size, src.addr()))
}

/// Appends a string, if it fits. (Microsoft: "strcat_s, wcscat_s, _mbscat_s")
#[export(msvcrt, ucrtbase)]
fn wcscat_s(strDestination: Ptr<u16>, numberOfElements: usize, strSource: Ptr<u16>) -> ErrorCode {
    ErrorCode(strings::append::<u16>(strDestination.addr(), numberOfElements, strSource.addr()))
}

/// Copies the beginning of a string, if it fits. (Microsoft: "strncpy_s, _strncpy_s_l,
/// wcsncpy_s")
#[export(msvcrt, ucrtbase)]
fn wcsncpy_s(
    strDest: Ptr<u16>,
    numberOfElements: usize,
    strSource: Ptr<u16>,
    count: usize,
) -> ErrorCode {
    ErrorCode(strings::copy_n::<u16>(strDest.addr(), numberOfElements, strSource.addr(), count))
}

/// Appends the beginning of a string, if it fits. (Microsoft: "strncat_s, _strncat_s_l,
/// wcsncat_s")
#[export(msvcrt, ucrtbase)]
fn wcsncat_s(
    strDest: Ptr<u16>,
    numberOfElements: usize,
    strSource: Ptr<u16>,
    count: usize,
) -> ErrorCode {
    ErrorCode(strings::append_n::<u16>(strDest.addr(), numberOfElements, strSource.addr(), count))
}

/// Gives the next token of a string. (Microsoft: "strtok, _strtok_l, wcstok, _wcstok_l")
#[export(msvcrt)]
fn wcstok(strToken: Ptr<u16>, strDelimit: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    strings::token::<u16>(strToken.addr(), strDelimit.addr()).map(Ptr::new)
}

/// Copies a string to the heap. (Microsoft: "_strdup, _wcsdup, _mbsdup")
#[export(msvcrt, ucrtbase, also = "wcsdup")]
fn _wcsdup(strSource: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    strings::duplicate::<u16>(strSource.addr()).map(Ptr::new)
}

/// Makes a string that compares by its units as this one does in the locale. (Microsoft:
/// "strxfrm, wcsxfrm, _strxfrm_l, _wcsxfrm_l")
#[export(msvcrt, ucrtbase)]
fn wcsxfrm(strDest: Ptr<u16>, strSource: Ptr<u16>, count: usize) -> Result<usize, Error> {
    strings::transform::<u16>(strDest.addr(), strSource.addr(), count)
}

/// Makes a string that compares by its units as this one does in a locale. (Microsoft: "strxfrm,
/// wcsxfrm, _strxfrm_l, _wcsxfrm_l")
#[export(msvcrt, ucrtbase)]
fn _wcsxfrm_l(
    strDest: Ptr<u16>,
    strSource: Ptr<u16>,
    count: usize,
    _locale: Ptr<u8>,
) -> Result<usize, Error> {
    strings::transform::<u16>(strDest.addr(), strSource.addr(), count)
}

/// Makes the letters of a string lower case. (Microsoft: "_strlwr_s, _strlwr_s_l, _mbslwr_s,
/// _mbslwr_s_l, _wcslwr_s, _wcslwr_s_l")
#[export(msvcrt, ucrtbase)]
fn _wcslwr_s(str: Ptr<u16>, numberOfElements: usize) -> ErrorCode {
    ErrorCode(strings::map::<u16>(str.addr(), numberOfElements, lower))
}

/// Makes the letters of a string upper case. (Microsoft: "_strupr_s, _strupr_s_l, _mbsupr_s,
/// _mbsupr_s_l, _wcsupr_s, _wcsupr_s_l")
#[export(msvcrt, ucrtbase)]
fn _wcsupr_s(str: Ptr<u16>, numberOfElements: usize) -> ErrorCode {
    ErrorCode(strings::map::<u16>(str.addr(), numberOfElements, upper))
}

/// Copies bytes, if they fit. (Microsoft: "memcpy_s, wmemcpy_s")
#[export(msvcrt, ucrtbase)]
fn memcpy_s(dest: Ptr<u8>, destSize: usize, src: Ptr<u8>, count: usize) -> ErrorCode {
    ErrorCode(strings::copy_memory(dest.addr(), destSize, src.addr(), count))
}

/// Copies bytes that may overlap, if they fit. (Microsoft: "memmove_s, wmemmove_s")
#[export(msvcrt, ucrtbase)]
fn memmove_s(dest: Ptr<u8>, numberOfElements: usize, src: Ptr<u8>, count: usize) -> ErrorCode {
    ErrorCode(strings::move_memory(dest.addr(), numberOfElements, src.addr(), count))
}

/// Copies wide characters, if they fit. (Microsoft: "memcpy_s, wmemcpy_s")
#[export(ucrtbase)]
fn wmemcpy_s(dest: Ptr<u16>, destSize: usize, src: Ptr<u16>, count: usize) -> ErrorCode {
    ErrorCode(strings::copy_memory(
        dest.addr(),
        destSize.saturating_mul(2),
        src.addr(),
        count.saturating_mul(2),
    ))
}

/// Copies wide characters that may overlap, if they fit. (Microsoft: "memmove_s, wmemmove_s")
#[export(ucrtbase)]
fn wmemmove_s(dest: Ptr<u16>, numberOfElements: usize, src: Ptr<u16>, count: usize) -> ErrorCode {
    ErrorCode(strings::move_memory(
        dest.addr(),
        numberOfElements.saturating_mul(2),
        src.addr(),
        count.saturating_mul(2),
    ))
}

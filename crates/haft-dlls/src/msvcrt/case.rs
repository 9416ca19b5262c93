//! Strings without regard to case. These work on the program's memory directly: a fault is the
//! program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use haft_crt::string::{lower, upper};
use haft_host::cstring as c;
use haft_kernel::crt::locale::casing;
use haft_macros::export;

/// Compares strings without regard to case. (Microsoft: "_stricmp, _wcsicmp, _mbsicmp")
#[export(msvcrt, ucrtbase, also = "_strcmpi", also = "stricmp", also = "_stricoll")]
unsafe fn _stricmp(string1: *const u8, string2: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        c::compare_folded(string1, string2, usize::MAX, false, |u: u8| u.to_ascii_lowercase())
    }
}

/// Compares the beginnings of strings without regard to case. (Microsoft: "_strnicmp, _wcsnicmp,
/// _mbsnicmp")
#[export(msvcrt, ucrtbase, also = "strnicmp", also = "_strnicoll")]
unsafe fn _strnicmp(string1: *const u8, string2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare_folded(string1, string2, count, false, |u: u8| u.to_ascii_lowercase()) }
}

/// Compares blocks without regard to case. (Microsoft: "_memicmp, _memicmp_l")
#[export(msvcrt, ucrtbase)]
unsafe fn _memicmp(buffer1: *const u8, buffer2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare_folded(buffer1, buffer2, count, true, |u: u8| u.to_ascii_lowercase()) }
}

/// Compares strings without regard to case. (Microsoft: "_stricmp, _wcsicmp, _mbsicmp")
#[export(msvcrt, ucrtbase, also = "_stricoll_l")]
unsafe fn _stricmp_l(string1: *const u8, string2: *const u8, _locale: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        c::compare_folded(string1, string2, usize::MAX, false, |u: u8| u.to_ascii_lowercase())
    }
}

/// Compares the beginnings of strings without regard to case. (Microsoft: "_strnicmp, _wcsnicmp,
/// _mbsnicmp")
#[export(msvcrt, ucrtbase, also = "_strnicoll_l")]
unsafe fn _strnicmp_l(
    string1: *const u8,
    string2: *const u8,
    count: usize,
    _locale: *const u8,
) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare_folded(string1, string2, count, false, |u: u8| u.to_ascii_lowercase()) }
}

/// Compares wide strings without regard to case. (Microsoft: "_stricmp, _wcsicmp, _mbsicmp")
#[export(msvcrt, ucrtbase, also = "wcsicmp", also = "_wcsicoll")]
unsafe fn _wcsicmp(string1: *const u16, string2: *const u16) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::compare_folded(string1, string2, usize::MAX, false, |u: u16| lower(u, casing))
    }
}

/// Compares the beginnings of wide strings without regard to case. (Microsoft: "_strnicmp,
/// _wcsnicmp, _mbsnicmp")
#[export(msvcrt, ucrtbase, also = "_wcsnicoll")]
unsafe fn _wcsnicmp(string1: *const u16, string2: *const u16, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::compare_folded(string1, string2, count, false, |u: u16| lower(u, casing))
    }
}

/// Compares wide strings without regard to case. (Microsoft: "_stricmp, _wcsicmp, _mbsicmp")
#[export(msvcrt, ucrtbase, also = "_wcsicoll_l")]
unsafe fn _wcsicmp_l(string1: *const u16, string2: *const u16, _locale: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::compare_folded(string1, string2, usize::MAX, false, |u: u16| lower(u, casing))
    }
}

/// Compares the beginnings of wide strings without regard to case. (Microsoft: "_strnicmp,
/// _wcsnicmp, _mbsnicmp")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcsnicmp_l(
    string1: *const u16,
    string2: *const u16,
    count: usize,
    _locale: *const u8,
) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::compare_folded(string1, string2, count, false, |u: u16| lower(u, casing))
    }
}

/// Makes the letters of a string lower case. (Microsoft: "_strlwr, _wcslwr, _mbslwr")
#[export(msvcrt, ucrtbase, also = "strlwr")]
unsafe fn _strlwr(str: *mut u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::map(str, |u: u8| u.to_ascii_lowercase()) }
}

/// Makes the letters of a string upper case. (Microsoft: "_strupr, _strupr_l, _mbsupr")
#[export(msvcrt, ucrtbase, also = "strupr")]
unsafe fn _strupr(str: *mut u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::map(str, |u: u8| u.to_ascii_uppercase()) }
}

/// Makes the letters of a wide string lower case. (Microsoft: "_strlwr, _wcslwr, _mbslwr")
#[export(msvcrt, ucrtbase, also = "wcslwr")]
unsafe fn _wcslwr(str: *mut u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::map(str, |u: u16| lower(u, casing))
    }
}

/// Makes the letters of a wide string upper case. (Microsoft: "_strupr, _strupr_l, _mbsupr")
#[export(msvcrt, ucrtbase, also = "wcsupr")]
unsafe fn _wcsupr(str: *mut u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe {
        let casing = casing();
        c::map(str, |u: u16| upper(u, casing))
    }
}

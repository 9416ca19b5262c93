//! Strings. These work on the program's memory directly: a fault is the program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use haft_host::cstring;
use haft_macros::export;

/// Gives the length of a string. (Microsoft: "strlen, wcslen, _mbslen")
#[export(msvcrt, ucrtbase)]
unsafe fn strlen(str: *const u8) -> usize {
    // SAFETY: the program's own pointer.
    unsafe { cstring::strlen(str) }
}

/// Compares the beginnings of strings. (Microsoft: "strncmp, wcsncmp, _mbsncmp")
#[export(msvcrt, ucrtbase)]
unsafe fn strncmp(string1: *const u8, string2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { cstring::strncmp(string1, string2, count) }
}

/// Gives the length of a wide string. (Microsoft: "strlen, wcslen, _mbslen")
#[export(msvcrt, ucrtbase)]
unsafe fn wcslen(str: *const u16) -> usize {
    // SAFETY: the program's own pointer.
    unsafe { cstring::wcslen(str) }
}

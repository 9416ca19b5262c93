//! Strings. These work on the program's memory directly: a fault is the program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use haft_host::{cstring as c, leaf};
use haft_macros::export;

/// Gives the length of a string. (Microsoft: "strlen, wcslen, _mbslen")
#[export(msvcrt, ucrtbase)]
unsafe fn strlen(str: *const u8) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { leaf::length(str) }
}

/// Compares strings. (Microsoft: "strcmp, wcscmp, _mbscmp")
#[export(msvcrt, ucrtbase)]
unsafe fn strcmp(string1: *const u8, string2: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::strcmp(string1, string2) }
}

/// Compares the beginnings of strings. (Microsoft: "strncmp, wcsncmp, _mbsncmp")
#[export(msvcrt, ucrtbase)]
unsafe fn strncmp(string1: *const u8, string2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::strncmp(string1, string2, count) }
}

/// Copies a string. (Microsoft: "strcpy, wcscpy, _mbscpy")
#[export(msvcrt, ucrtbase)]
unsafe fn strcpy(strDestination: *mut u8, strSource: *const u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::copy(strDestination, strSource) }
}

/// Appends a string. (Microsoft: "strcat, wcscat, _mbscat")
#[export(msvcrt, ucrtbase)]
unsafe fn strcat(strDestination: *mut u8, strSource: *const u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::append(strDestination, strSource, usize::MAX) }
}

/// Copies the beginning of a string. (Microsoft: "strncpy, _strncpy_l, wcsncpy")
#[export(msvcrt, ucrtbase)]
unsafe fn strncpy(strDest: *mut u8, strSource: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::copy_n(strDest, strSource, count) }
}

/// Appends the beginning of a string. (Microsoft: "strncat, _strncat_l, wcsncat")
#[export(msvcrt, ucrtbase)]
unsafe fn strncat(strDest: *mut u8, strSource: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::append(strDest, strSource, count) }
}

/// Finds a character in a string. (Microsoft: "strchr, wcschr, _mbschr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn strchr(str: *const u8, c: i32) -> *const u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::strchr(str, c as u8) }
}

/// Finds the last such character in a string. (Microsoft: "strrchr, wcsrchr, _mbsrchr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn strrchr(str: *const u8, c: i32) -> *const u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::strrchr(str, c as u8) }
}

/// Finds a string in a string. (Microsoft: "strstr, wcsstr, _mbsstr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn strstr(str: *const u8, strSearch: *const u8) -> *const u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::strstr(str, strSearch) }
}

/// Finds any of some characters in a string. (Microsoft: "strpbrk, wcspbrk, _mbspbrk")
#[export(msvcrt, ucrtbase)]
unsafe fn strpbrk(str: *const u8, strCharSet: *const u8) -> *const u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::find_any(str, strCharSet) }
}

/// Gives how many characters at the beginning are of a set. (Microsoft: "strspn, wcsspn,
/// _mbsspn")
#[export(msvcrt, ucrtbase)]
unsafe fn strspn(str: *const u8, strCharSet: *const u8) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::strspn(str, strCharSet) }
}

/// Gives how many characters at the beginning are not of a set. (Microsoft: "strcspn, wcscspn,
/// _mbscspn")
#[export(msvcrt, ucrtbase)]
unsafe fn strcspn(str: *const u8, strCharSet: *const u8) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::strcspn(str, strCharSet) }
}

/// Gives the length of a string, at most so much. (Microsoft: "strnlen, strnlen_s, wcsnlen")
#[export(msvcrt, ucrtbase)]
unsafe fn strnlen(str: *const u8, numberOfElements: usize) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::strnlen(str, numberOfElements) }
}

/// Gives the length of a string, at most so much. (Microsoft: "strnlen, strnlen_s, wcsnlen")
#[export(ucrtbase)]
unsafe fn __strncnt(str: *const u8, numberOfElements: usize) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::strnlen(str, numberOfElements) }
}

/// Sets all characters of a string. (Microsoft: "_strset, _strset_l, _wcsset")
#[export(msvcrt, ucrtbase)]
unsafe fn _strset(str: *mut u8, c: i32) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::set(str, c as u8, usize::MAX) }
}

/// Sets the first characters of a string. (Microsoft: "_strnset, _strnset_l, _wcsnset")
#[export(msvcrt, ucrtbase)]
unsafe fn _strnset(str: *mut u8, c: i32, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::set(str, c as u8, count) }
}

/// Turns a string around. (Microsoft: "_strrev, _wcsrev, _mbsrev")
#[export(msvcrt, ucrtbase)]
unsafe fn _strrev(str: *mut u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::reverse(str) }
}

/// Compares strings in the order of the locale, which is that of the bytes. (Microsoft: "strcoll,
/// wcscoll, _mbscoll")
#[export(msvcrt, ucrtbase)]
unsafe fn strcoll(string1: *const u8, string2: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::strcmp(string1, string2) }
}

/// Compares the beginnings of strings in the order of the locale. (Microsoft: "_strncoll,
/// _wcsncoll")
#[export(msvcrt, ucrtbase)]
unsafe fn _strncoll(string1: *const u8, string2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::strncmp(string1, string2, count) }
}

/// Compares strings in the order of a locale. (Microsoft: "strcoll, wcscoll, _mbscoll")
#[export(msvcrt, ucrtbase)]
unsafe fn _strcoll_l(string1: *const u8, string2: *const u8, _locale: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::strcmp(string1, string2) }
}

/// Gives the length of a wide string. (Microsoft: "strlen, wcslen, _mbslen")
#[export(msvcrt, ucrtbase)]
unsafe fn wcslen(str: *const u16) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::len(str) }
}

/// Compares wide strings. (Microsoft: "strcmp, wcscmp, _mbscmp")
#[export(msvcrt, ucrtbase)]
unsafe fn wcscmp(string1: *const u16, string2: *const u16) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare(string1, string2, usize::MAX) }
}

/// Compares the beginnings of wide strings. (Microsoft: "strncmp, wcsncmp, _mbsncmp")
#[export(msvcrt, ucrtbase)]
unsafe fn wcsncmp(string1: *const u16, string2: *const u16, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare(string1, string2, count) }
}

/// Copies a wide string. (Microsoft: "strcpy, wcscpy, _mbscpy")
#[export(msvcrt, ucrtbase)]
unsafe fn wcscpy(strDestination: *mut u16, strSource: *const u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::copy(strDestination, strSource) }
}

/// Appends a wide string. (Microsoft: "strcat, wcscat, _mbscat")
#[export(msvcrt, ucrtbase)]
unsafe fn wcscat(strDestination: *mut u16, strSource: *const u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::append(strDestination, strSource, usize::MAX) }
}

/// Copies the beginning of a wide string. (Microsoft: "strncpy, _strncpy_l, wcsncpy")
#[export(msvcrt, ucrtbase)]
unsafe fn wcsncpy(strDest: *mut u16, strSource: *const u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::copy_n(strDest, strSource, count) }
}

/// Appends the beginning of a wide string. (Microsoft: "strncat, _strncat_l, wcsncat")
#[export(msvcrt, ucrtbase)]
unsafe fn wcsncat(strDest: *mut u16, strSource: *const u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::append(strDest, strSource, count) }
}

/// Finds a character in a wide string. (Microsoft: "strchr, wcschr, _mbschr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn wcschr(str: *const u16, c: u16) -> *const u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::find(str, c) }
}

/// Finds the last such character in a wide string. (Microsoft: "strrchr, wcsrchr, _mbsrchr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn wcsrchr(str: *const u16, c: u16) -> *const u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::find_last(str, c) }
}

/// Finds a wide string in another. (Microsoft: "strstr, wcsstr, _mbsstr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn wcsstr(str: *const u16, strSearch: *const u16) -> *const u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::find_string(str, strSearch) }
}

/// Finds any of some characters in a wide string. (Microsoft: "strpbrk, wcspbrk, _mbspbrk")
#[export(msvcrt, ucrtbase)]
unsafe fn wcspbrk(str: *const u16, strCharSet: *const u16) -> *const u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::find_any(str, strCharSet) }
}

/// Gives how many characters at the beginning are of a set. (Microsoft: "strspn, wcsspn,
/// _mbsspn")
#[export(msvcrt, ucrtbase)]
unsafe fn wcsspn(str: *const u16, strCharSet: *const u16) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::span(str, strCharSet, true) }
}

/// Gives how many characters at the beginning are not of a set. (Microsoft: "strcspn, wcscspn,
/// _mbscspn")
#[export(msvcrt, ucrtbase)]
unsafe fn wcscspn(str: *const u16, strCharSet: *const u16) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::span(str, strCharSet, false) }
}

/// Gives the length of a wide string, at most so much. (Microsoft: "strnlen, strnlen_s, wcsnlen")
#[export(msvcrt, ucrtbase)]
unsafe fn wcsnlen(str: *const u16, numberOfElements: usize) -> usize {
    // SAFETY: the program's own pointers.
    unsafe { c::nlen(str, numberOfElements) }
}

/// Sets all characters of a wide string. (Microsoft: "_strset, _strset_l, _wcsset")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcsset(str: *mut u16, c: u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::set(str, c, usize::MAX) }
}

/// Sets the first characters of a wide string. (Microsoft: "_strnset, _strnset_l, _wcsnset")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcsnset(str: *mut u16, c: u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::set(str, c, count) }
}

/// Turns a wide string around. (Microsoft: "_strrev, _wcsrev, _mbsrev")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcsrev(str: *mut u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::reverse(str) }
}

/// Compares wide strings in the order of the locale. (Microsoft: "strcoll, wcscoll, _mbscoll")
#[export(msvcrt, ucrtbase)]
unsafe fn wcscoll(string1: *const u16, string2: *const u16) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare(string1, string2, usize::MAX) }
}

/// Compares wide strings in the order of a locale. (Microsoft: "strcoll, wcscoll, _mbscoll")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcscoll_l(string1: *const u16, string2: *const u16, _locale: *const u8) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare(string1, string2, usize::MAX) }
}

/// Compares the beginnings of wide strings in the order of the locale. (Microsoft: "_strncoll,
/// _wcsncoll")
#[export(msvcrt, ucrtbase)]
unsafe fn _wcsncoll(string1: *const u16, string2: *const u16, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare(string1, string2, count) }
}

/// Gives the next token of a string. (Microsoft: "strtok_s, _strtok_s_l, wcstok_s")
#[export(msvcrt, ucrtbase)]
unsafe fn strtok_s(str: *mut u8, delimiters: *const u8, context: *mut *mut u8) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::token(str, delimiters, &mut *context) }
}

/// Gives the next token of a wide string. (Microsoft: "strtok_s, _strtok_s_l, wcstok_s")
#[export(msvcrt, ucrtbase)]
unsafe fn wcstok_s(str: *mut u16, delimiters: *const u16, context: *mut *mut u16) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::token(str, delimiters, &mut *context) }
}

//! Blocks of memory. These work on the program's memory directly: a fault is the program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use core::ptr;
use haft_host::{cstring as c, leaf};
use haft_macros::export;

/// Copies bytes; as with Microsoft's, the blocks may overlap. (Microsoft: "memcpy, wmemcpy")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memcpy(dest: *mut u8, src: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { leaf::copy(dest, src, count) }
}

/// Copies bytes; the blocks may overlap. (Microsoft: "memmove, wmemmove")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memmove(dest: *mut u8, src: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { leaf::copy(dest, src, count) }
}

/// Fills a block with a byte. (Microsoft: "memset, wmemset")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memset(dest: *mut u8, c: i32, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { leaf::fill(dest, c as u8, count) }
}

/// Compares blocks. (Microsoft: "memcmp, wmemcmp")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memcmp(buffer1: *const u8, buffer2: *const u8, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::memcmp(buffer1, buffer2, count) }
}

/// Finds a byte in a block. (Microsoft: "memchr, wmemchr")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memchr(buffer: *const u8, c: i32, count: usize) -> *const u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::memchr(buffer, c as u8, count) }
}

/// Copies bytes up to and with a certain one. (Microsoft: "_memccpy")
#[export(msvcrt, ucrtbase, also = "memccpy")]
unsafe fn _memccpy(dest: *mut u8, src: *const u8, c: i32, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { c::copy_until(dest, src, c as u8, count) }
}

/// Copies wide characters. (Microsoft: "memcpy, wmemcpy")
#[export(ucrtbase)]
unsafe fn wmemcpy(dest: *mut u16, src: *const u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe {
        ptr::copy(src, dest, count);
        dest
    }
}

/// Copies wide characters; the blocks may overlap. (Microsoft: "memmove, wmemmove")
#[export(ucrtbase)]
unsafe fn wmemmove(dest: *mut u16, src: *const u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe {
        ptr::copy(src, dest, count);
        dest
    }
}

/// Fills a block with a wide character. (Microsoft: "memset, wmemset")
#[export(ucrtbase)]
unsafe fn wmemset(dest: *mut u16, c: u16, count: usize) -> *mut u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::fill(dest, c, count) }
}

/// Compares blocks of wide characters. (Microsoft: "memcmp, wmemcmp")
#[export(ucrtbase)]
unsafe fn wmemcmp(buffer1: *const u16, buffer2: *const u16, count: usize) -> i32 {
    // SAFETY: the program's own pointers.
    unsafe { c::compare_blocks(buffer1, buffer2, count) }
}

/// Finds a wide character in a block. (Microsoft: "memchr, wmemchr")
#[export(ucrtbase)]
unsafe fn wmemchr(buffer: *const u16, c: u16, count: usize) -> *const u16 {
    // SAFETY: the program's own pointers.
    unsafe { c::find_in(buffer, c, count) }
}

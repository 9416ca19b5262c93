//! Blocks of memory. These work on the program's memory directly: a fault is the program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use haft_macros::export;

/// Copies bytes; the blocks do not overlap. (Microsoft: "memcpy, wmemcpy")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memcpy(dest: *mut u8, src: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers. Overlap is allowed for, as Microsoft's does.
    unsafe { core::ptr::copy(src, dest, count) };
    dest
}

/// Copies bytes; the blocks may overlap. (Microsoft: "memmove, wmemmove")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memmove(dest: *mut u8, src: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointers.
    unsafe { core::ptr::copy(src, dest, count) };
    dest
}

/// Fills a block with a byte. (Microsoft: "memset, wmemset")
#[export(msvcrt, ucrtbase, vcruntime140)]
unsafe fn memset(dest: *mut u8, c: i32, count: usize) -> *mut u8 {
    // SAFETY: the program's own pointer.
    unsafe { core::ptr::write_bytes(dest, c as u8, count) };
    dest
}

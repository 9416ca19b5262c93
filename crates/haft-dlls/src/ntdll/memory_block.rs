//! Blocks of memory. These work on the program's memory directly: a fault is the program's.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]

use haft_host::leaf;
use haft_macros::export;

/// Fills a block with a byte. (Microsoft: "RtlFillMemory macro")
#[export(ntdll, kernel32)]
unsafe fn RtlFillMemory(Destination: *mut u8, Length: usize, Fill: u8) {
    // SAFETY: the program's own pointers.
    unsafe { leaf::fill(Destination, Fill, Length) };
}

/// Fills a block with zeros. (Microsoft: "RtlZeroMemory macro")
#[export(ntdll, kernel32)]
unsafe fn RtlZeroMemory(Destination: *mut u8, Length: usize) {
    // SAFETY: the program's own pointers.
    unsafe { leaf::fill(Destination, 0, Length) };
}

/// Copies a block; the two may overlap. (Microsoft: "RtlMoveMemory macro")
#[export(ntdll, kernel32)]
unsafe fn RtlMoveMemory(Destination: *mut u8, Source: *const u8, Length: usize) {
    // SAFETY: the program's own pointers.
    unsafe { leaf::copy(Destination, Source, Length) };
}

/// Copies a block; as with Microsoft's, the two may overlap. (Microsoft: "RtlCopyMemory macro")
#[export(ntdll, kernel32)]
unsafe fn RtlCopyMemory(Destination: *mut u8, Source: *const u8, Length: usize) {
    // SAFETY: the program's own pointers.
    unsafe { leaf::copy(Destination, Source, Length) };
}

/// Tells how many bytes two blocks have in common from the start. (Microsoft: "RtlCompareMemory
/// function")
#[export(ntdll, kernel32)]
unsafe fn RtlCompareMemory(Source1: *const u8, Source2: *const u8, Length: usize) -> usize {
    // SAFETY: the program's own pointers, and no further than it says.
    let differs = |&at: &usize| unsafe { *Source1.add(at) != *Source2.add(at) };
    (0..Length).find(differs).unwrap_or(Length)
}

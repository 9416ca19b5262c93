//! The C library's string functions on the program's memory.
//!
//! # Safety
//! Each takes what the C function of its name takes. The program's own pointers may be bad: the
//! fault is then the program's, as it is on Windows.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]
#![allow(clippy::missing_safety_doc, reason = "it is the same for all: see the module")]

macro_rules! forward {
    ($($(#[$doc:meta])* fn $name:ident($($p:ident: $t:ty),*) -> $r:ty = $body:expr;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub unsafe fn $name($($p: $t),*) -> $r {
            // SAFETY: the caller's pointers are those of the C function.
            unsafe { $body }
        }
    )*};
}

forward! {
    /// The length of a string.
    fn strlen(s: *const u8) -> usize = libc::strlen(s.cast());
    /// Compares at most `n` bytes of strings.
    fn strncmp(a: *const u8, b: *const u8, n: usize) -> i32 =
        libc::strncmp(a.cast(), b.cast(), n);
}

/// The length of a wide string.
#[inline]
pub unsafe fn wcslen(s: *const u16) -> usize {
    let mut n = 0;
    // SAFETY: the string goes on until its null.
    while unsafe { *s.add(n) } != 0 {
        n += 1;
    }
    n
}

//! Strings and blocks of the program by raw address, as C's `string.h` and `wchar.h` have them.
//!
//! # Safety
//! Each function takes what the C function of its name takes. The program's own pointers may be
//! bad: the fault is then the program's, as it is on Windows.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]
#![allow(clippy::missing_safety_doc, reason = "it is the same for all: see the module")]

use core::ptr;

/// A unit of a string: `char` or `wchar_t`.
pub trait Unit: Copy + Eq + Ord + Default + Into<u32> + 'static {}

impl Unit for u8 {}
impl Unit for u16 {}

macro_rules! forward {
    ($($(#[$doc:meta])* fn $name:ident($($p:ident: $t:ty),*) -> $r:ty = $body:expr;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub unsafe fn $name($($p: $t),*) -> $r {
            // SAFETY: the caller's pointers are those of the C function.
            unsafe { $body }
        }
    )*};
}

forward! {
    /// Compares strings.
    fn strcmp(a: *const u8, b: *const u8) -> i32 = libc::strcmp(a.cast(), b.cast()).signum();
    /// Compares at most `n` bytes of strings.
    fn strncmp(a: *const u8, b: *const u8, n: usize) -> i32 =
        libc::strncmp(a.cast(), b.cast(), n).signum();
    /// The first byte `c` of a string, or null.
    fn strchr(s: *const u8, c: u8) -> *const u8 = libc::strchr(s.cast(), c.into()).cast();
    /// The last byte `c` of a string, or null.
    fn strrchr(s: *const u8, c: u8) -> *const u8 = libc::strrchr(s.cast(), c.into()).cast();
    /// The first place of a string in another, or null.
    fn strstr(s: *const u8, find: *const u8) -> *const u8 =
        libc::strstr(s.cast(), find.cast()).cast();
    /// How many bytes at the beginning are of a set.
    fn strspn(s: *const u8, set: *const u8) -> usize = libc::strspn(s.cast(), set.cast());
    /// How many bytes at the beginning are not of a set.
    fn strcspn(s: *const u8, set: *const u8) -> usize = libc::strcspn(s.cast(), set.cast());
    /// The length of a string, at most `n`.
    fn strnlen(s: *const u8, n: usize) -> usize = libc::strnlen(s.cast(), n);
    /// The first byte `c` of a block, or null.
    fn memchr(s: *const u8, c: u8, n: usize) -> *const u8 =
        libc::memchr(s.cast(), c.into(), n).cast();
    /// Compares blocks.
    fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 =
        libc::memcmp(a.cast(), b.cast(), n).signum();
}

/// The length of a string.
#[inline]
#[must_use]
pub unsafe fn len<U: Unit>(s: *const U) -> usize {
    let mut n = 0;
    // SAFETY: the string goes on until its null.
    while unsafe { *s.add(n) } != U::default() {
        n += 1;
    }
    n
}

/// The length of a string, at most `max`.
#[must_use]
pub unsafe fn nlen<U: Unit>(s: *const U, max: usize) -> usize {
    let mut n = 0;
    // SAFETY: the string goes on until its null or `max`.
    while n < max && unsafe { *s.add(n) } != U::default() {
        n += 1;
    }
    n
}

/// Compares strings, at most `max` units.
#[must_use]
pub unsafe fn compare<U: Unit>(a: *const U, b: *const U, max: usize) -> i32 {
    for at in 0..max {
        // SAFETY: neither string ended before this unit.
        let (x, y) = unsafe { (*a.add(at), *b.add(at)) };
        if x != y {
            return if x < y { -1 } else { 1 };
        }
        if x == U::default() {
            break;
        }
    }
    0
}

/// Compares strings without regard to case, by `fold`, at most `max` units; with `through` also
/// behind nulls.
#[must_use]
pub unsafe fn compare_folded<U: Unit>(
    a: *const U,
    b: *const U,
    max: usize,
    through: bool,
    fold: impl Fn(U) -> U,
) -> i32 {
    for at in 0..max {
        // SAFETY: neither string ended before this unit.
        let (x, y) = unsafe { (*a.add(at), *b.add(at)) };
        let (folded_x, folded_y) = if x == y { (x, y) } else { (fold(x), fold(y)) };
        if folded_x != folded_y {
            let (x, y): (u32, u32) = (folded_x.into(), folded_y.into());
            return x as i32 - y as i32;
        }
        if x == U::default() && !through {
            break;
        }
    }
    0
}

/// Copies a string with its null; the destination.
pub unsafe fn copy<U: Unit>(to: *mut U, from: *const U) -> *mut U {
    // SAFETY: the destination has room for the string and its null.
    unsafe { ptr::copy(from, to, len(from) + 1) };
    to
}

/// Copies at most `n` units and fills the rest with nulls (`strncpy`).
pub unsafe fn copy_n<U: Unit>(to: *mut U, from: *const U, n: usize) -> *mut U {
    // SAFETY: the destination has room for `n` units.
    unsafe {
        let used = nlen(from, n);
        ptr::copy(from, to, used);
        ptr::write_bytes(to.add(used), 0, n - used);
    }
    to
}

/// Appends at most `n` units of a string and a null.
pub unsafe fn append<U: Unit>(to: *mut U, from: *const U, n: usize) -> *mut U {
    // SAFETY: the destination has room for both strings.
    unsafe {
        let end = to.add(len(to));
        let used = nlen(from, n);
        ptr::copy(from, end, used);
        *end.add(used) = U::default();
    }
    to
}

/// The first unit `c` of a string, or null; the null itself is found too.
#[must_use]
pub unsafe fn find<U: Unit>(mut s: *const U, c: U) -> *const U {
    // SAFETY: the string goes on until its null.
    unsafe {
        while *s != c {
            if *s == U::default() {
                return ptr::null();
            }
            s = s.add(1);
        }
    }
    s
}

/// The last unit `c` of a string, or null.
#[must_use]
pub unsafe fn find_last<U: Unit>(s: *const U, c: U) -> *const U {
    // SAFETY: every index is within the string or its null.
    unsafe {
        let mut at = len(s) + 1;
        while at > 0 {
            at -= 1;
            if *s.add(at) == c {
                return s.add(at);
            }
        }
    }
    ptr::null()
}

/// The first place of a string in another, or null.
#[must_use]
pub unsafe fn find_string<U: Unit>(s: *const U, wanted: *const U) -> *const U {
    // SAFETY: both lengths are those of the strings.
    unsafe {
        let wanted = core::slice::from_raw_parts(wanted, len(wanted));
        let text = core::slice::from_raw_parts(s, len(s));
        if wanted.is_empty() {
            return s;
        }
        match text.windows(wanted.len()).position(|window| window == wanted) {
            Some(at) => s.add(at),
            None => ptr::null(),
        }
    }
}

/// How many units at the beginning of a string are (`of`), or are not, in a set.
#[must_use]
pub unsafe fn span<U: Unit>(s: *const U, set: *const U, of: bool) -> usize {
    // SAFETY: the length is that of the string; the index is within the string.
    unsafe {
        let set = core::slice::from_raw_parts(set, len(set));
        let mut n = 0;
        loop {
            let unit = *s.add(n);
            if unit == U::default() || set.contains(&unit) != of {
                return n;
            }
            n += 1;
        }
    }
}

/// The first unit of a string that is in a set, or null.
#[must_use]
pub unsafe fn find_any<U: Unit>(s: *const U, set: *const U) -> *const U {
    // SAFETY: the span ends within the string or at its null.
    unsafe {
        let at = s.add(span(s, set, false));
        if *at == U::default() { ptr::null() } else { at }
    }
}

/// The first unit `c` of a block, or null.
#[must_use]
pub unsafe fn find_in<U: Unit>(s: *const U, c: U, n: usize) -> *const U {
    // SAFETY: the block has `n` units.
    let block = unsafe { core::slice::from_raw_parts(s, n) };
    block.iter().position(|&unit| unit == c).map_or(ptr::null(), |at| s.wrapping_add(at))
}

/// Compares blocks of `n` units.
#[must_use]
pub unsafe fn compare_blocks<U: Unit>(a: *const U, b: *const U, n: usize) -> i32 {
    // SAFETY: the blocks have `n` units.
    let (a, b) = unsafe { (core::slice::from_raw_parts(a, n), core::slice::from_raw_parts(b, n)) };
    a.cmp(b) as i32
}

/// Changes each unit of a string by `map`.
pub unsafe fn map<U: Unit>(s: *mut U, map: impl Fn(U) -> U) -> *mut U {
    let mut at = s;
    // SAFETY: the string goes on until its null.
    unsafe {
        while *at != U::default() {
            *at = map(*at);
            at = at.add(1);
        }
    }
    s
}

/// Sets the units of a string, at most `n` of them.
pub unsafe fn set<U: Unit>(s: *mut U, c: U, n: usize) -> *mut U {
    // SAFETY: the index stays before the null.
    unsafe {
        for at in 0..nlen(s, n) {
            *s.add(at) = c;
        }
    }
    s
}

/// Turns a string around.
pub unsafe fn reverse<U: Unit>(s: *mut U) -> *mut U {
    // SAFETY: the length is the string's, and nothing else refers to it during the call.
    unsafe { core::slice::from_raw_parts_mut(s, len(s)) }.reverse();
    s
}

/// Fills a block of `n` units.
pub unsafe fn fill<U: Unit>(s: *mut U, c: U, n: usize) -> *mut U {
    // SAFETY: the block has `n` units.
    unsafe { core::slice::from_raw_parts_mut(s, n) }.fill(c);
    s
}

/// Copies bytes up to and with `c`, at most `n`; what follows it in the destination, or null if
/// there is none.
pub unsafe fn copy_until(to: *mut u8, from: *const u8, c: u8, n: usize) -> *mut u8 {
    // SAFETY: both blocks have as many bytes as are copied.
    unsafe {
        let found = memchr(from, c, n);
        let count = if found.is_null() { n } else { found.offset_from_unsigned(from) + 1 };
        ptr::copy(from, to, count);
        if found.is_null() { ptr::null_mut() } else { to.add(count) }
    }
}

/// The next token of a string, and where to go on (`strtok_s`); null if there is none.
pub unsafe fn token<U: Unit>(s: *mut U, delimiters: *const U, next: &mut *mut U) -> *mut U {
    let from = if s.is_null() { *next } else { s };
    if from.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the spans end within the string or at its null.
    unsafe {
        let start = from.add(span(from, delimiters, true));
        if *start == U::default() {
            *next = start;
            return ptr::null_mut();
        }
        let end = start.add(span(start, delimiters, false));
        if *end == U::default() {
            *next = end;
        } else {
            *end = U::default();
            *next = end.add(1);
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(s: &str) -> Vec<u16> {
        s.encode_utf16().chain([0]).collect()
    }

    #[test]
    fn wide_strings_are_searched() {
        let (text, any) = (w("a/b/c"), w("x/"));
        // SAFETY: all strings have their nulls.
        unsafe {
            let start = text.as_ptr();
            assert_eq!(len(start), 5);
            assert_eq!(find(start, u16::from(b'/')), start.add(1));
            assert_eq!(find_last(start, u16::from(b'/')), start.add(3));
            assert_eq!(find_last(start, 0), start.add(5));
            assert!(find(start, u16::from(b'x')).is_null());
            assert_eq!(find_string(start, w("b/").as_ptr()), start.add(2));
            assert_eq!(find_any(start, any.as_ptr()), start.add(1));
            assert!(find_any(start, w("x").as_ptr()).is_null());
            assert_eq!(compare(start, w("a/b").as_ptr(), usize::MAX), 1);
            assert_eq!(compare(start, w("a/b").as_ptr(), 3), 0);
        }
    }

    #[test]
    fn tokens_come_one_after_the_other() {
        let mut text = *b"--a--b\0";
        let mut next = ptr::null_mut();
        // SAFETY: all strings have their nulls.
        unsafe {
            let s = text.as_mut_ptr();
            assert_eq!(token(s, c"-".as_ptr().cast(), &mut next), s.add(2));
            assert_eq!(token(ptr::null_mut(), c"-".as_ptr().cast(), &mut next), s.add(5));
            assert!(token(ptr::null_mut(), c"-".as_ptr().cast(), &mut next).is_null());
        }
    }

    #[test]
    fn appending_and_padding() {
        let mut text = [9u8; 8];
        // SAFETY: the buffer has room for all of it.
        unsafe {
            copy_n(text.as_mut_ptr(), c"ab".as_ptr().cast(), 4);
            assert_eq!(text, [b'a', b'b', 0, 0, 9, 9, 9, 9]);
            append(text.as_mut_ptr(), c"cdef".as_ptr().cast(), 2);
            assert_eq!(&text[..5], b"abcd\0");
            reverse(text.as_mut_ptr());
            assert_eq!(&text[..5], b"dcba\0");
        }
    }
}

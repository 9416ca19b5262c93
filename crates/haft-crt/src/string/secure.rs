//! The copying functions that check their buffer (Microsoft: "strcpy_s, wcscpy_s, _mbscpy_s",
//! "strcat_s", "strncpy_s", "strncat_s").
//!
//! Source and destination may overlap in a program, so nothing is copied here: a plan says what
//! to copy where.

use crate::{Errno, Unit};

/// `_TRUNCATE`: the count that means "as much as fits".
pub const TRUNCATE: usize = usize::MAX;

/// What a checked copy does to its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyPlan {
    /// The result; `None` is 0.
    pub errno: Option<Errno>,
    /// The invalid parameter handler is due (not for [`Errno::STRUNCATE`]).
    pub invalid: bool,
    /// Where in the destination the copy begins.
    pub at: usize,
    /// How many units of the source are copied.
    pub count: usize,
    /// Where the null goes after the copy, if anywhere.
    pub terminator: Option<usize>,
}

impl CopyPlan {
    fn refused(errno: Errno, size: usize) -> Self {
        // The destination becomes the empty string, if there is a destination.
        let terminator = (size > 0).then_some(0);
        Self { errno: Some(errno), invalid: true, at: 0, count: 0, terminator }
    }

    /// Carries out the plan on slices that do not overlap.
    ///
    /// # Panics
    /// If the slices are not those that the plan was made for.
    pub fn apply<U: Unit>(&self, destination: &mut [U], source: &[U]) {
        destination[self.at..self.at + self.count].copy_from_slice(&source[..self.count]);
        if let Some(at) = self.terminator {
            destination[at] = U::default();
        }
    }
}

fn length<U: Unit>(text: &[U]) -> usize {
    crate::unit::until_null(text).len()
}

/// `strcpy_s`: `size` is the destination's, in units, 0 also for a null pointer.
///
/// `source` is `None` for a null pointer; it may end with or without its null.
#[must_use]
pub fn strcpy_s<U: Unit>(size: usize, source: Option<&[U]>) -> CopyPlan {
    append(0, size, source, None)
}

/// `strncpy_s`: at most `count` units; with [`TRUNCATE`], as many as fit and `STRUNCATE`.
#[must_use]
pub fn strncpy_s<U: Unit>(size: usize, source: Option<&[U]>, count: usize) -> CopyPlan {
    append(0, size, source, Some(count))
}

/// `strcat_s`: `destination` is the whole buffer; without a null in it nothing is appended.
#[must_use]
pub fn strcat_s<U: Unit>(destination: &[U], source: Option<&[U]>) -> CopyPlan {
    append(length(destination), destination.len(), source, None)
}

/// `strncat_s`: [`strcat_s`] of at most `count` units, or as many as fit with [`TRUNCATE`].
#[must_use]
pub fn strncat_s<U: Unit>(destination: &[U], source: Option<&[U]>, count: usize) -> CopyPlan {
    append(length(destination), destination.len(), source, Some(count))
}

fn append<U: Unit>(at: usize, size: usize, source: Option<&[U]>, count: Option<usize>) -> CopyPlan {
    if size == 0 {
        return CopyPlan::refused(Errno::EINVAL, 0);
    }
    if at >= size {
        return CopyPlan::refused(Errno::EINVAL, size);
    }
    let Some(source) = source else {
        if count == Some(0) {
            let terminator = Some(at);
            return CopyPlan { errno: None, invalid: false, at, count: 0, terminator };
        }
        return CopyPlan::refused(Errno::EINVAL, size);
    };
    let wanted = length(source).min(count.unwrap_or(usize::MAX));
    let room = size - at - 1;
    if wanted <= room {
        let terminator = Some(at + wanted);
        return CopyPlan { errno: None, invalid: false, at, count: wanted, terminator };
    }
    if count == Some(TRUNCATE) {
        let errno = Some(Errno::STRUNCATE);
        return CopyPlan { errno, invalid: false, at, count: room, terminator: Some(size - 1) };
    }
    CopyPlan::refused(Errno::ERANGE, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(before: &str, source: &str, plan: impl Fn(&[u8], &[u8]) -> CopyPlan) -> (i32, String) {
        let mut buffer = [b'#'; 6];
        buffer[..before.len()].copy_from_slice(before.as_bytes());
        let plan = plan(&buffer, source.as_bytes());
        plan.apply(&mut buffer, source.as_bytes());
        let text = crate::unit::until_null(&buffer);
        (plan.errno.map_or(0, |e| e.0), String::from_utf8_lossy(text).into_owned())
    }

    #[test]
    fn copies() {
        let copy = |source| run("", source, |d, s| strcpy_s(d.len(), Some(s)));
        assert_eq!(copy("hello"), (0, "hello".into()));
        assert_eq!(copy("hello!"), (34, String::new()));
        let copy_n = |source, n| run("", source, move |d, s| strncpy_s(d.len(), Some(s), n));
        assert_eq!(copy_n("hello!", 4), (0, "hell".into()));
        assert_eq!(copy_n("hello!", 6), (34, String::new()));
        assert_eq!(copy_n("hello!", TRUNCATE), (80, "hello".into()));
        assert_eq!(copy_n("hey", TRUNCATE), (0, "hey".into()));
    }

    #[test]
    fn appends() {
        let cat = |before, source| run(before, source, |d, s| strcat_s(d, Some(s)));
        assert_eq!(cat("ab\0", "cde"), (0, "abcde".into()));
        assert_eq!(cat("ab\0", "cdef"), (34, String::new()));
        assert_eq!(cat("abcdef", "g"), (22, String::new()), "no null in the buffer");
        let cat_n = |before, source, n| run(before, source, move |d, s| strncat_s(d, Some(s), n));
        assert_eq!(cat_n("ab\0", "cdef", 2), (0, "abcd".into()));
        assert_eq!(cat_n("ab\0", "cdef", TRUNCATE), (80, "abcde".into()));
    }

    #[test]
    fn null_pointers() {
        let null = strcpy_s::<u16>(4, None);
        assert_eq!(
            (null.errno, null.invalid, null.terminator),
            (Some(Errno::EINVAL), true, Some(0))
        );
        assert_eq!(strcpy_s(0, Some(b"a")).terminator, None);
        assert_eq!(strncpy_s::<u8>(4, None, 0).errno, None);
    }
}

//! Comparison and change of case (Microsoft: "_stricmp, _wcsicmp, _mbsicmp", "_strnicmp",
//! "_memicmp", "_strlwr", "_strupr").

use crate::Unit;
use crate::ctype::{Casing, to_wide_lower, to_wide_upper};
use core::cmp::Ordering;

/// Which units of a comparison count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// `_stricmp`, `_wcsicmp`: to the first null.
    Text,
    /// `_strnicmp`, `_wcsnicmp`: to the first null, at most so many.
    Prefix(usize),
    /// `_memicmp`: exactly so many, nulls included.
    Memory(usize),
}

/// Compares without case, by the lower-case letters, as all `_*icmp` functions do.
///
/// A slice that ends counts as if a null followed. [`Casing`] is the locale's: C folds A to Z
/// only. Microsoft gives the sign of the difference; so does the [`Ordering`].
pub fn compare<U: Unit>(a: &[U], b: &[U], fold: Fold, casing: Casing) -> Ordering {
    let count = match fold {
        Fold::Text => usize::MAX,
        Fold::Prefix(count) | Fold::Memory(count) => count,
    };
    let memory = matches!(fold, Fold::Memory(_));
    let null = U::default();
    for index in 0..count {
        let (left, right) =
            (a.get(index).copied().unwrap_or(null), b.get(index).copied().unwrap_or(null));
        let order = lower(left, casing).cmp(&lower(right, casing));
        let ended = if memory { index >= a.len().max(b.len()) } else { left.is(0) };
        if order != Ordering::Equal || ended {
            return order;
        }
    }
    Ordering::Equal
}

/// One unit of `_strlwr`, `_wcslwr`, `tolower`.
#[must_use]
pub fn lower<U: Unit>(unit: U, casing: Casing) -> U {
    if U::WIDE && casing == Casing::Unicode {
        return U::truncate(to_wide_lower(unit.into() as u16, casing).into());
    }
    unit.ascii_lower()
}

/// One unit of `_strupr`, `_wcsupr`, `toupper`.
#[must_use]
pub fn upper<U: Unit>(unit: U, casing: Casing) -> U {
    if U::WIDE && casing == Casing::Unicode {
        return U::truncate(to_wide_upper(unit.into() as u16, casing).into());
    }
    unit.ascii_upper()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_compare_as_lower_case() {
        let cmp = |a: &str, b: &str, fold| compare(a.as_bytes(), b.as_bytes(), fold, Casing::Ascii);
        assert_eq!(cmp("Hello", "hELLO", Fold::Text), Ordering::Equal);
        assert_eq!(cmp("abc", "abd", Fold::Text), Ordering::Less);
        assert_eq!(cmp("abc", "ab", Fold::Text), Ordering::Greater);
        assert_eq!(cmp("A", "_", Fold::Text), Ordering::Greater, "a is above underscore");
        assert_eq!(cmp("abX", "ABy", Fold::Prefix(2)), Ordering::Equal);
        assert_eq!(cmp("ab", "ab", Fold::Prefix(9)), Ordering::Equal);
        assert_eq!(cmp("a\0x", "a\0y", Fold::Text), Ordering::Equal);
        assert_eq!(cmp("a\0x", "A\0y", Fold::Memory(3)), Ordering::Less);
        assert_eq!(cmp("a\0x", "A\0y", Fold::Memory(2)), Ordering::Equal);
    }

    #[test]
    fn wide_letters_fold_by_locale() {
        let (a, b): (Vec<u16>, Vec<u16>) =
            ("É".encode_utf16().collect(), "é".encode_utf16().collect());
        assert_eq!(compare(&a, &b, Fold::Text, Casing::Unicode), Ordering::Equal);
        assert_eq!(compare(&a, &b, Fold::Text, Casing::Ascii), Ordering::Less);
        assert_eq!(upper(b'z', Casing::Unicode), b'Z');
        assert_eq!(upper(0xE9u8, Casing::Unicode), 0xE9);
        assert_eq!(upper(0xE9u16, Casing::Unicode), 0xC9);
    }
}

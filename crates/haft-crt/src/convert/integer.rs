//! Integers from text (Microsoft: "strtol", "strtoul", "_strtoi64", "_strtoui64", "atoi").

use crate::{Errno, Unit};

/// A converted integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer<T> {
    /// The value: 0 if there is none, the nearest limit if it is out of range.
    pub value: T,
    /// The index `*endptr` is to point at: 0 if nothing was converted.
    pub end: usize,
    /// `ERANGE` out of range, `EINVAL` for a base that is none (the invalid parameter handler
    /// is then due).
    pub errno: Option<Errno>,
}

struct Magnitude {
    value: u64,
    overflow: bool,
    negative: bool,
    end: usize,
}

/// Sign, digits and end of a number; `None` if there are no digits.
fn magnitude<U: Unit>(text: &[U], base: u32) -> Option<Magnitude> {
    let mut at = text.iter().take_while(|u| u.is_space()).count();
    let sign = text.get(at).and_then(|u| u.ascii());
    if let Some(b'+' | b'-') = sign {
        at += 1;
    }
    let prefixed = text.get(at).is_some_and(|u| u.is(b'0'))
        && text.get(at + 1).is_some_and(|u| u.ascii_lower().is(b'x'));
    let base = match base {
        0 if prefixed => 16,
        0 if text.get(at).is_some_and(|u| u.is(b'0')) => 8,
        0 => 10,
        base => base,
    };
    if base == 16 && prefixed {
        // A prefix without digits behind it is no number at all, as observed.
        at += 2;
    }
    let (mut value, mut overflow) = (0u64, false);
    let start = at;
    while let Some(digit) = text.get(at).and_then(|u| u.digit(base)) {
        match value.checked_mul(u64::from(base)).and_then(|v| v.checked_add(u64::from(digit))) {
            Some(next) => value = next,
            None => overflow = true,
        }
        at += 1;
    }
    (at > start).then_some(Magnitude { value, overflow, negative: sign == Some(b'-'), end: at })
}

fn signed<U: Unit>(text: &[U], base: i32, min: i64, max: i64) -> Integer<i64> {
    let Some(base) = valid_base(base) else {
        return Integer { value: 0, end: 0, errno: Some(Errno::EINVAL) };
    };
    let Some(number) = magnitude(text, base) else {
        return Integer { value: 0, end: 0, errno: None };
    };
    let limit = if number.negative { min.unsigned_abs() } else { max as u64 };
    let (value, errno) = if number.overflow || number.value > limit {
        (if number.negative { min } else { max }, Some(Errno::ERANGE))
    } else if number.negative {
        ((number.value as i64).wrapping_neg(), None)
    } else {
        (number.value as i64, None)
    };
    Integer { value, end: number.end, errno }
}

fn unsigned<U: Unit>(text: &[U], base: i32, max: u64) -> Integer<u64> {
    let Some(base) = valid_base(base) else {
        return Integer { value: 0, end: 0, errno: Some(Errno::EINVAL) };
    };
    let Some(number) = magnitude(text, base) else {
        return Integer { value: 0, end: 0, errno: None };
    };
    let (value, errno) = if number.overflow || number.value > max {
        (max, Some(Errno::ERANGE))
    } else if number.negative {
        (number.value.wrapping_neg() & max, None)
    } else {
        (number.value, None)
    };
    Integer { value, end: number.end, errno }
}

fn valid_base(base: i32) -> Option<u32> {
    u32::try_from(base).ok().filter(|&b| b == 0 || (2..=36).contains(&b))
}

/// `strtol`, `wcstol`: `long` has 32 bits.
pub fn strtol<U: Unit>(text: &[U], base: i32) -> Integer<i32> {
    let wide = signed(text, base, i32::MIN.into(), i32::MAX.into());
    Integer { value: wide.value as i32, end: wide.end, errno: wide.errno }
}

/// `strtoul`, `wcstoul`; a minus sign negates modulo 2^32.
pub fn strtoul<U: Unit>(text: &[U], base: i32) -> Integer<u32> {
    let wide = unsigned(text, base, u32::MAX.into());
    Integer { value: wide.value as u32, end: wide.end, errno: wide.errno }
}

/// `strtoll`, `_strtoi64`, `wcstoll`, `_wcstoi64`.
pub fn strtoi64<U: Unit>(text: &[U], base: i32) -> Integer<i64> {
    signed(text, base, i64::MIN, i64::MAX)
}

/// `strtoull`, `_strtoui64`, `wcstoull`, `_wcstoui64`.
pub fn strtoui64<U: Unit>(text: &[U], base: i32) -> Integer<u64> {
    unsigned(text, base, u64::MAX)
}

/// `atoi`, `atol`, `_wtoi`: the nearest limit with `ERANGE` when out of range.
pub fn atoi<U: Unit>(text: &[U]) -> Integer<i32> {
    strtol(text, 10)
}

/// `_atoi64`, `atoll`, `_wtoi64`.
pub fn atoi64<U: Unit>(text: &[U]) -> Integer<i64> {
    strtoi64(text, 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::units;

    #[test]
    fn bases_are_found_and_refused() {
        assert_eq!(strtol(b"0x1aG", 0), Integer { value: 26, end: 4, errno: None });
        assert_eq!(strtol(b"017", 0), Integer { value: 15, end: 3, errno: None });
        assert_eq!(strtol(b"0x", 16), Integer { value: 0, end: 0, errno: None });
        assert_eq!(strtol(b"0x1", 10), Integer { value: 0, end: 1, errno: None });
        assert_eq!(strtol(b"10110134932", 2).value, 45, "the documented example");
        assert_eq!(strtol(b"z", 36).value, 35);
        assert_eq!(strtol(b"7", 1).errno, Some(Errno::EINVAL));
        assert_eq!(
            strtol(&units::<u16>(" \t-12 "), 10),
            Integer { value: -12, end: 5, errno: None }
        );
        assert_eq!(strtol(b" +x", 10), Integer { value: 0, end: 0, errno: None });
    }

    #[test]
    fn long_has_32_bits() {
        assert_eq!(strtol(b"-2147483648", 10).errno, None);
        let high = strtol(b"2147483648", 10);
        assert_eq!((high.value, high.errno), (i32::MAX, Some(Errno::ERANGE)));
        let low = strtol(b"-99999999999999999999999", 10);
        assert_eq!((low.value, low.errno, low.end), (i32::MIN, Some(Errno::ERANGE), 24));
        assert_eq!(strtoul(b"-1", 10).value, u32::MAX);
        assert_eq!(strtoul(b"4294967296", 10).errno, Some(Errno::ERANGE));
    }

    #[test]
    fn sixty_four_bits_have_their_own_limits() {
        assert_eq!(strtoi64(b"-9223372036854775808", 10).value, i64::MIN);
        assert_eq!(strtoi64(b"9223372036854775808", 10).errno, Some(Errno::ERANGE));
        assert_eq!(strtoui64(b"18446744073709551615", 10).value, u64::MAX);
        assert_eq!(strtoui64(b"18446744073709551616", 10).errno, Some(Errno::ERANGE));
        assert_eq!(atoi64(b"  314127.64").value, 314_127, "the documented example");
        assert_eq!(atoi(b"-2147483649").value, i32::MIN);
    }
}

//! The decimal digits of a double, exact to any number of places.

use core::fmt::Write;

/// A double has at most 767 significant decimal digits; what is asked beyond is zeros.
const SIGNIFICANT: usize = 780;
/// The last bit of the smallest double is its 1074th decimal.
const DECIMALS: usize = 1080;
/// Room for 309 digits before the point, the point, and all decimals.
const ROOM: usize = 312 + DECIMALS;

/// What happens to a number exactly halfway between two that have the asked digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// To the even neighbour, as IEEE 754 (the UCRT since Windows 10 version 2004).
    HalfEven,
    /// Away from zero (`msvcrt.dll` and the UCRT before).
    HalfAway,
}

/// A number as digits: 0.d1d2d3... times ten to the power of `point`.
pub(crate) struct Digits {
    buffer: [u8; ROOM],
    from: usize,
    to: usize,
    /// Where the decimal point stands, counted from the first digit.
    pub(crate) point: i32,
}

struct Cursor<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl Write for Cursor<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len + text.len();
        self.buffer
            .get_mut(self.len..end)
            .ok_or(core::fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Digits {
    /// Digits from a text, with the point after the first: the `1#INF` of the old runtime.
    pub(crate) fn of_text(text: &[u8]) -> Self {
        let mut digits = Self { buffer: [0; ROOM], from: 0, to: text.len(), point: 1 };
        digits.buffer[..text.len()].copy_from_slice(text);
        digits
    }

    /// The digits that there are; all further ones are zero.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    /// The digit of this number, counted from the first; zero outside.
    pub(crate) fn at(&self, index: usize) -> u8 {
        self.as_bytes().get(index).copied().unwrap_or(b'0')
    }

    /// How many digits there are without trailing zeros.
    pub(crate) fn len_without_zeros(&self) -> usize {
        self.as_bytes().iter().rposition(|&d| d != b'0').map_or(0, |last| last + 1)
    }

    /// The first `count` (at least one) significant digits of a finite, non-negative double.
    pub(crate) fn significant(value: f64, count: usize, rounding: Rounding) -> Self {
        let count = count.clamp(1, SIGNIFICANT);
        if rounding == Rounding::HalfAway && value != 0.0 {
            let mut more = Self::scientific(value, count + 1);
            if more.at(count) == b'5' && more.holds_exactly(value) {
                more.drop_last_upwards();
                return more;
            }
        }
        Self::scientific(value, count)
    }

    /// The digits of a finite, non-negative double down to `decimals` after the point.
    ///
    /// The first digit is not zero unless there are none at all.
    pub(crate) fn decimals(value: f64, decimals: usize, rounding: Rounding) -> Self {
        let decimals = decimals.min(DECIMALS - 1);
        // A double with k fractional bits has exactly k decimals, the last of them a five.
        let tie = rounding == Rounding::HalfAway && fractional_bits(value) == decimals + 1;
        let asked = decimals + usize::from(tie);
        let mut digits = Self { buffer: [0; ROOM], from: 0, to: 0, point: 0 };
        let mut cursor = Cursor { buffer: &mut digits.buffer, len: 0 };
        let written = write!(cursor, "{value:.asked$}");
        debug_assert!(written.is_ok(), "the buffer holds any double");
        let len = cursor.len;
        let before = len - if asked > 0 { asked + 1 } else { 0 };
        digits.buffer.copy_within(before + usize::from(asked > 0)..len, before);
        (digits.to, digits.point) = (before + asked, before as i32);
        if tie {
            digits.drop_last_upwards();
        }
        while digits.from < digits.to && digits.buffer[digits.from] == b'0' {
            digits.from += 1;
            digits.point -= 1;
        }
        digits
    }

    fn scientific(value: f64, count: usize) -> Self {
        let mut digits = Self { buffer: [0; ROOM], from: 0, to: 0, point: 0 };
        let mut cursor = Cursor { buffer: &mut digits.buffer, len: 0 };
        let decimals = count - 1;
        let written = write!(cursor, "{value:.decimals$e}");
        debug_assert!(written.is_ok(), "the buffer holds any double");
        let len = cursor.len;
        let mantissa = if decimals > 0 { decimals + 2 } else { 1 };
        let exponent = &digits.buffer[mantissa + 1..len];
        let (negative, exponent) = match exponent.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, exponent),
        };
        let size = exponent.iter().fold(0, |n, &d| n * 10 + i32::from(d - b'0'));
        digits.point = if negative { 1 - size } else { 1 + size };
        if decimals > 0 {
            digits.buffer.copy_within(2..mantissa, 1);
        }
        digits.to = count;
        digits
    }

    /// Whether these digits, ending in a five, are all that the number has.
    fn holds_exactly(&self, value: f64) -> bool {
        let bits = fractional_bits(value);
        if bits > 0 {
            return bits as i64 + i64::from(self.point) == self.as_bytes().len() as i64;
        }
        let whole = Self::decimals(value, 0, Rounding::HalfEven);
        whole.len_without_zeros() == self.as_bytes().len()
    }

    /// Rounds to `decimals` by looking at the next digit only, whatever its character.
    pub(crate) fn round_text(&mut self, decimals: usize) {
        let keep = usize::try_from(self.point).unwrap_or(0).saturating_add(decimals);
        if keep < self.as_bytes().len() {
            let up = self.at(keep) >= b'5';
            self.to = self.from + keep;
            if up {
                self.increment();
            }
        }
    }

    fn drop_last_upwards(&mut self) {
        self.to -= 1;
        self.increment();
    }

    fn increment(&mut self) {
        let mut at = self.to;
        while at > self.from {
            at -= 1;
            if self.buffer[at] == b'9' {
                self.buffer[at] = b'0';
            } else {
                self.buffer[at] += 1;
                return;
            }
        }
        // All nines became zeros: a one before them, one place more before the point.
        self.buffer.copy_within(self.from..self.to, self.from + 1);
        self.buffer[self.from] = b'1';
        self.to += 1;
        self.point += 1;
    }
}

/// How many binary digits a finite double has after the point.
fn fractional_bits(value: f64) -> usize {
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    if mantissa == 0 {
        return 0;
    }
    usize::try_from(-(exponent + mantissa.trailing_zeros() as i32)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn significant(value: f64, count: usize, rounding: Rounding) -> (String, i32) {
        let digits = Digits::significant(value, count, rounding);
        (String::from_utf8_lossy(digits.as_bytes()).into_owned(), digits.point)
    }

    fn decimals(value: f64, count: usize, rounding: Rounding) -> (String, i32) {
        let digits = Digits::decimals(value, count, rounding);
        (String::from_utf8_lossy(digits.as_bytes()).into_owned(), digits.point)
    }

    #[test]
    fn halves_round_to_even_or_away() {
        use Rounding::{HalfAway, HalfEven};
        assert_eq!(significant(2.5, 1, HalfEven), ("2".into(), 1));
        assert_eq!(significant(2.5, 1, HalfAway), ("3".into(), 1));
        assert_eq!(significant(25.0, 1, HalfAway), ("3".into(), 2));
        assert_eq!(significant(250_000.0, 1, HalfAway), ("3".into(), 6));
        assert_eq!(significant(251_000.0, 1, HalfAway), ("3".into(), 6));
        assert_eq!(significant(9.5, 1, HalfAway), ("10".into(), 2));
        assert_eq!(significant(0.125, 2, HalfAway), ("13".into(), 0));
        assert_eq!(significant(0.125, 2, HalfEven), ("12".into(), 0));
        assert_eq!(decimals(0.125, 2, HalfAway), ("13".into(), 0));
        assert_eq!(decimals(0.5, 0, HalfAway), ("1".into(), 1));
        assert_eq!(decimals(0.5, 0, HalfEven), (String::new(), 0));
        assert_eq!(decimals(99.5, 0, HalfAway), ("100".into(), 3));
        // Just below a half in binary: nothing to decide.
        assert_eq!(decimals(0.15, 1, HalfAway), ("1".into(), 0));
        assert_eq!(decimals(1.005, 2, HalfAway), ("100".into(), 1));
    }

    #[test]
    fn digits_are_exact_to_the_last() {
        let (digits, point) = decimals(f64::from_bits(1), 1074, Rounding::HalfEven);
        assert_eq!((digits.len(), point), (751, -323));
        assert!(digits.starts_with("4940656458412465441") && digits.ends_with("5625"));
        let (digits, point) = decimals(f64::MAX, 3, Rounding::HalfEven);
        assert_eq!((digits.len(), point), (312, 309));
        assert_eq!(significant(0.1, 20, Rounding::HalfEven).0, "10000000000000000555");
    }
}

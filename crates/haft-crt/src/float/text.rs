//! A double as the text of one of the conversions `%e %f %g %a`.

use super::digits::{Digits, Rounding};

/// What stands for infinities and NaNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Specials {
    /// `inf`, `nan`, `nan(ind)`, `nan(snan)`.
    Words,
    /// `1.#INF`, `1.#QNAN`, `1.#IND`, `1.#SNAN`, formatted as if they were digits.
    Hash,
}

/// How to write a double.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// The conversion in lower case: `a`, `e`, `f` or `g`.
    pub(crate) conversion: u8,
    /// Digits after the point (for `g`: significant ones).
    pub(crate) precision: usize,
    /// The `#` flag: the point always, and trailing zeros of `g`.
    pub(crate) alternate: bool,
    /// Fewest exponent digits of `e` and `g`: 2 or 3.
    pub(crate) exponent_digits: usize,
    /// Halves.
    pub(crate) rounding: Rounding,
    /// Infinities and NaNs.
    pub(crate) specials: Specials,
    /// Upper-case letters.
    pub(crate) upper: bool,
    /// The decimal point (`localeconv()->decimal_point`).
    pub(crate) point: u8,
}

const ROOM: usize = 1440;

/// The magnitude of a double as text: `text`, then `zeros` zeros, then `exponent`.
pub(crate) struct FloatText {
    buffer: [u8; ROOM],
    len: usize,
    /// Zeros behind the text that no double has digits for.
    pub(crate) zeros: usize,
    exponent: [u8; 8],
    exponent_len: usize,
    /// Whether zero padding makes sense: not for words like `inf`.
    pub(crate) numeric: bool,
}

impl FloatText {
    /// The digits.
    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// The exponent with its letter, if any.
    pub(crate) fn exponent(&self) -> &[u8] {
        &self.exponent[..self.exponent_len]
    }

    /// The length of all three parts.
    pub(crate) fn len(&self) -> usize {
        self.len + self.zeros + self.exponent_len
    }

    fn push(&mut self, byte: u8) {
        if self.len < ROOM {
            self.buffer[self.len] = byte;
            self.len += 1;
        } else {
            debug_assert_eq!(byte, b'0', "only zeros follow what a double can hold");
            self.zeros += 1;
        }
    }

    fn set_exponent(&mut self, letter: u8, value: i32, least_digits: usize) {
        let mut digits = [0; 5];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        while rest > 0 || digits.len() - at < least_digits {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.exponent[0] = letter;
        self.exponent[1] = if value < 0 { b'-' } else { b'+' };
        let digits = &digits[at..];
        self.exponent[2..2 + digits.len()].copy_from_slice(digits);
        self.exponent_len = 2 + digits.len();
    }

    /// Writes the magnitude of `value`; its sign is the caller's.
    pub(crate) fn new(value: f64, style: &Style) -> Self {
        let mut text = Self {
            buffer: [0; ROOM],
            len: 0,
            zeros: 0,
            exponent: [0; 8],
            exponent_len: 0,
            numeric: true,
        };
        let value_bits = value.to_bits();
        let magnitude = f64::from_bits(value_bits & !(1 << 63));
        if !value.is_finite() && style.specials == Specials::Words {
            text.numeric = false;
            for &byte in word(value) {
                text.push(if style.upper { byte.to_ascii_uppercase() } else { byte });
            }
            return text;
        }
        match style.conversion {
            b'a' if value.is_finite() => text.hexadecimal(magnitude, style),
            b'e' => {
                let digits =
                    significant(value, magnitude, style.precision.saturating_add(1), style);
                text.scientific(&digits, style.precision, style);
            }
            b'g' => text.general(value, magnitude, style),
            _ => {
                let digits = if value.is_finite() {
                    Digits::decimals(magnitude, style.precision, style.rounding)
                } else {
                    let mut digits = Digits::of_text(hash(value));
                    digits.round_text(style.precision);
                    digits
                };
                text.fixed(&digits, style.precision, style);
            }
        }
        text
    }

    fn fixed(&mut self, digits: &Digits, decimals: usize, style: &Style) {
        let before = usize::try_from(digits.point).unwrap_or(0);
        if before == 0 {
            self.push(b'0');
        }
        for index in 0..before {
            self.push(digits.at(index));
        }
        if decimals > 0 || style.alternate {
            self.push(style.point);
        }
        let leading = usize::try_from(-digits.point).unwrap_or(0);
        let stored = leading + digits.as_bytes().len().saturating_sub(before);
        for decimal in 0..decimals.min(stored) {
            self.push(if decimal < leading { b'0' } else { digits.at(before + decimal - leading) });
        }
        self.zeros += decimals - decimals.min(stored);
    }

    fn scientific(&mut self, digits: &Digits, decimals: usize, style: &Style) {
        self.push(digits.at(0));
        if decimals > 0 || style.alternate {
            self.push(style.point);
        }
        let stored = digits.as_bytes().len().max(1) - 1;
        for index in 0..decimals.min(stored) {
            self.push(digits.at(index + 1));
        }
        self.zeros += decimals - decimals.min(stored);
        let zero = digits.len_without_zeros() == 0;
        let letter = if style.upper { b'E' } else { b'e' };
        self.set_exponent(letter, if zero { 0 } else { digits.point - 1 }, style.exponent_digits);
    }

    fn general(&mut self, value: f64, magnitude: f64, style: &Style) {
        let precision = style.precision.max(1);
        let digits = significant(value, magnitude, precision, style);
        let exponent = if magnitude == 0.0 { 0 } else { i64::from(digits.point) - 1 };
        let shown = if style.alternate {
            precision
        } else {
            // At least the digit before the point stays.
            digits.len_without_zeros().min(precision)
        };
        if exponent < -4 || exponent >= precision as i64 {
            self.scientific(&digits, shown.max(1) - 1, style);
        } else {
            let decimals = usize::try_from(shown as i64 - 1 - exponent).unwrap_or(0);
            let zero = magnitude == 0.0;
            self.fixed(&digits, if zero && !style.alternate { 0 } else { decimals }, style);
        }
    }

    fn hexadecimal(&mut self, magnitude: f64, style: &Style) {
        let bits = magnitude.to_bits();
        let biased = (bits >> 52) as i32;
        let exponent = match (biased, bits) {
            (_, 0) => 0,
            (0, _) => -1022,
            _ => biased - 1023,
        };
        // Leading digit and thirteen after the point, as one number.
        let mut number = bits & ((1 << 52) - 1) | u64::from(biased != 0) << 52;
        if style.precision < 13 {
            let drop = 4 * (13 - style.precision as u32);
            let (kept, rest) = (number >> drop, number & ((1 << drop) - 1));
            let half = 1 << (drop - 1);
            let up = match style.rounding {
                Rounding::HalfAway => rest >= half,
                Rounding::HalfEven => rest > half || (rest == half && kept & 1 == 1),
            };
            number = (kept + u64::from(up)) << drop;
        }
        let digit = |value: u64| {
            let digit = b"0123456789abcdef"[(value & 15) as usize];
            if style.upper { digit.to_ascii_uppercase() } else { digit }
        };
        self.push(digit(number >> 52));
        if style.precision > 0 || style.alternate {
            self.push(style.point);
        }
        for index in 0..style.precision.min(13) {
            self.push(digit(number >> (48 - 4 * index)));
        }
        self.zeros += style.precision.saturating_sub(13);
        self.set_exponent(if style.upper { b'P' } else { b'p' }, exponent, 1);
    }
}

fn significant(value: f64, magnitude: f64, count: usize, style: &Style) -> Digits {
    if value.is_finite() {
        return Digits::significant(magnitude, count, style.rounding);
    }
    let mut digits = Digits::of_text(hash(value));
    digits.round_text(count.saturating_sub(1));
    digits
}

/// The quiet NaN with its sign set and no other bits: what invalid operations give.
const INDEFINITE: u64 = 0xFFF8_0000_0000_0000;
const QUIET: u64 = 1 << 51;

fn word(value: f64) -> &'static [u8] {
    if value.is_infinite() {
        b"inf"
    } else if value.to_bits() == INDEFINITE {
        b"nan(ind)"
    } else if value.to_bits() & QUIET == 0 {
        b"nan(snan)"
    } else {
        b"nan"
    }
}

fn hash(value: f64) -> &'static [u8] {
    if value.is_infinite() {
        b"1#INF"
    } else if value.to_bits() == INDEFINITE {
        b"1#IND"
    } else if value.to_bits() & QUIET == 0 {
        b"1#SNAN"
    } else {
        b"1#QNAN"
    }
}

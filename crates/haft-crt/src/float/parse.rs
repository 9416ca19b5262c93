//! The text of a floating-point number, found and converted with one correct rounding.

use crate::{Dialect, Unit};

/// What a runtime accepts as a floating-point number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// `0x1.8p3`, `inf`, `infinity`, `nan`, `nan(...)`.
    pub(crate) c99: bool,
    /// The decimal point.
    pub(crate) point: u8,
    /// `1.5d3`, Fortran's exponent letter.
    pub(crate) d_exponent: bool,
}

impl Rules {
    pub(crate) fn of(dialect: Dialect, point: u8) -> Self {
        let ucrt = dialect == Dialect::Ucrt;
        Self { c99: ucrt, point, d_exponent: !ucrt }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Decimal {
        nonzero: bool,
    },
    /// `mantissa` times two to the power of `exponent`; `sticky` tells of lost bits set.
    Hexadecimal {
        mantissa: u64,
        sticky: bool,
        exponent: i64,
    },
    Infinity,
    Nan {
        payload: u64,
    },
}

/// A number found at the start of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a, U> {
    text: &'a [U],
    negative: bool,
    point: u8,
    kind: Kind,
    /// How many units the number takes, its sign included.
    pub(crate) used: usize,
}

/// Finds the longest number at the start of `text`, which begins with its sign or first digit.
pub(crate) fn find<U: Unit>(text: &[U], rules: Rules) -> Option<Found<'_, U>> {
    let sign = usize::from(text.first().is_some_and(|u| u.is(b'-') || u.is(b'+')));
    let negative = sign == 1 && text[0].is(b'-');
    let body = &text[sign..];
    let (kind, used) =
        if rules.c99 { words(body).or_else(|| hexadecimal(body, rules.point)) } else { None }
            .or_else(|| decimal(body, rules))?;
    let used = sign + used;
    Some(Found { text: &text[sign..used], negative, point: rules.point, kind, used })
}

fn starts_with<U: Unit>(text: &[U], lower: &str) -> bool {
    text.len() >= lower.len() && lower.bytes().zip(text).all(|(l, u)| u.ascii_lower().is(l))
}

fn words<U: Unit>(text: &[U]) -> Option<(Kind, usize)> {
    if starts_with(text, "infinity") {
        return Some((Kind::Infinity, 8));
    }
    if starts_with(text, "inf") {
        return Some((Kind::Infinity, 3));
    }
    if !starts_with(text, "nan") {
        return None;
    }
    let quiet = 1u64 << 51;
    let rest = &text[3..];
    let word = |u: &&U| u.ascii().is_some_and(|a| a.is_ascii_alphanumeric() || a == b'_');
    if rest.first().is_some_and(|u| u.is(b'(')) {
        let inside = rest[1..].iter().take_while(word).count();
        if rest.get(inside + 1).is_some_and(|u| u.is(b')')) {
            let payload = if starts_with(rest, "(snan)") { 1 } else { quiet };
            return Some((Kind::Nan { payload }, 3 + inside + 2));
        }
    }
    Some((Kind::Nan { payload: quiet }, 3))
}

/// An exponent at the start of `text` after its letter, with how many units it takes.
fn exponent<U: Unit>(text: &[U]) -> Option<(i64, usize)> {
    let sign = usize::from(text.first().is_some_and(|u| u.is(b'-') || u.is(b'+')));
    let digits = text[sign..].iter().take_while(|u| u.digit(10).is_some()).count();
    if digits == 0 {
        return None;
    }
    let size = text[sign..sign + digits].iter().filter_map(|u| u.digit(10)).fold(0i64, |n, d| {
        // Far beyond any double already; the digits are still consumed.
        (n * 10 + i64::from(d)).min(1 << 40)
    });
    Some((if sign == 1 && text[0].is(b'-') { -size } else { size }, sign + digits))
}

fn decimal<U: Unit>(text: &[U], rules: Rules) -> Option<(Kind, usize)> {
    let (mut at, mut digits, mut nonzero, mut pointed) = (0, 0, false, false);
    while let Some(unit) = text.get(at) {
        if let Some(digit) = unit.digit(10) {
            digits += 1;
            nonzero |= digit != 0;
        } else if unit.is(rules.point) && !pointed {
            pointed = true;
        } else {
            break;
        }
        at += 1;
    }
    if digits == 0 {
        return None;
    }
    let letter = text.get(at).map(|u| u.ascii_lower());
    if letter.is_some_and(|u| u.is(b'e') || (rules.d_exponent && u.is(b'd'))) {
        at += exponent(&text[at + 1..]).map_or(0, |(_, used)| used + 1);
    }
    Some((Kind::Decimal { nonzero }, at))
}

fn hexadecimal<U: Unit>(text: &[U], point: u8) -> Option<(Kind, usize)> {
    if !starts_with(text, "0x") {
        return None;
    }
    let (mut at, mut digits, mut pointed) = (2, 0, false);
    let (mut mantissa, mut sticky, mut scale) = (0u64, false, 0i64);
    while let Some(unit) = text.get(at) {
        if let Some(digit) = unit.digit(16) {
            digits += 1;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                scale -= if pointed { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                scale += if pointed { 0 } else { 4 };
            }
        } else if unit.is(point) && !pointed {
            pointed = true;
        } else {
            break;
        }
        at += 1;
    }
    if digits == 0 {
        return None;
    }
    if text.get(at).is_some_and(|u| u.ascii_lower().is(b'p'))
        && let Some((power, used)) = exponent(&text[at + 1..])
    {
        scale += power;
        at += used + 1;
    }
    Some((Kind::Hexadecimal { mantissa, sticky, exponent: scale }, at))
}

/// A converted number, and whether it was too large or too small for its type (`ERANGE`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Converted<F> {
    pub(crate) value: F,
    pub(crate) out_of_range: bool,
}

impl<U: Unit> Found<'_, U> {
    /// The number as `double`.
    pub(crate) fn to_f64(self) -> Converted<f64> {
        let (value, out_of_range) = match self.kind {
            Kind::Infinity => (f64::INFINITY, false),
            Kind::Nan { payload } => (f64::from_bits(0x7FF << 52 | payload), false),
            Kind::Hexadecimal { mantissa, sticky, exponent } => {
                let bits = compose(mantissa, sticky, exponent, 53, -1074, 0x7FF);
                let value = f64::from_bits(bits);
                (value, value.is_infinite() || (value == 0.0 && (mantissa != 0 || sticky)))
            }
            Kind::Decimal { nonzero } => {
                let value = self.with_text(|text| text.parse().unwrap_or(0.0));
                let value: f64 = value;
                (value, value.is_infinite() || (value == 0.0 && nonzero))
            }
        };
        Converted { value: if self.negative { -value } else { value }, out_of_range }
    }

    /// The number as `float`, rounded once.
    pub(crate) fn to_f32(self) -> Converted<f32> {
        let (value, out_of_range) = match self.kind {
            Kind::Infinity => (f32::INFINITY, false),
            Kind::Nan { payload } => {
                let quiet = u32::from(payload >> 51 != 0) << 22;
                (f32::from_bits(0x7F80_0000 | quiet | u32::from(quiet == 0)), false)
            }
            Kind::Hexadecimal { mantissa, sticky, exponent } => {
                let bits = compose(mantissa, sticky, exponent, 24, -149, 0xFF);
                let value = f32::from_bits(bits as u32);
                (value, value.is_infinite() || (value == 0.0 && (mantissa != 0 || sticky)))
            }
            Kind::Decimal { nonzero } => {
                let value: f32 = self.with_text(|text| text.parse().unwrap_or(0.0));
                (value, value.is_infinite() || (value == 0.0 && nonzero))
            }
        };
        Converted { value: if self.negative { -value } else { value }, out_of_range }
    }

    fn with_text<R>(self, convert: impl FnOnce(&str) -> R) -> R {
        let mut small = [0u8; 64];
        let mut large = Vec::new();
        let bytes: &mut [u8] = match small.get_mut(..self.text.len()) {
            Some(bytes) => bytes,
            None => {
                large.resize(self.text.len(), 0);
                &mut large
            }
        };
        for (byte, unit) in bytes.iter_mut().zip(self.text) {
            *byte = match unit.ascii() {
                Some(b'd' | b'D') => b'e',
                Some(a) if a != self.point => a,
                _ => b'.',
            };
        }
        convert(core::str::from_utf8(bytes).unwrap_or("0"))
    }
}

/// The IEEE bits of `mantissa * 2^exponent` with `precision` bits, rounded to nearest even.
fn compose(
    mantissa: u64,
    sticky: bool,
    exponent: i64,
    precision: u32,
    least: i64,
    infinite: i64,
) -> u64 {
    if mantissa == 0 {
        return 0;
    }
    let width = i64::from(64 - mantissa.leading_zeros());
    let top = exponent + width - 1;
    let mut lowest = (top - i64::from(precision) + 1).max(least);
    let drop = lowest - exponent;
    let mut kept = if drop <= 0 {
        mantissa << -drop
    } else if drop > 64 {
        0
    } else {
        let wide = u128::from(mantissa);
        let (kept, rest, half) = (wide >> drop, wide & ((1 << drop) - 1), 1u128 << (drop - 1));
        let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
        kept as u64 + u64::from(up)
    };
    if kept >> precision != 0 {
        kept >>= 1;
        lowest += 1;
    }
    let hidden = 1u64 << (precision - 1);
    if kept < hidden {
        return kept;
    }
    let biased = lowest - least + 1;
    if biased >= infinite {
        return (infinite as u64) << (precision - 1);
    }
    (biased as u64) << (precision - 1) | (kept - hidden)
}

//! Doubles as bare digits or short text (Microsoft: "_ecvt", "_fcvt", "_gcvt").

use crate::float::digits::{Digits, Rounding};
use crate::float::text::{FloatText, Specials, Style};
use crate::{Dialect, Unit};

/// The digits of a number without a point, as `_ecvt` and `_fcvt` give them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cvt {
    /// ASCII digits.
    pub digits: Vec<u8>,
    /// `*dec`: where the point stands, counted from the first digit.
    pub point: i32,
    /// `*sign`.
    pub negative: bool,
}

fn special(value: f64) -> Digits {
    Digits::of_text(if value.is_nan() { b"1#QNAN" } else { b"1#INF" })
}

/// `_ecvt`: exactly `count` digits.
#[must_use]
pub fn ecvt(value: f64, count: usize) -> Cvt {
    let magnitude = value.abs();
    let mut digits = if !value.is_finite() {
        special(value)
    } else {
        Digits::significant(magnitude, count.max(1), Rounding::HalfAway)
    };
    if count == 0 && value.is_finite() {
        digits = Digits::of_text(b"");
    }
    let point = if magnitude == 0.0 { 0 } else { digits.point };
    let digits = (0..count).map(|i| digits.at(i)).collect();
    Cvt { digits, point, negative: value.is_sign_negative() }
}

/// `_fcvt`: all digits down to `decimals` after the point.
#[must_use]
pub fn fcvt(value: f64, decimals: usize) -> Cvt {
    let negative = value.is_sign_negative();
    let digits = if value.is_finite() {
        Digits::decimals(value.abs(), decimals, Rounding::HalfAway)
    } else {
        special(value)
    };
    if value == 0.0 {
        return Cvt { digits: vec![b'0'; decimals], point: 0, negative };
    }
    if digits.as_bytes().is_empty() {
        // Nothing is left of the number but where its first digit was.
        let point = Digits::significant(value.abs(), 1, Rounding::HalfAway).point;
        return Cvt { digits: Vec::new(), point, negative };
    }
    let wanted = i64::from(digits.point) + decimals as i64;
    let digits_wanted = (0..usize::try_from(wanted).unwrap_or(0)).map(|i| digits.at(i)).collect();
    Cvt { digits: digits_wanted, point: digits.point, negative }
}

/// `_gcvt`: `count` significant digits in decimal or, where it would need more, with exponent.
///
/// Trailing zeros go, the point stays, as in `-314150.`.
#[must_use]
pub fn gcvt<U: Unit>(value: f64, count: usize, dialect: Dialect, point: u8) -> Vec<U> {
    let legacy = dialect == Dialect::Msvcrt;
    let style = Style {
        conversion: b'g',
        precision: count,
        alternate: false,
        exponent_digits: if legacy { 3 } else { 2 },
        rounding: Rounding::HalfAway,
        specials: if legacy { Specials::Hash } else { Specials::Words },
        upper: false,
        point,
    };
    let text = FloatText::new(value, &style);
    let mut out = Vec::with_capacity(text.len() + 2);
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(text.text());
    if text.numeric && !text.text().contains(&point) {
        out.push(point);
    }
    out.extend(core::iter::repeat_n(b'0', text.zeros));
    out.extend_from_slice(text.exponent());
    out.into_iter().map(U::from_ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cvt: &Cvt) -> (&str, i32, bool) {
        (core::str::from_utf8(&cvt.digits).expect("digits"), cvt.point, cvt.negative)
    }

    #[test]
    fn digits_without_a_point() {
        let pi = core::f64::consts::PI;
        assert_eq!(text(&ecvt(pi, 10)), ("3141592654", 1, false), "documented");
        assert_eq!(text(&fcvt(pi, 7)), ("31415927", 1, false), "documented");
        assert_eq!(text(&ecvt(-0.001, 3)), ("100", -2, true));
        assert_eq!(text(&fcvt(0.001, 2)), ("", -2, false));
        assert_eq!(text(&fcvt(1e-10, 2)), ("", -9, false));
        assert_eq!(text(&fcvt(1234.5, 0)), ("1235", 4, false));
        assert_eq!(text(&ecvt(0.0, 3)), ("000", 0, false));
    }

    #[test]
    fn short_text() {
        let gcvt = |value, count, dialect| {
            String::from_utf8(gcvt::<u8>(value, count, dialect, b'.')).expect("ASCII")
        };
        assert_eq!(gcvt(-3.1415e5, 7, Dialect::Msvcrt), "-314150.", "documented");
        assert_eq!(gcvt(1.5, 5, Dialect::Ucrt), "1.5");
        assert_eq!(gcvt(-3.1415e9, 5, Dialect::Msvcrt), "-3.1415e+009");
        assert_eq!(gcvt(-3.1415e9, 5, Dialect::Ucrt), "-3.1415e+09");
        assert_eq!(gcvt(1e20, 5, Dialect::Ucrt), "1.e+20");
    }
}

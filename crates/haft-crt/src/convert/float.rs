//! Floating-point numbers from text (Microsoft: "strtod", "strtof", "atof").

use crate::float::parse::{Rules, find};
use crate::{Dialect, Errno, Unit};

/// A converted floating-point number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Float<F> {
    /// The value: 0 if there is none, an infinity or 0 if it is out of range.
    pub value: F,
    /// The index `*endptr` is to point at: 0 if nothing was converted.
    pub end: usize,
    /// `ERANGE` out of range.
    pub errno: Option<Errno>,
}

/// `strtod`, `wcstod`, with the decimal point of the locale.
///
/// The UCRT takes hexadecimal numbers, infinities and NaNs; `msvcrt.dll` does not, and takes
/// `d` for the exponent letter as well.
pub fn strtod<U: Unit>(text: &[U], dialect: Dialect, point: u8) -> Float<f64> {
    let spaces = text.iter().take_while(|u| u.is_space()).count();
    match find(&text[spaces..], Rules::of(dialect, point)) {
        None => Float { value: 0.0, end: 0, errno: None },
        Some(found) => {
            let number = found.to_f64();
            let errno = number.out_of_range.then_some(Errno::ERANGE);
            Float { value: number.value, end: spaces + found.used, errno }
        }
    }
}

/// `strtof`, `wcstof`: as [`strtod`], rounded once to `float`.
pub fn strtof<U: Unit>(text: &[U], dialect: Dialect, point: u8) -> Float<f32> {
    let spaces = text.iter().take_while(|u| u.is_space()).count();
    match find(&text[spaces..], Rules::of(dialect, point)) {
        None => Float { value: 0.0, end: 0, errno: None },
        Some(found) => {
            let number = found.to_f32();
            let errno = number.out_of_range.then_some(Errno::ERANGE);
            Float { value: number.value, end: spaces + found.used, errno }
        }
    }
}

/// `atof`, `_wtof`.
pub fn atof<U: Unit>(text: &[U], dialect: Dialect, point: u8) -> f64 {
    strtod(text, dialect, point).value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::units;
    use proptest::prelude::*;

    fn ucrt(text: &str) -> (f64, usize) {
        let float = strtod(text.as_bytes(), Dialect::Ucrt, b'.');
        (float.value, float.end)
    }

    fn msvcrt(text: &str) -> (f64, usize) {
        let float = strtod(text.as_bytes(), Dialect::Msvcrt, b'.');
        (float.value, float.end)
    }

    #[test]
    fn documented_examples() {
        assert_eq!(ucrt("3.25This stopped it"), (3.25, 4));
        assert_eq!(ucrt("  -2309.12E-15"), (-2309.12e-15, 14));
        assert_eq!(ucrt("7.8912654773d210"), (7.8912654773, 12));
        assert_eq!(msvcrt("7.8912654773d210"), (7.8912654773e210, 16));
    }

    #[test]
    fn ends_are_at_the_longest_number() {
        assert_eq!(ucrt("1e"), (1.0, 1));
        assert_eq!(ucrt("1e+"), (1.0, 1));
        assert_eq!(ucrt(".5."), (0.5, 2));
        assert_eq!(ucrt("5.e1"), (50.0, 4));
        assert_eq!(ucrt("."), (0.0, 0));
        assert_eq!(ucrt("-"), (0.0, 0));
        assert_eq!(ucrt("0xg"), (0.0, 1));
        let comma = strtod(&units::<u16>("1,5"), Dialect::Ucrt, b',');
        assert_eq!((comma.value, comma.end), (1.5, 3));
    }

    #[test]
    fn c99_texts_are_the_ucrts_only() {
        assert_eq!(ucrt("0x1.8p1"), (3.0, 7));
        assert_eq!(ucrt("-INFINITYx"), (f64::NEG_INFINITY, 9));
        assert_eq!(ucrt("infi"), (f64::INFINITY, 3));
        let (nan, end) = ucrt("nan(12)");
        assert!(nan.is_nan() && end == 7);
        assert_eq!(ucrt("nan(12").1, 3);
        assert_eq!(msvcrt("0x1.8p1"), (0.0, 1));
        assert_eq!(msvcrt("inf"), (0.0, 0));
    }

    #[test]
    fn hexadecimal_rounds_once_to_even() {
        assert_eq!(ucrt("0x1.00000000000008p0").0, 1.0);
        assert_eq!(ucrt("0x1.000000000000080000000001p0").0, 1.0 + f64::EPSILON);
        assert_eq!(ucrt("0x1.00000000000018p0").0, 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(ucrt("0x1p-1074").0.to_bits(), 1);
        assert_eq!(ucrt("0x1.fffffffffffffp1023").0, f64::MAX);
        assert_eq!(ucrt("0x123456789abcdef0123p0").0, 0x0123_4567_89ab_cdef_0123_u128 as f64);
        let float = strtof(b"0x1.000001p0", Dialect::Ucrt, b'.');
        assert_eq!(float.value, 1.0, "a tie");
    }

    #[test]
    fn range_errors() {
        for (text, value) in [
            ("1e999", f64::INFINITY),
            ("-1e999", f64::NEG_INFINITY),
            ("1e-999", 0.0),
            ("0x1p5000", f64::INFINITY),
            ("0x1p-5000", 0.0),
        ] {
            let float = strtod(text.as_bytes(), Dialect::Ucrt, b'.');
            assert_eq!((float.value, float.errno), (value, Some(Errno::ERANGE)), "{text}");
        }
        assert_eq!(strtod(b"0e999", Dialect::Ucrt, b'.').errno, None);
        assert_eq!(strtof(b"1e39", Dialect::Ucrt, b'.').value, f32::INFINITY);
    }

    proptest! {
        #[test]
        fn agrees_with_rust(value: f64) {
            let text = format!("{value:e}");
            let float = strtod(text.as_bytes(), Dialect::Ucrt, b'.');
            prop_assert_eq!(float.value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            prop_assert_eq!(float.end, text.len());
        }
    }
}

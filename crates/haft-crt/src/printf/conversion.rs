//! What each conversion writes.

use super::output::{NumberParts, Output};
use super::spec::{Field, Size};
use super::{Args, FormatError, Options, Sink};
use crate::float::digits::Rounding;
use crate::float::text::{FloatText, Specials, Style};
use crate::{Dialect, Unit};
use std::borrow::Cow;

/// Writes one field.
pub(super) fn convert<U: Unit, S: Sink<U> + ?Sized, A: Args + ?Sized>(
    out: &mut Output<'_, U, S>,
    field: &Field,
    args: &mut A,
    options: &Options,
) -> Result<(), FormatError> {
    match field.conversion {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'p' => integer(out, field),
        b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => float(out, field, options),
        b'c' | b'C' => character(out, field, options),
        b'n' => {
            if !options.count_output {
                return Err(FormatError::Invalid);
            }
            let size = integer_size(field.size);
            Ok(args.write_count(field.value, out.count() as u64, size)?)
        }
        _ => string(out, field, args, options),
    }
}

fn integer_size(size: Size) -> usize {
    match size {
        Size::Char => 1,
        Size::Short => 2,
        Size::Quad => 8,
        Size::Default | Size::Long | Size::Int32 | Size::Wide => 4,
    }
}

fn sign(negative: bool, field: &Field) -> &'static [u8] {
    match (negative, field.flags.plus, field.flags.space) {
        (true, ..) => b"-",
        (false, true, _) => b"+",
        (false, false, true) => b" ",
        (false, false, false) => b"",
    }
}

fn integer<U: Unit, S: Sink<U> + ?Sized>(
    out: &mut Output<'_, U, S>,
    field: &Field,
) -> Result<(), FormatError> {
    let pointer = field.conversion == b'p';
    let bits = if pointer { 64 } else { 8 * integer_size(field.size) as u32 };
    let value = field.value << (64 - bits) >> (64 - bits);
    let signed = matches!(field.conversion, b'd' | b'i');
    let negative = signed && value >> (bits - 1) != 0;
    let mut rest = if negative {
        (((field.value << (64 - bits)) as i64) >> (64 - bits)).unsigned_abs()
    } else {
        value
    };
    let radix = match field.conversion {
        b'o' => 8,
        b'x' | b'X' | b'p' => 16,
        _ => 10,
    };
    let alphabet: &[u8; 16] =
        if field.conversion == b'x' { b"0123456789abcdef" } else { b"0123456789ABCDEF" };
    let mut buffer = [0; 24];
    let mut start = buffer.len();
    while rest > 0 {
        start -= 1;
        buffer[start] = alphabet[(rest % radix) as usize];
        rest /= radix;
    }
    let digits = &buffer[start..];
    let precision = if pointer { Some(16) } else { field.precision };
    let mut zeros = precision.unwrap_or(1).saturating_sub(digits.len());
    let prefix: &[u8] = match field.conversion {
        _ if signed => sign(negative, field),
        b'o' if field.flags.alternate && zeros == 0 && digits.first() != Some(&b'0') => {
            zeros = 1;
            b""
        }
        b'x' if field.flags.alternate && value != 0 => b"0x",
        b'X' | b'p' if field.flags.alternate && value != 0 => b"0X",
        _ => b"",
    };
    let zero = field.flags.zero && precision.is_none();
    out.number(field, zero, &NumberParts { prefix, zeros, digits, more_zeros: 0, suffix: b"" })
}

fn float<U: Unit, S: Sink<U> + ?Sized>(
    out: &mut Output<'_, U, S>,
    field: &Field,
    options: &Options,
) -> Result<(), FormatError> {
    let value = f64::from_bits(field.value);
    let conversion = field.conversion.to_ascii_lowercase();
    let precision = match (field.precision, conversion, options.dialect) {
        (Some(precision), ..) => precision,
        (None, b'a', Dialect::Ucrt) => 13,
        (None, ..) => 6,
    };
    let style = Style {
        conversion,
        precision,
        alternate: field.flags.alternate,
        exponent_digits: if options.three_digit_exponents { 3 } else { 2 },
        rounding: if options.standard_rounding { Rounding::HalfEven } else { Rounding::HalfAway },
        specials: if options.hash_specials { Specials::Hash } else { Specials::Words },
        upper: field.conversion.is_ascii_uppercase(),
        point: options.point,
    };
    let text = FloatText::new(value, &style);
    let sign = sign(value.is_sign_negative(), field);
    let mut prefix = [0; 3];
    prefix[..sign.len()].copy_from_slice(sign);
    let mut prefix_len = sign.len();
    if conversion == b'a' && value.is_finite() {
        prefix[prefix_len..prefix_len + 2].copy_from_slice(if style.upper { b"0X" } else { b"0x" });
        prefix_len += 2;
    }
    let parts = NumberParts {
        prefix: &prefix[..prefix_len],
        zeros: 0,
        digits: text.text(),
        more_zeros: text.zeros,
        suffix: text.exponent(),
    };
    out.number(field, field.flags.zero && text.numeric, &parts)
}

/// Whether a text conversion takes wide characters in a function of units `U`.
fn takes_wide<U: Unit>(field: &Field, options: &Options) -> bool {
    match (field.size, field.conversion) {
        (Size::Short | Size::Char, _) => false,
        (Size::Long | Size::Wide, _) => true,
        (_, b'Z') => false,
        (_, b's' | b'c') => U::WIDE && options.legacy_wide_specifiers,
        _ => !U::WIDE || !options.legacy_wide_specifiers,
    }
}

fn character<U: Unit, S: Sink<U> + ?Sized>(
    out: &mut Output<'_, U, S>,
    field: &Field,
    options: &Options,
) -> Result<(), FormatError> {
    let mut units = [U::default(); 4];
    let mut len = 0;
    if takes_wide::<U>(field, options) == U::WIDE {
        units[0] = U::truncate(field.value);
        len = 1;
    } else if U::WIDE {
        if let Ok(wide) = options.charset.decode(&[field.value as u8]) {
            len = U::copy_from(&mut units, wide.as_units());
        }
    } else if let Ok((narrow, _)) = options.charset.encode(&[field.value as u16]) {
        len = U::copy_from(&mut units, narrow.as_bytes());
    }
    // A character without a form writes nothing but its padding.
    out.text(field, &units[..len])
}

fn string<U: Unit, S: Sink<U> + ?Sized, A: Args + ?Sized>(
    out: &mut Output<'_, U, S>,
    field: &Field,
    args: &A,
    options: &Options,
) -> Result<(), FormatError> {
    let wide = takes_wide::<U>(field, options);
    let mut address = field.value;
    let mut max = field.precision.unwrap_or(usize::MAX);
    if field.conversion == b'Z' && address != 0 {
        let (bytes, buffer) = args.counted_string(address)?;
        let units = usize::from(bytes) / if wide { 2 } else { 1 };
        (address, max) = (buffer, max.min(units));
    }
    if address == 0 {
        return out.text(field, &ascii_units::<U>(b"(null)")[..max.min(6)]);
    }
    match (wide, U::WIDE) {
        (false, false) => {
            let text = args.narrow_string(address, max)?;
            out.text(field, &U::from_bytes(text))
        }
        (true, true) => {
            let text = args.wide_string(address, max)?;
            out.text(field, &U::from_wide(text))
        }
        (false, true) => {
            let bytes = max.saturating_mul(options.charset.max_bytes());
            let text = args.narrow_string(address, bytes)?;
            let mut units = Vec::new();
            let mut rest: &[u8] = &text;
            while !rest.is_empty() && units.len() < max {
                let next = options.charset.decode(rest).map_err(|_| FormatError::Unconvertible)?;
                if units.len() + next.as_units().len() > max {
                    break;
                }
                units.extend_from_slice(next.as_units());
                rest = &rest[next.consumed..];
            }
            out.text(field, &U::from_wide(Cow::Owned(units)))
        }
        (true, false) => {
            let text = args.wide_string(address, max)?;
            let mut bytes = Vec::new();
            let mut rest: &[u16] = &text;
            while !rest.is_empty() {
                let (next, used) =
                    options.charset.encode(rest).map_err(|_| FormatError::Unconvertible)?;
                // The precision counts bytes, and no character is cut.
                if bytes.len() + next.as_bytes().len() > max {
                    break;
                }
                bytes.extend_from_slice(next.as_bytes());
                rest = &rest[used..];
            }
            out.text(field, &U::from_bytes(Cow::Owned(bytes)))
        }
    }
}

fn ascii_units<U: Unit>(text: &[u8; 6]) -> [U; 6] {
    text.map(U::from_ascii)
}

//! `printf` as Microsoft's two runtimes do it, for narrow and wide formats.
//!
//! Source: Microsoft, "Format specification syntax: printf and wprintf functions", and for the
//! old dialect the same page of Visual C++ 6.
//!
//! Every argument of a variadic call takes one 64-bit slot on x64, doubles as their bits, so
//! [`Args`] is a numbered row of slots and positional arguments need no second pass.
//!
//! Known differences from the originals: `msvcrt.dll` prints zeros after the 17th significant
//! digit where this prints the exact digits.

mod buffer;
mod conversion;
mod output;
mod spec;

use crate::charset::Charset;
use crate::{Dialect, Errno, Unit};
use std::borrow::Cow;

pub use buffer::{Buffer, Outcome, Overflow, outcome};

/// The output could not take more: the stream's error is set, the call gives -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteFailed;

/// An address that the program handed over is not readable or writable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress(pub u64);

/// Where formatted text goes: a stream or a buffer.
pub trait Sink<U> {
    /// Takes more text.
    ///
    /// # Errors
    /// [`WriteFailed`] ends the formatting.
    fn write(&mut self, units: &[U]) -> Result<(), WriteFailed>;
}

impl<U: Copy> Sink<U> for Vec<U> {
    fn write(&mut self, units: &[U]) -> Result<(), WriteFailed> {
        self.extend_from_slice(units);
        Ok(())
    }
}

/// The arguments behind the format, and the memory that pointers among them point at.
pub trait Args {
    /// The 64-bit slot of this number, from 0 on.
    fn slot(&mut self, index: usize) -> u64;

    /// The bytes at `address` up to a null, at most `max`.
    ///
    /// # Errors
    /// [`BadAddress`] if they are not readable.
    fn narrow_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u8]>, BadAddress>;

    /// The UTF-16 units at `address` up to a null, at most `max`.
    ///
    /// # Errors
    /// [`BadAddress`] if they are not readable.
    fn wide_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u16]>, BadAddress>;

    /// Length in bytes and buffer of the `ANSI_STRING` or `UNICODE_STRING` at `address` (`%Z`).
    ///
    /// # Errors
    /// [`BadAddress`] if it is not readable.
    fn counted_string(&self, address: u64) -> Result<(u16, u64), BadAddress>;

    /// Stores the count of `%n` as an integer of `size` bytes.
    ///
    /// # Errors
    /// [`BadAddress`] if it is not writable.
    fn write_count(&mut self, address: u64, count: u64, size: usize) -> Result<(), BadAddress>;
}

/// Why a format could not be carried out; what came before it has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The sink refused.
    Write,
    /// A string or count pointer is bad.
    BadAddress(BadAddress),
    /// The format is wrong: the invalid parameter handler is due, then `EINVAL`.
    Invalid,
    /// A character has no form in the output's encoding (`EILSEQ`).
    Unconvertible,
    /// More than `INT_MAX` units (`EOVERFLOW`).
    TooLong,
}

impl FormatError {
    /// The `errno` to set; the stream's own for [`FormatError::Write`].
    #[must_use]
    pub fn errno(self) -> Option<Errno> {
        match self {
            Self::Write => None,
            Self::BadAddress(_) => Some(Errno::EFAULT),
            Self::Invalid => Some(Errno::EINVAL),
            Self::Unconvertible => Some(Errno::EILSEQ),
            Self::TooLong => Some(Errno::EOVERFLOW),
        }
    }
}

impl From<WriteFailed> for FormatError {
    fn from(_: WriteFailed) -> Self {
        Self::Write
    }
}

impl From<BadAddress> for FormatError {
    fn from(bad: BadAddress) -> Self {
        Self::BadAddress(bad)
    }
}

/// The `_CRT_INTERNAL_PRINTF_*` bits that UCRT programs hand to `__stdio_common_v*printf*`.
pub mod bits {
    /// `_CRT_INTERNAL_PRINTF_LEGACY_VSPRINTF_NULL_TERMINATION`.
    pub const LEGACY_VSPRINTF_NULL_TERMINATION: u64 = 1;
    /// `_CRT_INTERNAL_PRINTF_STANDARD_SNPRINTF_BEHAVIOR`.
    pub const STANDARD_SNPRINTF_BEHAVIOR: u64 = 2;
    /// `_CRT_INTERNAL_PRINTF_LEGACY_WIDE_SPECIFIERS`.
    pub const LEGACY_WIDE_SPECIFIERS: u64 = 4;
    /// `_CRT_INTERNAL_PRINTF_LEGACY_MSVCRT_COMPATIBILITY`.
    pub const LEGACY_MSVCRT_COMPATIBILITY: u64 = 8;
    /// `_CRT_INTERNAL_PRINTF_LEGACY_THREE_DIGIT_EXPONENTS`.
    pub const LEGACY_THREE_DIGIT_EXPONENTS: u64 = 16;
    /// `_CRT_INTERNAL_PRINTF_STANDARD_ROUNDING`.
    pub const STANDARD_ROUNDING: u64 = 32;
}

/// How a runtime formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which conversions and sizes there are, and what an unknown one does.
    pub dialect: Dialect,
    /// In wide functions `%s` and `%c` are wide, `%S` and `%C` narrow.
    pub legacy_wide_specifiers: bool,
    /// Infinities and NaNs are `1.#INF`, `1.#QNAN`, `1.#IND`.
    pub hash_specials: bool,
    /// Exponents have at least three digits.
    pub three_digit_exponents: bool,
    /// Exact halves round to even; else away from zero.
    pub standard_rounding: bool,
    /// Arguments may be numbered (`%1$d`), as in the `_printf_p` family.
    pub positional: bool,
    /// `%n` works (`_set_printf_count_output`).
    pub count_output: bool,
    /// The encoding of narrow text.
    pub charset: Charset,
    /// `localeconv()->decimal_point`.
    pub point: u8,
}

impl Options {
    /// The options of `msvcrt.dll`.
    #[must_use]
    pub const fn msvcrt() -> Self {
        Self {
            dialect: Dialect::Msvcrt,
            legacy_wide_specifiers: true,
            hash_specials: true,
            three_digit_exponents: true,
            standard_rounding: false,
            positional: false,
            count_output: true,
            charset: Charset::C,
            point: b'.',
        }
    }

    /// The options of a UCRT call with these [`bits`].
    #[must_use]
    pub const fn ucrt(options: u64) -> Self {
        Self {
            dialect: Dialect::Ucrt,
            legacy_wide_specifiers: options & bits::LEGACY_WIDE_SPECIFIERS != 0,
            hash_specials: options & bits::LEGACY_MSVCRT_COMPATIBILITY != 0,
            three_digit_exponents: options & bits::LEGACY_THREE_DIGIT_EXPONENTS != 0,
            standard_rounding: options & bits::STANDARD_ROUNDING != 0,
            positional: false,
            count_output: false,
            charset: Charset::C,
            point: b'.',
        }
    }
}

/// Formats `format` with `args` into `out`; gives how many units were written.
///
/// `format` ends at its end or at a null.
///
/// # Errors
/// See [`FormatError`]; what came before is written.
pub fn format<U: Unit, S: Sink<U> + ?Sized, A: Args + ?Sized>(
    out: &mut S,
    format: &[U],
    args: &mut A,
    options: &Options,
) -> Result<usize, FormatError> {
    let mut out = output::Output::new(out);
    let mut rest = crate::unit::until_null(format);
    let mut slots = spec::Slots::new(args, options.positional);
    while !rest.is_empty() {
        let literal = rest.iter().position(|u| u.is(b'%')).unwrap_or(rest.len());
        if literal > 0 {
            out.put(&rest[..literal])?;
            rest = &rest[literal..];
            continue;
        }
        rest = match spec::parse(&rest[1..], options)? {
            spec::Parsed::Literal { unit, used } => {
                out.put(&[unit])?;
                &rest[1 + used..]
            }
            spec::Parsed::Nothing => break,
            spec::Parsed::Spec { spec, used } => {
                let field = slots.resolve(&spec)?;
                conversion::convert(&mut out, &field, slots.args(), options)?;
                &rest[1 + used..]
            }
        };
    }
    Ok(out.count())
}

#[cfg(test)]
mod tests;

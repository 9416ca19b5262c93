//! `scanf` as Microsoft's two runtimes do it, for narrow and wide input.
//!
//! Source: Microsoft, "Format specification fields: scanf and wscanf functions", "scanf type
//! field characters", "scanf_s".
//!
//! Input comes one unit at a time with one unit of push-back, so streams and strings are alike;
//! results are stored through [`Targets`] by the address in the argument slot.

mod conversion;
mod input;
mod set;
mod spec;

use crate::charset::Charset;
use crate::printf::BadAddress;
use crate::{Dialect, Errno, Unit};

/// Where text to scan comes from: a stream or a string.
pub trait Source<U> {
    /// The next unit; `None` at the end of the input or on a read error.
    fn get(&mut self) -> Option<U>;
    /// Puts back the unit that [`Source::get`] gave last; never twice in a row.
    fn unget(&mut self, unit: U);
}

/// A string as a source; it ends at its end or at a null.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a, U> {
    units: &'a [U],
    at: usize,
}

impl<'a, U: Unit> Text<'a, U> {
    /// A source of these units.
    #[must_use]
    pub fn new(units: &'a [U]) -> Self {
        Self { units: crate::unit::until_null(units), at: 0 }
    }

    /// How many units have been taken.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
}

impl<U: Unit> Source<U> for Text<'_, U> {
    fn get(&mut self) -> Option<U> {
        let unit = self.units.get(self.at).copied();
        self.at += usize::from(unit.is_some());
        unit
    }

    fn unget(&mut self, _: U) {
        self.at = self.at.saturating_sub(1);
    }
}

/// The pointer arguments behind the format, and the memory they point at.
pub trait Targets {
    /// The 64-bit slot of this number, from 0 on.
    fn slot(&mut self, index: usize) -> u64;

    /// Stores the low `size` bytes (1, 2, 4 or 8) of an integer or of the bits of a number.
    ///
    /// # Errors
    /// [`BadAddress`] if they are not writable.
    fn store(&mut self, address: u64, value: u64, size: usize) -> Result<(), BadAddress>;
}

/// Why scanning stopped with an error other than a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// A pointer is bad.
    BadAddress(BadAddress),
    /// The format is wrong: the invalid parameter handler is due, then `EINVAL`.
    Invalid,
}

impl ScanError {
    /// The `errno` to set; the function gives `EOF`.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Self::BadAddress(_) => Errno::EFAULT,
            Self::Invalid => Errno::EINVAL,
        }
    }
}

impl From<BadAddress> for ScanError {
    fn from(bad: BadAddress) -> Self {
        Self::BadAddress(bad)
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The function's result: fields stored, or -1 (`EOF`) if the input ended before any field.
    pub result: i32,
    /// A buffer of the `_s` family was too small (`ENOMEM`): its first unit is null.
    pub too_small: bool,
}

/// The `_CRT_INTERNAL_SCANF_*` bits that UCRT programs hand to `__stdio_common_v*scanf`.
pub mod bits {
    /// `_CRT_INTERNAL_SCANF_SECURECRT`.
    pub const SECURECRT: u64 = 1;
    /// `_CRT_INTERNAL_SCANF_LEGACY_WIDE_SPECIFIERS`.
    pub const LEGACY_WIDE_SPECIFIERS: u64 = 2;
    /// `_CRT_INTERNAL_SCANF_LEGACY_MSVCRT_COMPATIBILITY`.
    pub const LEGACY_MSVCRT_COMPATIBILITY: u64 = 4;
}

/// How a runtime scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which conversions and sizes there are.
    pub dialect: Dialect,
    /// In wide functions `%s`, `%c`, `%[` are wide, `%S`, `%C` narrow.
    pub legacy_wide_specifiers: bool,
    /// The `_s` family: text conversions take a 32-bit size behind their pointer.
    pub secure: bool,
    /// The encoding of narrow text.
    pub charset: Charset,
    /// `localeconv()->decimal_point`.
    pub point: u8,
}

impl Options {
    /// The options of `msvcrt.dll`; `secure` for `scanf_s` and its kin.
    #[must_use]
    pub const fn msvcrt(secure: bool) -> Self {
        Self {
            dialect: Dialect::Msvcrt,
            legacy_wide_specifiers: true,
            secure,
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
            secure: options & bits::SECURECRT != 0,
            charset: Charset::C,
            point: b'.',
        }
    }
}

/// Scans `source` by `format`, which ends at its end or at a null.
///
/// # Errors
/// See [`ScanError`]; what was stored before stays.
pub fn scan<U: Unit, S: Source<U> + ?Sized, T: Targets + ?Sized>(
    source: &mut S,
    format: &[U],
    targets: &mut T,
    options: &Options,
) -> Result<Scanned, ScanError> {
    let mut input = input::Input::new(source);
    let mut fields = conversion::Fields::new(targets, options);
    let mut rest = crate::unit::until_null(format);
    let mut stop = conversion::Stop::No;
    while let Some((&unit, after)) = rest.split_first() {
        if unit.is_space() {
            input.skip_spaces();
            rest = after;
        } else if !unit.is(b'%') || after.first().is_some_and(|u| u.is(b'%')) {
            // %% skips no white space and is matched like any other unit.
            rest = if unit.is(b'%') { &after[1..] } else { after };
            stop = input.expect(unit);
        } else {
            let (spec, used) = spec::parse(after, options).ok_or(ScanError::Invalid)?;
            rest = &after[used..];
            stop = fields.convert(&mut input, &spec)?;
        }
        if stop != conversion::Stop::No {
            break;
        }
    }
    let ended = stop == conversion::Stop::InputEnded && !fields.any_converted();
    Ok(Scanned {
        result: if ended { -1 } else { fields.stored() },
        too_small: stop == conversion::Stop::TooSmall,
    })
}

#[cfg(test)]
mod tests;

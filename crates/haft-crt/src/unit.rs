//! The character unit that a string is made of: a byte or a UTF-16 code unit.

use core::fmt::Debug;
use std::borrow::Cow;

/// One character unit of a C string: `u8` for `char`, `u16` for `wchar_t`.
pub trait Unit: Copy + Ord + Debug + Default + Into<u32> + 'static {
    /// Whether this is `wchar_t`.
    const WIDE: bool;

    /// The unit of an ASCII character.
    fn from_ascii(ascii: u8) -> Self;

    /// The ASCII character that this unit is, if it is one.
    fn ascii(self) -> Option<u8> {
        let value: u32 = self.into();
        if value < 0x80 { Some(value as u8) } else { None }
    }

    /// Whether the unit is this ASCII character.
    fn is(self, ascii: u8) -> bool {
        self.into() == u32::from(ascii)
    }

    /// The unit with an ASCII upper-case letter made lower case.
    #[must_use]
    fn ascii_lower(self) -> Self {
        match self.ascii() {
            Some(a) => Self::from_ascii(a.to_ascii_lowercase()),
            None => self,
        }
    }

    /// The unit with an ASCII lower-case letter made upper case.
    #[must_use]
    fn ascii_upper(self) -> Self {
        match self.ascii() {
            Some(a) => Self::from_ascii(a.to_ascii_uppercase()),
            None => self,
        }
    }

    /// The value of the unit as a digit in a radix of 2 to 36.
    fn digit(self, radix: u32) -> Option<u32> {
        char::from(self.ascii()?).to_digit(radix)
    }

    /// Whether `isspace` holds in the C locale: space, and tab to carriage return.
    fn is_space(self) -> bool {
        matches!(self.ascii(), Some(b' ' | 9..=13))
    }

    /// The low bits of an argument slot: what a `char` or `wchar_t` argument holds.
    fn truncate(slot: u64) -> Self;

    /// Copies units of either kind, value by value; gives how many fitted.
    fn copy_from<V: Unit>(to: &mut [Self], from: &[V]) -> usize {
        let len = to.len().min(from.len());
        for (to, from) in to.iter_mut().zip(from) {
            *to = Self::truncate(u64::from((*from).into()));
        }
        len
    }

    /// Bytes as units of this kind, value by value: the same bytes for `u8`.
    fn from_bytes(bytes: Cow<'_, [u8]>) -> Cow<'_, [Self]>;

    /// UTF-16 units as units of this kind, value by value: the same ones for `u16`.
    fn from_wide(wide: Cow<'_, [u16]>) -> Cow<'_, [Self]>;
}

impl Unit for u8 {
    const WIDE: bool = false;

    fn from_ascii(ascii: u8) -> Self {
        ascii
    }

    fn truncate(slot: u64) -> Self {
        slot as u8
    }

    fn from_bytes(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
        bytes
    }

    fn from_wide(wide: Cow<'_, [u16]>) -> Cow<'_, [u8]> {
        Cow::Owned(wide.iter().map(|&u| u as u8).collect())
    }
}

impl Unit for u16 {
    const WIDE: bool = true;

    fn from_ascii(ascii: u8) -> Self {
        u16::from(ascii)
    }

    fn truncate(slot: u64) -> Self {
        slot as u16
    }

    fn from_bytes(bytes: Cow<'_, [u8]>) -> Cow<'_, [u16]> {
        Cow::Owned(bytes.iter().map(|&b| u16::from(b)).collect())
    }

    fn from_wide(wide: Cow<'_, [u16]>) -> Cow<'_, [u16]> {
        wide
    }
}

/// The units of an ASCII text.
#[cfg(test)]
pub(crate) fn units<U: Unit>(text: &str) -> Vec<U> {
    debug_assert!(text.is_ascii(), "constant texts are ASCII");
    text.bytes().map(U::from_ascii).collect()
}

/// The part of a text before its first null, or all of it.
pub(crate) fn until_null<U: Unit>(text: &[U]) -> &[U] {
    let end = text.iter().position(|u| u.is(0)).unwrap_or(text.len());
    &text[..end]
}

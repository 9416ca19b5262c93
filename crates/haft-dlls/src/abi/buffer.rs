//! Places of the program for text.

use super::charset::Charset;
use super::param::{Nullable, Param};
use super::pointer::Ptr;
use crate::trace;
use core::marker::PhantomData;
use haft_host::guest::{self, Fault};

/// A place of the program for text of either character set; how many units fit is another
/// parameter. It may be null where a capacity of zero only asks for the size.
pub struct TBuf<C: Charset> {
    address: usize,
    marker: PhantomData<fn() -> C>,
}

impl<C: Charset> Clone for TBuf<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Charset> Copy for TBuf<C> {}

/// What became of text that was to fill a place. Counts are in units of its character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It was stored: so many units without the terminator.
    Stored(u32),
    /// Nothing was stored: so many units are needed, with the terminator.
    Needed(u32),
}

impl Filled {
    /// The usual answer of Win32: the length without the terminator, or the size needed with it.
    #[must_use]
    pub const fn count(self) -> u32 {
        match self {
            Self::Stored(count) | Self::Needed(count) => count,
        }
    }

    /// The length stored, or `error`.
    ///
    /// # Errors
    /// `error`, if the text did not fit.
    pub fn stored_or<E>(self, error: E) -> Result<u32, E> {
        match self {
            Self::Stored(count) => Ok(count),
            Self::Needed(_) => Err(error),
        }
    }
}

impl<C: Charset> TBuf<C> {
    /// The place at an address, as inside of a structure.
    #[must_use]
    pub const fn new(address: usize) -> Self {
        Self { address, marker: PhantomData }
    }

    /// The address.
    #[must_use]
    pub const fn addr(self) -> usize {
        self.address
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The address of its units.
    #[must_use]
    pub const fn ptr(self) -> Ptr<C::Unit> {
        Ptr::new(self.address)
    }

    /// Stores `text` and a terminator if they fit in `capacity` units, else nothing.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    pub fn fill(self, capacity: u32, text: &[u16]) -> Result<Filled, Fault> {
        let mut units = C::encode(text);
        let count = units.len() as u32;
        if count >= capacity {
            return Ok(Filled::Needed(count + 1));
        }
        units.push(C::Unit::default());
        guest::write_slice(self.address, &units)?;
        Ok(Filled::Stored(count))
    }

    /// Stores what fits of `text` in `capacity` units, always with a terminator; true if all of
    /// it did. Nothing is stored in a capacity of zero.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    pub fn fill_truncated(self, capacity: u32, text: &[u16]) -> Result<bool, Fault> {
        let mut units = C::encode(text);
        let whole = units.len() < capacity as usize;
        let Some(room) = (capacity as usize).checked_sub(1) else { return Ok(false) };
        units.truncate(room);
        units.push(C::Unit::default());
        guest::write_slice(self.address, &units)?;
        Ok(whole)
    }
}

impl<C: Charset> Param for TBuf<C> {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self { address: raw, marker: PhantomData })
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl<C: Charset> Nullable for TBuf<C> {}

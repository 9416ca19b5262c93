//! The two character sets of Win32 strings, so that an `A` and a `W` function are one.

use haft_abi::wide;
use haft_host::guest::{self, Fault, Pod};

/// A character set. Inside haft text is UTF-16; what is ANSI to the program is UTF-8, the active
/// code page that haft reports (65001).
pub trait Charset: 'static {
    /// One unit.
    type Unit: Pod + Default + PartialEq;
    /// Whether this is the wide set.
    const WIDE: bool;

    /// Reads a terminated string, at most `max` units of it.
    ///
    /// # Errors
    /// A [`Fault`] if memory ends before it does.
    fn read_z(address: usize, max: usize) -> Result<Vec<u16>, Fault>;

    /// Reads a string of exactly `len` units.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be read.
    fn read_n(address: usize, len: usize) -> Result<Vec<u16>, Fault>;

    /// The string in units of this set.
    fn encode(text: &[u16]) -> Vec<Self::Unit>;
}

/// The `A` functions: UTF-8.
#[derive(Clone, Copy, Debug)]
pub enum Ansi {}

/// The `W` functions: UTF-16.
#[derive(Clone, Copy, Debug)]
pub enum Wide {}

impl Charset for Ansi {
    type Unit = u8;
    const WIDE: bool = false;

    fn read_z(address: usize, max: usize) -> Result<Vec<u16>, Fault> {
        guest::read_bytes_z(address, max).map(|bytes| wide::from_bytes(&bytes))
    }

    fn read_n(address: usize, len: usize) -> Result<Vec<u16>, Fault> {
        guest::read_slice(address, len).map(|bytes: Vec<u8>| wide::from_bytes(&bytes))
    }

    fn encode(text: &[u16]) -> Vec<u8> {
        wide::to_bytes(text)
    }
}

impl Charset for Wide {
    type Unit = u16;
    const WIDE: bool = true;

    fn read_z(address: usize, max: usize) -> Result<Vec<u16>, Fault> {
        guest::read_wide_z(address, max)
    }

    fn read_n(address: usize, len: usize) -> Result<Vec<u16>, Fault> {
        guest::read_slice(address, len)
    }

    fn encode(text: &[u16]) -> Vec<u16> {
        text.to_vec()
    }
}

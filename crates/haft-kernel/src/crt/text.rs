//! Strings of the program, of either kind.

use haft_crt::Unit;
use haft_host::guest::{self, Fault, Pod};

/// A unit of the program's strings.
pub trait GuestUnit: Unit + Pod {
    /// The length of the string at `address`, at most `max`.
    ///
    /// # Errors
    /// A [`Fault`] if memory ends before it does.
    fn len(address: usize, max: usize) -> Result<usize, Fault>;
}

impl GuestUnit for u8 {
    fn len(address: usize, max: usize) -> Result<usize, Fault> {
        guest::bytes_len(address, max)
    }
}

impl GuestUnit for u16 {
    fn len(address: usize, max: usize) -> Result<usize, Fault> {
        guest::wide_len(address, max)
    }
}

/// The string at `address`, without its null; at most `max` units.
///
/// # Errors
/// A [`Fault`] if memory ends before it does.
pub fn read_z<U: GuestUnit>(address: usize, max: usize) -> Result<Vec<U>, Fault> {
    guest::read_slice(address, U::len(address, max)?)
}

/// The string at `address`, without its null.
///
/// # Errors
/// A [`Fault`] if memory ends before it does.
pub fn read<U: GuestUnit>(address: usize) -> Result<Vec<U>, Fault> {
    read_z(address, usize::MAX)
}

/// The string at `address` as UTF-16: bytes are UTF-8, the code page that haft reports.
///
/// # Errors
/// A [`Fault`] if memory ends before it does.
pub fn read_wide<U: GuestUnit>(address: usize) -> Result<Vec<u16>, Fault> {
    let units = read::<U>(address)?;
    if U::WIDE {
        return Ok(units.iter().map(|&unit| unit.into() as u16).collect());
    }
    let bytes: Vec<u8> = units.iter().map(|&unit| unit.into() as u8).collect();
    Ok(haft_abi::wide::from_bytes(&bytes))
}

/// UTF-16 text in units of this kind.
#[must_use]
pub fn from_wide<U: GuestUnit>(text: &[u16]) -> Vec<U> {
    if U::WIDE {
        text.iter().map(|&unit| U::truncate(unit.into())).collect()
    } else {
        haft_abi::wide::to_bytes(text).iter().map(|&byte| U::truncate(byte.into())).collect()
    }
}

/// Writes a string with its null.
///
/// # Errors
/// A [`Fault`] if it cannot be written.
pub fn write_z<U: GuestUnit>(address: usize, text: &[U]) -> Result<(), Fault> {
    guest::write_slice(address, text)?;
    guest::write(address + size_of_val(text), U::default())
}

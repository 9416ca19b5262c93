//! Strings of automation: their length in bytes lies before them, a zero unit behind (Microsoft:
//! "BSTR").

use super::allocation;
use haft_abi::{NtStatus, wide};
use haft_host::guest;

/// Bytes before the text, of which the last four are its length.
const BEFORE: usize = 16;

/// A string of these bytes; its address, that of its text.
///
/// # Errors
/// `NO_MEMORY`.
pub fn of_bytes(bytes: &[u8]) -> Result<usize, NtStatus> {
    let length = u32::try_from(bytes.len()).map_err(|_| NtStatus::NO_MEMORY)?;
    let at = allocation::allocate(BEFORE + bytes.len() + size_of::<u16>())? + BEFORE;
    guest::write(at - size_of::<u32>(), length)?;
    guest::write_slice(at, bytes)?;
    Ok(at)
}

/// A string of these units; its address, that of its text.
///
/// # Errors
/// `NO_MEMORY`.
pub fn of_units(units: &[u16]) -> Result<usize, NtStatus> {
    of_bytes(&wide::to_le_bytes(units))
}

/// A string's length in bytes, zero for null.
#[must_use]
pub fn length(string: usize) -> u32 {
    match string {
        0 => 0,
        at => guest::read(at - size_of::<u32>()).unwrap_or(0),
    }
}

/// Frees a string; null is none.
pub fn free(string: usize) {
    if string != 0 {
        let _ = allocation::free(string - BEFORE);
    }
}

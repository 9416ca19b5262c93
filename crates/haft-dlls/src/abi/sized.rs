//! Bytes for a place whose length the program tells.

use super::pointer::{InOut, Ptr};
use haft_abi::Win32Error;
use haft_host::guest;

/// Gives bytes as functions do that take a place and, in and out, its length: the length is told
/// always, the bytes go where there is a place.
///
/// # Errors
/// `ERROR_MORE_DATA` for a place that is too small; `ERROR_NOACCESS`.
pub fn give(bytes: &[u8], place: Ptr<u8>, length: InOut<u32>) -> Result<(), Win32Error> {
    let room = length.get() as usize;
    length.set(bytes.len() as u32)?;
    if place.is_null() {
        return Ok(());
    }
    if room < bytes.len() {
        return Err(Win32Error::MORE_DATA);
    }
    Ok(guest::copy_out(place.addr(), bytes)?)
}

//! Descriptions of threads (Microsoft: "SetThreadDescription function"). Linux shows the first 15
//! bytes, where it shows threads.

use super::priority::{queried, settable};
use haft_abi::{Handle, NtStatus, wide};
use std::sync::PoisonError;

/// Describes a thread.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `NOT_SUPPORTED` for a thread of
/// another process.
pub fn set(handle: Handle, text: &[u16]) -> Result<(), NtStatus> {
    let thread = settable(handle)?;
    haft_host::thread::set_name(thread.tid(), &wide::to_string(text));
    *thread.description.lock().unwrap_or_else(PoisonError::into_inner) = text.to_vec();
    Ok(())
}

/// A thread's description; empty if it has none.
///
/// # Errors
/// As for [`set`].
pub fn get(handle: Handle) -> Result<Vec<u16>, NtStatus> {
    Ok(queried(handle)?.description.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

//! Bringing pages in before they are used.

use super::PAGE;
use haft_abi::NtStatus;
use haft_host::mem;

/// Has pages read in that will be used soon; what else happens to them stays the same (Microsoft:
/// "PrefetchVirtualMemory function").
///
/// # Errors
/// `INVALID_PARAMETER` for a range that wraps around, `NO_MEMORY` for one that is not all mapped.
pub fn prefetch(address: usize, size: usize) -> Result<(), NtStatus> {
    let start = address & !(PAGE - 1);
    let end = address.checked_add(size).ok_or(NtStatus::INVALID_PARAMETER)?;
    match end - start {
        0 => Ok(()),
        length => mem::warm(start, length),
    }
}

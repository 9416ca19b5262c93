//! Going through the volumes one by one (Microsoft: "Enumerating Volumes").

use super::volume;
use crate::ob::side::SideTable;
use haft_abi::{Handle, NtStatus};
use std::sync::{Arc, Mutex, PoisonError};

/// The letters of the drives whose volumes have not been told yet, the next one last.
struct Search(Mutex<Vec<u8>>);

static SEARCHES: SideTable<Search> = SideTable::new();

/// Search handles are no kernel handles; they look like addresses, as on Windows.
const FIRST: usize = 0x7E40_0000_0000;

fn key_of(search: Handle) -> Result<u64, NtStatus> {
    let offset = search.0.checked_sub(FIRST).filter(|o| o.is_multiple_of(16));
    offset.map(|o| o as u64 / 16).ok_or(NtStatus::INVALID_HANDLE)
}

impl Search {
    fn next(&self) -> Result<Vec<u16>, NtStatus> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = left.pop().ok_or(NtStatus::NO_MORE_FILES)?;
        volume::name_of(&[letter, b':', b'\\'].map(u16::from))
    }
}

/// Begins a search: a handle for it, and the name of the first volume (Microsoft:
/// "FindFirstVolumeW function").
///
/// # Errors
/// `NO_MORE_FILES` where there is none.
pub fn find_first() -> Result<(Handle, Vec<u16>), NtStatus> {
    let mut drives = volume::drives();
    drives.reverse();
    let search = Search(Mutex::new(drives));
    let first = search.next()?;
    let key = SEARCHES.insert(Arc::new(search));
    Ok((Handle(FIRST + key as usize * 16), first))
}

/// The name of the next volume (Microsoft: "FindNextVolumeW function").
///
/// # Errors
/// `NO_MORE_FILES` after the last one, `INVALID_HANDLE`.
pub fn find_next(search: Handle) -> Result<Vec<u16>, NtStatus> {
    SEARCHES.get(key_of(search)?).ok_or(NtStatus::INVALID_HANDLE)?.next()
}

/// Ends a search (Microsoft: "FindVolumeClose function").
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn find_close(search: Handle) -> Result<(), NtStatus> {
    SEARCHES.remove(key_of(search)?).map(drop).ok_or(NtStatus::INVALID_HANDLE)
}

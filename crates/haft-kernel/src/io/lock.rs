//! Locks on ranges of files (Microsoft: "LockFileEx function").
//!
//! They are Linux's locks of an open file description at the same offsets, so programs on both
//! sides see each other's. As on Linux they bind those who ask for locks; reading and writing
//! past them is not stopped.

use super::file::{self, FileKind};
use super::rights::{FILE_READ_DATA, FILE_WRITE_DATA};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::ofd_lock::{self, RangeLock};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::Errno;
use std::sync::PoisonError;

/// A range that is locked through a file object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockedRange {
    offset: u64,
    length: u64,
    exclusive: bool,
}

impl LockedRange {
    const fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }

    const fn covers(self, other: Self) -> bool {
        self.offset <= other.offset && other.end() <= self.end()
    }

    const fn meets(self, other: Self) -> bool {
        self.offset < other.end() && other.offset < self.end()
    }
}

/// The last byte that a range may reach: behind it share modes have theirs.
const LIMIT: u64 = 1 << 62;

/// Locks a range, at once or, with `wait`, as soon as nobody else has it.
///
/// # Errors
/// `LOCK_NOT_GRANTED` when somebody has it, `ACCESS_DENIED` without the right to read or write,
/// `INVALID_PARAMETER` for ranges that no file reaches.
pub fn lock(
    handle: Handle,
    offset: u64,
    length: u64,
    exclusive: bool,
    wait: bool,
) -> Result<(), NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if !object.access().any(FILE_READ_DATA | FILE_WRITE_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    if file.description.kind != FileKind::Disk {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    // Programs lock a byte far behind the file to lock nothing of it; it stays one there.
    let start = offset.min(LIMIT - 1);
    let range = LockedRange { offset: start, length: length.min(LIMIT - start), exclusive };
    let mut locks = file.state.locks.lock().unwrap_or_else(PoisonError::into_inner);
    // Linux lets one description lock again what it has; Windows lets one handle share what it has
    // exclusively, for when that is unlocked.
    if locks.iter().any(|own| own.meets(range) && exclusive) {
        return Err(NtStatus::LOCK_NOT_GRANTED);
    }
    let mut exclusively = locks.iter().filter(|own| own.exclusive && own.meets(range)).peekable();
    let has_more = exclusively.peek().is_some();
    if has_more && !exclusively.all(|own| own.covers(range)) {
        return Err(NtStatus::LOCK_NOT_GRANTED);
    }
    if length > 0 && !has_more {
        let kind = if exclusive { RangeLock::Exclusive } else { RangeLock::Shared };
        drop(locks);
        loop {
            match ofd_lock::set(file.fd.as_fd(), kind, range.offset, range.length, wait) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN | Errno::ACCESS) => return Err(NtStatus::LOCK_NOT_GRANTED),
                Err(error) => return Err(status(error)),
            }
        }
        locks = file.state.locks.lock().unwrap_or_else(PoisonError::into_inner);
    }
    locks.push(range);
    Ok(())
}

/// Unlocks a range that was locked as just this range.
///
/// # Errors
/// `RANGE_NOT_LOCKED`.
pub fn unlock(handle: Handle, offset: u64, length: u64) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let start = offset.min(LIMIT - 1);
    let length = length.min(LIMIT - start);
    let mut locks = file.state.locks.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |own: &LockedRange| own.offset == start && own.length == length;
    let at = locks
        .iter()
        .position(|own| own.exclusive && is_it(own))
        .or_else(|| locks.iter().position(is_it))
        .ok_or(NtStatus::RANGE_NOT_LOCKED)?;
    let gone = locks.remove(at);
    // What shared locks cover of it stays locked, shared.
    let mut kept: Vec<LockedRange> = locks.iter().copied().filter(|own| own.meets(gone)).collect();
    kept.sort_unstable_by_key(|own| own.offset);
    let set = |kind, from: u64, to: u64| match to.saturating_sub(from) {
        0 => Ok(()),
        length => ofd_lock::set(file.fd.as_fd(), kind, from, length, false).map_err(status),
    };
    let mut free = gone.offset;
    for own in kept {
        let (from, to) = (own.offset.max(free), own.end().min(gone.end()));
        set(RangeLock::Unlock, free, from)?;
        if gone.exclusive {
            set(RangeLock::Shared, from, to)?;
        }
        free = free.max(to);
    }
    set(RangeLock::Unlock, free, gone.end())
}

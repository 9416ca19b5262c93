//! Locks on byte ranges that belong to an open file description (fcntl's `F_OFD_*`): they go with
//! the descriptor into other processes, and end with its last duplicate, however that comes.
#![allow(unsafe_code, reason = "fcntl with a lock structure has no safe form")]

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// What to do with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeLock {
    /// Lock it for many; the descriptor must be open for reading.
    Shared,
    /// Lock it for one; the descriptor must be open for writing.
    Exclusive,
    /// Let it go.
    Unlock,
}

fn lock_structure(kind: RangeLock, start: u64, length: u64) -> libc::flock {
    // SAFETY: a C structure of integers, for which zeros are valid.
    let mut lock: libc::flock = unsafe { core::mem::zeroed() };
    lock.l_type = match kind {
        RangeLock::Shared => libc::F_RDLCK,
        RangeLock::Exclusive => libc::F_WRLCK,
        RangeLock::Unlock => libc::F_UNLCK,
    } as i16;
    lock.l_whence = libc::SEEK_SET as i16;
    lock.l_start = start.min(i64::MAX as u64) as i64;
    let room = i64::MAX as u64 - lock.l_start as u64;
    // A length of zero means "to the end of everything".
    lock.l_len = if length > room { 0 } else { length as i64 };
    lock
}

fn control(fd: BorrowedFd<'_>, command: libc::c_int, lock: &mut libc::flock) -> Result<(), Errno> {
    // SAFETY: the structure is valid for the call and F_OFD commands take just it.
    if unsafe { libc::fcntl(fd.as_raw_fd(), command, core::ptr::from_mut(lock)) } == 0 {
        return Ok(());
    }
    Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL))
}

/// Locks or unlocks a range, at once or, with `wait`, as soon as nobody else has it.
///
/// # Errors
/// `AGAIN` when somebody has it, `BADF` when the descriptor is not open so, `INTR`, and what a
/// filesystem without locks says.
pub fn set(
    fd: BorrowedFd<'_>,
    kind: RangeLock,
    start: u64,
    length: u64,
    wait: bool,
) -> Result<(), Errno> {
    let command = if wait { libc::F_OFD_SETLKW } else { libc::F_OFD_SETLK };
    control(fd, command, &mut lock_structure(kind, start, length))
}

/// The first byte of a range that somebody else holds any lock on.
///
/// # Errors
/// What a filesystem without locks says.
pub fn held_by_others(fd: BorrowedFd<'_>, start: u64, length: u64) -> Result<Option<u64>, Errno> {
    let mut lock = lock_structure(RangeLock::Exclusive, start, length);
    control(fd, libc::F_OFD_GETLK, &mut lock)?;
    let free = i32::from(lock.l_type) == libc::F_UNLCK;
    Ok((!free).then_some((lock.l_start as u64).max(start)))
}

/// Whether anybody holds a lock on a byte, be it through this very descriptor. Asking does not wait.
#[must_use]
pub fn is_held(fd: BorrowedFd<'_>, byte: u64) -> bool {
    // Of a lock that belongs to an open file nobody who asks as a process is the holder.
    let mut lock = lock_structure(RangeLock::Exclusive, byte, 1);
    control(fd, libc::F_GETLK, &mut lock).is_ok() && i32::from(lock.l_type) != libc::F_UNLCK
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;

    #[test]
    fn locks_belong_to_the_open_file() {
        let path = std::env::temp_dir().join(format!("haft-ofd-{}", std::process::id()));
        let open = || {
            std::fs::File::options().create(true).truncate(false).read(true).write(true).open(&path)
        };
        let (one, two) = (open().unwrap(), open().unwrap());
        set(one.as_fd(), RangeLock::Exclusive, 10, 5, false).unwrap();
        assert_eq!(held_by_others(two.as_fd(), 0, 100), Ok(Some(10)));
        assert_eq!(held_by_others(one.as_fd(), 0, 100), Ok(None));
        assert!(is_held(one.as_fd(), 14) && is_held(two.as_fd(), 14) && !is_held(one.as_fd(), 15));
        assert_eq!(set(two.as_fd(), RangeLock::Shared, 14, 1, false), Err(Errno::AGAIN));
        let copy = one.try_clone().unwrap();
        drop(one);
        assert_eq!(held_by_others(two.as_fd(), 0, 100), Ok(Some(10)));
        drop(copy);
        assert_eq!(held_by_others(two.as_fd(), 0, 100), Ok(None));
        std::fs::remove_file(path).unwrap();
    }
}

//! Files that are to be deleted on their last close, in whichever process that is: whoever has one open
//! so holds a lock on one byte of it, far behind any data.

use crate::file::status;
use crate::ofd_lock;
use haft_abi::NtStatus;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, lstat, openat, unlinkat};
use std::path::Path;

/// The byte.
pub const MARK: u64 = (1 << 62) + 6;

/// Whether a descriptor's file is one that somebody, be it through this descriptor, has open so. Asking
/// does not wait.
#[must_use]
pub fn is_marked(fd: BorrowedFd<'_>) -> bool {
    ofd_lock::is_held(fd, MARK)
}

/// Closes a descriptor that is marked, and deletes its file if nobody else has it open so. This may
/// wait for the file's disk.
pub fn close(fd: OwnedFd) {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let stat = fstat(&fd);
    drop(fd);
    if let (Ok(path), Ok(stat)) = (link, stat)
        && path.is_absolute()
    {
        delete_unless_marked(&path, &stat);
    }
}

/// Deletes a file that was closed, unless somebody else has it open so, or its name is another's by now.
pub fn delete_unless_marked(path: &Path, stat: &Stat) {
    if let Some(fd) = open_to_check(path)
        && fstat(&fd).is_ok_and(|s| s.st_ino == stat.st_ino)
        && matches!(ofd_lock::held_by_others(fd.as_fd(), MARK, 1), Ok(Some(_)))
    {
        return;
    }
    let _ = remove(path, stat);
}

/// A descriptor of the file, to ask about its locks; `None` for one that cannot be opened.
#[must_use]
pub fn open_to_check(path: &Path) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(CWD, path, flags | OFlags::NOCTTY, Mode::empty()).ok()
}

/// Removes a name if it is still the file's.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` if it is not, `DIRECTORY_NOT_EMPTY`, and what Linux says.
pub fn remove(path: &Path, stat: &Stat) -> Result<(), NtStatus> {
    let now = lstat(path).map_err(status)?;
    if (now.st_dev, now.st_ino) != (stat.st_dev, stat.st_ino) {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let flags = if is_directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
    unlinkat(CWD, path, flags).map_err(|error| match status(error) {
        NtStatus::OBJECT_NAME_COLLISION => NtStatus::DIRECTORY_NOT_EMPTY,
        status => status,
    })
}

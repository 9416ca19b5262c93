//! What changes in a directory (Microsoft: "ReadDirectoryChangesW function").
//!
//! The first request on a directory begins to watch it; what happens between requests is told by
//! the next one.

mod watcher;

use self::watcher::Watcher;
use super::file::{self, FileKind, FileObject};
use super::name::Name;
use super::open::{self, OpenOptions, OpenRequest};
use super::pending::{self, Direction, Operation, Work};
use super::request::{Request, arm};
use super::rights::FILE_READ_DATA;
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::Attempt;
use haft_host::guest;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};

/// `dwNotifyFilter`: which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter(pub u32);

impl Filter {
    /// `FILE_NOTIFY_CHANGE_FILE_NAME`.
    pub const FILE_NAME: Self = Self(1);
    /// `FILE_NOTIFY_CHANGE_DIR_NAME`.
    pub const DIRECTORY_NAME: Self = Self(2);
    /// `FILE_NOTIFY_CHANGE_ATTRIBUTES`, `_CREATION` and `_SECURITY`.
    pub const ATTRIBUTES: Self = Self(0x144);
    /// `FILE_NOTIFY_CHANGE_SIZE`.
    pub const SIZE: Self = Self(8);
    /// `FILE_NOTIFY_CHANGE_LAST_WRITE`.
    pub const LAST_WRITE: Self = Self(0x10);
    /// `FILE_NOTIFY_CHANGE_LAST_ACCESS`.
    pub const LAST_ACCESS: Self = Self(0x20);
    /// Every one that there is, streams among them.
    const ALL: Self = Self(0xFFF);

    const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// `FILE_ACTION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Added = 1,
    Removed = 2,
    Modified = 3,
    RenamedFrom = 4,
    RenamedTo = 5,
}

/// One change, by the name's path below the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    action: Action,
    name: Vec<u16>,
}

/// So many changes are kept for the next request; after that it is told to look for itself.
const MOST_KEPT: usize = 4096;

/// What is watched through a file object.
#[derive(Default)]
pub(crate) struct Changes(OnceLock<(OwnedFd, Mutex<Watcher>)>);

/// The descriptor that is readable when something changed in the directory, once it is watched.
pub(super) fn descriptor(file: &FileObject) -> Option<BorrowedFd<'_>> {
    file.state.changes.0.get().map(|(notifier, _)| notifier.as_fd())
}

/// Tells of changes: as many `FILE_NOTIFY_INFORMATION` as fit. A request without room, or with too
/// little, only says that there are some (`NOTIFY_ENUM_DIR`). A synchronous one waits for them.
///
/// # Errors
/// `INVALID_PARAMETER` for what is no directory and for an empty filter, `ACCESS_DENIED`,
/// `DELETE_PENDING` when the directory is gone, `INSUFFICIENT_RESOURCES` when Linux watches as
/// much as it may (`fs.inotify.max_user_watches`).
pub fn read(
    handle: Handle,
    (address, length): (usize, u32),
    filter: Filter,
    subtree: bool,
    request: &Request,
) -> Result<(NtStatus, usize), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    let known = filter.0 & !Filter::ALL.0 == 0 && filter.0 != 0;
    if file.description.kind != FileKind::Directory || !known {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let length = length as usize;
    guest::probe(address, length, true)?;
    begin(&file, filter, subtree)?;
    let armed = arm(&file, request)?;
    if !file.is_synchronous() {
        let work = Work::Bytes { address, length };
        let operation = Operation::new(armed, work);
        return pending::start(&file, Direction::Read, operation).map(|status| (status, 0));
    }
    loop {
        match try_read(&file, address, length)? {
            (Attempt::Done(told), status) => {
                armed.complete(&file, status, told, true);
                return Ok((status, told));
            }
            (Attempt::WouldBlock, _) => {
                crate::log::flush();
                let Some(fd) = descriptor(&file) else { return Err(NtStatus::INVALID_PARAMETER) };
                let _ = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], None);
            }
        }
    }
}

/// A handle that is signalled when something changes in a directory (Microsoft:
/// "FindFirstChangeNotificationW function").
///
/// # Errors
/// Those of opening the directory, `NOT_A_DIRECTORY` among them, and those of [`read`].
pub fn notification(name: Name, filter: Filter, subtree: bool) -> Result<Handle, NtStatus> {
    let request = OpenRequest {
        options: OpenOptions::DIRECTORY_FILE,
        ..OpenRequest::existing(name, FILE_READ_DATA | AccessMask::SYNCHRONIZE)
    };
    let (handle, _) = open::open(request)?;
    match read(handle, (0, 0), filter, subtree, &Request::PLAIN) {
        Ok(_) => Ok(handle),
        Err(error) => {
            let _ = ob::close(handle);
            Err(error)
        }
    }
}

/// Has such a handle signalled again at the next change, or at once for what changed meanwhile
/// (Microsoft: "FindNextChangeNotification function").
///
/// # Errors
/// `INVALID_PARAMETER` for a handle that is none of those, and those of [`read`].
pub fn next_notification(handle: Handle) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    if file.state.changes.0.get().is_none() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // The filter was set by the first request.
    read(handle, (0, 0), Filter::ALL, false, &Request::PLAIN).map(drop)
}

/// Begins to watch a directory. What the first request wants holds for those after it.
fn begin(file: &FileObject, filter: Filter, subtree: bool) -> Result<(), NtStatus> {
    if file.state.changes.0.get().is_some() {
        return Ok(());
    }
    let (notifier, watcher) = Watcher::new(&file.path(), filter, subtree)?;
    // Of two requests that begin at once, both use what one of them made.
    let _ = file.state.changes.0.set((notifier, Mutex::new(watcher)));
    Ok(())
}

/// Tells what there is.
pub(super) fn try_read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<(Attempt, NtStatus), NtStatus> {
    let Some((notifier, watcher)) = file.state.changes.0.get() else {
        return Err(NtStatus::INVALID_PARAMETER);
    };
    let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
    watcher.gather(notifier.as_fd());
    if watcher.lost || watcher.changes.len() > MOST_KEPT {
        watcher.lost = false;
        watcher.changes.clear();
        return Ok((Attempt::Done(0), NtStatus::NOTIFY_ENUM_DIR));
    }
    if watcher.changes.is_empty() {
        return if watcher.gone {
            Err(NtStatus::DELETE_PENDING)
        } else {
            Ok((Attempt::WouldBlock, NtStatus::SUCCESS))
        };
    }
    let told = tell(&mut watcher.changes, length);
    if told.is_empty() {
        watcher.changes.clear();
        return Ok((Attempt::Done(0), NtStatus::NOTIFY_ENUM_DIR));
    }
    guest::copy_out(address, &told)?;
    Ok((Attempt::Done(told.len()), NtStatus::SUCCESS))
}

/// Takes as many changes as fit, as `FILE_NOTIFY_INFORMATION` (Microsoft:
/// "FILE_NOTIFY_INFORMATION structure"), each at a multiple of four.
fn tell(changes: &mut VecDeque<Change>, room: usize) -> Vec<u8> {
    let mut told: Vec<u8> = Vec::new();
    let mut last = 0;
    while let Some(change) = changes.front() {
        let start = told.len().next_multiple_of(4);
        if start + 12 + change.name.len() * 2 > room {
            break;
        }
        if start > 0 {
            told.resize(start, 0);
            told[last..last + 4].copy_from_slice(&((start - last) as u32).to_le_bytes());
        }
        last = start;
        told.extend([0; 4]);
        told.extend((change.action as u32).to_le_bytes());
        told.extend((change.name.len() as u32 * 2).to_le_bytes());
        told.extend(change.name.iter().flat_map(|unit| unit.to_le_bytes()));
        changes.pop_front();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{Action, Change, tell};
    use std::collections::VecDeque;

    #[test]
    fn changes_are_told_as_far_as_they_fit() {
        let change = |action, name: &str| Change { action, name: name.encode_utf16().collect() };
        let list = [change(Action::Added, "abc"), change(Action::Removed, "d")];
        let mut changes = VecDeque::from(list.clone());
        let told = tell(&mut changes, 100);
        assert!(changes.is_empty());
        assert_eq!(told.len(), 20 + 14);
        assert_eq!(told[..12], [20, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
        assert_eq!(told[20..], [0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, b'd', 0]);
        let mut changes = VecDeque::from(list.clone());
        assert_eq!(tell(&mut changes, 33).len(), 18);
        assert_eq!(changes, [list[1].clone()]);
        assert!(tell(&mut changes, 13).is_empty());
    }
}

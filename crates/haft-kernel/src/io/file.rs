//! File objects: a Linux descriptor, and what Windows wants to know beside it.

use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, reference};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use haft_host::rustix::fs::{FileType, fstat};
use haft_host::rustix::termios::isatty;
use haft_object::{Backing, ObjectType};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a file object is, which decides how it reads, writes and is told apart by
/// `GetFileType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A file on a disk.
    Disk,
    /// A directory.
    Directory,
    /// A pipe or a socket.
    Pipe,
    /// A terminal.
    Console,
    /// Any other character device: `NUL`, a serial line.
    Character,
}

impl FileKind {
    /// The kind of what a descriptor is open on.
    #[must_use]
    pub fn of(fd: BorrowedFd<'_>) -> Self {
        match fstat(fd).map(|s| FileType::from_raw_mode(s.st_mode)) {
            Ok(FileType::Directory) => Self::Directory,
            Ok(FileType::Fifo | FileType::Socket) => Self::Pipe,
            Ok(FileType::CharacterDevice) if isatty(fd) => Self::Console,
            Ok(FileType::CharacterDevice) => Self::Character,
            _ => Self::Disk,
        }
    }
}

/// What about a file object goes with it into another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDescription {
    /// What it is.
    pub kind: FileKind,
    /// Whether calls wait for the result (no `FILE_FLAG_OVERLAPPED`).
    pub synchronous: bool,
    /// Whether every write goes to the end (`FILE_APPEND_DATA` without `FILE_WRITE_DATA`).
    pub append: bool,
    /// Whether the file is deleted when its last handle in every process is closed.
    pub delete_on_close: bool,
    /// The Linux path it was opened by; empty for what has none.
    pub path: Vec<u8>,
}

impl FileDescription {
    /// A plain synchronous file object of this kind.
    #[must_use]
    pub const fn plain(kind: FileKind) -> Self {
        Self { kind, synchronous: true, append: false, delete_on_close: false, path: Vec::new() }
    }
}

/// A file object.
pub struct FileObject {
    /// The descriptor.
    pub fd: OwnedFd,
    /// What Windows knows of it.
    pub description: FileDescription,
}

static FILES: SideTable<FileObject> = SideTable::new();

/// Makes the object of an open descriptor.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(file: FileObject) -> Result<Pinned, NtStatus> {
    let fd = file.fd.as_raw_fd();
    let extra = FILES.insert(Arc::new(file));
    objects()
        .create_object(ObjectType::File, Backing::Descriptor { fd, extra }, false)
        .inspect_err(|_| drop(FILES.remove(extra)))
}

/// The file behind an object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn of(object: &Pinned) -> Result<Arc<FileObject>, NtStatus> {
    match (object.object_type(), object.backing()) {
        (ObjectType::File, Backing::Descriptor { extra, .. }) => {
            FILES.get(extra).ok_or(NtStatus::OBJECT_TYPE_MISMATCH)
        }
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// The file that a handle names, if the handle may do this. The object stays open for as long as
/// the returned reference lives.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn by_handle(
    handle: Handle,
    wanted: AccessMask,
) -> Result<(Pinned, Arc<FileObject>), NtStatus> {
    let object = reference(handle, Some(ObjectType::File), wanted)?;
    let file = of(&object)?;
    Ok((object, file))
}

/// Closes a file whose last handle is gone.
pub(crate) fn dispose(key: u64) {
    drop(FILES.remove(key));
}

/// Has a file object that somebody is about to wait for signal itself when it is ready.
pub(crate) fn prepare_wait(object: &Pinned) {
    // A file without a request under way is signalled, as a synchronous one always is here.
    let _ = objects().signal_object(object);
}

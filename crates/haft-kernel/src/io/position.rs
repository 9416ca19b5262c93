//! Where a file is read and written next, and where it ends.

use super::file::{self, FileKind};
use super::rights::FILE_WRITE_DATA;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fs::{SeekFrom, fdatasync, ftruncate, seek, tell};
use haft_host::rustix::io::Errno;

/// From where a distance is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The beginning.
    Begin,
    /// The position.
    Current,
    /// The end.
    End,
}

/// Moves the position; where it is then (Microsoft: "SetFilePointerEx function").
///
/// # Errors
/// `INVALID_PARAMETER` for a position before the beginning, `INVALID_DEVICE_REQUEST` for a
/// pipe, and those of [`file::by_handle`].
pub fn set(handle: Handle, distance: i64, origin: Origin) -> Result<u64, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    match file.description.kind {
        FileKind::Disk | FileKind::Directory => {}
        FileKind::Pipe | FileKind::Socket | FileKind::Mailslot => {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        // Consoles and NUL have no position, and do not mind.
        FileKind::Console | FileKind::Character | FileKind::Serial => return Ok(0),
    }
    let from = match origin {
        Origin::Begin => {
            SeekFrom::Start(u64::try_from(distance).map_err(|_| NtStatus::INVALID_PARAMETER)?)
        }
        Origin::Current => SeekFrom::Current(distance),
        Origin::End => SeekFrom::End(distance),
    };
    match seek(&file.fd, from) {
        Ok(position) => Ok(position),
        // Opened for its attributes only: there is a position on Windows, which nothing reads.
        Err(Errno::BADF) => Ok(u64::try_from(distance).unwrap_or(0)),
        Err(error) => Err(status(error)),
    }
}

/// The position.
///
/// # Errors
/// Those of [`file::by_handle`], and `INVALID_DEVICE_REQUEST` for what has none.
pub fn get(handle: Handle) -> Result<u64, NtStatus> {
    set(handle, 0, Origin::Current)
}

/// Moves a file's end (Microsoft: "SetEndOfFile function").
///
/// # Errors
/// `DISK_FULL`, `INVALID_PARAMETER`, and those of [`file::by_handle`].
pub fn set_end(handle: Handle, end: Option<u64>) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_WRITE_DATA)?;
    let end = match end {
        Some(end) => end,
        None => tell(&file.fd).map_err(status)?,
    };
    ftruncate(&file.fd, end).map_err(status)
}

/// Has what was written reach the disk (Microsoft: "FlushFileBuffers function").
///
/// # Errors
/// `IO_DEVICE_ERROR`, `DISK_FULL`, and those of [`file::by_handle`].
pub fn flush(handle: Handle) -> Result<(), NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let writes = FILE_WRITE_DATA | super::rights::FILE_APPEND_DATA;
    if !object.access().any(writes) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    match file.description.kind {
        FileKind::Disk => match fdatasync(&file.fd) {
            Ok(()) | Err(Errno::INVAL | Errno::ROFS) => Ok(()),
            Err(error) => Err(status(error)),
        },
        FileKind::Console => Err(NtStatus::INVALID_HANDLE),
        FileKind::Pipe if file.description.pipe.is_some() => super::named_pipe::flush(&file),
        // What is written to a pipe has left haft.
        _ => Ok(()),
    }
}

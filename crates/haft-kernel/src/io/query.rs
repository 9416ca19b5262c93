//! What is known of a file, by its handle or by its name.

use super::attributes::{FileAttributes, FileTimes};
use super::file::{self, FileKind, FileObject};
use super::lookup::{self, Found};
use super::name::{Name, Target};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fs::{AtFlags, CWD, FileType, Stat, lstat, stat, statat};
use haft_host::rustix::io::Errno;
use std::path::Path;

/// What Windows wants to know of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInformation {
    /// Its attributes.
    pub attributes: FileAttributes,
    /// Its times.
    pub times: FileTimes,
    /// Its length in bytes.
    pub size: u64,
    /// The bytes that it takes on the disk.
    pub allocated: u64,
    /// How many names it has.
    pub links: u32,
    /// Its number on its volume.
    pub index: u64,
    /// The number of its volume.
    pub volume: u64,
    /// For a symbolic link its kind, else zero (`IO_REPARSE_TAG_SYMLINK`).
    pub reparse_tag: u32,
}

/// `IO_REPARSE_TAG_SYMLINK`.
pub const REPARSE_TAG_SYMLINK: u32 = 0xA000_000C;

impl FileInformation {
    /// From a Linux status.
    #[must_use]
    pub fn of(status: &Stat) -> Self {
        let kind = FileType::from_raw_mode(status.st_mode);
        let directory = kind == FileType::Directory;
        Self {
            attributes: FileAttributes::of(status),
            times: FileTimes::of(status),
            size: if directory { 0 } else { status.st_size as u64 },
            allocated: if directory { 0 } else { status.st_blocks as u64 * 512 },
            links: status.st_nlink as u32,
            index: status.st_ino,
            volume: status.st_dev,
            reparse_tag: if kind == FileType::Symlink { REPARSE_TAG_SYMLINK } else { 0 },
        }
    }

    /// Of a symbolic link: it is a directory on Windows if what it leads to is one.
    #[must_use]
    pub const fn leading_to_directory(mut self) -> Self {
        self.attributes.0 |= FileAttributes::DIRECTORY.0;
        self
    }

    /// Whether it is a directory, or a link to one.
    #[must_use]
    pub const fn is_directory(&self) -> bool {
        self.attributes.contains(FileAttributes::DIRECTORY)
    }
}

/// What is known of an open file.
///
/// # Errors
/// Those of [`file::by_handle`].
pub fn by_handle(handle: Handle) -> Result<FileInformation, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    of_file(&file)
}

/// What is known of a file object.
///
/// # Errors
/// Those of fstat.
pub fn of_file(file: &FileObject) -> Result<FileInformation, NtStatus> {
    let information = FileInformation::of(&file.status()?);
    if information.reparse_tag != 0 && file.path().is_dir() {
        return Ok(information.leading_to_directory());
    }
    Ok(information)
}

/// The size of an open file (Microsoft: "GetFileSizeEx function").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what has no size.
pub fn size(handle: Handle) -> Result<u64, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    match file.description.kind {
        FileKind::Disk => Ok(file.status()?.st_size as u64),
        FileKind::Directory => Ok(0),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

/// The kind of an open file.
///
/// # Errors
/// Those of [`file::by_handle`].
pub fn kind(handle: Handle) -> Result<FileKind, NtStatus> {
    Ok(file::by_handle(handle, AccessMask::NONE)?.1.description.kind)
}

/// What is known of a path of Linux in its exact spelling; of a symbolic link, the link.
///
/// # Errors
/// Those of stat.
pub fn by_path(path: &Path) -> Result<FileInformation, NtStatus> {
    let link = lstat(path).map_err(status)?;
    Ok(of_entry(&link, || stat(path)))
}

/// What is known of an entry of a directory.
pub(super) fn of_entry(
    link: &Stat,
    target: impl FnOnce() -> Result<Stat, Errno>,
) -> FileInformation {
    let information = FileInformation::of(link);
    let leads_to_directory = information.reparse_tag != 0
        && target().is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Directory);
    if leads_to_directory { information.leading_to_directory() } else { information }
}

/// What is known of an entry of an open directory.
pub(super) fn in_directory(
    directory: haft_host::rustix::fd::BorrowedFd<'_>,
    name: &core::ffi::CStr,
) -> Result<FileInformation, NtStatus> {
    let link = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(status)?;
    Ok(of_entry(&link, || statat(directory, name, AtFlags::empty())))
}

/// What is known of a file by its name (Microsoft: "GetFileAttributesExW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`, `OBJECT_NAME_INVALID` for a file with a
/// backslash behind its name.
pub fn by_name(name: &Name) -> Result<FileInformation, NtStatus> {
    let path = match &name.target {
        Target::File(path) => path,
        Target::Null
        | Target::Console
        | Target::ConsoleInput
        | Target::ConsoleOutput
        | Target::Serial(_) => {
            return by_path(Path::new("/dev/null")).map(|mut information| {
                information.attributes = FileAttributes::ARCHIVE;
                information
            });
        }
        Target::Pipe(_)
        | Target::PipeDirectory
        | Target::Mailslot(_)
        | Target::MountManager
        | Target::Sockets => {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
    };
    let link = match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(link) => of_entry(&link, || stat(path)),
        Err(Errno::NOENT | Errno::NOTDIR) => match lookup::ignoring_case(path)? {
            Found::There(path) => by_path(&path)?,
            Found::Missing(_) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        },
        Err(error) => return Err(status(error)),
    };
    if name.directory && !link.is_directory() {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    Ok(link)
}

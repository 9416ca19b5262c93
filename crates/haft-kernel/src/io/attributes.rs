//! File attributes (Microsoft: "File Attribute Constants").
//!
//! READONLY is what Linux says: nobody has the right to write. A file is ARCHIVE, as every new
//! one is on Windows. Attributes that Linux has no place for are not kept.

use haft_abi::time;
use haft_host::rustix::fs::{FileType, Mode, Stat};

/// `FILE_ATTRIBUTE_*` flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAttributes(pub u32);

haft_abi::flags!(FileAttributes);

impl FileAttributes {
    /// It cannot be written or deleted.
    pub const READONLY: Self = Self(1);
    /// A directory.
    pub const DIRECTORY: Self = Self(0x10);
    /// Changed since it was last backed up, which is never.
    pub const ARCHIVE: Self = Self(0x20);
    /// A device.
    pub const DEVICE: Self = Self(0x40);
    /// Nothing else.
    pub const NORMAL: Self = Self(0x80);
    /// A symbolic link.
    pub const REPARSE_POINT: Self = Self(0x400);

    /// Those of a file with this status. Directories are never READONLY: there it would mean
    /// nothing that Linux means.
    #[must_use]
    pub fn of(status: &Stat) -> Self {
        let readonly = if is_read_only(status) { Self::READONLY.0 } else { 0 };
        Self(match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory => Self::DIRECTORY.0,
            FileType::Symlink => Self::REPARSE_POINT.0,
            FileType::RegularFile => Self::ARCHIVE.0 | readonly,
            _ => Self::NORMAL.0,
        })
    }
}

/// Whether nobody has the right to write to this plain file.
#[must_use]
pub fn is_read_only(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::RegularFile && status.st_mode & 0o222 == 0
}

/// The mode of a file that becomes READONLY, or is so no more.
#[must_use]
pub fn with_read_only(status: &Stat, read_only: bool) -> Mode {
    let mode = Mode::from_raw_mode(status.st_mode);
    let write = Mode::WUSR | Mode::WGRP | Mode::WOTH;
    if read_only {
        mode & !write
    } else if mode.intersects(write) {
        mode
    } else {
        mode | Mode::WUSR
    }
}

/// When a file was made, read, written and changed, in Windows time. Linux filesystems know when
/// a file was made, but plain status does not tell: the earliest of the others stands for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileTimes {
    /// `CreationTime`.
    pub created: i64,
    /// `LastAccessTime`.
    pub accessed: i64,
    /// `LastWriteTime`.
    pub written: i64,
    /// `ChangeTime`.
    pub changed: i64,
}

impl FileTimes {
    /// Those of a status.
    #[must_use]
    pub fn of(status: &Stat) -> Self {
        let at = |seconds: i64, nanoseconds: u64| time::from_unix(seconds, nanoseconds as i64);
        let accessed = at(status.st_atime, status.st_atime_nsec);
        let written = at(status.st_mtime, status.st_mtime_nsec);
        let changed = at(status.st_ctime, status.st_ctime_nsec);
        Self { created: written.min(changed), accessed, written, changed }
    }
}

//! Renaming, moving and replacing files.

use super::attributes;
use super::delete::check_share;
use super::lookup::{self, Found};
use super::name::{Name, Target};
use super::open::errno;
use super::{copy, name};
use haft_abi::NtStatus;
use haft_host::file::status;
use haft_host::rustix::fs::{CWD, FileType, RenameFlags, lstat, renameat, renameat_with};
use haft_host::rustix::io::Errno;
use std::path::{Path, PathBuf};

/// Renames what is at an exact path. `replace` lets another file of the new name go;
/// `even_open` also one that is open (POSIX semantics).
///
/// # Errors
/// `OBJECT_NAME_COLLISION`, `OBJECT_PATH_NOT_FOUND`, `ACCESS_DENIED` for replacing a directory or
/// a read-only file, `SHARING_VIOLATION` for a directory that would move into itself,
/// `NOT_SAME_DEVICE`.
pub fn rename(from: &Path, to: &Name, replace: bool, even_open: bool) -> Result<(), NtStatus> {
    let Target::File(wanted) = &to.target else { return Err(NtStatus::OBJECT_NAME_COLLISION) };
    match lookup::find(wanted)? {
        Found::Missing(to) => rename_new(from, &to),
        Found::There(to) => {
            let (own, other) = (lstat(from).map_err(status)?, lstat(&to).map_err(status)?);
            if (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino) {
                // The same file: by another case, or another link that becomes the name.
                let spelled = to.with_file_name(wanted.file_name().unwrap_or_default());
                return renameat(CWD, from, CWD, &spelled).map_err(rename_status);
            }
            if !replace {
                return Err(NtStatus::OBJECT_NAME_COLLISION);
            }
            if FileType::from_raw_mode(other.st_mode) == FileType::Directory
                || attributes::is_read_only(&other)
            {
                return Err(NtStatus::ACCESS_DENIED);
            }
            if !even_open {
                check_share(&to)?;
            }
            renameat(CWD, from, CWD, &to).map_err(rename_status)
        }
    }
}

fn rename_new(from: &Path, to: &Path) -> Result<(), NtStatus> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A filesystem that cannot tell.
        Err(Errno::INVAL) if !to.starts_with(from) => {
            renameat(CWD, from, CWD, to).map_err(rename_status)
        }
        other => other.map_err(rename_status),
    }
}

fn rename_status(error: Errno) -> NtStatus {
    match error {
        Errno::INVAL => NtStatus::SHARING_VIOLATION,
        error => status(error),
    }
}

/// How MoveFileEx moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveFlags(pub u32);

impl MoveFlags {
    /// Another file of the new name goes.
    pub const REPLACE_EXISTING: Self = Self(1);
    /// A file may be copied to another filesystem.
    pub const COPY_ALLOWED: Self = Self(2);
    /// At the next start of the machine.
    pub const DELAY_UNTIL_REBOOT: Self = Self(4);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Moves a file or directory (Microsoft: "MoveFileExW function").
///
/// # Errors
/// `NOT_SUPPORTED` for a move at the next start, and as for [`rename`].
pub fn move_file(from: &[u16], to: Option<&[u16]>, flags: MoveFlags) -> Result<(), NtStatus> {
    if flags.has(MoveFlags::DELAY_UNTIL_REBOOT) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let from = lookup::existing(&name::linux_path(from)?)?;
    let to = name::dos(to.ok_or(NtStatus::INVALID_PARAMETER)?)?;
    check_share(&from)?;
    let replace = flags.has(MoveFlags::REPLACE_EXISTING);
    match rename(&from, &to, replace, false) {
        Err(NtStatus::NOT_SAME_DEVICE) if from.is_dir() => Err(NtStatus::ACCESS_DENIED),
        Err(NtStatus::NOT_SAME_DEVICE) if flags.has(MoveFlags::COPY_ALLOWED) => {
            let Target::File(to) = &to.target else { return Err(NtStatus::ACCESS_DENIED) };
            copy::copy_path(&from, to, !replace, None)?;
            std::fs::remove_file(&from).map_err(|error| errno(&error))
        }
        other => other,
    }
}

/// Puts one file in another's place, which may become a third (Microsoft: "ReplaceFileW
/// function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, and as for [`rename`].
pub fn replace(
    replaced: &[u16],
    replacement: &[u16],
    backup: Option<&[u16]>,
) -> Result<(), NtStatus> {
    let there = |given: &[u16]| -> Result<PathBuf, NtStatus> {
        lookup::existing(&name::linux_path(given)?)
    };
    let (replaced, replacement) = (there(replaced)?, there(replacement)?);
    check_share(&replaced)?;
    check_share(&replacement)?;
    let kept = std::fs::metadata(&replaced).map_err(|error| errno(&error))?.permissions();
    if let Some(backup) = backup {
        let (Found::There(backup) | Found::Missing(backup)) =
            lookup::find(&name::linux_path(backup)?)?;
        // A link keeps the name there at every moment.
        let _ = std::fs::remove_file(&backup);
        if std::fs::hard_link(&replaced, &backup).is_err() {
            copy::copy_path(&replaced, &backup, false, None)?;
        }
    }
    renameat(CWD, &replacement, CWD, &replaced).map_err(rename_status)?;
    // The new file has the rights of the old one; where it cannot, it keeps its own.
    let _ = std::fs::set_permissions(&replaced, kept);
    Ok(())
}

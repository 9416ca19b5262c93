//! Copying files.

use super::attributes;
use super::lookup::{self, Found};
use super::name;
use super::open::errno;
use super::rights::{FILE_READ_DATA, FILE_WRITE_DATA};
use super::share;
use haft_abi::NtStatus;
use haft_host::file::status;
use haft_host::rustix::fd::{AsFd, AsRawFd};
use haft_host::rustix::fs::{Timespec, Timestamps, UTIME_OMIT, fstat, futimens};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Copies a file: its data, its time of change, its attributes (Microsoft: "CopyFileExW
/// function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`, `OBJECT_NAME_COLLISION` where the target must
/// be new, `ACCESS_DENIED` for directories and a read-only target, `SHARING_VIOLATION`,
/// `REQUEST_ABORTED` when the watcher wants no more.
pub fn copy(
    from: &[u16],
    to: &[u16],
    must_be_new: bool,
    watcher: Option<Watcher<'_>>,
) -> Result<(), NtStatus> {
    let from = lookup::existing(&name::linux_path(from)?)?;
    copy_path(&from, &name::linux_path(to)?, must_be_new, watcher)
}

/// How far a copy is.
pub struct Progress<'f> {
    /// Bytes of the whole.
    pub total: u64,
    /// Bytes that are copied.
    pub copied: u64,
    /// Whether nothing is copied yet.
    pub begins: bool,
    /// The file that is copied.
    pub source: &'f File,
    /// The file that it is copied to.
    pub target: &'f File,
}

/// What is to become of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on.
    Continue,
    /// It goes on, and nobody wants to know.
    Quiet,
    /// It ends; what is copied stays.
    Stop,
    /// It ends, and the target is deleted.
    Cancel,
}

/// Who is told of a copy's progress: at its beginning and after every piece.
pub type Watcher<'w> = &'w mut dyn FnMut(&Progress<'_>) -> Next;

/// Bytes of a piece.
const PIECE: u64 = 1 << 20;

/// Copies data piece by piece, and asks after each.
fn copy_watched(
    mut source: &File,
    mut target: &File,
    total: u64,
    watcher: Watcher<'_>,
) -> Result<Next, NtStatus> {
    let mut copied = 0;
    loop {
        let progress = Progress { total, copied, begins: copied == 0, source, target };
        match watcher(&progress) {
            Next::Continue => {}
            Next::Quiet => {
                std::io::copy(&mut source, &mut target).map_err(|error| errno(&error))?;
                return Ok(Next::Quiet);
            }
            ended => return Ok(ended),
        }
        let piece = std::io::copy(&mut source.take(PIECE), &mut target);
        match piece.map_err(|error| errno(&error))? {
            0 => return Ok(Next::Continue),
            more => copied += more,
        }
    }
}

/// [`copy`], from an exact path.
pub(super) fn copy_path(
    from: &Path,
    to: &Path,
    must_be_new: bool,
    watcher: Option<Watcher<'_>>,
) -> Result<(), NtStatus> {
    let mut source = File::open(from).map_err(|error| errno(&error))?;
    let stat = fstat(&source).map_err(status)?;
    if from.is_dir() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    share::check(source.as_fd(), FILE_READ_DATA)?;
    let mut target = match lookup::find(to)? {
        Found::There(_) if must_be_new => return Err(NtStatus::OBJECT_NAME_COLLISION),
        Found::There(path) => {
            if path.is_dir() {
                return Err(NtStatus::ACCESS_DENIED);
            }
            let target = File::options()
                .read(true)
                .write(true)
                .open(&path)
                .map_err(|error| errno(&error))?;
            let old = fstat(&target).map_err(status)?;
            if attributes::is_read_only(&old) {
                return Err(NtStatus::ACCESS_DENIED);
            }
            if (old.st_dev, old.st_ino) == (stat.st_dev, stat.st_ino) {
                return Err(NtStatus::SHARING_VIOLATION);
            }
            share::check(target.as_fd(), FILE_WRITE_DATA)?;
            target.set_len(0).map_err(|error| errno(&error))?;
            target
        }
        Found::Missing(path) => File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| errno(&error))?,
    };
    match watcher {
        None => {
            std::io::copy(&mut source, &mut target).map_err(|error| errno(&error))?;
        }
        Some(watcher) => {
            let total = u64::try_from(stat.st_size).unwrap_or(0);
            match copy_watched(&source, &target, total, watcher)? {
                Next::Continue | Next::Quiet => {}
                Next::Stop => return Err(NtStatus::REQUEST_ABORTED),
                Next::Cancel => {
                    let link = format!("/proc/self/fd/{}", target.as_raw_fd());
                    if let Ok(path) = std::fs::read_link(link) {
                        // Somebody else may have deleted it meanwhile.
                        let _ = std::fs::remove_file(path);
                    }
                    return Err(NtStatus::REQUEST_ABORTED);
                }
            }
        }
    }
    let permissions = source.metadata().map_err(|error| errno(&error))?.permissions();
    // A filesystem without rights, or somebody else's file: the data is what counts.
    let _ = target.set_permissions(permissions);
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: stat.st_mtime, tv_nsec: stat.st_mtime_nsec as i64 },
    };
    futimens(&target, &times).map_err(status)
}

//! Deleting files and directories.

use super::attributes;
use super::file::{self, FileObject};
use super::lookup;
use super::name::{Name, Target};
use super::open::errno;
use super::share;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::{replace, status};
use haft_host::last_close::{delete_unless_marked, open_to_check, remove};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, lstat, openat, unlinkat};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Deletes a file (Microsoft: "DeleteFileW function"). Who has it open and shares deleting goes
/// on with it.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`, `FILE_IS_A_DIRECTORY`, `CANNOT_DELETE` for a
/// read-only file, `SHARING_VIOLATION`, `ACCESS_DENIED`.
pub fn file(name: &Name) -> Result<(), NtStatus> {
    let (path, stat) = named(name)?;
    let leads_to_directory =
        || FileType::from_raw_mode(stat.st_mode) == FileType::Symlink && path.is_dir();
    if is_directory(&stat) || leads_to_directory() {
        return Err(NtStatus::FILE_IS_A_DIRECTORY);
    }
    if name.directory {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    if attributes::is_read_only(&stat) {
        return Err(NtStatus::CANNOT_DELETE);
    }
    check_share(&path)?;
    unlinkat(CWD, &path, AtFlags::empty()).map_err(status)
}

/// Deletes an empty directory, or a link to a directory (Microsoft: "RemoveDirectoryW
/// function").
///
/// # Errors
/// `NOT_A_DIRECTORY`, `DIRECTORY_NOT_EMPTY`, and as for [`file`].
pub fn directory(name: &Name) -> Result<(), NtStatus> {
    let (path, stat) = named(name)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink && path.is_dir() {
        return unlinkat(CWD, &path, AtFlags::empty()).map_err(status);
    }
    if !is_directory(&stat) {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    check_share(&path)?;
    remove(&path, &stat)
}

fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

fn named(name: &Name) -> Result<(PathBuf, Stat), NtStatus> {
    let Target::File(path) = &name.target else { return Err(NtStatus::ACCESS_DENIED) };
    if let Ok(stat) = lstat(path) {
        return Ok((path.clone(), stat));
    }
    let path = lookup::existing(path)?;
    let stat = lstat(&path).map_err(status)?;
    Ok((path, stat))
}

/// Whether everybody who has a file open shares deleting and renaming it. What cannot be opened
/// cannot be asked.
///
/// # Errors
/// `SHARING_VIOLATION`.
pub(super) fn check_share(path: &Path) -> Result<(), NtStatus> {
    match open_to_check(path) {
        Some(fd) => share::check(fd.as_fd(), AccessMask::DELETE),
        None => Ok(()),
    }
}

/// Has a file deleted when this handle's object is closed, or not (Microsoft:
/// "FILE_DISPOSITION_INFO structure"). With `at_once` its name is gone now, as POSIX has it.
///
/// # Errors
/// `ACCESS_DENIED` without DELETE, `CANNOT_DELETE` for a read-only file, `DIRECTORY_NOT_EMPTY`.
pub fn set_disposition(
    handle: Handle,
    delete: bool,
    at_once: bool,
    even_read_only: bool,
) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::DELETE)?;
    if !delete {
        file.state.delete.store(false, Ordering::Release);
        return Ok(());
    }
    let stat = file.status()?;
    if attributes::is_read_only(&stat) && !even_read_only {
        return Err(NtStatus::CANNOT_DELETE);
    }
    if is_directory(&stat) {
        let mut entries = std::fs::read_dir(file.path()).map_err(|e| errno(&e))?;
        if entries.next().is_some() {
            return Err(NtStatus::DIRECTORY_NOT_EMPTY);
        }
    }
    if at_once {
        return remove(&file.path(), &stat);
    }
    file.state.delete.store(true, Ordering::Release);
    Ok(())
}

/// Files of this process that are deleted on their last close, for the end of the process.
static DELETED_ON_CLOSE: Mutex<Vec<Weak<FileObject>>> = Mutex::new(Vec::new());
/// Whether there ever was one. In a process that was forked a lock is a page to be copied.
static ANY: AtomicBool = AtomicBool::new(false);

/// Notes a file that is deleted on its last close.
pub(super) fn note_open(file: &Arc<FileObject>) {
    let mut files = DELETED_ON_CLOSE.lock().unwrap_or_else(PoisonError::into_inner);
    files.retain(|file| file.strong_count() > 0);
    files.push(Arc::downgrade(file));
    ANY.store(true, Ordering::Release);
    drop(files);
    // A signal handler could not delete it. Where the reactor cannot be had, Ctrl-C leaves it.
    let _ = super::console::control::watch();
}

/// Deletes a file that is being closed, if it is to be deleted: one with
/// `FILE_FLAG_DELETE_ON_CLOSE` only when no other process has it open so.
pub(super) fn at_close(file: Arc<FileObject>) {
    if file.state.delete.load(Ordering::Acquire) {
        if let Ok(stat) = file.status() {
            let _ = remove(&file.path(), &stat);
        }
        return;
    }
    if !file.description.delete_on_close {
        return;
    }
    let (path, stat) = (file.path(), file.status());
    drop(file);
    if let Ok(stat) = stat {
        delete_unless_marked(&path, &stat);
    }
}

/// Does at the end of the process what closing its handles would do.
pub fn at_exit() {
    if !ANY.load(Ordering::Acquire) {
        return;
    }
    // Who holds the lock may be stopped for good at the end of the process.
    let Ok(mut files) = DELETED_ON_CLOSE.try_lock() else { return };
    let files = core::mem::take(&mut *files);
    for file in files.iter().filter_map(Weak::upgrade) {
        let (path, stat) = (file.path(), file.status());
        // Lets go of the open file while other threads may still use the descriptor.
        let Ok(null) = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        else {
            continue;
        };
        if let (Ok(stat), Ok(())) = (stat, replace(null.as_fd(), file.fd.as_fd())) {
            delete_unless_marked(&path, &stat);
        }
    }
}

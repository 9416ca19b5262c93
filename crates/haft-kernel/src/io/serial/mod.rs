//! Serial lines (Microsoft: "Communications Resources"): the terminals of Linux that programs open as
//! `COMn`.
//!
//! How a line is set up is Linux's own (termios), so every process that has the line sees it. What a
//! handle was told to wait for stays in its process.

mod bell;
pub mod control;
pub mod events;
mod port;
pub mod settings;
mod timeouts;
pub(crate) mod transfer;

pub use port::Port;
pub use timeouts::Timeouts;

use super::file::{self, FileDescription, FileKind, FileObject};
use super::share::{self, ShareMode};
use bell::Bells;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::fs::{CWD, Mode, OFlags, openat};
use haft_host::rustix::io::Errno;
use haft_host::serial::{self as host, ErrorCounts};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What changes about a line while it is open.
#[derive(Default)]
pub(crate) struct LineState {
    inner: Mutex<Inner>,
    pub(super) bells: Bells,
}

#[derive(Clone, Copy, Default)]
struct Inner {
    timeouts: Timeouts,
    watched: events::Watched,
    /// The errors that were told.
    told: ErrorCounts,
    /// How many bytes were read and purged.
    taken: u64,
}

impl LineState {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a port. Nobody else may have it open (Microsoft: "Communications Resource Handles").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` where there is none, `ACCESS_DENIED` where another has it,
/// `INVALID_DEVICE_REQUEST` for a device that is no serial line.
pub(super) fn open(
    port: Port,
    access: AccessMask,
    synchronous: bool,
) -> Result<FileObject, NtStatus> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let fd = openat(CWD, port.path(), flags, Mode::empty()).map_err(|error| match error {
        // There is a name of Linux's, and nothing behind it.
        Errno::IO | Errno::NXIO | Errno::NODEV => NtStatus::OBJECT_NAME_NOT_FOUND,
        error => status(error),
    })?;
    share::acquire(fd.as_fd(), access, ShareMode(0), false).map_err(|error| match error {
        NtStatus::SHARING_VIOLATION => NtStatus::ACCESS_DENIED,
        error => error,
    })?;
    settings::begin(&fd)?;
    let told = host::error_counts(&fd).unwrap_or_default();
    let description = FileDescription {
        synchronous,
        path: port.device().into_bytes(),
        ..FileDescription::plain(FileKind::Serial)
    };
    let file = FileObject::new(fd, description);
    file.state.line.lock().told = told;
    Ok(file)
}

/// The line that a handle names.
fn line_of(handle: Handle) -> Result<Arc<FileObject>, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    match file.description.kind {
        FileKind::Serial => Ok(file),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

/// How long reads and writes wait (Microsoft: "GetCommTimeouts function").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line, and those of the handle.
pub fn timeouts(handle: Handle) -> Result<Timeouts, NtStatus> {
    Ok(line_of(handle)?.state.line.lock().timeouts)
}

/// Changes how long reads and writes that begin from now on wait (Microsoft: "SetCommTimeouts
/// function").
///
/// # Errors
/// `INVALID_PARAMETER` where interval and constant of reads are both without end but the multiplier is,
/// too; those of [`timeouts`].
pub fn set_timeouts(handle: Handle, timeouts: Timeouts) -> Result<(), NtStatus> {
    if (timeouts.read_interval, timeouts.read_constant) == (u32::MAX, u32::MAX) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    line_of(handle)?.state.line.lock().timeouts = timeouts;
    Ok(())
}

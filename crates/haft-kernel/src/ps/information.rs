//! What native queries tell of the calling process and its threads (Microsoft:
//! "NtQueryInformationProcess function", "NtQueryInformationThread function").

use super::{priority, process};
use crate::ex::start_info;
use crate::{io, ldr};
use core::sync::atomic::Ordering;
use haft_abi::{Handle, NtStatus, Tid};
use haft_host::guest;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::PoisonError;

/// The identifier of the process that created this one.
#[must_use]
pub fn parent() -> u32 {
    crate::ob::objects().block().parent().0
}

/// The path of this process's image.
#[must_use]
pub fn image_name() -> Vec<u16> {
    ldr::main_module().path.clone()
}

/// The path of a process's image (Microsoft: "QueryFullProcessImageNameW function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn image_name_of(handle: Handle) -> Result<Vec<u16>, NtStatus> {
    let process = super::object::queried(handle)?;
    if process.is_own() {
        return Ok(image_name());
    }
    let name = process.facts()?.image;
    Ok(io::path::from_linux(Path::new(std::ffi::OsStr::from_bytes(&name))))
}

/// This process's command line.
///
/// # Errors
/// `ACCESS_VIOLATION` if the program unmapped it.
pub fn command_line() -> Result<Vec<u16>, NtStatus> {
    Ok(guest::read_wide_z(start_info::command_line()?, 0x8000)?)
}

/// What is known of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Its identifier.
    pub tid: Tid,
    /// Address of its TEB; zero once it has ended.
    pub teb: usize,
    /// Its exit code, `STILL_ACTIVE` before its end.
    pub exit_code: u32,
    /// Its priority within the process's class.
    pub priority: i32,
    /// The address that it began to run at.
    pub start: usize,
}

/// What is known of a thread of this process.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for a thread of
/// another process.
pub fn thread(handle: Handle) -> Result<ThreadFacts, NtStatus> {
    let thread = priority::queried(handle)?;
    Ok(ThreadFacts {
        tid: thread.tid(),
        teb: if thread.has_ended() { 0 } else { thread.teb },
        exit_code: thread.exit_code(),
        priority: thread.priority.load(Ordering::Relaxed),
        start: thread.start_address.load(Ordering::Relaxed),
    })
}

/// Whether the process has no more than one thread.
#[must_use]
pub fn is_last_thread() -> bool {
    process().threads.lock().unwrap_or_else(PoisonError::into_inner).len() <= 1
}

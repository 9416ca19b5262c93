//! Consoles: the terminal that the process runs in.
//!
//! Linux's terminal does what Windows' console does: it edits lines, echoes, and understands
//! escape sequences. Console modes set its line discipline, and text goes out as UTF-8.

pub mod control;
pub mod input;
pub mod mode;
pub mod output;

use super::file::{self, FileKind, FileObject};
use haft_abi::{AccessMask, Handle, NtStatus};
use std::sync::Arc;

/// The console that a handle names.
///
/// # Errors
/// `INVALID_HANDLE` for anything else.
pub fn by_handle(handle: Handle, wanted: AccessMask) -> Result<Arc<FileObject>, NtStatus> {
    let (_object, file) = file::by_handle(handle, wanted)?;
    match file.description.kind {
        FileKind::Console => Ok(file),
        _ => Err(NtStatus::INVALID_HANDLE),
    }
}

/// The console that a handle to its screen names.
///
/// # Errors
/// `INVALID_HANDLE` for anything else.
pub fn screen(handle: Handle) -> Result<Arc<FileObject>, NtStatus> {
    let file = by_handle(handle, AccessMask::NONE)?;
    if file.description.console_input { Err(NtStatus::INVALID_HANDLE) } else { Ok(file) }
}

/// The console that a handle to its input names.
///
/// # Errors
/// `INVALID_HANDLE` for anything else.
pub fn keyboard(handle: Handle) -> Result<Arc<FileObject>, NtStatus> {
    let file = by_handle(handle, AccessMask::NONE)?;
    if file.description.console_input { Ok(file) } else { Err(NtStatus::INVALID_HANDLE) }
}

//! The handle that a process holds of its current directory (Microsoft: "RTL_USER_PROCESS_PARAMETERS
//! structure"): what programs that call NT's services open their relative names by.

use super::name::{Name, Target};
use super::open::{self, OpenRequest};
use super::{path, rights::FILE_EXECUTE};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus};
use std::sync::{Mutex, PoisonError};

/// The directory that is open, which no program knows by this handle.
static OPEN: Mutex<Option<Handle>> = Mutex::new(None);

/// The handle that [`Handle::CURRENT_DIRECTORY`] stands for: opened by its first use.
///
/// # Errors
/// Those of opening a directory that is there, which this one may no longer be.
pub fn handle() -> Result<Handle, NtStatus> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = *open {
        return Ok(handle);
    }
    let current = path::current_directory();
    let path = path::to_linux(&current).ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let name = Name { target: Target::File(path), directory: true };
    // To look names up in a directory is to execute it.
    let access = FILE_EXECUTE | AccessMask::SYNCHRONIZE;
    let (handle, _) = open::open(OpenRequest::existing(name, access))?;
    *open = Some(handle);
    Ok(handle)
}

/// Another directory has become the current one.
pub(super) fn forget() {
    let was = OPEN.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(handle) = was {
        // A program that closes every handle has closed it already.
        let _ = ob::close(handle);
    }
}

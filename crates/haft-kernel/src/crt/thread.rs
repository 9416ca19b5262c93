//! Threads that the C runtime starts.

use super::error::Error;
use crate::ob;
use crate::ps::suspend;
use crate::ps::thread::{self, StackSize};
use haft_abi::{AccessMask, Handle};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

const ALL_ACCESS: AccessMask = AccessMask(0x001F_FFFF);

/// `_beginthreadex`: the handle and the identifier.
///
/// # Errors
/// `ENOMEM`, `EAGAIN`.
pub fn begin(
    routine: usize,
    parameter: usize,
    stack_size: u32,
    suspended: bool,
    reservation: bool,
    inherit: bool,
) -> Result<(Handle, u32), Error> {
    let size = if reservation {
        StackSize::Reserve(stack_size as usize)
    } else {
        StackSize::Commit(stack_size as usize)
    };
    let (handle, tid) = thread::create_by_handle(
        (routine, parameter),
        size,
        suspended,
        ALL_ACCESS,
        (inherit, None),
    )?;
    Ok((handle, tid.0))
}

/// Handles of `_beginthread`, which `_endthread` closes.
static OWN_HANDLES: LazyLock<Mutex<HashMap<u32, Handle>>> = LazyLock::new(Mutex::default);

/// `_beginthread`: the handle, which [`end`] closes.
///
/// # Errors
/// `ENOMEM`, `EAGAIN`.
pub fn begin_own(routine: usize, parameter: usize, stack_size: u32) -> Result<Handle, Error> {
    let (handle, tid) = begin(routine, parameter, stack_size, true, false, false)?;
    OWN_HANDLES.lock().unwrap_or_else(PoisonError::into_inner).insert(tid, handle);
    suspend::resume_by_handle(handle)?;
    Ok(handle)
}

/// `_endthread`.
pub fn end() -> ! {
    let own = haft_host::gs::thread_id();
    let handle = OWN_HANDLES.lock().unwrap_or_else(PoisonError::into_inner).remove(&own);
    if let Some(handle) = handle {
        // The program may have closed it already.
        let _ = ob::close(handle);
    }
    thread::exit_thread(0)
}

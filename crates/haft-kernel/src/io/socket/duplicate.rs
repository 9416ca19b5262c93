//! A socket for another process (Microsoft: "WSADuplicateSocketW function"): a handle in its
//! table, whose value the program brings to it in a way of its own.

use super::{SOCKET_ACCESS, by_handle};
use crate::ob::{self, HandleFlags};
use crate::ps::object;
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_object::DuplicateOptions;

/// The right to put handles into a process (`PROCESS_DUP_HANDLE`).
const PROCESS_DUP_HANDLE: AccessMask = AccessMask(0x40);

/// Makes a handle to a socket in a process; its value there.
///
/// # Errors
/// Those of a socket's handle, of opening the process and of duplicating into it.
pub fn to_process(handle: Handle, process: Pid) -> Result<Handle, NtStatus> {
    drop(by_handle(handle, AccessMask::NONE)?);
    let target = object::open(process, PROCESS_DUP_HANDLE, false)?;
    let source = (Handle::CURRENT_PROCESS, handle);
    let options = DuplicateOptions::SAME_ACCESS;
    let made = ob::duplicate(source, target, SOCKET_ACCESS, false, options);
    let _ = ob::close(target);
    made
}

/// Takes a handle that another process, or this one, made so.
///
/// # Errors
/// Those of a socket's handle.
pub fn take(handle: Handle, inherit: bool) -> Result<Handle, NtStatus> {
    drop(by_handle(handle, AccessMask::NONE)?);
    let flags = HandleFlags::NONE.set(HandleFlags::INHERIT, inherit);
    ob::set_handle_flags(handle, HandleFlags::INHERIT, flags)?;
    Ok(handle)
}

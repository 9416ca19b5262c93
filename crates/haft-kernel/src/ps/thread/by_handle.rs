//! What is known of a thread by a handle to it, and threads by their identifiers.

use super::{Thread, of};
use crate::ob::{Pinned, reference};
use crate::ps::{self, opened, remote_thread};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_object::ObjectType;
use haft_wire::ProcessRequest;
use std::sync::PoisonError;

/// The right to ask for an exit code and the like (`THREAD_QUERY_LIMITED_INFORMATION`, which
/// `THREAD_QUERY_INFORMATION` implies).
pub(in crate::ps) const THREAD_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x800);

/// The exit code of a thread, `STILL_ACTIVE` before its end (Microsoft: "GetExitCodeThread
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn exit_code_by_handle(handle: Handle) -> Result<u32, NtStatus> {
    let wanted = THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match remote_thread::of(&object) {
        Some(thread) => thread.exit_code(),
        None => Ok(of(&object)?.exit_code()),
    }
}

/// The identifiers of a thread and of its process (Microsoft: "GetThreadId function",
/// "GetProcessIdOfThread function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn ids_by_handle(handle: Handle) -> Result<(Pid, Tid), NtStatus> {
    let wanted = THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match remote_thread::of(&object) {
        Some(thread) => Ok((thread.pid, thread.tid)),
        None => Ok((ps::process().pid, of(&object)?.tid())),
    }
}

/// The identifier of the thread of a thread object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn id_of(object: &Pinned) -> Result<Tid, NtStatus> {
    match remote_thread::of(object) {
        Some(thread) => Ok(thread.tid),
        None => Ok(of(object)?.tid()),
    }
}

/// Calls `body` with the thread of this process that has an identifier. It does not end meanwhile.
///
/// # Errors
/// `INVALID_CID` when this process has no such thread.
pub fn with_id<R>(tid: Tid, body: impl FnOnce(&Thread) -> R) -> Result<R, NtStatus> {
    let threads = ps::process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().find(|t| t.tid() == tid).map(|t| body(t)).ok_or(NtStatus::INVALID_CID)
}

/// Opens a thread of the session by its identifier, of this process alone if one is named
/// (Microsoft: "OpenThread function").
///
/// # Errors
/// `INVALID_CID` when there is no such thread, `ACCESS_DENIED`, `PORT_DISCONNECTED` without an
/// executive.
pub fn open(
    tid: Tid,
    process: Option<Pid>,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let own = ps::process().pid;
    if process.is_none_or(|wanted| wanted == own)
        && let Ok(object) = with_id(tid, Thread::object)
    {
        return crate::ob::insert(object, access, inherit);
    }
    if tid.0 == 0 || process == Some(own) {
        return Err(NtStatus::INVALID_CID);
    }
    opened::open(ProcessRequest::OpenThread { tid, process, access }, inherit)
}

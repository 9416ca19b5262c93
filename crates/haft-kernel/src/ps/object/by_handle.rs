//! What is done to a process by a handle to it, and processes by their identifiers.

use super::{PROCESSES, Place, ProcessObject, create_shared, of};
use crate::ex::memory_status::{self, Usage};
use crate::ob::reference;
use crate::ps::{self, opened};
use crate::se::{acting, impersonation};
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_host::rustix::process::{
    Signal, getpriority_process, pidfd_send_signal, setpriority_process,
};
use haft_object::{JobState, ObjectType};
use haft_wire::{ProcessFacts, ProcessRequest};
use std::sync::Arc;

/// The right to end a process (`PROCESS_TERMINATE`).
const PROCESS_TERMINATE: AccessMask = AccessMask(1);
/// The right to ask for all that is known of a process (`PROCESS_QUERY_INFORMATION`).
pub(in crate::ps) const PROCESS_QUERY_INFORMATION: AccessMask = AccessMask(0x400);
/// `PROCESS_QUERY_LIMITED_INFORMATION`, which `PROCESS_QUERY_INFORMATION` implies.
const PROCESS_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x1000);

/// The process that a handle names.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub(in crate::ps) fn by_handle(
    handle: Handle,
    wanted: AccessMask,
) -> Result<Arc<ProcessObject>, NtStatus> {
    of(&reference(handle, Some(ObjectType::Process), wanted)?)
}

/// The process behind a handle that may be asked about it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub(in crate::ps) fn queried(handle: Handle) -> Result<Arc<ProcessObject>, NtStatus> {
    by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)
}

/// Opens a process of the session by its identifier (Microsoft: "OpenProcess function").
///
/// # Errors
/// `INVALID_CID` when there is no such process, `ACCESS_DENIED`, `PORT_DISCONNECTED` without an
/// executive.
pub fn open(pid: Pid, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    if pid == ps::process().pid && impersonation::current().is_none() {
        return crate::ob::insert(ps::process().object.clone(), access, inherit);
    }
    // Who asks, or how the process is protected, is for the executive to look at where it is not
    // plain.
    let plain = |known: &Arc<ProcessObject>| known.pid == pid && !known.is_protected();
    if !acting::is_needed()
        && let Some(known) = PROCESSES.find(plain)
    {
        return crate::ob::insert(create_shared(known)?, access, inherit);
    }
    opened::open(ProcessRequest::Open { pid, access }, inherit)
}

/// What is known of a process (Microsoft: "NtQueryInformationProcess function",
/// ProcessBasicInformation).
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn facts(handle: Handle) -> Result<ProcessFacts, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    process.settle()?;
    process.facts()
}

/// Checks that a handle names the calling process and has rights to it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_IMPLEMENTED` for another
/// process.
pub fn require_own(handle: Handle, access: AccessMask) -> Result<(), NtStatus> {
    if by_handle(handle, access)?.is_own() { Ok(()) } else { Err(NtStatus::NOT_IMPLEMENTED) }
}

/// The identifier of a process (Microsoft: "GetProcessId function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn id(handle: Handle) -> Result<Pid, NtStatus> {
    Ok(by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?.pid)
}

/// The exit code of a process, `STILL_ACTIVE` while it runs (Microsoft: "GetExitCodeProcess
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn exit_code(handle: Handle) -> Result<u32, NtStatus> {
    by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?.exit_code()
}

/// The number of open handles of a process (Microsoft: "GetProcessHandleCount function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn handle_count(handle: Handle) -> Result<u32, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    process.settle()?;
    Ok(process.facts()?.handles)
}

/// Ends a process at once (Microsoft: "TerminateProcess function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `PROCESS_IS_TERMINATING` for one that
/// has ended.
pub fn terminate(handle: Handle, code: u32) -> Result<(), NtStatus> {
    let process = by_handle(handle, PROCESS_TERMINATE)?;
    let pidfd = match &process.place {
        Place::Own => ps::terminate(code),
        Place::Elsewhere(number) => return opened::terminate(*number, code),
        Place::Child(child) => &child.pidfd,
    };
    if process.has_ended() {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    }
    // The code is written first: whoever sees the end finds it.
    if let Some(block) = process.block() {
        block.set_exited(code, haft_host::clock::system_time());
    }
    pidfd_send_signal(pidfd, Signal::KILL).map_err(|_| NtStatus::ACCESS_DENIED)
}

/// When a process was created and when it ended, in system time (zero while it runs), and how
/// long it ran in the system and in its own code, in 100 ns units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was created.
    pub created: i64,
    /// When it ended.
    pub exited: i64,
    /// Time in the system.
    pub kernel: i64,
    /// Time in its own code.
    pub user: i64,
}

/// The times of a process (Microsoft: "GetProcessTimes function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn times(handle: Handle) -> Result<Times, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    let facts = process.facts()?;
    let used = match facts.exit_code {
        None if process.is_own() => haft_host::thread::process_time(),
        // One that ends just now has told of its times already.
        None => haft_host::thread::time_of_process(process.pid.0).unwrap_or(facts.used),
        Some(_) if facts.used != [0; 2] => facts.used,
        Some(_) => haft_host::thread::time_of_process(process.pid.0).unwrap_or([0; 2]),
    };
    let [user, kernel] = used.map(u64::cast_signed);
    Ok(Times { created: facts.created, exited: facts.exited, kernel, user })
}

/// The memory that a process uses (Microsoft: "GetProcessMemoryInfo function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn memory_usage(handle: Handle) -> Result<Usage, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    Ok(memory_status::usage(process.pid))
}

/// The right to change a process's properties (`PROCESS_SET_INFORMATION`).
pub(in crate::ps) const PROCESS_SET_INFORMATION: AccessMask = AccessMask(0x200);

/// The Linux nice value of a process.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also for a process that ended.
pub fn nice(handle: Handle) -> Result<i32, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    getpriority_process(linux_pid(&process)).map_err(|_| NtStatus::ACCESS_DENIED)
}

/// Sets the Linux nice value of a process.
///
/// # Errors
/// As for [`nice`]; `PRIVILEGE_NOT_HELD` where Linux does not let this user.
pub fn set_nice(handle: Handle, nice: i32) -> Result<(), NtStatus> {
    let process = by_handle(handle, PROCESS_SET_INFORMATION)?;
    if process.job().is_some_and(|job| job.contains(JobState::FIXED_PRIORITY)) {
        // The class is the job's; who sets one is told nothing, as on Windows.
        return Ok(());
    }
    setpriority_process(linux_pid(&process), nice).map_err(|_| NtStatus::PRIVILEGE_NOT_HELD)
}

fn linux_pid(process: &ProcessObject) -> Option<haft_host::rustix::process::Pid> {
    haft_host::rustix::process::Pid::from_raw(process.pid.0 as i32)
}

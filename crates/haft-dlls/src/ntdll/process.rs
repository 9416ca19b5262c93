//! Processes: opening them, what is known of them, their end.

use super::object_attributes::inherits_unnamed;
use crate::abi::{In, Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_host::{guest, plain};
use haft_kernel::ps::handles::{self, ListedHandle};
use haft_kernel::ps::{self, accounting, affinity, information, object, thread};
use haft_macros::export;

plain! {
    /// `CLIENT_ID`.
    pub(crate) struct ClientId {
        process: usize,
        thread: usize,
    }
}

/// Opens a process by its identifier. (Microsoft: "NtOpenProcess function")
#[export(ntdll, also = "ZwOpenProcess")]
fn NtOpenProcess(
    ProcessHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    ClientId: In<ClientId>,
) -> Result<(), NtStatus> {
    let inherit = inherits_unnamed(ObjectAttributes)?;
    let pid = Pid(u32::try_from(ClientId.process).map_err(|_| NtStatus::INVALID_CID)?);
    ProcessHandle.probe()?;
    Ok(ProcessHandle.set(object::open(pid, DesiredAccess, inherit)?)?)
}

/// Opens a thread by its identifier. (Microsoft: "OpenThread function", of which it is the
/// service)
#[export(ntdll, also = "ZwOpenThread")]
fn NtOpenThread(
    ThreadHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    ClientId: In<ClientId>,
) -> Result<(), NtStatus> {
    let inherit = inherits_unnamed(ObjectAttributes)?;
    let process = match ClientId.process {
        0 => None,
        named => Some(Pid(u32::try_from(named).map_err(|_| NtStatus::INVALID_CID)?)),
    };
    let tid = Tid(u32::try_from(ClientId.thread).map_err(|_| NtStatus::INVALID_CID)?);
    ThreadHandle.probe()?;
    Ok(ThreadHandle.set(thread::open(tid, process, DesiredAccess, inherit)?)?)
}

/// Ends a process at once; null ends every other thread of the calling one. (Microsoft:
/// "TerminateProcess function", of which it is the service)
#[export(ntdll, also = "ZwTerminateProcess")]
fn NtTerminateProcess(ProcessHandle: Option<Handle>, ExitStatus: u32) -> Result<(), NtStatus> {
    match ProcessHandle {
        Some(process) => object::terminate(process, ExitStatus),
        None => {
            ps::suspend::freeze_others();
            Ok(())
        }
    }
}

/// Ends the process: its DLLs are told, then it is gone. (Microsoft: "ExitProcess function", of
/// which it is the service)
#[export(ntdll)]
fn RtlExitUserProcess(ExitStatus: u32) -> ! {
    ps::exit_process(ExitStatus)
}

const BASIC: u32 = 0;
const IO_COUNTERS: u32 = 2;
const TIMES: u32 = 4;
const DEBUG_PORT: u32 = 7;
const HANDLE_COUNT: u32 = 20;
const WOW64: u32 = 26;
const DEBUG_OBJECT: u32 = 30;
const DEBUG_FLAGS: u32 = 31;
const IMAGE_FILE_NAME_WIN32: u32 = 43;
const HANDLES: u32 = 51;
const COMMAND_LINE: u32 = 60;

fn words(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A `UNICODE_STRING` at an address, with its text behind it.
fn string(at: usize, text: &[u16]) -> Vec<u8> {
    const HEAD: usize = 16;
    let length = (text.len() * 2) as u16;
    let mut bytes = [length, length + 2, 0, 0].map(u16::to_le_bytes).concat();
    bytes.extend((at + HEAD).to_le_bytes());
    bytes.extend(text.iter().chain(&[0]).flat_map(|unit| unit.to_le_bytes()));
    bytes
}

/// `PROCESS_HANDLE_SNAPSHOT_INFORMATION`.
fn handle_snapshot(all: &[ListedHandle]) -> Vec<u8> {
    let mut told = vec![all.len() as u64, 0];
    for handle in all {
        // `OBJ_INHERIT` is 2 and `OBJ_PROTECT_CLOSE` 1: the flags of SetHandleInformation, swapped.
        let attributes = u64::from(handle.flags & 1) << 1 | u64::from(handle.flags >> 1);
        let type_and_access = u64::from(handle.object_type) << 32 | u64::from(handle.access.0);
        let counts = [handle.handles.into(), handle.references.into()];
        told.extend([handle.value, counts[0], counts[1], type_and_access, attributes]);
    }
    words(&told)
}

/// What a class tells of a process, as bytes that go to an address.
fn process_information(process: Handle, class: u32, at: usize) -> Result<Vec<u8>, NtStatus> {
    const NO_DEBUGGER_INHERITS: u32 = 1;
    const NORMAL_PRIORITY: u64 = 8;
    const STILL_ACTIVE: u32 = 259;
    // The address is in no other process's memory.
    let own = || object::require_own(process, AccessMask(0x1000));
    match class {
        BASIC => {
            let facts = object::facts(process)?;
            let status = u64::from(facts.exit_code.unwrap_or(STILL_ACTIVE));
            // The processors of one that has ended are none.
            let mask = affinity::of_process(process).unwrap_or(0);
            let (pid, parent) = (facts.pid.0, facts.parent.0);
            Ok(words(&[status, facts.peb, mask, NORMAL_PRIORITY, pid.into(), parent.into()]))
        }
        IO_COUNTERS => {
            let io = accounting::io_counters(process)?;
            Ok(words(&[io.reads, io.writes, 0, io.bytes_read, io.bytes_written, 0]))
        }
        TIMES => {
            let times = object::times(process)?;
            let all = [times.created, times.exited, times.kernel, times.user];
            Ok(words(&all.map(i64::cast_unsigned)))
        }
        HANDLE_COUNT => Ok(object::handle_count(process)?.to_le_bytes().to_vec()),
        HANDLES => Ok(handle_snapshot(&handles::of_process(process)?)),
        DEBUG_PORT | WOW64 => {
            object::id(process)?;
            Ok(words(&[0]))
        }
        DEBUG_OBJECT => {
            object::id(process)?;
            Err(NtStatus::PORT_NOT_SET)
        }
        DEBUG_FLAGS => {
            object::id(process)?;
            Ok(NO_DEBUGGER_INHERITS.to_le_bytes().to_vec())
        }
        IMAGE_FILE_NAME_WIN32 => own().map(|()| string(at, &information::image_name())),
        COMMAND_LINE => own().and_then(|()| Ok(string(at, &information::command_line()?))),
        _ => {
            haft_kernel::log::say_once(&format!(
                "NtQueryInformationProcess: class {class} is not implemented"
            ));
            Err(NtStatus::INVALID_INFO_CLASS)
        }
    }
}

/// Stores what a class tells, if there is room for it.
fn store(bytes: &[u8], at: Ptr<u8>, room: u32, returned: Option<Out<u32>>) -> Result<(), NtStatus> {
    returned.set(bytes.len() as u32)?;
    if (room as usize) < bytes.len() {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    Ok(guest::copy_out(at.addr(), bytes)?)
}

/// Tells about a process. (Microsoft: "NtQueryInformationProcess function")
#[export(ntdll, also = "ZwQueryInformationProcess")]
fn NtQueryInformationProcess(
    ProcessHandle: Handle,
    ProcessInformationClass: u32,
    ProcessInformation: Ptr<u8>,
    ProcessInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let at = ProcessInformation.addr();
    let bytes = process_information(ProcessHandle, ProcessInformationClass, at)?;
    store(&bytes, ProcessInformation, ProcessInformationLength, ReturnLength)
}

/// Tells about a thread of the calling process: basic facts, times, its start address, whether
/// it is the last. (Microsoft: "NtQueryInformationThread function")
#[export(ntdll, also = "ZwQueryInformationThread")]
fn NtQueryInformationThread(
    ThreadHandle: Handle,
    ThreadInformationClass: u32,
    ThreadInformation: Ptr<u8>,
    ThreadInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    const BASIC: u32 = 0;
    const TIMES: u32 = 1;
    const START_ADDRESS: u32 = 9;
    const AM_I_LAST: u32 = 12;
    let bytes = match ThreadInformationClass {
        BASIC => {
            let basic = information::thread(ThreadHandle)?;
            let priorities = u64::from(basic.priority.cast_unsigned()) << 32
                | u64::from((basic.priority + 8).cast_unsigned());
            words(&[
                u64::from(basic.exit_code),
                basic.teb as u64,
                u64::from(ps::process().pid.0),
                u64::from(basic.tid.0),
                affinity::get(ThreadHandle)?,
                priorities,
            ])
        }
        TIMES => {
            let times = ps::thread_times::times(ThreadHandle)?;
            let [created, ended] = [times.created, times.ended].map(i64::cast_unsigned);
            words(&[created, ended, times.kernel, times.user])
        }
        START_ADDRESS => words(&[information::thread(ThreadHandle)?.start as u64]),
        AM_I_LAST => {
            information::thread(ThreadHandle)?;
            u32::from(information::is_last_thread()).to_le_bytes().to_vec()
        }
        class => {
            haft_kernel::log::say_once(&format!(
                "NtQueryInformationThread: class {class} is not implemented"
            ));
            return Err(NtStatus::INVALID_INFO_CLASS);
        }
    };
    store(&bytes, ThreadInformation, ThreadInformationLength, ReturnLength)
}

/// Suspends every thread of a process once more; not of the calling one, which would have nobody
/// to resume it. (NtDoc: "NtSuspendProcess")
#[export(ntdll, also = "ZwSuspendProcess")]
fn NtSuspendProcess(ProcessHandle: Handle) -> Result<(), NtStatus> {
    haft_kernel::ps::remote::suspend_process(ProcessHandle, true)
}

/// Resumes every thread of a process once. (NtDoc: "NtResumeProcess")
#[export(ntdll, also = "ZwResumeProcess")]
fn NtResumeProcess(ProcessHandle: Handle) -> Result<(), NtStatus> {
    haft_kernel::ps::remote::suspend_process(ProcessHandle, false)
}

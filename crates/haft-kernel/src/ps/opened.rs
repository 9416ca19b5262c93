//! Processes and threads that the executive knows by a number: opened by identifier, or given.

use super::process;
use crate::ob::{Pinned, insert, objects, shared};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_object::ObjectType;
use haft_wire::{Answer, ProcessAnswer, ProcessFacts, ProcessRequest, Request, SharedId};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Asks about processes and threads.
///
/// # Errors
/// The executive's; `PORT_DISCONNECTED`, also for an answer to another question.
pub fn ask(request: ProcessRequest) -> Result<ProcessAnswer, NtStatus> {
    session::ask_for(&Request::Process(request), |answer| match answer {
        Answer::Process(answer) => Some(answer),
        _ => None,
    })
}

/// Makes the object of a process or thread that the executive has given this process a number
/// of; what may be done with it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`; `PORT_DISCONNECTED` for an answer to another question.
pub fn adopt(answer: ProcessAnswer) -> Result<(Pinned, AccessMask), NtStatus> {
    let ProcessAnswer::Opened { object, access, pid, tid } = answer else {
        return Err(NtStatus::PORT_DISCONNECTED);
    };
    let object_type = if tid.is_some() { ObjectType::Thread } else { ObjectType::Process };
    let made =
        objects().create_moved(object_type, object.0).inspect_err(|_| shared::release(object))?;
    made.record().set_notes([u64::from(pid.0), tid.map_or(0, |tid| u64::from(tid.0))]);
    Ok((made, access))
}

/// Opens a process or thread, as the request says; a handle with the access that was granted.
///
/// # Errors
/// `INVALID_CID` when there is none, `ACCESS_DENIED`, `PORT_DISCONNECTED` without an executive.
pub fn open(request: ProcessRequest, inherit: bool) -> Result<Handle, NtStatus> {
    let (object, access) = adopt(ask(request)?)?;
    insert(object, access, inherit)
}

/// Has the executive make or close a handle of another process: the new one's value. One that has
/// only just been created enters first what it inherits.
///
/// # Errors
/// The executive's; `TIMEOUT` for a process that was stopped before it came so far.
pub fn duplicate(request: &ProcessRequest) -> Result<Handle, NtStatus> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let start = Instant::now();
    loop {
        match ask(request.clone()) {
            Ok(ProcessAnswer::Duplicated(value)) => return Ok(Handle(value as usize)),
            Ok(_) => return Err(NtStatus::PORT_DISCONNECTED),
            Err(NtStatus::RETRY) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_micros(50));
            }
            Err(NtStatus::RETRY) => return Err(NtStatus::TIMEOUT),
            Err(error) => return Err(error),
        }
    }
}

/// What is known of a process.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub fn facts(number: SharedId) -> Result<ProcessFacts, NtStatus> {
    match ask(ProcessRequest::Query { object: number })? {
        ProcessAnswer::Process(facts) => Ok(facts),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// A thread's exit code, once it has ended.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub fn thread_exit_code(number: SharedId) -> Result<Option<u32>, NtStatus> {
    match ask(ProcessRequest::QueryThread { object: number })? {
        ProcessAnswer::Thread { exit_code, .. } => Ok(exit_code),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// Ends a process.
///
/// # Errors
/// `PROCESS_IS_TERMINATING` for one that has ended, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn terminate(number: SharedId, code: u32) -> Result<(), NtStatus> {
    ask(ProcessRequest::Terminate { object: number, code }).map(drop)
}

/// The executive's number of what a request opens, which this process keeps.
fn number_of(request: ProcessRequest) -> Result<SharedId, NtStatus> {
    match ask(request)? {
        ProcessAnswer::Opened { object, .. } => Ok(object),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// The executive's number of the running process.
///
/// # Errors
/// `PORT_DISCONNECTED` without an executive.
pub fn own_number() -> Result<SharedId, NtStatus> {
    static NUMBER: OnceLock<SharedId> = OnceLock::new();
    if let Some(&number) = NUMBER.get() {
        return Ok(number);
    }
    let access = ObjectType::Process.mapping().valid;
    let number = number_of(ProcessRequest::Open { pid: process().pid, access })?;
    Ok(*NUMBER.get_or_init(|| number))
}

/// The executive's number of a thread, which is the asker's until it is released.
///
/// # Errors
/// `INVALID_CID` for one that has ended, `PORT_DISCONNECTED` without an executive.
pub fn thread_number(pid: Pid, tid: Tid) -> Result<SharedId, NtStatus> {
    let access = ObjectType::Thread.mapping().valid;
    number_of(ProcessRequest::OpenThread { tid, process: Some(pid), access })
}

//! Processes and threads that the executive knows by a number: opened by identifier, or given.

use super::process;
use crate::ob::{Pinned, insert, objects, shared};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_host::rustix::fd::AsFd;
use haft_object::{DuplicateOptions, ObjectType};
use haft_wire::process::Descriptor;
use haft_wire::service::Call;
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

/// A handle of another process that is to be duplicated, or closed.
pub struct Duplication {
    /// The executive's number of its process.
    pub source: SharedId,
    /// The handle.
    pub handle: Handle,
    /// The executive's number of the process that gets the duplicate.
    pub target: Option<SharedId>,
    /// The duplicate's access.
    pub access: AccessMask,
    /// Whether it is inheritable.
    pub inherit: bool,
    /// `DUPLICATE_*`.
    pub options: DuplicateOptions,
}

impl Duplication {
    fn request(&self, beside: Option<Descriptor>) -> ProcessRequest {
        ProcessRequest::Duplicate {
            source: self.source,
            handle: self.handle.0 as u64,
            thread: super::thread::current().tid(),
            target: self.target,
            access: self.access,
            inherit: self.inherit,
            options: self.options.0,
            beside,
        }
    }
}

/// Has the executive make or close a handle of another process: the new one's value. One that has
/// only just been created enters first what it inherits. Where Linux lets nobody take a descriptor
/// of another process, that process is asked to hand it over.
///
/// # Errors
/// The executive's; `TIMEOUT` for a process that was stopped before it came so far; `IO_TIMEOUT` for
/// one that is to hand a descriptor over and does not answer.
pub fn duplicate(wanted: &Duplication) -> Result<Handle, NtStatus> {
    until_settled(|| {
        let descriptor = match ask(wanted.request(None))? {
            ProcessAnswer::Duplicated(value) => return Ok(Handle(value as usize)),
            ProcessAnswer::AskSource(descriptor) => descriptor,
            _ => return Err(NtStatus::PORT_DISCONNECTED),
        };
        match hand_over(wanted, descriptor) {
            Err(error) if error != NtStatus::RETRY => {
                if wanted.options.contains(DuplicateOptions::CLOSE_SOURCE) {
                    // Microsoft: "This occurs regardless of any error status returned."
                    let _ = ask(Duplication { target: None, ..*wanted }.request(None));
                }
                Err(error)
            }
            other => other,
        }
    })
}

/// Has the source of a duplication hand over its descriptor, for the executive to go on with.
fn hand_over(wanted: &Duplication, descriptor: Descriptor) -> Result<Handle, NtStatus> {
    let call = Call::Descriptor { number: descriptor.number };
    let (_, fds) = super::service::ask(wanted.source, &call)?;
    let [fd] = &fds[..] else { return Err(NtStatus::PORT_DISCONNECTED) };
    let request = Request::Process(wanted.request(Some(descriptor)));
    match session::holding(|turn| turn.ask_with(&request, &[fd.as_fd()]))? {
        (Answer::Process(ProcessAnswer::Duplicated(value)), _) => Ok(Handle(value as usize)),
        // The handle has become another meanwhile.
        (Answer::Process(ProcessAnswer::AskSource(_)), _) => Err(NtStatus::RETRY),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// Asks about a process's handles until it has entered what it inherits.
///
/// # Errors
/// Those of `asking`; `TIMEOUT` for a process that was stopped before it came so far.
pub fn until_settled<R>(mut asking: impl FnMut() -> Result<R, NtStatus>) -> Result<R, NtStatus> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let start = Instant::now();
    loop {
        match asking() {
            Err(NtStatus::RETRY) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_micros(50));
            }
            Err(NtStatus::RETRY) => return Err(NtStatus::TIMEOUT),
            other => return other,
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
    let request = ProcessRequest::OpenThread { tid, process: Some(pid), access };
    if pid != process().pid {
        return number_of(request);
    }
    // What the process knows of itself, whoever a thread of it acts for and however it is protected.
    match session::holding(|turn| turn.ask(&Request::Process(request)))? {
        Answer::Process(ProcessAnswer::Opened { object, .. }) => Ok(object),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

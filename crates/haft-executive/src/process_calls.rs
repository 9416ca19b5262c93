//! Requests about processes and threads.

use crate::bequeath;
use crate::client::{Client, Session};
use crate::duplicate::{self, Source, Stuck, Wanted};
use crate::objects::{Key, Meaning};
use crate::offers::{Offer, Parcel};
use crate::process::Process;
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;
use haft_object::{DuplicateOptions, ObjectType};
use haft_wire::process::{Descriptor, ListedHandle, MAX_LISTED, child_number};
use haft_wire::{Answer, MAX_PARCEL, NewHandle, ProcessAnswer, ProcessRequest, SharedId};
use std::sync::Arc;

const PROCESS_TERMINATE: AccessMask = AccessMask(1);
pub const PROCESS_DUP_HANDLE: AccessMask = AccessMask(0x40);
/// The right to be named as the parent of a process.
pub const PROCESS_CREATE_PROCESS: AccessMask = AccessMask(0x80);
/// `PROCESS_QUERY_LIMITED_INFORMATION`, which `PROCESS_QUERY_INFORMATION` implies.
const PROCESS_QUERY_LIMITED: AccessMask = AccessMask(0x1000);
const PROCESS_QUERY: AccessMask = AccessMask(0x400);
/// `THREAD_QUERY_LIMITED_INFORMATION`, which `THREAD_QUERY_INFORMATION` implies.
const THREAD_QUERY_LIMITED: AccessMask = AccessMask(0x800);

/// Answers a request of the process `asker`; `None` for one that wants no answer.
///
/// # Errors
/// `PORT_DISCONNECTED` for what no haft process asks; anything else is the answer.
pub fn answer(
    asker: Pid,
    request: ProcessRequest,
    fds: Vec<OwnedFd>,
    session: &mut Session<'_>,
) -> Result<Option<ProcessAnswer>, NtStatus> {
    let has_descriptors = matches!(
        request,
        ProcessRequest::Register { .. }
            | ProcessRequest::Duplicate { beside: Some(_), .. }
            | ProcessRequest::Bequeath { beside: Some(_), .. }
    );
    if !fds.is_empty() && !has_descriptors {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    Ok(Some(match request {
        ProcessRequest::Register { pid } => {
            register(asker, pid, fds, session)?;
            return Ok(None);
        }
        ProcessRequest::Open { pid, access } => {
            let key = process_key(asker, pid, session)?;
            grant(asker, key, access, session)?
        }
        ProcessRequest::OpenThread { tid, process, access } => {
            let key = thread_key(asker, tid, process, session)?;
            grant(asker, key, access, session)?
        }
        ProcessRequest::Widen { object, access } => {
            let key = session.clients.get(asker)?.key(object)?;
            let (process, thread) = session.objects.meaning(key).process_and_thread()?;
            let (pid, tid) = (process.pid, thread.map(|(tid, _)| tid));
            let granted = session.objects.security.grant_process(asker, pid, tid, access)?;
            let access = session.clients.get_mut(asker)?.widen(object, granted)?;
            ProcessAnswer::Opened { object, access, pid, tid }
        }
        ProcessRequest::Query { object } => {
            let client = session.clients.get(asker)?;
            let (process, thread) = behind(client, object, session)?;
            let wanted =
                if thread.is_some() { THREAD_QUERY_LIMITED } else { PROCESS_QUERY_LIMITED };
            client.require(object, wanted)?;
            ProcessAnswer::Process(process.facts()?)
        }
        ProcessRequest::QueryThread { object } => {
            let client = session.clients.get(asker)?;
            client.require(object, THREAD_QUERY_LIMITED)?;
            let (process, thread) = behind(client, object, session)?;
            let (tid, ended) = thread.ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
            let exit_code = ended.or_else(|| process.exit_code());
            ProcessAnswer::Thread { pid: process.pid, tid, exit_code }
        }
        ProcessRequest::Terminate { object, code } => {
            let process = held(asker, object, PROCESS_TERMINATE, session)?;
            process.terminate(code)?;
            ProcessAnswer::Process(process.facts()?)
        }
        ProcessRequest::Duplicate {
            source,
            handle,
            thread,
            target,
            access,
            inherit,
            options,
            beside,
        } => {
            let beside = beside_of(beside, fds)?;
            let handle = Handle(handle as usize);
            let wanted = Wanted { access, inherit, options: DuplicateOptions(options) };
            let source = Source { process: source, handle, thread, beside };
            match duplicate::duplicate(asker, source, target, wanted, session) {
                Ok(value) => ProcessAnswer::Duplicated(value),
                Err(Stuck::Ask(descriptor)) => ProcessAnswer::AskSource(descriptor),
                Err(Stuck::Failed(status)) => return Err(status),
            }
        }
        ProcessRequest::Insert { target, object, new } => {
            let target = held(asker, target, PROCESS_DUP_HANDLE, session)?;
            let client = session.clients.get(asker)?;
            client.require(object, new.access)?;
            let key = client.key(object)?;
            session.objects.hold(key);
            let offer = Offer::Object(key, new.access);
            ProcessAnswer::Duplicated(duplicate::insert_new(asker, &target, offer, new, session)?)
        }
        ProcessRequest::Bequeath { parent, handle, child, beside } => {
            let beside = beside_of(beside, fds)?;
            let handle = Handle(handle as usize);
            match bequeath::bequeath(asker, parent, handle, child, beside, session) {
                Ok(answer) => answer,
                Err(Stuck::Ask(descriptor)) => ProcessAnswer::AskSource(descriptor),
                Err(Stuck::Failed(status)) => return Err(status),
            }
        }
        ProcessRequest::Handles { object, after } => {
            // Who may name it as a parent has what is inheritable of it.
            let process = held(asker, object, PROCESS_QUERY, session)
                .or_else(|_| held(asker, object, PROCESS_CREATE_PROCESS, session))?;
            ProcessAnswer::Handles(handles(&process, after)?)
        }
    }))
}

/// The descriptor that is beside a request, and what it is.
fn beside_of(
    beside: Option<Descriptor>,
    fds: Vec<OwnedFd>,
) -> Result<Option<(Descriptor, OwnedFd)>, NtStatus> {
    match (beside, <[OwnedFd; 1]>::try_from(fds)) {
        (Some(descriptor), Ok([fd])) => Ok(Some((descriptor, fd))),
        (None, _) => Ok(None),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// A process sends another one what it wraps for it.
///
/// # Errors
/// As for [`answer`].
pub fn send(
    asker: Pid,
    target: SharedId,
    (bytes, fds): (Vec<u8>, Vec<OwnedFd>),
    new: NewHandle,
    session: &mut Session<'_>,
) -> Result<Answer, NtStatus> {
    if bytes.len() > MAX_PARCEL {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    let target = held(asker, target, PROCESS_DUP_HANDLE, session)?;
    let is_own = session.objects.security.is_own_user(asker);
    let offer = Offer::Parcel(Parcel { bytes, fds, is_own });
    let value = duplicate::insert_new(asker, &target, offer, new, session)?;
    Ok(Answer::Process(ProcessAnswer::Duplicated(value)))
}

/// A creator tells of its child.
fn register(
    asker: Pid,
    pid: Pid,
    fds: Vec<OwnedFd>,
    session: &mut Session<'_>,
) -> Result<(), NtStatus> {
    let Ok([pidfd, file]) = <[OwnedFd; 2]>::try_from(fds) else {
        return Err(NtStatus::PORT_DISCONNECTED);
    };
    match session.clients.meet(asker, pid, pidfd, &file, session.objects, session.watch) {
        Ok(_) => {}
        Err(NtStatus::ACCESS_DENIED) => return Err(NtStatus::PORT_DISCONNECTED),
        // One whose creator has forgotten it before this was read is of no use to anybody.
        Err(_) if session.clients.get(pid).is_err() => return Ok(()),
        Err(other) => return Err(other),
    }
    session.objects.security.inherit(asker, pid);
    let key = process_key(asker, pid, session)?;
    let number = child_number(pid);
    let all = ObjectType::Process.mapping().valid;
    if let Err(again) = session.clients.get_mut(asker)?.keep_as(number, key, all) {
        session.objects.release(key, 1);
        return Err(again);
    }
    Ok(())
}

/// The object of a process, held once more. A process that nobody has told of is looked for.
pub fn process_key(asker: Pid, pid: Pid, session: &mut Session<'_>) -> Result<Key, NtStatus> {
    if let Some(key) = session.objects.process(pid) {
        let known = Meaning::process_of(session.objects, key)?;
        if !known.has_ended() || !is_running(pid) {
            session.objects.hold(key);
            return Ok(key);
        }
        // Linux has given its identifier to another one.
        session.objects.renounce(pid);
        session.clients.bury(pid, session.objects);
    }
    if session.clients.get(pid).is_err() {
        // Who debugs reaches every process, also those of other sessions.
        let debugs = session.objects.security.may_debug(asker);
        let wanted = (!debugs).then(|| session.clients.session());
        let process = Process::find(pid, wanted)
            // Whether another user's process is one of haft's is not for this user to know.
            .map_err(
                |none| if Process::is_anothers(pid) { NtStatus::ACCESS_DENIED } else { none },
            )?;
        session.clients.add(process, session.watch)?;
        if Process::is_anothers(pid) {
            session.objects.security.note_another(pid);
        }
    }
    let process = Arc::clone(&session.clients.get(pid)?.process);
    session.objects.add_process(process)
}

/// Whether there is a process of this identifier that has not ended.
fn is_running(pid: Pid) -> bool {
    haft_host::spawn::open_process(pid).is_ok_and(|pidfd| !linux::has_ended(pidfd))
}

/// The object of a thread that runs, held once more.
pub fn thread_key(
    asker: Pid,
    tid: Tid,
    process: Option<Pid>,
    session: &mut Session<'_>,
) -> Result<Key, NtStatus> {
    if let Some((key, owner)) = session.objects.thread(tid) {
        if process.is_some_and(|wanted| wanted != owner) {
            return Err(NtStatus::INVALID_CID);
        }
        session.objects.hold(key);
        return Ok(key);
    }
    let found = linux::of_thread(tid).or(process).unwrap_or(asker);
    if process.is_some_and(|wanted| wanted != found) {
        return Err(NtStatus::INVALID_CID);
    }
    // Its process is known from here on, and there is an object of it for as long as of the thread.
    let process_key = process_key(asker, found, session)?;
    let made = Meaning::process_of(session.objects, process_key).and_then(|process| {
        let block = process.block()?;
        // A process that has not begun has one thread, which is not in its block yet.
        let is_first = tid.0 == process.pid.0 && block.find_thread(tid).is_none();
        match block.find_thread(tid).and_then(|index| block.thread_checked(index)) {
            // It tells of its end from now on. One that ended in between does not: look again.
            Some(thread) => {
                thread.set_told();
                if thread.tid() != tid {
                    return Err(NtStatus::INVALID_CID);
                }
            }
            None if is_first && block.state() == haft_object::ProcessState::Starting => {}
            None => return Err(NtStatus::INVALID_CID),
        }
        session.objects.add_thread(process, process_key, tid)
    });
    if made.is_err() {
        session.objects.release(process_key, 1);
    }
    made
}

/// Lets the asker have an object that is held for it, with the access that it asks for.
fn grant(
    asker: Pid,
    key: Key,
    desired: AccessMask,
    session: &mut Session<'_>,
) -> Result<ProcessAnswer, NtStatus> {
    let granted =
        session.objects.meaning(key).process_and_thread().and_then(|(process, thread)| {
            let tid = thread.map(|(tid, _)| tid);
            session.objects.security.grant_process(asker, process.pid, tid, desired)
        });
    let client = session.clients.get_mut(asker);
    let kept = granted.and_then(|access| Ok((client?.keep(key, access)?, access)));
    let (object, access) = kept.inspect_err(|_| session.objects.release(key, 1))?;
    let (process, thread) = session.objects.meaning(key).process_and_thread()?;
    Ok(ProcessAnswer::Opened { object, access, pid: process.pid, tid: thread.map(|(tid, _)| tid) })
}

type Thread = Option<(Tid, Option<u32>)>;

fn behind(
    client: &Client,
    object: SharedId,
    session: &Session<'_>,
) -> Result<(Arc<Process>, Thread), NtStatus> {
    session.objects.meaning(client.key(object)?).process_and_thread()
}

/// The process that the asker holds with this access.
pub fn held(
    asker: Pid,
    object: SharedId,
    access: AccessMask,
    session: &Session<'_>,
) -> Result<Arc<Process>, NtStatus> {
    let client = session.clients.get(asker)?;
    match behind(client, object, session)? {
        (process, None) => client.require(object, access).map(|()| process),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// Some handles of a process, in the order of their values.
fn handles(process: &Process, after: u64) -> Result<Vec<ListedHandle>, NtStatus> {
    if process.has_ended() {
        return Ok(Vec::new());
    }
    let block = process.block()?;
    let mut listed = Vec::new();
    block.for_each_handle_after(Handle(after as usize), |handle, entry| {
        listed.extend(ListedHandle::of(block, handle, entry));
        listed.len() < MAX_LISTED
    });
    Ok(listed)
}

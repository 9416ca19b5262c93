//! Handles that go from one process to another, neither of which takes part (Microsoft:
//! "DuplicateHandle function").
//!
//! The source's table and records are read from outside, the object is taken over or its descriptor
//! duplicated, and a handle to it is written into the target's table. So both may be suspended or
//! stopped.

use crate::chores;
use crate::client::Session;
use crate::host::OutsideHost;
use crate::offers::{Offer, Taken};
use crate::process::Process;
use crate::process_calls::{PROCESS_DUP_HANDLE, held, process_key, thread_key};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;
use haft_object::duplicate::duplicate as decide;
use haft_object::{
    Backing, Duplicate, DuplicateOptions, HandleFlags, Host, ObjectManager, ObjectType,
    ProcessState, Seen,
};
use haft_wire::process::Descriptor;
use haft_wire::{NewHandle, SharedId};
use std::sync::Arc;

/// What is to be duplicated.
pub struct Source {
    /// The process, by the asker's number.
    pub process: SharedId,
    /// The handle of it.
    pub handle: Handle,
    /// The asker's own thread.
    pub thread: Tid,
    /// The handle's descriptor, where the asker has got it from the process.
    pub beside: Option<(Descriptor, OwnedFd)>,
}

/// Why there is no duplicate.
pub enum Stuck {
    /// There is an error.
    Failed(NtStatus),
    /// Linux refuses the descriptor; the process has to hand it over itself.
    Ask(Descriptor),
}

impl From<NtStatus> for Stuck {
    fn from(status: NtStatus) -> Self {
        Self::Failed(status)
    }
}

/// What the duplicate is to be.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Its access; generic rights are mapped.
    pub access: AccessMask,
    /// Whether it is inheritable.
    pub inherit: bool,
    /// `DUPLICATE_*`.
    pub options: DuplicateOptions,
}

/// Duplicates a handle, or closes it where there is no target: the new one's value.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED`, `INVALID_PARAMETER`; `PROCESS_IS_TERMINATING` for a process
/// that has ended; `RETRY` for one that has not entered yet what it inherits; `NOT_SUPPORTED` for an
/// object that cannot leave its process. [`Stuck::Ask`] has changed nothing.
pub fn duplicate(
    asker: Pid,
    source: Source,
    target: Option<SharedId>,
    wanted: Wanted,
    session: &mut Session<'_>,
) -> Result<u64, Stuck> {
    let handle = source.handle;
    let process = held(asker, source.process, PROCESS_DUP_HANDLE, session)?;
    check_table(&process)?;
    let made = match target {
        None => Ok(0),
        Some(target) => held(asker, target, PROCESS_DUP_HANDLE, session)
            .map_err(Stuck::from)
            .and_then(|target| give(asker, &process, source, &target, wanted, session)),
    };
    if matches!(made, Err(Stuck::Ask(_))) {
        return made;
    }
    if wanted.options.contains(DuplicateOptions::CLOSE_SOURCE) {
        // Microsoft: "This occurs regardless of any error status returned."
        let closed = close(&process, handle, session);
        if target.is_none() {
            return Ok(closed.map(|()| 0)?);
        }
    }
    made
}

/// Checks that a process has a table, which has what it inherits.
///
/// # Errors
/// `PROCESS_IS_TERMINATING` for one that has ended, or is about to; `RETRY` for one that has not
/// entered yet what it inherits.
pub fn check_table(process: &Process) -> Result<(), NtStatus> {
    let block = process.block()?;
    if process.has_ended() || matches!(block.state(), ProcessState::Exited(_)) {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    }
    // Its values are not given away yet. The asker asks again.
    if block.has_inherited() { Ok(()) } else { Err(NtStatus::RETRY) }
}

fn close(process: &Process, handle: Handle, session: &mut Session<'_>) -> Result<(), NtStatus> {
    if handle.is_pseudo() {
        return Ok(());
    }
    let block = process.block()?;
    let seen = block.look_at(handle);
    let Some(ended) = block.close_from_outside(handle)? else { return Ok(()) };
    // The process ends the object: at its next use of a handle, or now if it only waits.
    ObjectManager::new(block, OutsideHost).interrupt_a_waiter();
    // What it has not fetched is here, and need not wait for that.
    if let Ok(Seen { entry, backing: Backing::Pending { id }, .. }) = seen
        && entry.record == ended
        && let Ok(offer) = session.offers.take(process.pid, id)
    {
        offer.end(session.objects);
    }
    Ok(())
}

fn give(
    asker: Pid,
    process: &Arc<Process>,
    source: Source,
    target: &Process,
    wanted: Wanted,
    session: &mut Session<'_>,
) -> Result<u64, Stuck> {
    check_table(target)?;
    if !is_here(target, session)? {
        // The target fetches from the executive of its own session, which knows of nothing.
        return Err(NtStatus::NOT_SUPPORTED.into());
    }
    let Wanted { access, inherit, options } = wanted;
    let choose =
        |object_type: ObjectType, source| decide(object_type, source, access, inherit, options);
    let (object_type, new, offer) = if source.handle.is_pseudo() {
        let object_type = match source.handle {
            Handle::CURRENT_PROCESS => ObjectType::Process,
            Handle::CURRENT_THREAD => ObjectType::Thread,
            _ => return Err(NtStatus::INVALID_HANDLE.into()),
        };
        let every = Duplicate { access: object_type.mapping().valid, flags: HandleFlags::NONE };
        let new = choose(object_type, every)?;
        let key = match object_type {
            ObjectType::Process => process_key(asker, process.pid, session)?,
            _ => thread_key(asker, source.thread, Some(asker), session)?,
        };
        (object_type, new, Offer::Object(key, new.access))
    } else {
        let seen = process.block()?.look_at(source.handle)?;
        let has = Duplicate { access: seen.entry.access, flags: seen.entry.flags };
        let new = choose(seen.object_type, has)?;
        let offer = take(asker, process, &seen, new.access, source.beside, session)?;
        if !has.access.contains(new.access)
            && let Offer::Object(key, access) = offer
        {
            // More than the source was granted is for the object's descriptor to allow.
            session.know_key(key).inspect_err(|_| session.objects.release(key, 1))?;
            let meaning = session.objects.meaning(key).process_and_thread();
            let security = &session.objects.security;
            let allowed = match meaning {
                Ok((process, thread)) => {
                    let tid = thread.map(|(tid, _)| tid);
                    security.grant_process(asker, process.pid, tid, access)
                }
                Err(_) => security.grant(asker, key, seen.object_type, access),
            };
            allowed.inspect_err(|_| session.objects.release(key, 1))?;
        }
        (seen.object_type, new, offer)
    };
    Ok(offer_and_insert(asker, target, object_type, offer, new, session)?)
}

/// Makes a handle in a process to what another one gives away: its value. An object is held for
/// it once.
///
/// # Errors
/// `PORT_DISCONNECTED` for a handle that cannot be; as for [`insert`]; `INSUFFICIENT_RESOURCES`.
pub fn insert_new(
    asker: Pid,
    target: &Process,
    offer: Offer,
    new: NewHandle,
    session: &mut Session<'_>,
) -> Result<u64, NtStatus> {
    let what = ObjectType::from_number(new.object_type).zip(HandleFlags::from_bits(new.flags));
    let made = what.ok_or(NtStatus::PORT_DISCONNECTED).and_then(|what| {
        // What was offered to one that has ended is forgotten.
        check_table(target)?;
        Ok(what)
    });
    match made {
        Ok((object_type, flags)) => {
            let new = Duplicate { access: new.access, flags };
            offer_and_insert(asker, target, object_type, offer, new, session)
        }
        Err(error) => {
            offer.end(session.objects);
            Err(error)
        }
    }
}

/// Keeps for a process what was taken for it: the number of the offer.
pub fn offer(
    asker: Pid,
    to: Pid,
    offer: Offer,
    session: &mut Session<'_>,
) -> Result<u64, NtStatus> {
    // The offer holds the object for itself.
    let held_here = match &offer {
        Offer::Object(key, _) => Some(*key),
        _ => None,
    };
    let added = session.add_offers(asker, to, vec![offer]);
    if let Some(key) = held_here {
        session.objects.release(key, 1);
    }
    added
}

/// Nobody who is killed in between leaves an offer that no handle names.
fn offer_and_insert(
    asker: Pid,
    target: &Process,
    object_type: ObjectType,
    offer: Offer,
    new: Duplicate,
    session: &mut Session<'_>,
) -> Result<u64, NtStatus> {
    let offer = self::offer(asker, target.pid, offer, session)?;
    insert(target, object_type, offer, new).inspect_err(|_| {
        if let Ok(offer) = session.offers.take(target.pid, offer) {
            offer.end(session.objects);
        }
    })
}

/// Whether a process is one of this session's, and no other that somebody debugs.
fn is_here(process: &Process, session: &Session<'_>) -> Result<bool, NtStatus> {
    Ok(process.block()?.session() == session.clients.session())
}

/// Takes what a handle of a process names. A shared object is held once more.
pub fn take(
    asker: Pid,
    process: &Arc<Process>,
    seen: &Seen,
    access: AccessMask,
    beside: Option<(Descriptor, OwnedFd)>,
    session: &mut Session<'_>,
) -> Result<Offer, Stuck> {
    let pid = process.pid;
    let is_descriptor = matches!(seen.backing, Backing::Descriptor { .. });
    if !is_descriptor && !is_here(process, session)? {
        // What is shared in another session is its executive's.
        return Err(NtStatus::NOT_SUPPORTED.into());
    }
    match (seen.object_type, seen.backing) {
        (_, Backing::Executive { id }) => {
            let client = session.clients.get(pid)?;
            let key = client.key(SharedId(id))?;
            if matches!(seen.object_type, ObjectType::Process | ObjectType::Thread) {
                // What the process may do with it is not for its own table to say.
                client.require(SharedId(id), seen.entry.access)?;
            }
            session.objects.hold(key);
            Ok(Offer::Object(key, access))
        }
        (_, Backing::Pending { id }) => {
            let offer = session.offers.copy(pid, id).map_err(|_| NtStatus::INVALID_HANDLE)?;
            if let Offer::Object(key, granted) = offer {
                if matches!(seen.object_type, ObjectType::Process | ObjectType::Thread)
                    && !granted.contains(seen.entry.access)
                {
                    return Err(NtStatus::ACCESS_DENIED.into());
                }
                session.objects.hold(key);
                return Ok(Offer::Object(key, access));
            }
            Ok(offer)
        }
        (object_type, Backing::Private) if object_type.is_dispatcher_state() => {
            let key = take_state(process, seen, session)?;
            session.objects.hold(key);
            Ok(Offer::Object(key, access))
        }
        (ObjectType::File | ObjectType::Section, Backing::Descriptor { fd, .. }) => {
            // A descriptor beside the request is the asker's.
            let is_own = [pid, asker].iter().all(|&p| session.objects.security.is_own_user(p));
            take_descriptor(process, seen, fd, beside, is_own).map(Offer::Taken)
        }
        (ObjectType::Process, Backing::Kernel { words: [_, known] }) => {
            let child = Pid(known as u32);
            let key = process_key(pid, child, session)?;
            // A process knows others so that it is or has created.
            let is_own = child == pid
                || session.clients.get(pid)?.has_child(child)
                || crate::objects::Meaning::process_of(session.objects, key)
                    .and_then(|child| Ok(child.block()?.parent() == pid))
                    .unwrap_or(false);
            if !is_own {
                session.objects.release(key, 1);
                return Err(NtStatus::ACCESS_DENIED.into());
            }
            Ok(Offer::Object(key, access))
        }
        (ObjectType::Thread, Backing::Kernel { .. }) => {
            let [owner, tid] = seen.notes.map(|note| note as u32);
            let key = thread_key(pid, Tid(tid), Some(Pid(owner)), session)?;
            let parent = session.objects.meaning(key).process_and_thread();
            let parent = parent.and_then(|(process, _)| Ok(process.block()?.parent()));
            let is_childs =
                session.clients.get(pid).is_ok_and(|client| client.has_child(Pid(owner)));
            if owner != pid.0 && parent != Ok(pid) && !is_childs {
                session.objects.release(key, 1);
                return Err(NtStatus::ACCESS_DENIED.into());
            }
            Ok(Offer::Object(key, access))
        }
        (ObjectType::IoCompletion, _) => Ok(Offer::Nothing),
        _ => Err(NtStatus::NOT_SUPPORTED.into()),
    }
}

/// Moves a private dispatcher object of a process here.
fn take_state(
    process: &Arc<Process>,
    seen: &Seen,
    session: &mut Session<'_>,
) -> Result<crate::objects::Key, NtStatus> {
    let key = session.objects.reserve();
    let client = match session.clients.get_mut(process.pid) {
        Ok(client) => client,
        Err(error) => {
            session.objects.release(key, 1);
            return Err(error);
        }
    };
    let number =
        client.keep(key, AccessMask(u32::MAX)).inspect_err(|_| session.objects.release(key, 1))?;
    let block = process.block()?;
    block.set_executive(OutsideHost.name());
    let state = ObjectManager::new(block, OutsideHost).surrender_from_outside(seen, number.0);
    let published = state.and_then(|state| client.publish(key, &state, session.objects));
    published.inspect_err(|_| client.forget(number, session.objects))?;
    Ok(key)
}

fn take_descriptor(
    process: &Process,
    seen: &Seen,
    number: i32,
    beside: Option<(Descriptor, OwnedFd)>,
    is_own: bool,
) -> Result<Taken, Stuck> {
    let block = process.block()?;
    let description = block.description(seen.entry.record);
    let wanted = Descriptor { number: number as u32, seen: seen.words() };
    let taken = match beside {
        // It was the handle's own when the process was asked, and the handle is the same still.
        Some((descriptor, fd)) if descriptor == wanted => Ok(fd),
        other => {
            chores::close(other.into_iter().map(|(_, fd)| fd).collect());
            linux::take_descriptor(&process.pidfd, number)
        }
    };
    let path = linux::path_of_descriptor(process.pid, number);
    if !block.is_still(seen) {
        return Err(NtStatus::INVALID_HANDLE.into());
    }
    if description.is_empty() {
        return Err(NtStatus::NOT_SUPPORTED.into());
    }
    let object_type = seen.object_type;
    if taken.is_err() {
        // It may have ended since.
        check_table(process)?;
    }
    let fd = taken.map_err(|error| match error {
        NtStatus::ACCESS_DENIED => Stuck::Ask(wanted),
        other => other.into(),
    })?;
    Ok(Taken { object_type, description, path, fd, is_own })
}

/// Makes a handle in a process's table to what is offered to it: its value.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the table is full; `PROCESS_IS_TERMINATING` for a process that has
/// ended; `RETRY` for one that has not entered yet what it inherits.
fn insert(
    target: &Process,
    object_type: ObjectType,
    offer: u64,
    new: Duplicate,
) -> Result<u64, NtStatus> {
    check_table(target)?;
    let block = target.block()?;
    // What its numbers mean is this executive's to know.
    block.set_executive(OutsideHost.name());
    let manager = ObjectManager::new(block, OutsideHost);
    let object = manager.create_pending(object_type, offer)?;
    manager.insert_from_outside(object, new.access, new.flags).map(|handle| handle.0 as u64)
}

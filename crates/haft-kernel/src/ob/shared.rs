//! Objects that are the executive's: an object of this process goes there when it is first given
//! away, and a named one is there from the start.

use super::{KernelHost, Pinned, insert, objects, pending};
use crate::se::{self, acting, object_security};
use crate::{ps, session};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::security::SecurityDescriptor;
use haft_object::shared::process::Authority;
use haft_object::{
    Backing, DispatcherState, Joining, ObjectType, Surrendered, ThreadIndex, Timeout, Wait,
    WaitKind, Waited, Waiting,
};
pub use haft_wire::ObjectName;
use haft_wire::{Answer, MAX_WAITING, ObjectId, Operation, ProcessRequest, Request, SharedId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// The session's executive, as the object model asks it.
struct Executive;

/// Held while an object moves.
static MOVING: Mutex<()> = Mutex::new(());

impl Authority<'static, KernelHost> for Executive {
    fn number_of(&self, object: &Pinned) -> Option<SharedId> {
        match pending::backing(object) {
            Ok(Backing::Executive { id }) => Some(SharedId(id)),
            _ => None,
        }
    }

    fn reserve(&self) -> Result<SharedId, NtStatus> {
        session::ask_for(&Request::Reserve, |answer| match answer {
            Answer::Reserved(id) => Some(id),
            _ => None,
        })
    }

    fn publish(&self, object: SharedId, moved: &Surrendered) -> Result<(), NtStatus> {
        let mut parts = moved.waiting.chunks(MAX_WAITING).map(<[Waiting]>::to_vec);
        let (state, waiting) = (moved.state, parts.next().unwrap_or_default());
        session::ask(&Request::Publish { object, state, waiting })?;
        parts.try_for_each(|waiting| session::ask(&Request::Queue { object, waiting }).map(drop))
    }

    fn join(&self, joining: Joining) -> Result<bool, NtStatus> {
        session::ask_for(&Request::Join(joining), |answer| match answer {
            Answer::Joined(decided) => Some(decided),
            _ => None,
        })
    }

    fn post(&self, joining: &Joining) -> bool {
        session::post(&Request::Join(joining.clone()))
    }

    fn leave(&self, wait: Wait) -> Result<(), NtStatus> {
        session::tell(&Request::Leave { wait })
    }

    type Moving<'a> = MutexGuard<'a, ()>;

    fn begin_to_move(&self) -> MutexGuard<'_, ()> {
        MOVING.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn thread_ended(&self, thread: ThreadIndex, code: u32) {
        // An executive that is gone has nothing of the thread's any more.
        let _ = session::ask(&Request::ThreadEnded { thread, code });
    }
}

/// The executive's number of an object that is there.
#[must_use]
pub fn id_of(object: &Pinned) -> Option<SharedId> {
    objects().number_of(&Executive, object)
}

/// Moves a dispatcher object to the executive, unless it is there; its number there.
///
/// # Errors
/// `NOT_SUPPORTED` for an object that is no event, mutant, semaphore or timer;
/// `PORT_DISCONNECTED` without an executive.
pub fn publish(object: &Pinned) -> Result<SharedId, NtStatus> {
    let protection = object_security::before_move(object);
    let number = objects().publish(&Executive, object)?;
    if let Some(descriptor) = protection {
        object_security::protect_shared(number, object_security::WHOLE, descriptor)?;
    }
    Ok(number)
}

/// Waits for objects of which some are the executive's; `how` is whether the wait is alertable, and
/// whether it may be posted.
///
/// # Errors
/// As for the object model's waits; `NOT_SUPPORTED` for all of shared objects and one that
/// neither moves nor stays signalled; `PORT_DISCONNECTED` when the executive is gone.
///
/// For a wait that is posted the executive's answer is not waited for where that makes no
/// difference; not to be set for one that was just interrupted.
#[cold]
pub fn wait(
    thread: ThreadIndex,
    waited: &[Pinned],
    kind: WaitKind,
    timeout: Timeout,
    how: (bool, bool),
) -> Result<Waited, NtStatus> {
    objects().wait_with(&Executive, thread, waited, kind, timeout, how)
}

/// Ends a thread that is in no wait. What it owned is abandoned before anybody learns of its end.
pub fn end_thread(thread: ThreadIndex, code: u32) {
    objects().end_thread(&Executive, thread, code);
}

/// Says that a wait is over that came to be the executive's with an object.
pub(super) fn leave(wait: Wait) {
    // An executive that is gone has forgotten it.
    let _ = session::tell(&Request::Leave { wait });
}

/// The executive's number of an object that is given away, and whether the number is the
/// caller's to release; a dispatcher object moves.
///
/// # Errors
/// `NOT_SUPPORTED` for an object that the executive cannot have; `INVALID_CID` for a thread that
/// has ended; `PORT_DISCONNECTED` without an executive.
pub fn number(object: &Pinned) -> Result<(SharedId, bool), NtStatus> {
    if let Some(id) = id_of(object) {
        return Ok((id, false));
    }
    match object.object_type() {
        ObjectType::Process => Ok((ps::object::of(object)?.number()?, false)),
        ObjectType::Token => Ok((se::token::number(object)?, false)),
        ObjectType::Thread => match ps::remote_thread::of(object) {
            Some(thread) => thread.number(),
            None => {
                let tid = ps::thread::of(object)?.tid();
                Ok((ps::opened::thread_number(ps::process().pid, tid)?, true))
            }
        },
        _ => Ok((publish(object)?, false)),
    }
}

/// Asks for more access to an object than a handle to it has, where the executive remembers what
/// this process may do with it.
///
/// # Errors
/// `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn widen(object: &Pinned, access: AccessMask) -> Result<(), NtStatus> {
    match (object.object_type(), id_of(object)) {
        (ObjectType::Process | ObjectType::Thread, Some(id)) => {
            ps::opened::ask(ProcessRequest::Widen { object: id, access }).map(drop)
        }
        _ => object_security::widen(object, access),
    }
}

/// What is wanted of an object that is created, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, if it is to have one; an object that has the name is opened.
    pub name: Option<ObjectName>,
    /// What the handle is to do; generic rights are mapped.
    pub access: AccessMask,
    /// Whether the handle is to be inherited.
    pub inherit: bool,
    /// How a new object is to be protected. Few are, and who is not moves no room for it about.
    pub descriptor: Option<Box<SecurityDescriptor>>,
}

/// A handle to an object that may have been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The handle.
    pub handle: Handle,
    /// Whether there was an object of the name.
    pub existed: bool,
}

/// Creates a dispatcher object: by `private` without a name, else by its state in the executive.
///
/// # Errors
/// Those of `private` or of [`create_named`].
#[inline]
pub fn create(
    wanted: Wanted,
    state: DispatcherState,
    private: impl FnOnce() -> Result<Pinned, NtStatus>,
) -> Result<Created, NtStatus> {
    let Wanted { name, access, inherit, descriptor } = wanted;
    match name {
        None => {
            let object = private()?;
            if let Some(descriptor) = &descriptor {
                object_security::protect_new(&object, descriptor)?;
            }
            Ok(Created { handle: insert(object, access, inherit)?, existed: false })
        }
        Some(name) => create_named(state, name, (access, inherit), descriptor.map(|d| *d)),
    }
}

/// Asks for an object to be created that is protected as its maker says.
///
/// # Errors
/// Those of the request; `INVALID_OWNER` for an owner that the maker may not name.
pub(crate) fn create_protected(
    request: &Request,
    descriptor: Option<SecurityDescriptor>,
) -> Result<Answer, NtStatus> {
    match descriptor {
        None => session::ask(request),
        said => session::ask(&acting::protecting(request, said)?),
    }
}

/// What this process may do with those objects of the executive's that it may not do everything
/// with.
static LIMITS: RwLock<BTreeMap<u64, AccessMask>> = RwLock::new(BTreeMap::new());
/// Whether there are any, so that nobody else has to look.
static ANY_LIMITS: AtomicBool = AtomicBool::new(false);

fn limit(object: SharedId, access: AccessMask) {
    if access != AccessMask(u32::MAX) {
        LIMITS.write().unwrap_or_else(PoisonError::into_inner).insert(object.0, access);
        ANY_LIMITS.store(true, Ordering::Relaxed);
    }
}

/// What is granted of an object of which the executive has told how much that is at most.
///
/// # Errors
/// `ACCESS_DENIED`.
#[inline]
pub(super) fn within_limit(object: &Pinned, desired: AccessMask) -> Result<AccessMask, NtStatus> {
    if ANY_LIMITS.load(Ordering::Relaxed) { limited(object, desired) } else { Ok(desired) }
}

#[cold]
fn limited(object: &Pinned, desired: AccessMask) -> Result<AccessMask, NtStatus> {
    let Backing::Executive { id } = object.backing() else { return Ok(desired) };
    let most = LIMITS.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
    let Some(most) = most else { return Ok(desired) };
    let rights = desired.without(AccessMask::MAXIMUM_ALLOWED);
    let rights = haft_object::types::map_generic(object.object_type(), rights);
    if !most.contains(rights) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let maximum = desired.any(AccessMask::MAXIMUM_ALLOWED);
    Ok(if maximum { rights | most & object.object_type().mapping().valid } else { rights })
}

/// Makes the object of an answer.
pub(crate) fn adopt(answer: Answer) -> Result<(Pinned, bool), NtStatus> {
    let (object, object_type, existed, access) = match answer {
        Answer::Object { object, object_type, existed, access } => {
            (object, object_type, existed, access)
        }
        Answer::Process(opened) => return ps::opened::adopt(opened).map(|(made, _)| (made, true)),
        _ => return Err(NtStatus::PORT_DISCONNECTED),
    };
    limit(object, access);
    let made = objects().create_moved(object_type, object.0);
    made.map(|pinned| (pinned, existed)).inspect_err(|_| release(object))
}

/// Creates a named object, or opens the one there is.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, `INVALID_PARAMETER` for a state that no
/// object can be in, `ACCESS_DENIED` for rights that the type does not have, `PORT_DISCONNECTED`.
fn create_named(
    state: DispatcherState,
    name: ObjectName,
    (access, inherit): (AccessMask, bool),
    descriptor: Option<SecurityDescriptor>,
) -> Result<Created, NtStatus> {
    if let DispatcherState::Mutant { owner: Some(owner), .. } = state {
        ps::thread::mark_asking(owner);
    }
    let (object, existed) = adopt(create_protected(&Request::Create { state, name }, descriptor)?)?;
    Ok(Created { handle: insert(object, access, inherit)?, existed })
}

/// Opens a named object.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` for rights that the type does
/// not have, `PORT_DISCONNECTED`.
pub fn open_named(
    object_type: ObjectType,
    name: ObjectName,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let (object, _) = adopt(session::ask(&Request::Open { object_type, name })?)?;
    insert(object, access, inherit)
}

/// Takes an object that another process has offered.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` for an offer that there is not, `PORT_DISCONNECTED`.
pub fn accept(offer: u64) -> Result<Pinned, NtStatus> {
    adopt(session::ask(&Request::Accept { offer })?).map(|(object, _)| object)
}

/// Says that the reference of an object that has ended is gone.
pub(crate) fn release(object: SharedId) {
    ps::service::forget(object);
    if ANY_LIMITS.load(Ordering::Relaxed) {
        LIMITS.write().unwrap_or_else(PoisonError::into_inner).remove(&object.0);
    }
    let _ = session::tell(&Request::Release { object });
}

/// Does something to an object that has moved, and takes from the answer what `part` finds.
///
/// # Errors
/// The operation's; `PORT_DISCONNECTED`.
#[cold]
pub fn operate<R>(
    object: &Pinned,
    operation: Operation,
    part: impl FnOnce(Answer) -> Option<R>,
) -> Result<R, NtStatus> {
    let object = id_of(object).ok_or(NtStatus::INVALID_HANDLE)?;
    session::ask_for(&Request::Operate { object, operation }, part)
}

/// Does something to an object that has moved of which the caller wants to know nothing more. Who
/// learns from the caller that it is done finds it done.
///
/// # Errors
/// `PORT_DISCONNECTED`; those of the operation, where they show.
#[cold]
pub fn operate_unheard(object: &Pinned, operation: Operation) -> Result<(), NtStatus> {
    let object = id_of(object).ok_or(NtStatus::INVALID_HANDLE)?;
    let request = Request::Operate { object, operation };
    if session::post(&request) { Ok(()) } else { session::ask(&request).map(drop) }
}

/// Whether an object that has moved was signalled before an operation on it.
///
/// # Errors
/// As for [`operate`].
pub fn was(object: &Pinned, operation: Operation) -> Result<bool, NtStatus> {
    operate(object, operation, |answer| match answer {
        Answer::Was(before) => Some(before),
        _ => None,
    })
}

/// The count that an object that has moved had before an operation on it.
///
/// # Errors
/// As for [`operate`].
pub fn count(object: &Pinned, operation: Operation) -> Result<i32, NtStatus> {
    operate(object, operation, |answer| match answer {
        Answer::Count(before) => Some(before),
        _ => None,
    })
}

/// Which object it is, for one that has moved.
///
/// # Errors
/// As for [`operate`].
pub fn identity(object: &Pinned) -> Result<ObjectId, NtStatus> {
    operate(object, Operation::Identify, |answer| match answer {
        Answer::Identity(id) => Some(id),
        _ => None,
    })
}

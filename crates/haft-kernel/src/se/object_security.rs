//! Security descriptors of objects, by a handle.
//!
//! An object of this process's own has none until somebody says one, and costs nothing for that: it
//! is kept beside the table. What is shared has it in the executive. A file's is made of what Linux
//! says of the file.

use super::{check, file_security, token};
use crate::ob::{ObjectType, Pinned, reference, shared};
use crate::{cm, ps, session};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::security::access_check::{self, Mapping};
use haft_object::security::{
    Creation, SecurityDescriptor, SecurityInformation, descriptor_for_new,
};
use haft_wire::security::{SecurityAnswer, SecurityRequest};
use haft_wire::{Answer, Request, SharedId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By the object's record; which object it was of is beside it, since records are used again.
static OWN: Mutex<Option<HashMap<u32, (u64, SecurityDescriptor)>>> = Mutex::new(None);

/// Whether there is any, so that nobody else has to look.
static ANY: AtomicBool = AtomicBool::new(false);

fn own() -> MutexGuard<'static, Option<HashMap<u32, (u64, SecurityDescriptor)>>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The descriptor that somebody has said of an object of this process.
fn said(object: &Pinned) -> Option<SecurityDescriptor> {
    if !ANY.load(Ordering::Relaxed) {
        return None;
    }
    let life = object.record().kind_word();
    let own = own();
    let (of, descriptor) = own.as_ref()?.get(&object.index().get())?;
    (*of == life).then(|| descriptor.clone())
}

fn keep(object: &Pinned, descriptor: SecurityDescriptor) {
    let life = object.record().kind_word();
    own().get_or_insert_default().insert(object.index().get(), (life, descriptor));
    ANY.store(true, Ordering::Relaxed);
}

/// The descriptor of a new object of this thread's, by what its maker says.
fn for_new(
    object_type: ObjectType,
    said: Option<&SecurityDescriptor>,
) -> Result<SecurityDescriptor, NtStatus> {
    descriptor_for_new(Creation {
        token: &check::effective()?,
        mapping: Mapping::Of(object_type),
        said,
        parent: None,
        is_container: false,
    })
}

/// Checks how an object that is to be created is to be protected.
///
/// # Errors
/// `INVALID_OWNER` for an owner that the creator may not name.
pub fn check_new(object_type: ObjectType, said: &SecurityDescriptor) -> Result<(), NtStatus> {
    for_new(object_type, Some(said)).map(drop)
}

/// Protects an object that was just created, and that nobody else has seen.
///
/// # Errors
/// `INVALID_OWNER` for an owner that the creator may not name.
pub fn protect_new(object: &Pinned, descriptor: &SecurityDescriptor) -> Result<(), NtStatus> {
    keep(object, for_new(object.object_type(), Some(descriptor))?);
    Ok(())
}

/// Takes the descriptor of an object that is about to become the executive's, if it has one.
pub(crate) fn before_move(object: &Pinned) -> Option<SecurityDescriptor> {
    said(object)
}

fn ask<R>(
    request: SecurityRequest,
    part: impl FnOnce(SecurityAnswer) -> Option<R>,
) -> Result<R, NtStatus> {
    session::ask_for(&Request::Security(request), |answer| match answer {
        Answer::Security(answer) => part(answer),
        _ => None,
    })
}

/// Sets parts of the descriptor of what the executive has.
///
/// # Errors
/// `ACCESS_DENIED`, `INVALID_OWNER`, `PORT_DISCONNECTED`.
pub fn protect_shared(
    object: SharedId,
    parts: SecurityInformation,
    descriptor: SecurityDescriptor,
) -> Result<(), NtStatus> {
    let request = SecurityRequest::Protect { object, parts, descriptor };
    ask(request, |answer| (answer == SecurityAnswer::Done).then_some(()))
}

/// Every part that a creator can say.
pub const WHOLE: SecurityInformation = SecurityInformation(0xF);

/// The parts that a descriptor has.
#[must_use]
pub fn parts_of(descriptor: &SecurityDescriptor) -> SecurityInformation {
    let bit = |is_there, bit| if is_there { bit } else { 0 };
    SecurityInformation(
        bit(descriptor.owner.is_some(), 1)
            | bit(descriptor.group.is_some(), 2)
            | bit(descriptor.dacl.is_present(), 4)
            | bit(descriptor.sacl.is_present(), 8),
    )
}

/// More access to an object than a handle to it has, as far as its descriptor allows.
///
/// # Errors
/// `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn widen(object: &Pinned, access: AccessMask) -> Result<(), NtStatus> {
    if let Some(id) = shared::id_of(object) {
        let request = SecurityRequest::Widen { object: id, access };
        return ask(request, |answer| matches!(answer, SecurityAnswer::Access(_)).then_some(()));
    }
    if let Some(descriptor) = said(object) {
        let mapping = Mapping::Of(object.object_type());
        access_check::check(&descriptor, &check::effective()?, access, mapping)?;
    }
    Ok(())
}

/// The number of an object that is the executive's, or that it knows as a process or thread.
fn number(object: &Pinned) -> Result<Option<(SharedId, bool)>, NtStatus> {
    if let Some(id) = shared::id_of(object) {
        return Ok(Some((id, false)));
    }
    match object.object_type() {
        ObjectType::Process | ObjectType::Thread => shared::number(object).map(Some),
        ObjectType::Token => Ok(token::of(object)?.shared_number().map(|number| (number, false))),
        _ => Ok(None),
    }
}

/// Parts of the descriptor of what the executive has.
///
/// # Errors
/// `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn describe_shared(
    object: SharedId,
    parts: SecurityInformation,
) -> Result<SecurityDescriptor, NtStatus> {
    ask(SecurityRequest::Describe { object, parts }, |answer| match answer {
        SecurityAnswer::Descriptor(descriptor) => Some(descriptor),
        _ => None,
    })
}

/// Parts of an object's descriptor (Microsoft: "GetKernelObjectSecurity function").
///
/// # Errors
/// `INVALID_HANDLE`; `ACCESS_DENIED` without the right to the part; `PORT_DISCONNECTED`.
pub fn query(handle: Handle, parts: SecurityInformation) -> Result<SecurityDescriptor, NtStatus> {
    let object = reference(handle, None, access_check::needed(parts, false))?;
    let whole = match (object.object_type(), number(&object)?) {
        (_, Some((id, temporary))) => {
            let answer = describe_shared(id, parts);
            if temporary {
                shared::release(id);
            }
            answer?
        }
        (ObjectType::File, None) => file_security::of(&object)?,
        (ObjectType::Token, None) => of_token(&object)?,
        (object_type, None) => match said(&object) {
            Some(descriptor) => descriptor,
            None => for_new(object_type, None)?,
        },
    };
    Ok(whole.only(parts))
}

/// Sets parts of an object's descriptor (Microsoft: "SetKernelObjectSecurity function").
///
/// # Errors
/// `INVALID_HANDLE`; `ACCESS_DENIED` without the right to the part; `INVALID_OWNER`;
/// `PORT_DISCONNECTED`; of a file those of [`file_security::set`].
pub fn set(
    handle: Handle,
    parts: SecurityInformation,
    descriptor: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    let object = reference(handle, None, access_check::needed(parts, true))?;
    match object.object_type() {
        ObjectType::File => return file_security::set(&object, parts, descriptor),
        ObjectType::Key => return cm::set_security(cm::KeyHandle(handle), parts, descriptor),
        ObjectType::Token if token::of(&object)?.is_seen() => {
            crate::log::say_once("the security of another process's token cannot be changed yet");
            return Err(NtStatus::NOT_SUPPORTED);
        }
        ObjectType::Token if token::is_primary(&object) => {
            set_of(&object, parts, descriptor)?;
            // Who opens it from another process asks the executive.
            let request = SecurityRequest::ProtectToken { descriptor: of_token(&object)? };
            return ask(request, |answer| (answer == SecurityAnswer::Done).then_some(()));
        }
        _ => {}
    }
    set_of(&object, parts, descriptor)
}

/// The descriptor of a token.
pub(super) fn of_token(object: &Pinned) -> Result<SecurityDescriptor, NtStatus> {
    match (number(object)?, said(object)) {
        (Some((number, _)), _) => match describe_shared(number, WHOLE) {
            // Whoever gave it has not given that; the executive knows what may be done with it.
            Err(NtStatus::ACCESS_DENIED) => check::descriptor_of_token(object),
            described => described,
        },
        (None, Some(descriptor)) => Ok(descriptor),
        (None, None) => check::descriptor_of_token(object),
    }
}

/// Tells the executive how a token is protected that it keeps from now on.
pub(super) fn now_shared(object: &Pinned, number: SharedId) -> Result<(), NtStatus> {
    match said(object) {
        Some(descriptor) => protect_shared(number, parts_of(&descriptor), descriptor),
        None => Ok(()),
    }
}

fn set_of(
    object: &Pinned,
    parts: SecurityInformation,
    descriptor: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    if let Some((id, temporary)) = number(object)? {
        note_protected(object);
        let done = protect_shared(id, parts, descriptor.clone());
        if temporary {
            shared::release(id);
        }
        return done;
    }
    if let Some(owner) = &descriptor.owner {
        let token = check::effective()?;
        let may =
            token.may_own_as(owner) || token.has_enabled(haft_object::security::Privilege::RESTORE);
        if !may {
            return Err(NtStatus::INVALID_OWNER);
        }
    }
    let mut now = match said(object) {
        Some(descriptor) => descriptor,
        None if object.object_type() == ObjectType::Token => check::descriptor_of_token(object)?,
        None => for_new(object.object_type(), None)?,
    };
    now.set(parts, descriptor)?;
    keep(object, now);
    Ok(())
}

/// Tells the executive how a process or thread that was created is protected, before anybody can
/// ask for it.
///
/// # Errors
/// `INVALID_OWNER`, `PORT_DISCONNECTED`.
pub fn protect_known(object: &Pinned, said: &SecurityDescriptor) -> Result<(), NtStatus> {
    let whole = for_new(object.object_type(), Some(said))?;
    note_protected(object);
    let (id, temporary) = shared::number(object)?;
    let done = protect_shared(id, parts_of(&whole), whole);
    if temporary {
        shared::release(id);
    }
    done
}

/// From now on the executive is asked who may open a child.
fn note_protected(object: &Pinned) {
    if let Ok(process) = ps::object::of(object) {
        process.set_protected();
    }
}

/// The primary token of another process, for this to be done with it.
///
/// # Errors
/// `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn token_of(
    process: &ps::object::ProcessObject,
    access: AccessMask,
) -> Result<haft_object::security::Token, NtStatus> {
    let process = process.number()?;
    ask(SecurityRequest::TokenOf { process, access }, |answer| match answer {
        SecurityAnswer::Token(token, ..) => Some(*token),
        _ => None,
    })
}

/// Tells the executive which token this process gives a child.
///
/// # Errors
/// `ACCESS_DENIED` for a token that is not this process's to give, `PORT_DISCONNECTED`.
pub fn assign(
    child: &ps::object::ProcessObject,
    token: haft_object::security::Token,
) -> Result<(), NtStatus> {
    child.set_protected();
    let request = SecurityRequest::Assign { process: child.number()?, token: Box::new(token) };
    ask(request, |answer| (answer == SecurityAnswer::Done).then_some(()))
}

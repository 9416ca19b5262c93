//! Handles: pseudo handles resolved, then the handle table.

use super::{HandleFlags, ObjectType, Pinned, left_open, objects, shared};
use crate::ps;
use crate::ps::object::ProcessObject;
use crate::ps::opened::{self, Duplication};
use crate::se;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::duplicate::duplicate as decide;
use haft_object::types::grant;
use haft_object::{Duplicate, DuplicateOptions};
use haft_wire::NewHandle;
use std::sync::Arc;

/// The object that a handle names, if it is of the type and the handle has the access. `None`
/// takes any type. Pseudo handles have every access.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
#[inline]
pub fn reference(
    handle: Handle,
    object_type: Option<ObjectType>,
    wanted: AccessMask,
) -> Result<Pinned, NtStatus> {
    if let Some(object) = pseudo(handle) {
        return match object_type {
            Some(t) if t != object.object_type() => Err(NtStatus::OBJECT_TYPE_MISMATCH),
            _ => Ok(object),
        };
    }
    objects().reference(handle, object_type, wanted)
}

/// The object of a pseudo handle.
#[inline]
fn pseudo(handle: Handle) -> Option<Pinned> {
    if handle.is_pseudo() { pseudo_object(handle) } else { None }
}

#[cold]
fn pseudo_object(handle: Handle) -> Option<Pinned> {
    match handle {
        Handle::CURRENT_PROCESS => Some(ps::process().object.clone()),
        Handle::CURRENT_THREAD => Some(ps::thread::current().object()),
        token => se::token::pseudo(token),
    }
}

/// Makes a handle to an object. `desired` may hold generic rights, which the object's type maps.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the table is full, `ACCESS_DENIED` for rights that the type does
/// not have.
pub fn insert(object: Pinned, desired: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    let desired = shared::within_limit(&object, desired)?;
    let granted = grant(object.object_type(), desired)?;
    let flags = HandleFlags::NONE.set(HandleFlags::INHERIT, inherit);
    place(object, granted, flags)
}

/// Puts an object into the handle table.
#[inline]
fn place(object: Pinned, access: AccessMask, flags: HandleFlags) -> Result<Handle, NtStatus> {
    if left_open::is_watched() {
        return left_open::insert(object, access, flags);
    }
    objects().insert(object, access, flags)
}

/// Closes a handle; closing a pseudo handle does nothing, as documented.
///
/// # Errors
/// `INVALID_HANDLE`, `HANDLE_NOT_CLOSABLE`.
#[inline]
pub fn close(handle: Handle) -> Result<(), NtStatus> {
    if handle.is_pseudo() {
        return Ok(());
    }
    objects().close(handle).map(drop)
}

/// The flags of a handle.
///
/// # Errors
/// `INVALID_HANDLE`, also for a pseudo handle.
pub fn handle_flags(handle: Handle) -> Result<HandleFlags, NtStatus> {
    objects().handle_flags(handle)
}

/// Sets those flags of a handle that are in `mask`.
///
/// # Errors
/// `INVALID_HANDLE`, also for a pseudo handle.
pub fn set_handle_flags(
    handle: Handle,
    mask: HandleFlags,
    flags: HandleFlags,
) -> Result<(), NtStatus> {
    objects().set_handle_flags(handle, mask, flags)
}

/// Duplicates a handle of this process into this process (Microsoft: "DuplicateHandle
/// function"). With `CLOSE_SOURCE` the source is closed whatever else fails.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED` for access that the object's type does not give.
pub fn duplicate_here(
    source: Handle,
    desired: AccessMask,
    inherit: bool,
    options: DuplicateOptions,
) -> Result<Handle, NtStatus> {
    let made = duplicate_source(source).and_then(|(object, source)| {
        let new = decide(object.object_type(), source, desired, inherit, options)?;
        if !source.access.contains(new.access) {
            shared::widen(&object, new.access)?;
        }
        place(object, new.access, new.flags)
    });
    if options.contains(DuplicateOptions::CLOSE_SOURCE) {
        // Microsoft: "This occurs regardless of any error status returned."
        let _ = close(source);
    }
    made
}

/// What a handle that is to be duplicated names, and what it may do.
fn duplicate_source(source: Handle) -> Result<(Pinned, Duplicate), NtStatus> {
    if let Some(object) = pseudo(source) {
        let access = object.object_type().mapping().valid;
        return Ok((object, Duplicate { access, flags: HandleFlags::NONE }));
    }
    let (object, entry) = objects().pin_handle(source)?;
    Ok((object, Duplicate { access: entry.access, flags: entry.flags }))
}

/// Duplicates a handle between processes (Microsoft: "DuplicateHandle function"). `source` is
/// the process and the handle in it. The result is a value of the target's table; null where
/// there is no target process and the source is only closed.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED`; `PROCESS_IS_TERMINATING` for a process that has ended;
/// `NOT_SUPPORTED` for an object that cannot leave its process; `IO_TIMEOUT` for a file of a process
/// that has to hand its descriptor over and is stopped.
pub fn duplicate(
    (source_process, source): (Handle, Handle),
    target_process: Handle,
    desired: AccessMask,
    inherit: bool,
    options: DuplicateOptions,
) -> Result<Handle, NtStatus> {
    if [source_process, target_process] == [Handle::CURRENT_PROCESS; 2] {
        // Who names this process so may do anything with it: its object need not be looked at.
        return duplicate_here(source, desired, inherit, options);
    }
    let from = to_duplicate(source_process)?;
    let close_only =
        target_process == Handle::NULL && options.contains(DuplicateOptions::CLOSE_SOURCE);
    if !from.is_own() {
        let target = if close_only { Ok(None) } else { to_duplicate(target_process).map(Some) };
        return duplicate_from(&from, source, target, desired, inherit, options);
    }
    if close_only {
        return close(source).map(|()| Handle::NULL);
    }
    let target = to_duplicate(target_process);
    if target.as_ref().is_ok_and(|target| target.is_own()) {
        return duplicate_here(source, desired, inherit, options);
    }
    let made = target.and_then(|target| give(source, &target, desired, inherit, options));
    if options.contains(DuplicateOptions::CLOSE_SOURCE) {
        // Microsoft: "This occurs regardless of any error status returned."
        let _ = close(source);
    }
    made
}

/// Has the executive duplicate a handle of another process, which takes no part in it.
fn duplicate_from(
    from: &ProcessObject,
    source: Handle,
    target: Result<Option<Arc<ProcessObject>>, NtStatus>,
    desired: AccessMask,
    inherit: bool,
    options: DuplicateOptions,
) -> Result<Handle, NtStatus> {
    let target = target.and_then(|target| target.map(|target| target.number()).transpose());
    if target.is_err() && !options.contains(DuplicateOptions::CLOSE_SOURCE) {
        return target.map(|_| Handle::NULL);
    }
    let made = opened::duplicate(&Duplication {
        source: from.number()?,
        handle: source,
        target: target.unwrap_or(None),
        access: desired,
        inherit,
        options,
    });
    // Where there is no target, the source is closed all the same.
    target.and(made)
}

/// Puts a duplicate of a handle into another process, which fetches the object at its first use.
fn give(
    source: Handle,
    target: &ProcessObject,
    desired: AccessMask,
    inherit: bool,
    options: DuplicateOptions,
) -> Result<Handle, NtStatus> {
    let (object, source) = duplicate_source(source)?;
    let object_type = object.object_type();
    let new = decide(object_type, source, desired, inherit, options)?;
    if !source.access.contains(new.access) {
        shared::widen(&object, new.access)?;
    }
    if target.block().is_some() && target.has_ended() {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    }
    let target = target.number()?;
    let (access, flags) = (new.access, new.flags.bits());
    let new = NewHandle { object_type: object_type as u8, access, flags };
    opened::until_settled(|| ps::send_object(&object, target, new))
}

/// The process that a handle names which may duplicate from and into it.
fn to_duplicate(process: Handle) -> Result<Arc<ProcessObject>, NtStatus> {
    const PROCESS_DUP_HANDLE: AccessMask = AccessMask(0x40);
    let object = reference(process, Some(ObjectType::Process), PROCESS_DUP_HANDLE)?;
    ps::object::of(&object)
}

/// Whether two handles name the same object.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn same_object(first: Handle, second: Handle) -> Result<bool, NtStatus> {
    let first = reference(first, None, AccessMask::NONE)?;
    let second = reference(second, None, AccessMask::NONE)?;
    if first.index() == second.index() {
        return Ok(true);
    }
    match (first.object_type(), second.object_type()) {
        (ObjectType::Process, ObjectType::Process) => {
            return Ok(ps::object::of(&first)?.pid == ps::object::of(&second)?.pid);
        }
        (ObjectType::Thread, ObjectType::Thread) => {
            return Ok(ps::thread::id_of(&first)? == ps::thread::id_of(&second)?);
        }
        _ => {}
    }
    match (shared::id_of(&first), shared::id_of(&second)) {
        (Some(_), Some(_)) => Ok(shared::identity(&first)? == shared::identity(&second)?),
        _ => Ok(false),
    }
}

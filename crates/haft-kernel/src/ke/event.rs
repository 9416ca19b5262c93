//! Events by handle (Microsoft: "Event Objects").

use crate::ob::{self, ObjectType, Pinned, objects};
use haft_abi::{AccessMask, Handle, NtStatus};
pub use haft_object::dispatcher::event::EventKind;

/// The right to set, reset and pulse (`EVENT_MODIFY_STATE`).
pub const MODIFY_STATE: AccessMask = AccessMask(2);
/// The right to ask for the state (`EVENT_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates an event; a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that events do not have.
pub fn create(
    kind: EventKind,
    signalled: bool,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    ob::insert(objects().create_event(kind, signalled)?, access, inherit)
}

#[inline]
fn modifiable(handle: Handle) -> Result<Pinned, NtStatus> {
    ob::reference(handle, Some(ObjectType::Event), MODIFY_STATE)
}

/// Sets an event; whether it was set.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
#[inline]
pub fn set(handle: Handle) -> Result<bool, NtStatus> {
    objects().set_event(&modifiable(handle)?)
}

/// Resets an event; whether it was set.
///
/// # Errors
/// As for [`set`].
#[inline]
pub fn reset(handle: Handle) -> Result<bool, NtStatus> {
    objects().reset_event(&modifiable(handle)?)
}

/// Releases who waits now and leaves the event reset; whether it was set.
///
/// # Errors
/// As for [`set`].
pub fn pulse(handle: Handle) -> Result<bool, NtStatus> {
    objects().pulse_event(&modifiable(handle)?)
}

/// An event's kind and whether it is set.
///
/// # Errors
/// As for [`set`].
pub fn query(handle: Handle) -> Result<(EventKind, bool), NtStatus> {
    objects().query_event(&ob::reference(handle, Some(ObjectType::Event), QUERY_STATE)?)
}

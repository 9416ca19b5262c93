//! Events by handle (Microsoft: "Event Objects").

use crate::ob::shared::{Created, Wanted};
use crate::ob::{self, ObjectType, Pinned, objects, shared};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::DispatcherState;
pub use haft_object::dispatcher::event::EventKind;
use haft_wire::{Answer, Operation};

/// The right to set, reset and pulse (`EVENT_MODIFY_STATE`).
pub const MODIFY_STATE: AccessMask = AccessMask(2);
/// The right to ask for the state (`EVENT_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates an event; a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that events do not have;
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, `PORT_DISCONNECTED`.
pub fn create(kind: EventKind, signalled: bool, wanted: Wanted) -> Result<Created, NtStatus> {
    let state = DispatcherState::Event { kind, signalled };
    shared::create(wanted, state, || objects().create_event(kind, signalled))
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
    set_object(&modifiable(handle)?)
}

/// [`set`] where nobody asks whether it was set.
///
/// # Errors
/// As for [`set`].
#[inline]
pub fn set_unheard(handle: Handle) -> Result<(), NtStatus> {
    set_object_unheard(&modifiable(handle)?)
}

/// [`set_unheard`] for an event that is at hand.
///
/// # Errors
/// As for [`set_object`].
#[inline]
pub fn set_object_unheard(event: &Pinned) -> Result<(), NtStatus> {
    match objects().set_event(event) {
        Err(NtStatus::RETRY) => shared::operate_unheard(event, Operation::SetEvent),
        done => done.map(drop),
    }
}

/// [`set`] for an event that is at hand.
///
/// # Errors
/// `PORT_DISCONNECTED` for an event of an executive that is gone.
#[inline]
pub fn set_object(event: &Pinned) -> Result<bool, NtStatus> {
    match objects().set_event(event) {
        Err(NtStatus::RETRY) => shared::was(event, Operation::SetEvent),
        done => done,
    }
}

/// Resets an event; whether it was set.
///
/// # Errors
/// As for [`set`].
#[inline]
pub fn reset(handle: Handle) -> Result<bool, NtStatus> {
    reset_object(&modifiable(handle)?)
}

/// [`reset`] where nobody asks whether it was set.
///
/// # Errors
/// As for [`set`].
#[inline]
pub fn reset_unheard(handle: Handle) -> Result<(), NtStatus> {
    let event = modifiable(handle)?;
    match objects().reset_event(&event) {
        Err(NtStatus::RETRY) => shared::operate_unheard(&event, Operation::ResetEvent),
        done => done.map(drop),
    }
}

/// [`reset`] for an event that is at hand.
///
/// # Errors
/// As for [`set_object`].
#[inline]
pub fn reset_object(event: &Pinned) -> Result<bool, NtStatus> {
    match objects().reset_event(event) {
        Err(NtStatus::RETRY) => shared::was(event, Operation::ResetEvent),
        done => done,
    }
}

/// Releases who waits now and leaves the event reset; whether it was set.
///
/// # Errors
/// As for [`set`].
pub fn pulse(handle: Handle) -> Result<bool, NtStatus> {
    let event = modifiable(handle)?;
    match objects().pulse_event(&event) {
        Err(NtStatus::RETRY) => shared::was(&event, Operation::PulseEvent),
        done => done,
    }
}

/// An event's kind and whether it is set.
///
/// # Errors
/// As for [`set`].
pub fn query(handle: Handle) -> Result<(EventKind, bool), NtStatus> {
    let event = ob::reference(handle, Some(ObjectType::Event), QUERY_STATE)?;
    match objects().query_event(&event) {
        Err(NtStatus::RETRY) => shared::operate(&event, Operation::QueryEvent, |a| match a {
            Answer::Event(kind, set) => Some((kind, set)),
            _ => None,
        }),
        done => done,
    }
}

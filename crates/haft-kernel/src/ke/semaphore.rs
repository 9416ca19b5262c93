//! Semaphores by handle (Microsoft: "Semaphore Objects").

use crate::ob::shared::{Created, Wanted};
use crate::ob::{self, ObjectType, Pinned, objects, shared};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::DispatcherState;
use haft_wire::{Answer, Operation};

/// The right to release (`SEMAPHORE_MODIFY_STATE`).
pub const MODIFY_STATE: AccessMask = AccessMask(2);
/// The right to ask for the state (`SEMAPHORE_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates a semaphore; a handle to it.
///
/// # Errors
/// `INVALID_PARAMETER` for counts that cannot be, `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for
/// rights that semaphores do not have.
pub fn create(count: i32, limit: i32, wanted: Wanted) -> Result<Created, NtStatus> {
    let state = DispatcherState::Semaphore { count, limit };
    shared::create(wanted, state, || objects().create_semaphore(count, limit))
}

/// Adds to a semaphore's count; the count before.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for a count that
/// is not positive, `SEMAPHORE_LIMIT_EXCEEDED`.
pub fn release(handle: Handle, count: i32) -> Result<i32, NtStatus> {
    let semaphore = ob::reference(handle, Some(ObjectType::Semaphore), MODIFY_STATE)?;
    release_object(&semaphore, count)
}

/// [`release`] for a semaphore that is at hand.
///
/// # Errors
/// As for [`release`]; `PORT_DISCONNECTED` for one of an executive that is gone.
pub(super) fn release_object(semaphore: &Pinned, count: i32) -> Result<i32, NtStatus> {
    match objects().release_semaphore(semaphore, count) {
        Err(NtStatus::RETRY) => shared::count(semaphore, Operation::ReleaseSemaphore { count }),
        done => done,
    }
}

/// A semaphore's count and limit.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn query(handle: Handle) -> Result<(i32, i32), NtStatus> {
    let semaphore = ob::reference(handle, Some(ObjectType::Semaphore), QUERY_STATE)?;
    match objects().query_semaphore(&semaphore) {
        Err(NtStatus::RETRY) => {
            shared::operate(&semaphore, Operation::QuerySemaphore, |a| match a {
                Answer::Semaphore(count, limit) => Some((count, limit)),
                _ => None,
            })
        }
        done => done,
    }
}

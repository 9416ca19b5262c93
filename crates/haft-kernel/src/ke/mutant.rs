//! Mutants by handle, which Win32 calls mutexes (Microsoft: "Mutex Objects").

use crate::ob::shared::{Created, Wanted};
use crate::ob::{self, ObjectType, Pinned, objects, shared};
use crate::ps::thread;
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_object::DispatcherState;
use haft_object::dispatcher::mutant::MutantState;
use haft_wire::{Answer, Operation};

/// The right to ask for the state (`MUTANT_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates a mutant, owned by the running thread if `owned`; a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that mutants do not have;
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, `PORT_DISCONNECTED`.
pub fn create(owned: bool, wanted: Wanted) -> Result<Created, NtStatus> {
    let owner = owned.then(|| thread::current().index());
    let count = if owned { 0 } else { 1 };
    let state = DispatcherState::Mutant { count, owner, abandoned: false };
    shared::create(wanted, state, || objects().create_mutant(owner))
}

/// Gives one ownership of a mutant back; the count before.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`; `MUTANT_NOT_OWNED` by the running thread.
pub fn release(handle: Handle) -> Result<i32, NtStatus> {
    let mutant = ob::reference(handle, Some(ObjectType::Mutant), AccessMask::NONE)?;
    release_object(&mutant)
}

/// [`release`] for a mutant that is at hand.
///
/// # Errors
/// As for [`release`]; `PORT_DISCONNECTED` for one of an executive that is gone.
pub(super) fn release_object(mutant: &Pinned) -> Result<i32, NtStatus> {
    let thread = thread::current().index();
    match objects().release_mutant(mutant, thread) {
        Err(NtStatus::RETRY) => shared::count(mutant, Operation::ReleaseMutant { thread }),
        done => done,
    }
}

/// A mutant's state, and whether the running thread owns it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn query(handle: Handle) -> Result<(MutantState, bool), NtStatus> {
    let mutant = ob::reference(handle, Some(ObjectType::Mutant), QUERY_STATE)?;
    let state = match objects().query_mutant(&mutant) {
        Err(NtStatus::RETRY) => shared::operate(&mutant, Operation::QueryMutant, |a| match a {
            Answer::Mutant(state) => Some(state),
            _ => None,
        }),
        done => done,
    }?;
    Ok((state, state.owner == Some(Tid(haft_host::gs::thread_id()))))
}

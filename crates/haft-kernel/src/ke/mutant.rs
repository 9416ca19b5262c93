//! Mutants by handle, which Win32 calls mutexes (Microsoft: "Mutex Objects").

use crate::ob::{self, ObjectType, objects};
use crate::ps::thread;
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_object::dispatcher::mutant::MutantState;

/// The right to ask for the state (`MUTANT_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates a mutant, owned by the running thread if `owned`; a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that mutants do not have.
pub fn create(owned: bool, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    let owner = owned.then(|| thread::current().index());
    ob::insert(objects().create_mutant(owner)?, access, inherit)
}

/// Gives one ownership of a mutant back; the count before.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`; `MUTANT_NOT_OWNED` by the running thread.
pub fn release(handle: Handle) -> Result<i32, NtStatus> {
    let mutant = ob::reference(handle, Some(ObjectType::Mutant), AccessMask::NONE)?;
    objects().release_mutant(&mutant, thread::current().index())
}

/// A mutant's state, and whether the running thread owns it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn query(handle: Handle) -> Result<(MutantState, bool), NtStatus> {
    let mutant = ob::reference(handle, Some(ObjectType::Mutant), QUERY_STATE)?;
    let state = objects().query_mutant(&mutant)?;
    Ok((state, state.owner == Some(Tid(haft_host::gs::thread_id()))))
}

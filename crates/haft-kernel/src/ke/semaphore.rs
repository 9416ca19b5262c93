//! Semaphores by handle (Microsoft: "Semaphore Objects").

use crate::ob::{self, ObjectType, objects};
use haft_abi::{AccessMask, Handle, NtStatus};

/// The right to release (`SEMAPHORE_MODIFY_STATE`).
pub const MODIFY_STATE: AccessMask = AccessMask(2);
/// The right to ask for the state (`SEMAPHORE_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);

/// Creates a semaphore; a handle to it.
///
/// # Errors
/// `INVALID_PARAMETER` for counts that cannot be, `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for
/// rights that semaphores do not have.
pub fn create(
    count: i32,
    limit: i32,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    ob::insert(objects().create_semaphore(count, limit)?, access, inherit)
}

/// Adds to a semaphore's count; the count before.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for a count that
/// is not positive, `SEMAPHORE_LIMIT_EXCEEDED`.
pub fn release(handle: Handle, count: i32) -> Result<i32, NtStatus> {
    let semaphore = ob::reference(handle, Some(ObjectType::Semaphore), MODIFY_STATE)?;
    objects().release_semaphore(&semaphore, count)
}

/// A semaphore's count and limit.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn query(handle: Handle) -> Result<(i32, i32), NtStatus> {
    let semaphore = ob::reference(handle, Some(ObjectType::Semaphore), QUERY_STATE)?;
    objects().query_semaphore(&semaphore)
}

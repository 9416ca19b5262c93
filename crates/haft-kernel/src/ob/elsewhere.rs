//! The handle table of another process, into which this one puts a handle.

use super::{HandleFlags, KernelHost, ObjectType};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{ObjectManager, ProcessBlock};

/// Puts a handle to what the executive keeps under `offer` into a process's table, without the
/// process's help: its value there.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the table is full.
pub fn insert(
    block: ProcessBlock<'_>,
    object_type: ObjectType,
    offer: u64,
    access: AccessMask,
    flags: HandleFlags,
) -> Result<Handle, NtStatus> {
    // Nothing is waited for in it, and nothing ends in it but an object that finds no place.
    let manager = ObjectManager::new(block, KernelHost);
    let object = manager.create_pending(object_type, offer)?;
    manager.insert_from_outside(object, access, flags)
}

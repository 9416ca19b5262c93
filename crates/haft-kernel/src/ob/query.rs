//! What a handle tells of itself and its object.

use super::{HandleFlags, ObjectType, objects, reference};
use haft_abi::{AccessMask, Handle, NtStatus};

/// What NtQueryObject tells of a handle and its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic {
    /// The handle's flags.
    pub flags: HandleFlags,
    /// What the handle may do.
    pub access: AccessMask,
    /// Handles to the object in this process.
    pub handles: u32,
    /// References to the object in this process.
    pub references: u32,
    /// The object's type.
    pub object_type: ObjectType,
}

/// Looks at a handle (Microsoft: "NtQueryObject function").
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn basic(handle: Handle) -> Result<Basic, NtStatus> {
    if handle.is_pseudo() {
        let object = reference(handle, None, AccessMask::NONE)?;
        let object_type = object.object_type();
        let access = object_type.mapping().valid;
        return Ok(Basic {
            flags: HandleFlags::NONE,
            access,
            handles: 0,
            references: 1,
            object_type,
        });
    }
    let (object, entry) = objects().pin_handle(handle)?;
    let record = object.record();
    Ok(Basic {
        flags: entry.flags,
        access: entry.access,
        handles: record.handles(),
        // The pin that looks is not counted.
        references: record.references().saturating_sub(1),
        object_type: object.object_type(),
    })
}

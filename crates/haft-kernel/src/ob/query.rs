//! What a handle tells of itself and its object.

use super::{HandleFlags, ObjectType, Pinned, names, objects, reference, shared};
use crate::ps::snapshot;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{Backing, ProcessBlock};
use haft_wire::names::Holder;

/// What NtQueryObject tells of a handle and its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic {
    /// The handle's flags.
    pub flags: HandleFlags,
    /// What the handle may do.
    pub access: AccessMask,
    /// Handles to the object, in all processes where it is the executive's.
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
    let elsewhere = handles_elsewhere(&object);
    Ok(Basic {
        flags: entry.flags,
        access: entry.access,
        handles: record.handles() + elsewhere,
        // The pin that looks is not counted.
        references: record.references().saturating_sub(1) + elsewhere,
        object_type: object.object_type(),
    })
}

/// How many handles other processes have to an object. What the executive would have to tell is
/// not counted when it is gone: then nobody else has the object.
fn handles_elsewhere(object: &Pinned) -> u32 {
    let Some(id) = shared::id_of(object) else { return 0 };
    let Ok((_, holders)) = names::holders(id) else { return 0 };
    let own = objects().block().pid();
    let others = holders.iter().filter(|holder| holder.pid != own);
    let count = |holder: &Holder| {
        snapshot::with_block(holder.pid.0, |block| handles_in(block, holder)).unwrap_or(0)
    };
    others.map(count).sum()
}

/// How many handles a process has to what it knows by a number.
fn handles_in(block: ProcessBlock<'_>, holder: &Holder) -> u32 {
    let wanted = match holder.is_offer {
        true => Backing::Pending { id: holder.number },
        false => Backing::Executive { id: holder.number },
    };
    let mut count = 0;
    block.for_each_handle(|_, entry| {
        let record = block.record_at(entry.record);
        count += u32::from(record.and_then(|record| record.backing()) == Some(wanted));
    });
    count
}

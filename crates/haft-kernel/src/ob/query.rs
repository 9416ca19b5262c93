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
    let own = record.handles();
    // More than one record of a process may be of one shared object.
    let all = shared_handles(&object).unwrap_or(own).max(own);
    Ok(Basic {
        flags: entry.flags,
        access: entry.access,
        handles: all,
        // The pin that looks is not counted.
        references: record.references().saturating_sub(1) + (all - own),
        object_type: object.object_type(),
    })
}

/// How many handles all processes have to an object of the executive's. When that is gone, nobody
/// else has it.
fn shared_handles(object: &Pinned) -> Option<u32> {
    let (_, holders) = names::holders(shared::id_of(object)?).ok()?;
    let own = objects().block();
    let count = |holder: &Holder| {
        if holder.pid == own.pid() {
            return handles_in(own, holder);
        }
        snapshot::with_block(holder.pid.0, |block| handles_in(block, holder)).unwrap_or(0)
    };
    Some(holders.iter().map(count).sum())
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

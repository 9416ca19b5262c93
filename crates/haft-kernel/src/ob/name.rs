//! Names of objects, as NtQueryObject tells them.

use super::{ObjectType, reference};
use crate::io::{device, file};
use haft_abi::{AccessMask, Handle, NtStatus};

/// The name of a handle's object in NT's namespace; empty for one without a name (Microsoft:
/// "NtQueryObject function").
///
/// # Errors
/// `INVALID_HANDLE`; `PORT_DISCONNECTED` when the executive has the name and is gone.
pub fn name_of(handle: Handle) -> Result<Vec<u16>, NtStatus> {
    let object = reference(handle, None, AccessMask::NONE)?;
    match object.object_type() {
        ObjectType::File => Ok(device::name_of(&*file::of(&object)?)),
        _ => Ok(Vec::new()),
    }
}

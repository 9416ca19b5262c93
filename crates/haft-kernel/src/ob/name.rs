//! Names of objects, as NtQueryObject tells them.

use super::{ObjectType, names, reference, shared};
use crate::io::{device, file};
use crate::ps::desktop::UserObject;
use haft_abi::{AccessMask, Handle, NtStatus, wide};

/// The name of a handle's object in NT's namespace; empty for one without a name (Microsoft:
/// "NtQueryObject function").
///
/// # Errors
/// `INVALID_HANDLE`; `PORT_DISCONNECTED` when the executive has the name and is gone.
pub fn name_of(handle: Handle) -> Result<Vec<u16>, NtStatus> {
    let object = reference(handle, None, AccessMask::NONE)?;
    let user_object = |object: UserObject| wide::from_str(&object.path());
    match object.object_type() {
        ObjectType::File => Ok(device::name_of(&*file::of(&object)?)),
        ObjectType::WindowStation => Ok(user_object(UserObject::Station)),
        ObjectType::Desktop => Ok(user_object(UserObject::Desktop)),
        ObjectType::Process | ObjectType::Thread => Ok(Vec::new()),
        _ => match shared::id_of(&object) {
            Some(id) => Ok(wide::from_str(&names::path(id)?)),
            None => Ok(Vec::new()),
        },
    }
}

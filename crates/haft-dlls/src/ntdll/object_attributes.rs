//! `OBJECT_ATTRIBUTES` of objects that one creates or opens (Microsoft: "OBJECT_ATTRIBUTES
//! structure").

use crate::abi::Ptr;
use haft_abi::NtStatus;
use haft_abi::nt::UnicodeString;

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;
/// `OBJ_VALID_ATTRIBUTES`.
const VALID: u32 = 0x1FF2;
const SIZE: u32 = 48;

/// Whether the handle is to be inherited. A name is refused: names are the executive's, which
/// there is not yet.
///
/// # Errors
/// `INVALID_PARAMETER` for a wrong length or attributes, `NOT_IMPLEMENTED` for a name,
/// `ACCESS_VIOLATION`.
pub(crate) fn inherits_unnamed(attributes: Ptr<u8>) -> Result<bool, NtStatus> {
    if attributes.is_null() {
        return Ok(false);
    }
    let flags = attributes.byte_add(24).cast::<u32>().read()?;
    if attributes.cast::<u32>().read()? != SIZE || flags & !VALID != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let name = attributes.byte_add(16).cast::<usize>().read()?;
    if name != 0 && Ptr::<UnicodeString>::new(name).read()?.length != 0 {
        haft_kernel::log::say_once(
            "named events, mutexes, semaphores and timers are not implemented; creating or \
             opening one fails",
        );
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    Ok(flags & INHERIT != 0)
}

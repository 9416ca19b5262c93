//! Names and attributes of objects that one creates or opens.

use crate::abi::{Charset, In, TStr};
use haft_abi::Win32Error;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// `SECURITY_ATTRIBUTES`, where the caller gave some.
pub(crate) type Attributes = Option<In<SECURITY_ATTRIBUTES>>;

/// Whether the handle is to be inherited.
pub(crate) fn inherits(attributes: &Attributes) -> bool {
    attributes.as_ref().is_some_and(|a| a.bInheritHandle != 0)
}

/// Refuses a name; an empty one is none. Names are the executive's, which there is not yet.
pub(crate) fn unnamed<C: Charset>(name: Option<&TStr<C>>) -> Result<(), Win32Error> {
    if name.is_none_or(|name| name.is_empty()) {
        return Ok(());
    }
    haft_kernel::log::say_once(
        "named events, mutexes, semaphores and timers are not implemented; creating or opening \
         one fails",
    );
    Err(Win32Error::CALL_NOT_IMPLEMENTED)
}

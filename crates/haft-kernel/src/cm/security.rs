//! How keys are protected (Microsoft: "Registry Key Security and Access Rights").

use super::key::{about_to_write, with_key};
use super::root::KeyHandle;
use super::{ask, done};
use crate::se::object_security;
use haft_abi::NtStatus;
use haft_object::security::{SecurityDescriptor, SecurityInformation, access_check};
use haft_wire::registry::RegistryRequest;

/// Parts of a key's descriptor (Microsoft: "RegGetKeySecurity function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`; `ACCESS_DENIED` without the right to the part;
/// `KEY_DELETED`, `PORT_DISCONNECTED`.
pub fn security(
    key: KeyHandle,
    parts: SecurityInformation,
) -> Result<SecurityDescriptor, NtStatus> {
    let wanted = access_check::needed(parts, false);
    with_key(key, wanted, |key| object_security::describe_shared(key, parts))
}

/// Sets parts of a key's descriptor; who has it open goes on (Microsoft: "RegSetKeySecurity
/// function").
///
/// # Errors
/// As for [`security`]; `INVALID_OWNER` for an owner that the caller may not name.
pub fn set_security(
    key: KeyHandle,
    parts: SecurityInformation,
    descriptor: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    let wanted = access_check::needed(parts, true);
    with_key(key, wanted, |key| {
        about_to_write();
        let descriptor = descriptor.clone();
        ask(RegistryRequest::Protect { key, parts, descriptor }, done)
    })
}

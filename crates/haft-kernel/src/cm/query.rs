//! What is known of keys.

use super::key::with_key;
use super::root::KeyHandle;
use super::{ENUMERATE_SUB_KEYS, QUERY_VALUE, ask};
use haft_abi::NtStatus;
use haft_wire::registry::{KeyInformation, RegistryAnswer, RegistryRequest};

/// A key below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subkey {
    /// Its name.
    pub name: Vec<u16>,
    /// Its class.
    pub class: Vec<u16>,
    /// When it was last written, in system time.
    pub written: i64,
}

/// What is known of a key (Microsoft: "RegQueryInfoKeyW function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` without KEY_QUERY_VALUE,
/// `KEY_DELETED`, `PORT_DISCONNECTED`.
pub fn information(key: KeyHandle) -> Result<KeyInformation, NtStatus> {
    with_key(key, QUERY_VALUE, |key| {
        ask(RegistryRequest::Query { key }, |answer| match answer {
            RegistryAnswer::Information(information) => Some(information),
            _ => None,
        })
    })
}

/// A key below another, in the order of their names (Microsoft: "RegEnumKeyExW function").
///
/// # Errors
/// `NO_MORE_ENTRIES` behind the last one; as for [`information`], without
/// KEY_ENUMERATE_SUB_KEYS.
pub fn subkey(key: KeyHandle, index: u32) -> Result<Subkey, NtStatus> {
    with_key(key, ENUMERATE_SUB_KEYS, |key| {
        ask(RegistryRequest::Subkey { key, index }, |answer| match answer {
            RegistryAnswer::Subkey { name, class, written } => {
                Some(Subkey { name, class, written })
            }
            _ => None,
        })
    })
}

//! Values of keys.

use super::key::{about_to_write, with_key};
use super::root::KeyHandle;
use super::{QUERY_VALUE, SET_VALUE, ask, ask_with, done};
use haft_abi::NtStatus;
use haft_host::mem;
use haft_host::rustix::fd::AsFd;
use haft_wire::registry::{Data, MAX_DATA, MAX_INLINE, RegistryAnswer, RegistryRequest};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name, as it was first written.
    pub name: Vec<u16>,
    /// Its type (Microsoft: "Registry Value Types").
    pub kind: u32,
    /// Its data.
    pub data: Vec<u8>,
}

fn asked(request: RegistryRequest) -> Result<Value, NtStatus> {
    let (answer, fds) = ask_with(request, &[])?;
    let RegistryAnswer::Value { name, kind, data } = answer else {
        return Err(NtStatus::PORT_DISCONNECTED);
    };
    let data = match (data, &fds[..]) {
        (Data::Inline(data), _) => data,
        (Data::Beside(length), [file]) => mem::read_back(file, length as usize)?,
        _ => return Err(NtStatus::PORT_DISCONNECTED),
    };
    Ok(Value { name, kind, data })
}

/// A value by its name (Microsoft: "RegQueryValueExW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`; `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` without
/// KEY_QUERY_VALUE, `KEY_DELETED`, `PORT_DISCONNECTED`.
pub fn value(key: KeyHandle, name: &[u16]) -> Result<Value, NtStatus> {
    with_key(key, QUERY_VALUE, |key| asked(RegistryRequest::Value { key, name: name.to_vec() }))
}

/// A value by its place (Microsoft: "RegEnumValueW function").
///
/// # Errors
/// `NO_MORE_ENTRIES` behind the last one; as for [`value`].
pub fn value_at(key: KeyHandle, index: u32) -> Result<Value, NtStatus> {
    with_key(key, QUERY_VALUE, |key| asked(RegistryRequest::ValueAt { key, index }))
}

/// Sets a value (Microsoft: "RegSetValueExW function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` without KEY_SET_VALUE;
/// `INVALID_PARAMETER` for too long a name, `INSUFFICIENT_RESOURCES` for more than a megabyte;
/// `KEY_DELETED`, `DISK_FULL`, `REGISTRY_IO_FAILED`, `PORT_DISCONNECTED`.
pub fn set_value(key: KeyHandle, name: &[u16], kind: u32, data: &[u8]) -> Result<(), NtStatus> {
    if data.len() > MAX_DATA {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    about_to_write();
    let name = name.to_vec();
    with_key(key, SET_VALUE, |key| {
        if data.len() <= MAX_INLINE {
            let data = Data::Inline(data.to_vec());
            return ask(RegistryRequest::SetValue { key, name, kind, data }, done);
        }
        let file = mem::memfd_of("haft-registry-data", data)?;
        let data = Data::Beside(data.len() as u32);
        let request = RegistryRequest::SetValue { key, name, kind, data };
        let (answer, _) = ask_with(request, &[file.as_fd()])?;
        done(answer).ok_or(NtStatus::PORT_DISCONNECTED)
    })
}

/// Removes a value (Microsoft: "RegDeleteValueW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`; as for [`set_value`].
pub fn delete_value(key: KeyHandle, name: &[u16]) -> Result<(), NtStatus> {
    about_to_write();
    let name = name.to_vec();
    with_key(key, SET_VALUE, |key| ask(RegistryRequest::DeleteValue { key, name }, done))
}

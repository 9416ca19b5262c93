//! The registry.

pub(crate) mod enumerate;
pub(crate) mod key;
pub(crate) mod security;
mod text;
pub(crate) mod value;

use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_kernel::cm::KeyHandle;

/// What a registry function returns: an error's code, or zero.
fn code<E: Into<Win32Error>>(result: Result<(), E>) -> Win32Error {
    result.map_or_else(Into::into, |()| Win32Error::SUCCESS)
}

/// Calls `body` with the key itself, or with one below it that is opened for it.
fn below<R>(
    key: Handle,
    path: Option<&[u16]>,
    access: AccessMask,
    body: impl FnOnce(KeyHandle) -> Result<R, NtStatus>,
) -> Result<R, NtStatus> {
    let key = KeyHandle(key);
    match path.filter(|path| !path.is_empty()) {
        None => body(key),
        Some(path) => {
            let opened = KeyHandle(haft_kernel::cm::open(key, path, access, false)?);
            let result = body(opened);
            haft_kernel::cm::close(opened)?;
            result
        }
    }
}

//! Opening, making and removing keys.

use super::code;
use crate::abi::{Charset, Out, SetIfSome as _, TStr};
use crate::captured;
use crate::kernel32::object_name::{Attributes, inherits};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_kernel::cm::{self, KeyHandle, KeyOptions};
use haft_macros::export;

fn open(
    key: Handle,
    path: Option<&[u16]>,
    access: AccessMask,
    result: &Out<Handle>,
) -> Result<(), NtStatus> {
    result.probe()?;
    let opened = cm::open(KeyHandle(key), path.unwrap_or_default(), access, false)?;
    Ok(result.set(opened)?)
}

/// Opens a key. (Microsoft: "RegOpenKeyExW function")
#[export(advapi32, charset)]
fn RegOpenKeyEx<C: Charset>(
    hKey: Handle,
    lpSubKey: Option<TStr<C>>,
    ulOptions: u32,
    samDesired: AccessMask,
    phkResult: Out<Handle>,
) -> Win32Error {
    // REG_OPTION_BACKUP_RESTORE and REG_OPTION_OPEN_LINK: there are no links.
    if ulOptions & !0xC != 0 {
        return Win32Error::INVALID_PARAMETER;
    }
    code(open(hKey, lpSubKey.as_deref(), samDesired, &phkResult))
}

/// Opens a key with every right that one has. (Microsoft: "RegOpenKeyW function")
#[export(advapi32, charset)]
fn RegOpenKey<C: Charset>(
    hKey: Handle,
    lpSubKey: Option<TStr<C>>,
    phkResult: Out<Handle>,
) -> Win32Error {
    code(open(hKey, lpSubKey.as_deref(), AccessMask::MAXIMUM_ALLOWED, &phkResult))
}

/// Opens the key of the current user. (Microsoft: "RegOpenCurrentUser function")
#[export(advapi32)]
fn RegOpenCurrentUser(samDesired: AccessMask, phkResult: Out<Handle>) -> Win32Error {
    const HKEY_CURRENT_USER: Handle = Handle(0x8000_0001);
    code(open(HKEY_CURRENT_USER, None, samDesired, &phkResult))
}

/// Makes a key, or opens the one that is there. (Microsoft: "RegCreateKeyExW function")
#[export(advapi32, charset)]
fn RegCreateKeyEx<C: Charset>(
    hKey: Handle,
    lpSubKey: TStr<C>,
    Reserved: u32,
    lpClass: Option<TStr<C>>,
    dwOptions: u32,
    samDesired: AccessMask,
    lpSecurityAttributes: Attributes,
    phkResult: Out<Handle>,
    lpdwDisposition: Option<Out<u32>>,
) -> Win32Error {
    const CREATED_NEW_KEY: u32 = 1;
    const OPENED_EXISTING_KEY: u32 = 2;
    let create = || -> Result<(), NtStatus> {
        phkResult.probe()?;
        let class = lpClass.map(TStr::into_wide).unwrap_or_default();
        let descriptor = captured::of_attributes(&lpSecurityAttributes)?;
        let (options, how) = (KeyOptions(dwOptions), (inherits(&lpSecurityAttributes), descriptor));
        let created = cm::create(KeyHandle(hKey), &lpSubKey, class, options, samDesired, how)?;
        phkResult.set(created.handle)?;
        let how = if created.existed { OPENED_EXISTING_KEY } else { CREATED_NEW_KEY };
        Ok(lpdwDisposition.set(how)?)
    };
    if Reserved != 0 {
        return Win32Error::INVALID_PARAMETER;
    }
    code(create())
}

/// Makes a key, or opens the one that is there, with every right. (Microsoft: "RegCreateKeyW
/// function")
#[export(advapi32, charset)]
fn RegCreateKey<C: Charset>(
    hKey: Handle,
    lpSubKey: Option<TStr<C>>,
    phkResult: Out<Handle>,
) -> Win32Error {
    let path = lpSubKey.as_deref().unwrap_or_default();
    let create = || -> Result<(), NtStatus> {
        phkResult.probe()?;
        let (options, access) = (KeyOptions(0), AccessMask::MAXIMUM_ALLOWED);
        let created =
            cm::create(KeyHandle(hKey), path, Vec::new(), options, access, (false, None))?;
        Ok(phkResult.set(created.handle)?)
    };
    code(create())
}

/// Closes a key. (Microsoft: "RegCloseKey function")
#[export(advapi32)]
fn RegCloseKey(hKey: Handle) -> Win32Error {
    code(cm::close(KeyHandle(hKey)))
}

/// Has what was written to the registry be on disk. (Microsoft: "RegFlushKey function")
#[export(advapi32)]
fn RegFlushKey(hKey: Handle) -> Win32Error {
    code(cm::flush(KeyHandle(hKey)))
}

/// Removes a key that has no subkeys. (Microsoft: "RegDeleteKeyW function")
#[export(advapi32, charset)]
fn RegDeleteKey<C: Charset>(hKey: Handle, lpSubKey: TStr<C>) -> Win32Error {
    code(cm::delete_subkey(KeyHandle(hKey), &lpSubKey, AccessMask::NONE))
}

/// Removes a key that has no subkeys, in a view. (Microsoft: "RegDeleteKeyExW function")
#[export(advapi32, charset)]
fn RegDeleteKeyEx<C: Charset>(
    hKey: Handle,
    lpSubKey: TStr<C>,
    samDesired: AccessMask,
    Reserved: u32,
) -> Win32Error {
    const VIEWS: AccessMask = AccessMask(0x300);
    if Reserved != 0 || !VIEWS.contains(samDesired) {
        return Win32Error::INVALID_PARAMETER;
    }
    code(cm::delete_subkey(KeyHandle(hKey), &lpSubKey, samDesired))
}

/// Removes the subkeys and values of a key, and the key itself where it is named below another.
/// (Microsoft: "RegDeleteTreeW function")
#[export(advapi32, charset)]
fn RegDeleteTree<C: Charset>(hKey: Handle, lpSubKey: Option<TStr<C>>) -> Win32Error {
    code(cm::delete_tree(KeyHandle(hKey), lpSubKey.as_deref()))
}

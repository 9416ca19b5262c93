//! Values of keys.

use super::text::{self, EXPAND_SZ, SZ};
use super::{below, code};
use crate::abi::{Charset, InOut, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_kernel::cm::{self, KeyHandle};
use haft_macros::export;

/// `ERROR_UNSUPPORTED_TYPE`.
const UNSUPPORTED_TYPE: Win32Error = Win32Error(1630);
/// `KEY_QUERY_VALUE`.
const QUERY_VALUE: AccessMask = AccessMask(1);
/// `KEY_SET_VALUE`.
const SET_VALUE: AccessMask = AccessMask(2);

/// Hands data to a program that says how much room it has: all of it, or its size alone.
pub(super) fn deliver(
    data: &[u8],
    to: Ptr<u8>,
    room: Option<&InOut<u32>>,
) -> Result<(), Win32Error> {
    let Some(room) = room else {
        return if to.is_null() { Ok(()) } else { Err(Win32Error::INVALID_PARAMETER) };
    };
    let fits = data.len() <= room.get() as usize;
    room.set(data.len() as u32)?;
    match (to.is_null(), fits) {
        (true, _) => Ok(()),
        (false, true) => Ok(to.write_slice(data)?),
        (false, false) => Err(Win32Error::MORE_DATA),
    }
}

/// Reads a value's type and data. (Microsoft: "RegQueryValueExW function")
#[export(advapi32, charset)]
fn RegQueryValueEx<C: Charset>(
    hKey: Handle,
    lpValueName: Option<TStr<C>>,
    lpReserved: Ptr<u32>,
    lpType: Option<Out<u32>>,
    lpData: Ptr<u8>,
    lpcbData: Option<InOut<u32>>,
) -> Win32Error {
    if !lpReserved.is_null() || !lpData.is_null() && lpcbData.is_none() {
        return Win32Error::INVALID_PARAMETER;
    }
    let query = || -> Result<(), Win32Error> {
        let name = lpValueName.as_deref().unwrap_or_default();
        let value = cm::value(KeyHandle(hKey), name)?;
        lpType.set(value.kind)?;
        deliver(&text::shown::<C>(value.kind, value.data), lpData, lpcbData.as_ref())
    };
    code(query())
}

/// `RRF_RT_ANY`.
const ANY: u32 = 0xFFFF;

/// Whether the flags of RegGetValue (`RRF_RT_REG_SZ` and its kin) admit a type.
const fn admits(flags: u32, kind: u32) -> bool {
    let bit = match kind {
        0..=4 => 1 << kind,
        7 => 0x20,
        11 => 0x40,
        _ => 0,
    };
    flags & ANY == ANY || flags & bit != 0
}

/// Reads a value of a type that is named, text with its zeros and its variables replaced.
/// (Microsoft: "RegGetValueW function")
#[export(advapi32, charset)]
fn RegGetValue<C: Charset>(
    hkey: Handle,
    lpSubKey: Option<TStr<C>>,
    lpValue: Option<TStr<C>>,
    dwFlags: u32,
    pdwType: Option<Out<u32>>,
    pvData: Ptr<u8>,
    pcbData: Option<InOut<u32>>,
) -> Win32Error {
    const NO_EXPAND: u32 = 0x1000_0000;
    const ZERO_ON_FAILURE: u32 = 0x2000_0000;
    const VIEWS: u32 = 0x3_0000;
    const RT_EXPAND_SZ: u32 = 4;
    let get = || -> Result<(), Win32Error> {
        // KEY_WOW64_64KEY and KEY_WOW64_32KEY lie eight bits lower.
        let access = QUERY_VALUE.with(AccessMask((dwFlags & VIEWS) >> 8));
        let name = lpValue.as_deref().unwrap_or_default();
        let value = below(hkey, lpSubKey.as_deref(), access, |key| cm::value(key, name))?;
        let (mut kind, mut data) = (value.kind, value.data);
        if kind == EXPAND_SZ && dwFlags & NO_EXPAND == 0 {
            (kind, data) = (SZ, text::expanded(&data));
        }
        if !admits(dwFlags, kind) {
            return Err(UNSUPPORTED_TYPE);
        }
        if text::is_text(kind) {
            data = text::terminated(kind, data);
        }
        pdwType.set(kind)?;
        deliver(&text::shown::<C>(kind, data), pvData, pcbData.as_ref())
    };
    let expands = dwFlags & RT_EXPAND_SZ != 0 && dwFlags & NO_EXPAND == 0 && dwFlags & ANY != ANY;
    if !pvData.is_null() && pcbData.is_none() || expands {
        return Win32Error::INVALID_PARAMETER;
    }
    let room = pcbData.as_ref().map_or(0, InOut::get) as usize;
    let got = get();
    if got.is_err() && dwFlags & ZERO_ON_FAILURE != 0 && !pvData.is_null() {
        let _ = pvData.write_slice(&vec![0; room]);
    }
    code(got)
}

/// Sets a value. (Microsoft: "RegSetValueExW function")
#[export(advapi32, charset)]
fn RegSetValueEx<C: Charset>(
    hKey: Handle,
    lpValueName: Option<TStr<C>>,
    Reserved: u32,
    dwType: u32,
    lpData: Ptr<u8>,
    cbData: u32,
) -> Win32Error {
    if Reserved != 0 {
        return Win32Error::INVALID_PARAMETER;
    }
    let name = lpValueName.as_deref().unwrap_or_default();
    code(set::<C>(KeyHandle(hKey), name, dwType, lpData, cbData))
}

fn set<C: Charset>(
    key: KeyHandle,
    name: &[u16],
    kind: u32,
    data: Ptr<u8>,
    length: u32,
) -> Result<(), NtStatus> {
    let data = if length == 0 { Vec::new() } else { data.read_slice(length as usize)? };
    cm::set_value(key, name, kind, &text::kept::<C>(kind, data))
}

/// Sets a value of a key below another, which is made if it is not there. (Microsoft:
/// "RegSetKeyValueW function")
#[export(advapi32, charset)]
fn RegSetKeyValue<C: Charset>(
    hKey: Handle,
    lpSubKey: Option<TStr<C>>,
    lpValueName: Option<TStr<C>>,
    dwType: u32,
    lpData: Ptr<u8>,
    cbData: u32,
) -> Win32Error {
    let name = lpValueName.as_deref().unwrap_or_default();
    let Some(path) = lpSubKey.filter(|path| !path.is_empty()) else {
        return code(set::<C>(KeyHandle(hKey), name, dwType, lpData, cbData));
    };
    let options = cm::KeyOptions(0);
    let made = cm::create(KeyHandle(hKey), &path, Vec::new(), options, SET_VALUE, (false, None));
    code(made.and_then(|made| {
        let key = KeyHandle(made.handle);
        let result = set::<C>(key, name, dwType, lpData, cbData);
        cm::close(key)?;
        result
    }))
}

/// Removes a value. (Microsoft: "RegDeleteValueW function")
#[export(advapi32, charset)]
fn RegDeleteValue<C: Charset>(hKey: Handle, lpValueName: Option<TStr<C>>) -> Win32Error {
    code(cm::delete_value(KeyHandle(hKey), lpValueName.as_deref().unwrap_or_default()))
}

/// Removes a value of a key below another. (Microsoft: "RegDeleteKeyValueW function")
#[export(advapi32, charset)]
fn RegDeleteKeyValue<C: Charset>(
    hKey: Handle,
    lpSubKey: Option<TStr<C>>,
    lpValueName: Option<TStr<C>>,
) -> Win32Error {
    let name = lpValueName.as_deref().unwrap_or_default();
    code(below(hKey, lpSubKey.as_deref(), SET_VALUE, |key| cm::delete_value(key, name)))
}

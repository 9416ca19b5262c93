//! What a key has: its subkeys and values.

use super::code;
use super::text;
use super::value::deliver;
use crate::abi::{Charset, InOut, Out, Ptr, SetIfSome as _, TBuf};
use haft_abi::{Handle, Win32Error};
use haft_kernel::cm::{self, KeyHandle};
use haft_macros::export;
use windows_sys::Win32::Foundation::FILETIME;

fn file_time(time: i64) -> FILETIME {
    FILETIME { dwLowDateTime: time as u32, dwHighDateTime: (time >> 32) as u32 }
}

/// Stores a text and its length without the terminator.
fn fill<C: Charset>(to: TBuf<C>, room: &InOut<u32>, text: &[u16]) -> Result<(), Win32Error> {
    let stored = to.fill(room.get(), text)?.stored_or(Win32Error::MORE_DATA)?;
    Ok(room.set(stored)?)
}

/// Tells a subkey by its place. (Microsoft: "RegEnumKeyExW function")
#[export(advapi32, charset)]
fn RegEnumKeyEx<C: Charset>(
    hKey: Handle,
    dwIndex: u32,
    lpName: TBuf<C>,
    lpcchName: InOut<u32>,
    lpReserved: Ptr<u32>,
    lpClass: TBuf<C>,
    lpcchClass: Option<InOut<u32>>,
    lpftLastWriteTime: Option<Out<FILETIME>>,
) -> Win32Error {
    if !lpReserved.is_null() || !lpClass.is_null() && lpcchClass.is_none() {
        return Win32Error::INVALID_PARAMETER;
    }
    let enumerate = || -> Result<(), Win32Error> {
        let subkey = cm::subkey(KeyHandle(hKey), dwIndex)?;
        fill(lpName, &lpcchName, &subkey.name)?;
        if let Some(room) = lpcchClass.filter(|_| !lpClass.is_null()) {
            fill(lpClass, &room, &subkey.class)?;
        }
        Ok(lpftLastWriteTime.set(file_time(subkey.written))?)
    };
    code(enumerate())
}

/// Tells a subkey's name by its place. (Microsoft: "RegEnumKeyW function")
#[export(advapi32, charset)]
fn RegEnumKey<C: Charset>(hKey: Handle, dwIndex: u32, lpName: TBuf<C>, cchName: u32) -> Win32Error {
    let enumerate = || -> Result<(), Win32Error> {
        let subkey = cm::subkey(KeyHandle(hKey), dwIndex)?;
        lpName.fill(cchName, &subkey.name)?.stored_or(Win32Error::MORE_DATA).map(drop)
    };
    code(enumerate())
}

/// Tells a value by its place. (Microsoft: "RegEnumValueW function")
#[export(advapi32, charset)]
fn RegEnumValue<C: Charset>(
    hKey: Handle,
    dwIndex: u32,
    lpValueName: TBuf<C>,
    lpcchValueName: InOut<u32>,
    lpReserved: Ptr<u32>,
    lpType: Option<Out<u32>>,
    lpData: Ptr<u8>,
    lpcbData: Option<InOut<u32>>,
) -> Win32Error {
    if !lpReserved.is_null() || !lpData.is_null() && lpcbData.is_none() {
        return Win32Error::INVALID_PARAMETER;
    }
    let enumerate = || -> Result<(), Win32Error> {
        let value = cm::value_at(KeyHandle(hKey), dwIndex)?;
        fill(lpValueName, &lpcchValueName, &value.name)?;
        lpType.set(value.kind)?;
        deliver(&text::shown::<C>(value.kind, value.data), lpData, lpcbData.as_ref())
    };
    code(enumerate())
}

/// Tells what is known of a key. (Microsoft: "RegQueryInfoKeyW function")
#[export(advapi32, charset)]
fn RegQueryInfoKey<C: Charset>(
    hKey: Handle,
    lpClass: TBuf<C>,
    lpcchClass: Option<InOut<u32>>,
    lpReserved: Ptr<u32>,
    lpcSubKeys: Option<Out<u32>>,
    lpcbMaxSubKeyLen: Option<Out<u32>>,
    lpcbMaxClassLen: Option<Out<u32>>,
    lpcValues: Option<Out<u32>>,
    lpcbMaxValueNameLen: Option<Out<u32>>,
    lpcbMaxValueLen: Option<Out<u32>>,
    lpcbSecurityDescriptor: Option<Out<u32>>,
    lpftLastWriteTime: Option<Out<FILETIME>>,
) -> Win32Error {
    if !lpReserved.is_null() || !lpClass.is_null() && lpcchClass.is_none() {
        return Win32Error::INVALID_PARAMETER;
    }
    let query = || -> Result<(), Win32Error> {
        let information = cm::information(KeyHandle(hKey))?;
        // A unit of UTF-16 is at most three bytes of UTF-8.
        let characters = |bytes: u32| if C::WIDE { bytes / 2 } else { bytes / 2 * 3 };
        lpcSubKeys.set(information.subkeys)?;
        lpcbMaxSubKeyLen.set(characters(information.longest_subkey))?;
        lpcbMaxClassLen.set(characters(information.longest_class))?;
        lpcValues.set(information.values)?;
        lpcbMaxValueNameLen.set(characters(information.longest_value_name))?;
        let data = information.longest_data;
        lpcbMaxValueLen.set(if C::WIDE { data } else { data / 2 * 3 + data % 2 })?;
        // Keys have no descriptors of their own.
        lpcbSecurityDescriptor.set(0)?;
        lpftLastWriteTime.set(file_time(information.written))?;
        match lpcchClass {
            Some(room) if !lpClass.is_null() => fill(lpClass, &room, &information.class),
            Some(room) => Ok(room.set(C::encode(&information.class).len() as u32)?),
            None => Ok(()),
        }
    };
    code(query())
}

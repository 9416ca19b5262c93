//! version.dll: versions of files.

use crate::abi::{Charset, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::Win32Error;
use haft_kernel::ex::version_info;
use haft_kernel::ldr;
use haft_macros::export;

/// Tells how much room a file's version resource needs, 0 if it has none. (Microsoft:
/// "GetFileVersionInfoSizeW function")
#[export(version, charset)]
fn GetFileVersionInfoSize<C: Charset>(
    lptstrFilename: TStr<C>,
    lpdwHandle: Option<Out<u32>>,
) -> Result<u32, Win32Error> {
    lpdwHandle.set(0)?;
    let resource = ldr::version_resource(&lptstrFilename)?;
    Ok(version_info::size_with_room(resource.len()) as u32)
}

/// Tells how much room a file's version resource needs, 0 if it has none. (Microsoft:
/// "GetFileVersionInfoSizeExW function")
#[export(version, charset)]
fn GetFileVersionInfoSizeEx<C: Charset>(
    dwFlags: u32,
    lpwstrFilename: TStr<C>,
    lpdwHandle: Option<Out<u32>>,
) -> Result<u32, Win32Error> {
    check(dwFlags)?;
    GetFileVersionInfoSize::<C>(lpwstrFilename, lpdwHandle)
}

/// The flags choose among files for languages, which haft does not look for.
fn check(flags: u32) -> Result<(), Win32Error> {
    const LOCALISED_NEUTRAL_PREFETCHED: u32 = 7;
    if flags & !LOCALISED_NEUTRAL_PREFETCHED == 0 {
        Ok(())
    } else {
        Err(Win32Error::INVALID_PARAMETER)
    }
}

/// Reads a file's version resource. (Microsoft: "GetFileVersionInfoW function")
#[export(version, charset)]
fn GetFileVersionInfo<C: Charset>(
    lptstrFilename: TStr<C>,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Result<(), Win32Error> {
    let _ = dwHandle;
    let resource = ldr::version_resource(&lptstrFilename)?;
    Ok(version_info::store(lpData.addr(), dwLen as usize, &resource)?)
}

/// Reads a file's version resource. (Microsoft: "GetFileVersionInfoExW function")
#[export(version, charset)]
fn GetFileVersionInfoEx<C: Charset>(
    dwFlags: u32,
    lpwstrFilename: TStr<C>,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Result<(), Win32Error> {
    check(dwFlags)?;
    GetFileVersionInfo::<C>(lpwstrFilename, dwHandle, dwLen, lpData)
}

/// Finds a value in a version resource. (Microsoft: "VerQueryValueW function")
#[export(version, charset)]
fn VerQueryValue<C: Charset>(
    pBlock: Ptr<u8>,
    lpSubBlock: TStr<C>,
    lplpBuffer: Out<usize>,
    puLen: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let mut value = version_info::query(pBlock.addr(), &lpSubBlock)?;
    if let (Some(found), false) = (value, C::WIDE) {
        value = version_info::narrow(pBlock.addr(), found)?;
    }
    let value = value.ok_or(Win32Error::RESOURCE_TYPE_NOT_FOUND)?;
    lplpBuffer.set(value.address)?;
    Ok(puLen.set(value.length)?)
}

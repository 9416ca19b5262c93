//! File mappings.

use crate::abi::{Bool, Charset, In, Ptr, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_host::mem::Protection;
use haft_kernel::mm::section::{self, SectionProtection};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// Creates a section over a file, or over the page file with INVALID_HANDLE_VALUE. Named ones
/// wait for the executive. (Microsoft: "CreateFileMappingW function")
#[export(kernel32, charset)]
fn CreateFileMapping<C: Charset>(
    hFile: Handle,
    lpFileMappingAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    if lpName.is_some_and(|name| !name.is_empty()) {
        haft_kernel::log::say_once("named sections are not implemented; CreateFileMapping fails");
        return Err(Win32Error::CALL_NOT_IMPLEMENTED);
    }
    let size = u64::from(dwMaximumSizeHigh) << 32 | u64::from(dwMaximumSizeLow);
    let description = SectionProtection(flProtect).describe(size)?;
    let inherit = lpFileMappingAttributes.is_some_and(|a| a.bInheritHandle != 0);
    let file = (hFile != Handle::INVALID).then_some(hFile);
    Ok(section::create(file, description, AccessMask(0x000F_0007), inherit)?)
}

/// Maps a view of a section. (Microsoft: "MapViewOfFile function")
#[export(kernel32)]
fn MapViewOfFile(
    hFileMappingObject: Handle,
    dwDesiredAccess: u32,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
) -> Result<Ptr<u8>, Win32Error> {
    let offset = [dwFileOffsetHigh, dwFileOffsetLow];
    map(hFileMappingObject, dwDesiredAccess, offset, dwNumberOfBytesToMap, None)
}

/// Maps a view of a section at an address. (Microsoft: "MapViewOfFileEx function")
#[export(kernel32)]
fn MapViewOfFileEx(
    hFileMappingObject: Handle,
    dwDesiredAccess: u32,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
    lpBaseAddress: usize,
) -> Result<Ptr<u8>, Win32Error> {
    let offset = [dwFileOffsetHigh, dwFileOffsetLow];
    let base = (lpBaseAddress != 0).then_some(lpBaseAddress);
    map(hFileMappingObject, dwDesiredAccess, offset, dwNumberOfBytesToMap, base)
}

fn map(
    section: Handle,
    access: u32,
    [high, low]: [u32; 2],
    size: usize,
    base: Option<usize>,
) -> Result<Ptr<u8>, Win32Error> {
    const FILE_MAP_COPY: u32 = 1;
    const FILE_MAP_WRITE: u32 = 2;
    const FILE_MAP_EXECUTE: u32 = 0x20;
    let copy = access & 7 == FILE_MAP_COPY;
    let protection = Protection {
        read: true,
        write: access & (FILE_MAP_WRITE | FILE_MAP_COPY) != 0,
        execute: access & FILE_MAP_EXECUTE != 0,
    };
    let offset = u64::from(high) << 32 | u64::from(low);
    Ok(Ptr::new(section::map_view(section, protection, copy, offset, size, base)?))
}

/// Unmaps a view. (Microsoft: "UnmapViewOfFile function")
#[export(kernel32)]
fn UnmapViewOfFile(lpBaseAddress: usize) -> Result<(), Win32Error> {
    Ok(section::unmap_view(lpBaseAddress)?)
}

/// Writes the changed pages of a view to its file. (Microsoft: "FlushViewOfFile function")
#[export(kernel32)]
fn FlushViewOfFile(lpBaseAddress: usize, dwNumberOfBytesToFlush: usize) -> Result<(), Win32Error> {
    Ok(section::flush_view(lpBaseAddress, dwNumberOfBytesToFlush)?)
}

/// Opens a named section, of which there are none yet. (Microsoft: "OpenFileMappingW function")
#[export(kernel32, charset)]
fn OpenFileMapping<C: Charset>(
    dwDesiredAccess: u32,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    let _ = (dwDesiredAccess, bInheritHandle, lpName);
    haft_kernel::log::say_once("named sections are not implemented; OpenFileMapping fails");
    Err(Win32Error::CALL_NOT_IMPLEMENTED)
}

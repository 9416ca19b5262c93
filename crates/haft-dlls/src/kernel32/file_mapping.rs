//! File mappings.

use super::object_name::{self, Attributes};
use crate::abi::{Bool, Charset, Ptr, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_host::mem::Protection;
use haft_kernel::mm::section::{self, SectionProtection};
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// What the creator may do: everything but extend a file.
const ALL_ACCESS: AccessMask = AccessMask(0x000F_0007);

/// Creates a section over a file, or over the page file with INVALID_HANDLE_VALUE; or opens the one
/// of the name. (Microsoft: "CreateFileMappingW function")
#[export(kernel32, charset)]
fn CreateFileMapping<C: Charset>(
    hFile: Handle,
    lpFileMappingAttributes: Attributes,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let size = u64::from(dwMaximumSizeHigh) << 32 | u64::from(dwMaximumSizeLow);
    let description = SectionProtection(flProtect).describe(size)?;
    let file = (hFile != Handle::INVALID).then_some(hFile);
    let wanted = object_name::wanted(&lpFileMappingAttributes, lpName.as_ref(), ALL_ACCESS)?;
    Ok(object_name::created(section::create(file, description, wanted)?))
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

/// Opens a named section. (Microsoft: "OpenFileMappingW function")
#[export(kernel32, charset)]
fn OpenFileMapping<C: Charset>(
    dwDesiredAccess: u32,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    const FILE_MAP_COPY: u32 = 1;
    const FILE_MAP_EXECUTE: u32 = 0x20;
    const SECTION_MAP_EXECUTE: u32 = 8;
    let access = match dwDesiredAccess {
        FILE_MAP_COPY => section::SECTION_MAP_READ,
        execute if execute & FILE_MAP_EXECUTE != 0 => {
            AccessMask(execute & !FILE_MAP_EXECUTE | SECTION_MAP_EXECUTE)
        }
        access => AccessMask(access),
    };
    object_name::open(ObjectType::Section, access, bInheritHandle.0, &lpName)
}

//! What is known of files.

use super::find::halves;
use crate::abi::{Charset, OrMax, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_kernel::io::information::{self, FileClass};
use haft_kernel::io::{attributes, file, name, query};
use haft_macros::export;

/// Returns a file's attributes. (Microsoft: "GetFileAttributesW function")
#[export(kernel32, charset)]
fn GetFileAttributes<C: Charset>(lpFileName: TStr<C>) -> Result<OrMax, Win32Error> {
    Ok(OrMax(query::by_name(&name::dos(&lpFileName)?)?.attributes.0))
}

haft_host::plain! {
    /// Microsoft: "WIN32_FILE_ATTRIBUTE_DATA structure"
    struct FileAttributeData {
        attributes: u32,
        created: [u32; 2],
        accessed: [u32; 2],
        written: [u32; 2],
        size_high: u32,
        size_low: u32,
    }

    /// Microsoft: "BY_HANDLE_FILE_INFORMATION structure"
    struct ByHandleFileInformation {
        attributes: u32,
        created: [u32; 2],
        accessed: [u32; 2],
        written: [u32; 2],
        volume: u32,
        size_high: u32,
        size_low: u32,
        links: u32,
        index_high: u32,
        index_low: u32,
    }
}

/// Gets a file's attributes, times and size. (Microsoft: "GetFileAttributesExW function")
#[export(kernel32, charset)]
fn GetFileAttributesEx<C: Charset>(
    lpFileName: TStr<C>,
    fInfoLevelId: u32,
    lpFileInformation: Ptr<u8>,
) -> Result<(), Win32Error> {
    if fInfoLevelId != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let information = query::by_name(&name::dos(&lpFileName)?)?;
    Ok(lpFileInformation.cast().write(FileAttributeData {
        attributes: information.attributes.0,
        created: halves(information.times.created),
        accessed: halves(information.times.accessed),
        written: halves(information.times.written),
        size_high: (information.size >> 32) as u32,
        size_low: information.size as u32,
    })?)
}

/// Sets a file's attributes: READONLY, the one that Linux has a place for. (Microsoft:
/// "SetFileAttributesW function")
#[export(kernel32, charset)]
fn SetFileAttributes<C: Charset>(
    lpFileName: TStr<C>,
    dwFileAttributes: u32,
) -> Result<(), Win32Error> {
    let attributes = attributes::FileAttributes(dwFileAttributes);
    Ok(information::set_attributes(&name::dos(&lpFileName)?, attributes)?)
}

/// Gets what is known of an open file. (Microsoft: "GetFileInformationByHandle function")
#[export(kernel32)]
fn GetFileInformationByHandle(
    hFile: Handle,
    lpFileInformation: Out<ByHandleFileInformation>,
) -> Result<(), Win32Error> {
    match query::kind(hFile)? {
        file::FileKind::Disk | file::FileKind::Directory => {}
        _ => return Err(Win32Error::INVALID_FUNCTION),
    }
    let information = query::by_handle(hFile)?;
    Ok(lpFileInformation.set(ByHandleFileInformation {
        attributes: information.attributes.0,
        created: halves(information.times.created),
        accessed: halves(information.times.accessed),
        written: halves(information.times.written),
        volume: information.volume as u32,
        size_high: (information.size >> 32) as u32,
        size_low: information.size as u32,
        links: information.links,
        index_high: (information.index >> 32) as u32,
        index_low: information.index as u32,
    })?)
}

/// The native class of a `FILE_INFO_BY_HANDLE_CLASS`, for getting.
const fn class_to_get(class: u32) -> Option<FileClass> {
    Some(match class {
        0 => FileClass::Basic,
        1 => FileClass::Standard,
        2 => FileClass::Name,
        7 => FileClass::Stream,
        8 => FileClass::Compression,
        9 => FileClass::AttributeTag,
        16 => FileClass::StorageAlignment,
        18 => FileClass::Id,
        23 => FileClass::CaseSensitive,
        _ => return None,
    })
}

/// Gets what is known of an open file, by class. (Microsoft: "GetFileInformationByHandleEx
/// function")
#[export(kernel32)]
fn GetFileInformationByHandleEx(
    hFile: Handle,
    FileInformationClass: u32,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Result<(), Win32Error> {
    use haft_kernel::io::entries::{self, EntryClass};
    let place = (lpFileInformation.addr(), dwBufferSize as usize);
    let (class, restart) = match FileInformationClass {
        10 => (EntryClass::IdBothDirectory, false),
        11 => (EntryClass::IdBothDirectory, true),
        14 => (EntryClass::FullDirectory, false),
        15 => (EntryClass::FullDirectory, true),
        19 => (EntryClass::IdExtendedDirectory, false),
        20 => (EntryClass::IdExtendedDirectory, true),
        class => {
            let class = class_to_get(class).ok_or(Win32Error::INVALID_PARAMETER)?;
            return match information::get(hFile, class, place) {
                Ok(_) => Ok(()),
                Err(NtStatus::INVALID_INFO_CLASS) => Err(Win32Error::INVALID_PARAMETER),
                Err(error) => Err(error.into()),
            };
        }
    };
    match entries::list(hFile, class, place, None, restart, false) {
        Ok(_) => Ok(()),
        Err(NtStatus::NO_SUCH_FILE) => Err(Win32Error::FILE_NOT_FOUND),
        Err(error) => Err(error.into()),
    }
}

/// Changes what is known of an open file, by class. (Microsoft: "SetFileInformationByHandle
/// function")
#[export(kernel32)]
fn SetFileInformationByHandle(
    hFile: Handle,
    FileInformationClass: u32,
    lpFileInformation: Ptr<u8>,
    dwBufferSize: u32,
) -> Result<(), Win32Error> {
    let class = match FileInformationClass {
        0 => FileClass::Basic,
        3 => FileClass::Rename,
        4 => FileClass::Disposition,
        5 => FileClass::Allocation,
        6 => FileClass::EndOfFile,
        12 => FileClass::IoPriorityHint,
        21 => FileClass::DispositionEx,
        22 => FileClass::RenameEx,
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    let place = (lpFileInformation.addr(), dwBufferSize as usize);
    Ok(information::set(hFile, class, place, information::Names::Dos)?)
}

/// Gets the times of an open file. (Microsoft: "GetFileTime function")
#[export(kernel32)]
fn GetFileTime(
    hFile: Handle,
    lpCreationTime: Option<Out<i64>>,
    lpLastAccessTime: Option<Out<i64>>,
    lpLastWriteTime: Option<Out<i64>>,
) -> Result<(), Win32Error> {
    file::by_handle(hFile, AccessMask(0x80))?;
    let times = query::by_handle(hFile)?.times;
    lpCreationTime.set(times.created)?;
    lpLastAccessTime.set(times.accessed)?;
    Ok(lpLastWriteTime.set(times.written)?)
}

/// Sets times of an open file; a time of creation has no place on Linux and is ignored.
/// (Microsoft: "SetFileTime function")
#[export(kernel32)]
fn SetFileTime(
    hFile: Handle,
    lpCreationTime: Option<crate::abi::In<i64>>,
    lpLastAccessTime: Option<crate::abi::In<i64>>,
    lpLastWriteTime: Option<crate::abi::In<i64>>,
) -> Result<(), Win32Error> {
    let _ = lpCreationTime;
    let time = |given: Option<crate::abi::In<i64>>| given.map_or(0, |t| t.get());
    Ok(information::set_times(hFile, time(lpLastAccessTime), time(lpLastWriteTime))?)
}

/// Returns the low half of the bytes that a file takes on the disk. (Microsoft:
/// "GetCompressedFileSizeW function")
#[export(kernel32, charset)]
fn GetCompressedFileSize<C: Charset>(
    lpFileName: TStr<C>,
    lpFileSizeHigh: Option<Out<u32>>,
) -> Result<OrMax, Win32Error> {
    let size = query::by_name(&name::dos(&lpFileName)?)?.size;
    lpFileSizeHigh.set((size >> 32) as u32)?;
    if size as u32 == u32::MAX {
        gs::set_last_error(Win32Error::SUCCESS.0);
    }
    Ok(OrMax(size as u32))
}

//! Searching directories.

use crate::abi::{Charset, OrInvalid, Ptr, TStr};
use haft_abi::{Handle, Win32Error};
use haft_host::guest::Fault;
use haft_kernel::io::directory::{self, Entry};
use haft_macros::export;

haft_host::plain! {
    /// The beginning of `WIN32_FIND_DATAA` and `WIN32_FIND_DATAW`, which differ in their names.
    struct FindDataHead {
        attributes: u32,
        created: [u32; 2],
        accessed: [u32; 2],
        written: [u32; 2],
        size_high: u32,
        size_low: u32,
        reparse_tag: u32,
        reserved: u32,
    }
}

/// `MAX_PATH`: the names' room.
const NAME_ROOM: usize = 260;

/// A time as two halves, the low one first.
pub(crate) const fn halves(time: i64) -> [u32; 2] {
    [time as u32, (time >> 32) as u32]
}

fn tell<C: Charset>(entry: &Entry, place: Ptr<u8>) -> Result<(), Fault> {
    let information = &entry.information;
    let head = FindDataHead {
        attributes: information.attributes.0,
        created: halves(information.times.created),
        accessed: halves(information.times.accessed),
        written: halves(information.times.written),
        size_high: (information.size >> 32) as u32,
        size_low: information.size as u32,
        reparse_tag: information.reparse_tag,
        reserved: 0,
    };
    let names = place.byte_add(size_of::<FindDataHead>());
    let mut units = C::encode(&entry.name);
    units.truncate(NAME_ROOM - 1);
    units.push(C::Unit::default());
    place.cast().write(head)?;
    names.cast::<C::Unit>().write_slice(&units)?;
    // There are no short names.
    names.cast::<C::Unit>().at(NAME_ROOM).write(C::Unit::default())
}

fn first<C: Charset>(name: &[u16], place: Ptr<u8>) -> Result<OrInvalid<Handle>, Win32Error> {
    let (search, entry) = directory::find_first(name)?;
    if let Err(fault) = tell::<C>(&entry, place) {
        let _ = directory::find_close(search);
        return Err(fault.into());
    }
    Ok(OrInvalid(search))
}

/// Begins to search a directory. (Microsoft: "FindFirstFileW function")
#[export(kernel32, charset)]
fn FindFirstFile<C: Charset>(
    lpFileName: TStr<C>,
    lpFindFileData: Ptr<u8>,
) -> Result<OrInvalid<Handle>, Win32Error> {
    first::<C>(&lpFileName, lpFindFileData)
}

/// Begins to search a directory. Limiting a search to directories is advisory on Windows, and
/// not done. (Microsoft: "FindFirstFileExW function")
#[export(kernel32, charset)]
fn FindFirstFileEx<C: Charset>(
    lpFileName: TStr<C>,
    fInfoLevelId: u32,
    lpFindFileData: Ptr<u8>,
    fSearchOp: u32,
    lpSearchFilter: usize,
    dwAdditionalFlags: u32,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let _ = dwAdditionalFlags;
    if fInfoLevelId > 1 || fSearchOp > 2 || lpSearchFilter != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    first::<C>(&lpFileName, lpFindFileData)
}

/// Goes on with a search. (Microsoft: "FindNextFileW function")
#[export(kernel32, charset)]
fn FindNextFile<C: Charset>(hFindFile: Handle, lpFindFileData: Ptr<u8>) -> Result<(), Win32Error> {
    let entry = directory::find_next(hFindFile)?;
    Ok(tell::<C>(&entry, lpFindFileData)?)
}

/// Ends a search. (Microsoft: "FindClose function")
#[export(kernel32)]
fn FindClose(hFindFile: Handle) -> Result<(), Win32Error> {
    Ok(directory::find_close(hFindFile)?)
}

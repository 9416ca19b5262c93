//! Paths.

use crate::abi::{Charset, Filled, Out, SetIfSome as _, TBuf, TStr};
use haft_abi::{Handle, Win32Error, wide};
use haft_kernel::io::drive::Drive;
use haft_kernel::io::{final_path, path};
use haft_macros::export;

const BACKSLASH: u16 = b'\\' as u16;

/// Fills a buffer with a path, and tells where in it the last name is.
fn fill_with_part<C: Charset>(
    text: &[u16],
    length: u32,
    buffer: TBuf<C>,
    part: Option<Out<usize>>,
) -> Result<u32, Win32Error> {
    let filled = buffer.fill(length, text)?;
    if let Filled::Stored(_) = filled {
        let at = text.iter().rposition(|&u| u == BACKSLASH).map_or(0, |n| n + 1);
        let address =
            if at == text.len() { 0 } else { buffer.ptr().at(C::encode(&text[..at]).len()).addr() };
        part.set(address)?;
    }
    Ok(filled.count())
}

/// Makes a path a full one. (Microsoft: "GetFullPathNameW function")
#[export(kernel32, charset)]
fn GetFullPathName<C: Charset>(
    lpFileName: TStr<C>,
    nBufferLength: u32,
    lpBuffer: TBuf<C>,
    lpFilePart: Option<Out<usize>>,
) -> Result<u32, Win32Error> {
    if lpFileName.is_empty() {
        return Err(Win32Error::INVALID_NAME);
    }
    fill_with_part(&path::full(&lpFileName), nBufferLength, lpBuffer, lpFilePart)
}

/// Gives a path its names as they are on the disk. (Microsoft: "GetLongPathNameW function")
#[export(kernel32, charset)]
fn GetLongPathName<C: Charset>(
    lpszShortPath: TStr<C>,
    lpszLongPath: TBuf<C>,
    cchBuffer: u32,
) -> Result<u32, Win32Error> {
    let long = final_path::long(&lpszShortPath)?;
    Ok(lpszLongPath.fill(cchBuffer, &long)?.count())
}

/// Gives a path its short names, of which there are none: the path as it is. (Microsoft:
/// "GetShortPathNameW function")
#[export(kernel32, charset)]
fn GetShortPathName<C: Charset>(
    lpszLongPath: TStr<C>,
    lpszShortPath: TBuf<C>,
    cchBuffer: u32,
) -> Result<u32, Win32Error> {
    final_path::long(&lpszLongPath)?;
    Ok(lpszShortPath.fill(cchBuffer, &lpszLongPath)?.count())
}

/// Gets the path of an open file. (Microsoft: "GetFinalPathNameByHandleW function")
#[export(kernel32, charset)]
fn GetFinalPathNameByHandle<C: Charset>(
    hFile: Handle,
    lpszFilePath: TBuf<C>,
    cchFilePath: u32,
    dwFlags: u32,
) -> Result<u32, Win32Error> {
    if dwFlags & 7 > 4 || dwFlags & 7 == 3 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let full = final_path::by_handle(hFile)?;
    let drive = Drive::of_path(&full).ok_or(Win32Error::PATH_NOT_FOUND)?;
    let literal = wide::from_str(r"\\?\");
    let volume = match dwFlags & 7 {
        // VOLUME_NAME_DOS
        0 => [literal, drive.dos_name()].concat(),
        // VOLUME_NAME_GUID
        1 => [literal, drive.volume_name()].concat(),
        // VOLUME_NAME_NT
        2 => drive.device(),
        // VOLUME_NAME_NONE
        _ => Vec::new(),
    };
    let text = [&volume, &full[2..]].concat();
    Ok(lpszFilePath.fill(cchFilePath, &text)?.count())
}

/// Looks for a file in the directories of a path, or where programs are looked for. (Microsoft:
/// "SearchPathW function")
#[export(kernel32, charset)]
fn SearchPath<C: Charset>(
    lpPath: Option<TStr<C>>,
    lpFileName: TStr<C>,
    lpExtension: Option<TStr<C>>,
    nBufferLength: u32,
    lpBuffer: TBuf<C>,
    lpFilePart: Option<Out<usize>>,
) -> Result<u32, Win32Error> {
    let found = final_path::search(lpPath.as_deref(), &lpFileName, lpExtension.as_deref())?;
    fill_with_part(&found, nBufferLength, lpBuffer, lpFilePart)
}

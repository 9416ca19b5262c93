//! Moving, copying and linking files.

use crate::abi::{Charset, In, Ptr, Routine, TStr, WStr};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::io::move_file::{self, MoveFlags};
use haft_kernel::io::{copy, link};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// Moves a file or directory. (Microsoft: "MoveFileW function")
#[export(kernel32, charset)]
fn MoveFile<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: TStr<C>,
) -> Result<(), Win32Error> {
    let flags = MoveFlags::COPY_ALLOWED;
    Ok(move_file::move_file(&lpExistingFileName, Some(&lpNewFileName), flags)?)
}

/// Moves a file or directory. (Microsoft: "MoveFileExW function")
#[export(kernel32, charset)]
fn MoveFileEx<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: Option<TStr<C>>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    let new = lpNewFileName.as_deref();
    Ok(move_file::move_file(&lpExistingFileName, new, MoveFlags(dwFlags))?)
}

/// Moves a file or directory; its progress is not told. (Microsoft: "MoveFileWithProgressW
/// function")
#[export(kernel32, charset)]
fn MoveFileWithProgress<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: Option<TStr<C>>,
    lpProgressRoutine: Option<Routine>,
    lpData: usize,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    let _ = lpData;
    without_progress(lpProgressRoutine);
    let new = lpNewFileName.as_deref();
    Ok(move_file::move_file(&lpExistingFileName, new, MoveFlags(dwFlags))?)
}

fn without_progress(routine: Option<Routine>) {
    if routine.is_some() {
        haft_kernel::log::say_once("progress routines of copies and moves are not called");
    }
}

/// Puts one file in another's place. (Microsoft: "ReplaceFileW function")
#[export(kernel32, charset)]
fn ReplaceFile<C: Charset>(
    lpReplacedFileName: TStr<C>,
    lpReplacementFileName: TStr<C>,
    lpBackupFileName: Option<TStr<C>>,
    dwReplaceFlags: u32,
    lpExclude: usize,
    lpReserved: usize,
) -> Result<(), Win32Error> {
    let _ = (dwReplaceFlags, lpExclude, lpReserved);
    let backup = lpBackupFileName.as_deref();
    Ok(move_file::replace(&lpReplacedFileName, &lpReplacementFileName, backup)?)
}

fn copied(result: Result<(), NtStatus>) -> Result<(), Win32Error> {
    result.map_err(|error| match error {
        NtStatus::OBJECT_NAME_COLLISION => Win32Error::FILE_EXISTS,
        error => error.into(),
    })
}

/// Copies a file. (Microsoft: "CopyFileW function")
#[export(kernel32, charset)]
fn CopyFile<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: TStr<C>,
    bFailIfExists: crate::abi::Bool,
) -> Result<(), Win32Error> {
    copied(copy::copy(&lpExistingFileName, &lpNewFileName, bFailIfExists.0))
}

const COPY_FILE_FAIL_IF_EXISTS: u32 = 1;

/// Copies a file; its progress is not told. (Microsoft: "CopyFileExW function")
#[export(kernel32, charset)]
fn CopyFileEx<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: TStr<C>,
    lpProgressRoutine: Option<Routine>,
    lpData: usize,
    pbCancel: usize,
    dwCopyFlags: u32,
) -> Result<(), Win32Error> {
    let _ = (lpData, pbCancel);
    without_progress(lpProgressRoutine);
    let must_be_new = dwCopyFlags & COPY_FILE_FAIL_IF_EXISTS != 0;
    copied(copy::copy(&lpExistingFileName, &lpNewFileName, must_be_new))
}

/// Copies a file: an HRESULT. (Microsoft: "CopyFile2 function")
#[export(kernel32)]
fn CopyFile2(
    pwszExistingFileName: WStr,
    pwszNewFileName: WStr,
    pExtendedParameters: Ptr<u32>,
) -> u32 {
    // The flags stand behind the structure's size.
    let flags = pExtendedParameters.non_null().and_then(|p| p.at(1).read().ok()).unwrap_or(0);
    let must_be_new = flags & COPY_FILE_FAIL_IF_EXISTS != 0;
    match copied(copy::copy(&pwszExistingFileName, &pwszNewFileName, must_be_new)) {
        Ok(()) => 0,
        Err(error) => 0x8007_0000 | error.0 & 0xFFFF,
    }
}

/// Gives a file another name. (Microsoft: "CreateHardLinkW function")
#[export(kernel32, charset)]
fn CreateHardLink<C: Charset>(
    lpFileName: TStr<C>,
    lpExistingFileName: TStr<C>,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<(), Win32Error> {
    let _ = lpSecurityAttributes;
    Ok(link::hard_by_name(&lpExistingFileName, &lpFileName)?)
}

/// Makes a symbolic link; it takes no privilege. (Microsoft: "CreateSymbolicLinkW function")
#[export(kernel32, charset)]
fn CreateSymbolicLink<C: Charset>(
    lpSymlinkFileName: TStr<C>,
    lpTargetFileName: TStr<C>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    if dwFlags & !3 != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(link::symbolic(&lpSymlinkFileName, &lpTargetFileName)?)
}

//! Moving and linking files.

use crate::abi::{Charset, In, Routine, TStr};
use haft_abi::Win32Error;
use haft_kernel::io::link;
use haft_kernel::io::move_file::{self, MoveFlags};
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

/// Moves a file or directory; fails with a progress routine. (Microsoft: "MoveFileWithProgressW
/// function")
#[export(kernel32, charset)]
fn MoveFileWithProgress<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: Option<TStr<C>>,
    lpProgressRoutine: Option<Routine>,
    lpData: usize,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    if lpProgressRoutine.is_some() {
        // It would be called only where the file is copied to another filesystem.
        haft_kernel::log::say_once("progress routines of moves are not called");
        return Err(Win32Error::CALL_NOT_IMPLEMENTED);
    }
    let _ = lpData;
    let new = lpNewFileName.as_deref();
    Ok(move_file::move_file(&lpExistingFileName, new, MoveFlags(dwFlags))?)
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

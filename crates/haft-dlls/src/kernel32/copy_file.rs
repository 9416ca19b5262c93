//! Copying files.

use crate::abi::{Bool, Charset, Ptr, Routine, TStr, WStr};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::io::copy::{self, Next};
use haft_kernel::io::copy_progress;
use haft_macros::export;

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
    bFailIfExists: Bool,
) -> Result<(), Win32Error> {
    copied(copy::copy(&lpExistingFileName, &lpNewFileName, bFailIfExists.0, None))
}

const COPY_FILE_FAIL_IF_EXISTS: u32 = 1;

/// Copies a file, tells of its progress, and ends when it is to be cancelled. (Microsoft:
/// "CopyFileExW function", "LPPROGRESS_ROUTINE callback function")
#[export(kernel32, charset)]
fn CopyFileEx<C: Charset>(
    lpExistingFileName: TStr<C>,
    lpNewFileName: TStr<C>,
    lpProgressRoutine: Option<Routine>,
    lpData: usize,
    pbCancel: Ptr<u32>,
    dwCopyFlags: u32,
) -> Result<(), Win32Error> {
    let must_be_new = dwCopyFlags & COPY_FILE_FAIL_IF_EXISTS != 0;
    if lpProgressRoutine.is_none() && pbCancel.is_null() {
        return copied(copy::copy(&lpExistingFileName, &lpNewFileName, must_be_new, None));
    }
    let mut watcher = |progress: &copy::Progress<'_>| {
        if pbCancel.non_null().is_some_and(|cancel| cancel.read().is_ok_and(|set| set != 0)) {
            return Next::Cancel;
        }
        match &lpProgressRoutine {
            Some(routine) => copy_progress::tell(routine.0, lpData, progress),
            None => Next::Continue,
        }
    };
    copied(copy::copy(&lpExistingFileName, &lpNewFileName, must_be_new, Some(&mut watcher)))
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
    match copied(copy::copy(&pwszExistingFileName, &pwszNewFileName, must_be_new, None)) {
        Ok(()) => 0,
        Err(error) => 0x8007_0000 | error.0 & 0xFFFF,
    }
}

//! Mutexes.

use super::object_name::{Attributes, inherits, unnamed};
use crate::abi::{Bool, Charset, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::mutant;
use haft_macros::export;

/// `MUTEX_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0001);

/// Creates a mutex. Named ones wait for the executive. (Microsoft: "CreateMutexW function")
#[export(kernel32, charset)]
fn CreateMutex<C: Charset>(
    lpMutexAttributes: Attributes,
    bInitialOwner: Bool,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    unnamed(lpName.as_ref())?;
    Ok(mutant::create(bInitialOwner.0, ALL_ACCESS, inherits(&lpMutexAttributes))?)
}

/// Creates a mutex with flags and access. Named ones wait for the executive. (Microsoft:
/// "CreateMutexExW function")
#[export(kernel32, charset)]
fn CreateMutexEx<C: Charset>(
    lpMutexAttributes: Attributes,
    lpName: Option<TStr<C>>,
    dwFlags: u32,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    const CREATE_MUTEX_INITIAL_OWNER: u32 = 1;
    if dwFlags & !CREATE_MUTEX_INITIAL_OWNER != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    unnamed(lpName.as_ref())?;
    Ok(mutant::create(dwFlags != 0, dwDesiredAccess, inherits(&lpMutexAttributes))?)
}

/// Opens a named mutex, of which there are none yet. (Microsoft: "OpenMutexW function")
#[export(kernel32, charset)]
fn OpenMutex<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    let _ = (dwDesiredAccess, bInheritHandle);
    unnamed(Some(&lpName))?;
    Err(Win32Error::INVALID_NAME)
}

/// Gives one ownership of a mutex back. (Microsoft: "ReleaseMutex function")
#[export(kernel32)]
fn ReleaseMutex(hMutex: Handle) -> Result<(), Win32Error> {
    mutant::release(hMutex)?;
    Ok(())
}

//! Mutexes.

use super::object_name::{self, Attributes, created, wanted};
use crate::abi::{Bool, Charset, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::mutant;
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// `MUTEX_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0001);

/// Creates a mutex. (Microsoft: "CreateMutexW function")
#[export(kernel32, charset)]
fn CreateMutex<C: Charset>(
    lpMutexAttributes: Attributes,
    bInitialOwner: Bool,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let wanted = wanted(&lpMutexAttributes, lpName.as_ref(), ALL_ACCESS)?;
    Ok(created(mutant::create(bInitialOwner.0, wanted)?))
}

/// Creates a mutex with flags and access. (Microsoft:
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
    let wanted = wanted(&lpMutexAttributes, lpName.as_ref(), dwDesiredAccess)?;
    Ok(created(mutant::create(dwFlags != 0, wanted)?))
}

/// Opens a named mutex. (Microsoft: "OpenMutexW function")
#[export(kernel32, charset)]
fn OpenMutex<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    object_name::open(ObjectType::Mutant, dwDesiredAccess, bInheritHandle.0, &lpName)
}

/// Gives one ownership of a mutex back. (Microsoft: "ReleaseMutex function")
#[export(kernel32)]
fn ReleaseMutex(hMutex: Handle) -> Result<(), Win32Error> {
    mutant::release(hMutex)?;
    Ok(())
}

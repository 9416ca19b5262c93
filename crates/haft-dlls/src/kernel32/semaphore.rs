//! Semaphores.

use super::object_name::{self, Attributes, created, wanted};
use crate::abi::{Bool, Charset, Out, SetIfSome as _, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::semaphore;
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// `SEMAPHORE_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

/// Creates a semaphore. (Microsoft: "CreateSemaphoreW
/// function")
#[export(kernel32, charset)]
fn CreateSemaphore<C: Charset>(
    lpSemaphoreAttributes: Attributes,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let wanted = wanted(&lpSemaphoreAttributes, lpName.as_ref(), ALL_ACCESS)?;
    Ok(created(semaphore::create(lInitialCount, lMaximumCount, wanted)?))
}

/// Creates a semaphore with access; there are no flags.
/// (Microsoft: "CreateSemaphoreExW function")
#[export(kernel32, charset)]
fn CreateSemaphoreEx<C: Charset>(
    lpSemaphoreAttributes: Attributes,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: Option<TStr<C>>,
    dwFlags: u32,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    if dwFlags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let wanted = wanted(&lpSemaphoreAttributes, lpName.as_ref(), dwDesiredAccess)?;
    Ok(created(semaphore::create(lInitialCount, lMaximumCount, wanted)?))
}

/// Opens a named semaphore. (Microsoft: "OpenSemaphoreW function")
#[export(kernel32, charset)]
fn OpenSemaphore<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    object_name::open(ObjectType::Semaphore, dwDesiredAccess, bInheritHandle.0, &lpName)
}

/// Adds to a semaphore's count. (Microsoft: "ReleaseSemaphore function")
#[export(kernel32)]
fn ReleaseSemaphore(
    hSemaphore: Handle,
    lReleaseCount: i32,
    lpPreviousCount: Option<Out<i32>>,
) -> Result<(), Win32Error> {
    let before = semaphore::release(hSemaphore, lReleaseCount)?;
    Ok(lpPreviousCount.set(before)?)
}

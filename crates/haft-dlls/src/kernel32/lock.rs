//! Locks on ranges of files.

use super::overlapped::Overlapped;
use crate::abi::In;
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::lock;
use haft_macros::export;

const fn wide(low: u32, high: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

const LOCKFILE_FAIL_IMMEDIATELY: u32 = 1;
const LOCKFILE_EXCLUSIVE_LOCK: u32 = 2;

/// Locks a range of a file for this handle alone, if nobody has it. (Microsoft: "LockFile
/// function")
#[export(kernel32)]
fn LockFile(
    hFile: Handle,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
) -> Result<(), Win32Error> {
    let offset = wide(dwFileOffsetLow, dwFileOffsetHigh);
    let length = wide(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
    Ok(lock::lock(hFile, offset, length, true, false)?)
}

/// Locks a range of a file, and waits for it where that is wanted; an overlapped file's caller
/// waits in the call. (Microsoft: "LockFileEx function")
#[export(kernel32)]
fn LockFileEx(
    hFile: Handle,
    dwFlags: u32,
    dwReserved: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
    lpOverlapped: In<Overlapped>,
) -> Result<(), Win32Error> {
    if dwReserved != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let length = wide(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
    let exclusive = dwFlags & LOCKFILE_EXCLUSIVE_LOCK != 0;
    let wait = dwFlags & LOCKFILE_FAIL_IMMEDIATELY == 0;
    Ok(lock::lock(hFile, lpOverlapped.position(), length, exclusive, wait)?)
}

/// Unlocks a range that was locked as just this range. (Microsoft: "UnlockFile function")
#[export(kernel32)]
fn UnlockFile(
    hFile: Handle,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
) -> Result<(), Win32Error> {
    let offset = wide(dwFileOffsetLow, dwFileOffsetHigh);
    let length = wide(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh);
    Ok(lock::unlock(hFile, offset, length)?)
}

/// Unlocks a range that was locked as just this range. (Microsoft: "UnlockFileEx function")
#[export(kernel32)]
fn UnlockFileEx(
    hFile: Handle,
    dwReserved: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
    lpOverlapped: In<Overlapped>,
) -> Result<(), Win32Error> {
    if dwReserved != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let length = wide(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh);
    Ok(lock::unlock(hFile, lpOverlapped.position(), length)?)
}

//! Global and local memory, which are the same.

use crate::abi::{Bool, Ptr};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::mm::movable::{self, MovableFlags};
use haft_macros::export;

/// Allocates memory: a pointer, or with GMEM_MOVEABLE a handle. (Microsoft: "GlobalAlloc
/// function")
#[export(kernel32, also = "LocalAlloc")]
fn GlobalAlloc(uFlags: u32, dwBytes: usize) -> Result<usize, Win32Error> {
    Ok(movable::allocate(MovableFlags(uFlags), dwBytes)?)
}

/// Frees memory; null if it could. (Microsoft: "GlobalFree function")
#[export(kernel32, also = "LocalFree")]
fn GlobalFree(hMem: usize) -> usize {
    if hMem == 0 {
        return 0;
    }
    match movable::free(hMem) {
        Ok(()) => 0,
        Err(status) => {
            haft_host::gs::set_last_error(Win32Error::from(status).0);
            hMem
        }
    }
}

/// Changes the size or the kind of memory. (Microsoft: "GlobalReAlloc function")
#[export(kernel32, also = "LocalReAlloc")]
fn GlobalReAlloc(hMem: usize, dwBytes: usize, uFlags: u32) -> Result<usize, Win32Error> {
    Ok(movable::reallocate(hMem, dwBytes, MovableFlags(uFlags))?)
}

/// Returns the address of memory, which stays until GlobalUnlock. (Microsoft: "GlobalLock
/// function")
#[export(kernel32, also = "LocalLock")]
fn GlobalLock(hMem: usize) -> Result<Ptr<u8>, Win32Error> {
    match movable::lock(hMem) {
        Ok(address) => Ok(Ptr::new(address)),
        Err(NtStatus::NOT_COMMITTED) => Err(Win32Error::DISCARDED),
        Err(status) => Err(status.into()),
    }
}

/// Undoes one GlobalLock; FALSE without an error when it was the last. (Microsoft:
/// "GlobalUnlock function")
#[export(kernel32, also = "LocalUnlock")]
fn GlobalUnlock(hMem: usize) -> Result<Bool, Win32Error> {
    match movable::unlock(hMem)? {
        true => Ok(Bool::TRUE),
        false => Err(Win32Error::SUCCESS),
    }
}

/// Returns the size of memory, 0 if it is none. (Microsoft: "GlobalSize function")
#[export(kernel32, also = "LocalSize")]
fn GlobalSize(hMem: usize) -> Result<usize, Win32Error> {
    Ok(movable::size(hMem)?)
}

/// Returns the lock count and whether memory was discarded. (Microsoft: "GlobalFlags function")
#[export(kernel32, also = "LocalFlags")]
fn GlobalFlags(hMem: usize) -> u32 {
    const GMEM_INVALID_HANDLE: u32 = 0x8000;
    match movable::flags(hMem) {
        Ok((locks, discarded)) => {
            u32::from(locks) | if discarded { MovableFlags::DISCARDED.0 } else { 0 }
        }
        Err(status) => {
            haft_host::gs::set_last_error(Win32Error::from(status).0);
            GMEM_INVALID_HANDLE
        }
    }
}

/// Returns the handle of memory by its address. (Microsoft: "GlobalHandle function")
#[export(kernel32, also = "LocalHandle")]
fn GlobalHandle(pMem: Ptr<u8>) -> Result<usize, Win32Error> {
    Ok(movable::handle_of(pMem.addr())?)
}

//! Slim reader/writer locks.

use haft_kernel::ke::srw_lock::SrwLock;
use haft_macros::export;

/// Makes a free lock. (Microsoft: "InitializeSRWLock function")
#[export(kernel32)]
fn InitializeSRWLock(SRWLock: usize) {
    SrwLock::at(SRWLock).initialize();
}

/// Acquires a lock for writing. (Microsoft: "AcquireSRWLockExclusive function")
#[export(kernel32)]
fn AcquireSRWLockExclusive(SRWLock: usize) {
    SrwLock::at(SRWLock).acquire_exclusive();
}

/// Acquires a lock for reading. (Microsoft: "AcquireSRWLockShared function")
#[export(kernel32)]
fn AcquireSRWLockShared(SRWLock: usize) {
    SrwLock::at(SRWLock).acquire_shared();
}

/// Releases a lock that was acquired for writing. (Microsoft: "ReleaseSRWLockExclusive function")
#[export(kernel32)]
fn ReleaseSRWLockExclusive(SRWLock: usize) {
    SrwLock::at(SRWLock).release_exclusive();
}

/// Releases a lock that was acquired for reading. (Microsoft: "ReleaseSRWLockShared function")
#[export(kernel32)]
fn ReleaseSRWLockShared(SRWLock: usize) {
    SrwLock::at(SRWLock).release_shared();
}

/// Acquires a lock for writing if nobody is inside. (Microsoft: "TryAcquireSRWLockExclusive function")
#[export(kernel32)]
fn TryAcquireSRWLockExclusive(SRWLock: usize) -> bool {
    SrwLock::at(SRWLock).try_acquire_exclusive()
}

/// Acquires a lock for reading if no writer is inside. (Microsoft: "TryAcquireSRWLockShared function")
#[export(kernel32)]
fn TryAcquireSRWLockShared(SRWLock: usize) -> bool {
    SrwLock::at(SRWLock).try_acquire_shared()
}

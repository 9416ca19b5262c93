//! Slim reader/writer locks.

use haft_kernel::ke::srw_lock::SrwLock;
use haft_macros::export;

/// Makes a free lock. (Microsoft: "InitializeSRWLock function")
#[export(ntdll)]
fn RtlInitializeSRWLock(SRWLock: usize) {
    SrwLock::at(SRWLock).initialize();
}

/// Acquires a lock for writing. (Microsoft: "AcquireSRWLockExclusive function")
#[export(ntdll)]
fn RtlAcquireSRWLockExclusive(SRWLock: usize) {
    SrwLock::at(SRWLock).acquire_exclusive();
}

/// Acquires a lock for reading. (Microsoft: "AcquireSRWLockShared function")
#[export(ntdll)]
fn RtlAcquireSRWLockShared(SRWLock: usize) {
    SrwLock::at(SRWLock).acquire_shared();
}

/// Releases a lock that was acquired for writing. (Microsoft: "ReleaseSRWLockExclusive function")
#[export(ntdll)]
fn RtlReleaseSRWLockExclusive(SRWLock: usize) {
    SrwLock::at(SRWLock).release_exclusive();
}

/// Releases a lock that was acquired for reading. (Microsoft: "ReleaseSRWLockShared function")
#[export(ntdll)]
fn RtlReleaseSRWLockShared(SRWLock: usize) {
    SrwLock::at(SRWLock).release_shared();
}

/// Acquires a lock for writing if nobody is inside. (Microsoft: "TryAcquireSRWLockExclusive function")
#[export(ntdll)]
fn RtlTryAcquireSRWLockExclusive(SRWLock: usize) -> bool {
    SrwLock::at(SRWLock).try_acquire_exclusive()
}

/// Acquires a lock for reading if no writer is inside. (Microsoft: "TryAcquireSRWLockShared function")
#[export(ntdll)]
fn RtlTryAcquireSRWLockShared(SRWLock: usize) -> bool {
    SrwLock::at(SRWLock).try_acquire_shared()
}

//! The runtime's own locks.

use crate::abi::Ptr;
use haft_kernel::crt::{lock, stream};
use haft_macros::export;

/// Enters a lock of the runtime. (Microsoft: "_lock")
#[export(msvcrt)]
fn _lock(locknum: i32) {
    lock::numbered(locknum).enter();
}

/// Leaves a lock of the runtime. (Microsoft: "_unlock")
#[export(msvcrt)]
fn _unlock(locknum: i32) {
    lock::numbered(locknum).leave();
}

/// Locks a stream for several calls. (Microsoft: "_lock_file")
#[export(msvcrt, ucrtbase)]
fn _lock_file(file: Ptr<u8>) {
    if let Some(lock) = stream::lock_of(file.addr()) {
        lock.enter();
    }
}

/// Unlocks a stream. (Microsoft: "_unlock_file")
#[export(msvcrt, ucrtbase)]
fn _unlock_file(file: Ptr<u8>) {
    if let Some(lock) = stream::lock_of(file.addr()) {
        lock.leave();
    }
}

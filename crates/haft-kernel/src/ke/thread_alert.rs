//! Alerts of threads: those that end alertable waits, and those by thread identifier.

use super::apc;
use super::time_limit::TimeLimit;
use crate::ob::{ObjectType, objects, reference};
use crate::ps::thread;
use core::sync::atomic::Ordering;
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::guest::atomic::Word32;
use haft_object::{Notice, Timeout};

/// `THREAD_ALERT`.
const THREAD_ALERT: AccessMask = AccessMask(4);

/// Ends an alertable wait of a thread, this or the next.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `NOT_SUPPORTED` for a thread of
/// another process, `THREAD_IS_TERMINATING`.
pub fn alert(handle: Handle) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_ALERT)?;
    let target = thread::of(&object)?;
    if target.has_ended() {
        return Err(NtStatus::THREAD_IS_TERMINATING);
    }
    objects().post_notice(target.index(), Notice::Alert);
    Ok(())
}

/// Takes the running thread's alert, `ALERTED` or `SUCCESS`, and runs its APCs.
#[must_use]
pub fn test() -> NtStatus {
    let alerted = objects().withdraw_notice(thread::current().index(), Notice::Alert);
    apc::deliver();
    if alerted { NtStatus::ALERTED } else { NtStatus::SUCCESS }
}

/// Wakes a thread of this process from [`wait`], this or the next.
///
/// # Errors
/// `INVALID_CID` when this process has no such thread.
pub fn alert_by_id(tid: Tid) -> Result<(), NtStatus> {
    thread::with_id(tid, |target| {
        target.alerted.store(1, Ordering::Release);
        Word32::at(target.alerted.as_ptr() as usize).wake(1);
    })
}

/// Waits until the running thread is alerted by its identifier: `ALERTED`, or `TIMEOUT`.
#[must_use]
pub fn wait(timeout: Timeout) -> NtStatus {
    let own = thread::current();
    let limit = TimeLimit::new(timeout);
    while own.alerted.swap(0, Ordering::AcqRel) == 0 {
        let left = limit.left();
        if left == Some(0) {
            return NtStatus::TIMEOUT;
        }
        Word32::at(own.alerted.as_ptr() as usize).sleep(0, left);
        thread::checkpoint();
    }
    NtStatus::ALERTED
}

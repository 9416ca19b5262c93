//! User APCs (Microsoft: "Asynchronous Procedure Calls").

use crate::ob::{ObjectType, objects, reference};
use crate::ps::remote;
use crate::ps::thread::{self, Thread};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::jump;
use haft_object::dispatcher::wait_word::Notice;
use haft_wire::service::ThreadCall;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A procedure of the program to be called, with its arguments: three, but for the routines of Winsock.
#[derive(Clone, Copy, Debug)]
pub struct Apc {
    /// Address of the procedure.
    pub routine: usize,
    /// Its arguments.
    pub arguments: [usize; 4],
}

/// The APCs that a thread has yet to run.
#[derive(Default)]
pub struct ApcQueue(Mutex<VecDeque<Apc>>);

impl ApcQueue {
    /// Forgets what is queued.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Queues an APC to a thread; it runs when the thread next waits alertably.
///
/// # Errors
/// `THREAD_IS_TERMINATING` when the thread has ended.
pub fn queue(target: &Thread, apc: Apc) -> Result<(), NtStatus> {
    if target.has_ended() {
        return Err(NtStatus::THREAD_IS_TERMINATING);
    }
    target.apcs().0.lock().unwrap_or_else(PoisonError::into_inner).push_back(apc);
    objects().post_notice(target.index(), Notice::UserApc);
    Ok(())
}

/// The right to queue APCs (`THREAD_SET_CONTEXT`).
const THREAD_SET_CONTEXT: AccessMask = AccessMask(0x10);

/// [`queue`] by handle.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `UNSUCCESSFUL` for a thread that has
/// ended; for one of another process those of [`crate::ps::service::ask`].
pub fn queue_by_handle(handle: Handle, apc: Apc) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SET_CONTEXT)?;
    let queued = match remote::thread(&object)? {
        Some(other) => other.act(ThreadCall::QueueApc {
            routine: apc.routine as u64,
            arguments: apc.arguments.map(|argument| argument as u64),
        }),
        None => queue(thread::of(&object)?, apc),
    };
    queued.map_err(|status| match status {
        NtStatus::THREAD_IS_TERMINATING | NtStatus::INVALID_CID => NtStatus::UNSUCCESSFUL,
        other => other,
    })
}

/// Runs the running thread's APCs until none is left, those that they queue among them.
pub fn deliver() {
    let thread = thread::current();
    loop {
        let next = {
            let mut queue = thread.apcs().0.lock().unwrap_or_else(PoisonError::into_inner);
            let next = queue.pop_front();
            if next.is_none() {
                objects().withdraw_notice(thread.index(), Notice::UserApc);
            }
            next
        };
        let Some(apc) = next else { return };
        jump::call(apc.routine, apc.arguments);
    }
}

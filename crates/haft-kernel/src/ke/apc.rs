//! User APCs (Microsoft: "Asynchronous Procedure Calls").

use crate::ob::objects;
use crate::ps::thread::{self, Thread};
use haft_abi::NtStatus;
use haft_host::jump;
use haft_object::dispatcher::wait_word::Notice;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A procedure of the program to be called, with its three arguments.
#[derive(Clone, Copy, Debug)]
pub struct Apc {
    /// Address of the procedure.
    pub routine: usize,
    /// Its arguments.
    pub arguments: [usize; 3],
}

/// The APCs that a thread has yet to run.
#[derive(Default)]
pub struct ApcQueue(Mutex<VecDeque<Apc>>);

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
        let [first, second, third] = apc.arguments;
        jump::call(apc.routine, [first, second, third, 0]);
    }
}

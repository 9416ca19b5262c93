//! What ends a wait besides its objects and its deadline: user APCs, alerts, interrupts.

use super::join::Wait;
use super::queue;
use super::wait_word::{self, Decision, Notice};
use crate::host::Host;
use crate::manager::ObjectManager;
use crate::thread::ThreadIndex;

impl<H: Host> ObjectManager<'_, H> {
    /// Tells a thread something that may end its wait.
    ///
    /// * [`Notice::UserApc`]: the kernel has queued a user APC. An alertable wait ends, and every
    ///   alertable wait hence does at once, until [`ObjectManager::withdraw_notice`] says that the
    ///   queue is empty (Microsoft: "Asynchronous Procedure Calls").
    /// * [`Notice::Alert`]: ends one alertable wait, this or the next (NtAlertThread).
    /// * [`Notice::Interrupt`]: ends one wait of any kind, this or the next; for the kernel's own
    ///   use, when a thread is to be suspended or ended.
    pub fn post_notice(&self, thread: ThreadIndex, notice: Notice) {
        let word = self.wait_word(thread);
        if wait_word::post(&word, notice) {
            self.host().unpark(thread, &word);
        }
    }

    /// Has every thread that waits by the executive's leave wait again, and ask it, as it is gone. It may
    /// have decided a wait and not woken the waiter, who is woken in any case; or taken an object over
    /// and told nobody who waits for it.
    pub fn executive_is_gone(&self) {
        let block = self.block();
        for thread in block.threads_in_use() {
            if block.thread(thread).is_told() || queue::waits_for_moved(block, thread) {
                let word = self.wait_word(thread);
                wait_word::post(&word, Notice::Interrupt);
                self.host().unpark(thread, &word);
            }
        }
    }

    /// Ends one wait, if it lasts, by [`Notice::Interrupt`].
    pub(crate) fn interrupt_wait(&self, wait: Wait) {
        let word = self.wait_word(wait.thread);
        if wait_word::decide_for(&word, wait.number, Decision::Notice(Notice::Interrupt)) {
            self.host().unpark(wait.thread, &word);
        }
    }

    /// Says that a notice is no longer pending: whether it was (NtTestAlert, for alerts).
    pub fn withdraw_notice(&self, thread: ThreadIndex, notice: Notice) -> bool {
        wait_word::withdraw(&self.wait_word(thread), notice)
    }
}

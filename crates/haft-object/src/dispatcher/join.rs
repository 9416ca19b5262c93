//! The steps of a wait, for one that more than one object manager has a part in.
//!
//! A thread that waits for objects of its own and of the executive begins its wait, joins the
//! queues on both sides, and parks. Its one wait word, which both sides claim, decides. Then it
//! leaves the queues on both sides, and only after that the wait ends.

use super::queue::{WaitBlock, WaitBlockId};
use super::wait::Waited;
use super::wait_word::{self, Decision, Notice};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::thread::ThreadIndex;
use haft_abi::NtStatus;

impl<H: Host> ObjectManager<'_, H> {
    /// Begins a wait of `thread` that notices do not end yet.
    ///
    /// # Errors
    /// The notice that is pending and ends any wait; it is taken.
    pub fn begin_wait(&self, thread: ThreadIndex) -> Result<(), Notice> {
        wait_word::begin(&self.wait_word(thread), false)
    }

    /// Has `thread`, whose wait has begun, wait for any of `objects` too, in this order; whether
    /// its wait is decided. They take its wait blocks from `first_slot` on; `place_of` gives the
    /// place in the whole wait of the object at a place of `objects`.
    ///
    /// # Errors
    /// `RETRY` if an object has moved to the executive, `MUTANT_LIMIT_EXCEEDED`. The thread may be
    /// in some of the queues then.
    pub fn join_any(
        &self,
        thread: ThreadIndex,
        first_slot: usize,
        objects: &[Pinned<'_, H>],
        place_of: impl Fn(usize) -> u8,
    ) -> Result<bool, NtStatus> {
        for (at, object) in objects.iter().enumerate() {
            if self.timer_due(object).is_some() {
                self.expire_timer(object)?;
            }
            let mut locked = self.lock_here(object)?;
            let place = place_of(at);
            if locked.is_signalled_for(thread) {
                locked.check_limit(thread)?;
                if wait_word::decide(&self.wait_word(thread), locked.decision(place)) {
                    locked.consume(thread);
                }
                return Ok(true);
            }
            locked.enqueue(thread, first_slot + at, place, false);
        }
        Ok(!wait_word::is_waiting(&self.wait_word(thread)))
    }

    /// Lets notices end the wait of `thread` from now on; one that is pending does at once.
    pub fn admit_notices(&self, thread: ThreadIndex) {
        wait_word::admit_notices(&self.wait_word(thread));
    }

    /// Ends the wait of `thread` for want of time, unless it is decided.
    pub fn time_out(&self, thread: ThreadIndex) {
        wait_word::decide(&self.wait_word(thread), Decision::Timeout);
    }

    /// Takes the first `slots` wait blocks of `thread` out of the queues that they are in.
    pub fn leave(&self, thread: ThreadIndex, slots: usize) {
        for slot in 0..slots {
            let id = WaitBlockId::new(thread, slot);
            let waiter = WaitBlock::at(self.block(), id);
            // Whoever handed something over has taken that block out of its queue as a rule.
            if waiter.is_queued() {
                let mut locked = self.lock(waiter.record());
                if waiter.is_queued() {
                    locked.dequeue(id);
                }
            }
        }
    }

    /// Ends a wait that is decided and in no queue any more: how it was decided.
    pub fn end_wait(&self, thread: ThreadIndex) -> Waited {
        wait_word::end(&self.wait_word(thread)).into()
    }
}

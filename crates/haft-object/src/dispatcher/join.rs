//! The steps of a wait, for one that more than one object manager has a part in.
//!
//! A thread that waits for objects of its own and of the executive begins its wait, joins the
//! queues on both sides, and parks. Its one wait word, which both sides claim, decides. It leaves
//! its own queues before the wait ends; those of the executive may keep it for longer, because a
//! wait block there claims the wait by its number, and no later one.

use super::queue::{WaitBlock, WaitBlockId};
use super::wait::Waited;
use super::wait_word::{self, Decision, Notice, WaitNumber};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::thread::ThreadIndex;
use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// One wait of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wait {
    /// The thread.
    pub thread: ThreadIndex,
    /// Which of its waits.
    pub number: WaitNumber,
}

impl<H: Host> ObjectManager<'_, H> {
    /// Begins a wait of `thread` that notices do not end yet.
    ///
    /// # Errors
    /// The notice that is pending and ends any wait; it is taken.
    pub fn begin_wait(&self, thread: ThreadIndex) -> Result<Wait, Notice> {
        let number = wait_word::begin(&self.wait_word(thread), false)?;
        Ok(Wait { thread, number })
    }

    /// Whether a wait lasts, and nothing has decided it.
    pub fn is_undecided(&self, wait: Wait) -> bool {
        wait_word::is_waiting(&self.wait_word(wait.thread), wait.number)
    }

    /// Has a thread, whose wait has begun, wait for any of `objects` too, in this order; whether
    /// its wait is decided. They take its wait blocks from `first_slot` on; `place_of` gives the
    /// place in the whole wait of the object at a place of `objects`.
    ///
    /// # Errors
    /// `RETRY` if an object has moved to the executive, `MUTANT_LIMIT_EXCEEDED`. The thread may be
    /// in some of the queues then.
    pub fn join_any(
        &self,
        wait: Wait,
        first_slot: usize,
        objects: &[Pinned<'_, H>],
        place_of: impl Fn(usize) -> u8,
    ) -> Result<bool, NtStatus> {
        for (at, object) in objects.iter().enumerate() {
            if self.look_or_queue(wait, object, Some(first_slot + at), place_of(at))? {
                return Ok(true);
            }
        }
        Ok(!self.is_undecided(wait))
    }

    /// Has an object decide a wait that has begun if it is signalled; whether it was. Else the
    /// wait joins its queue, by the wait block `slot` if there is one.
    ///
    /// # Errors
    /// As for [`ObjectManager::join_any`].
    pub(crate) fn look_or_queue(
        &self,
        wait: Wait,
        object: &Pinned<'_, H>,
        slot: Option<usize>,
        place: u8,
    ) -> Result<bool, NtStatus> {
        let Wait { thread, number } = wait;
        if self.timer_due(object).is_some() {
            self.expire_timer(object)?;
        }
        let mut locked = self.lock_here(object)?;
        if locked.is_signalled_for(thread) {
            locked.check_limit(thread)?;
            if wait_word::decide_for(&self.wait_word(thread), number, locked.decision(place)) {
                locked.consume(thread);
            }
            return Ok(true);
        }
        if let Some(slot) = slot {
            locked.enqueue(wait, slot, place, false);
        }
        Ok(false)
    }

    /// Lets notices end the wait of `thread` from now on; one that is pending does at once.
    pub fn admit_notices(&self, thread: ThreadIndex) {
        wait_word::admit_notices(&self.wait_word(thread));
    }

    /// Ends the wait of `thread` for want of time, unless it is decided.
    pub fn time_out(&self, thread: ThreadIndex) {
        wait_word::decide(&self.wait_word(thread), Decision::Timeout);
    }

    /// Takes the first `slots` wait blocks of `thread` out of the queues that they are in. The wait,
    /// if it went to the executive with one of its objects.
    pub fn leave(&self, thread: ThreadIndex, slots: usize) -> Option<Wait> {
        let mut moved = None;
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
            if waiter.take_moved() {
                moved = Some(Wait { thread, number: waiter.number() });
            }
        }
        moved
    }

    /// [`ObjectManager::leave`] for a wait that the executive is told of if it has come to know it.
    pub(crate) fn leave_all(&self, thread: ThreadIndex, slots: usize) {
        if let Some(wait) = self.leave(thread, slots) {
            self.host().left_elsewhere(wait);
        }
    }

    /// Ends a wait that is decided and in no queue here any more: how it was decided.
    pub fn end_wait(&self, thread: ThreadIndex) -> Waited {
        wait_word::end(&self.wait_word(thread)).into()
    }
}

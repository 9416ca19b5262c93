//! From a signalled object to its waiters: first come, first served.

use super::join::Wait;
use super::lock::Locked;
use super::queue::{self, WaitBlock, WaitBlockId};
use super::wait_all::WaitAllLock;
use super::wait_word;
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::record::RecordIndex;
use crate::thread::ThreadIndex;
use haft_abi::NtStatus;

/// Threads to wake once the lock is given up. Those that it has no room for are marked in their
/// wait blocks, which stay in the queue until somebody has woken them.
pub(crate) struct Wakes {
    threads: [ThreadIndex; 8],
    count: usize,
    more: bool,
}

impl Wakes {
    pub(crate) fn new() -> Self {
        Self { threads: [ThreadIndex(0); 8], count: 0, more: false }
    }

    /// Takes note of a thread; false if there is no room.
    pub(crate) fn push(&mut self, thread: ThreadIndex) -> bool {
        let Some(place) = self.threads.get_mut(self.count) else {
            self.more = true;
            return false;
        };
        *place = thread;
        self.count += 1;
        true
    }
}

/// What became of a waiter that a signalled object was offered to.
enum Offer {
    /// It took the signal.
    Taken,
    /// Something else has decided its wait.
    Late,
    /// It waits for all of several objects, and not all are signalled.
    NotYet,
}

impl<H: Host> ObjectManager<'_, H> {
    pub(crate) fn wait_word(&self, thread: ThreadIndex) -> H::WaitWord<'_> {
        self.host().wait_word(self.block(), thread)
    }

    /// Changes an object's state by `change`, hands over what is then signalled, changes it
    /// once more by `after`, and wakes who is to be woken. What `change` gives.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive; what `change` fails with.
    pub(crate) fn signal<R>(
        &self,
        object: &Pinned<'_, H>,
        change: impl FnOnce(&mut Locked<'_, H>, &mut Wakes) -> Result<R, NtStatus>,
        after: impl FnOnce(&mut Locked<'_, H>),
    ) -> Result<R, NtStatus> {
        let mut wakes = Wakes::new();
        let (all, mut locked) = self.lock_to_signal(object)?;
        let result = change(&mut locked, &mut wakes)?;
        locked.hand_over(&mut wakes);
        after(&mut locked);
        drop(locked);
        drop(all);
        self.wake(object.index(), wakes);
        Ok(result)
    }

    /// Locks an object that is to be handed over. Serving a wait for all locks its other objects
    /// too, which takes the wait-all lock first.
    fn lock_to_signal<'m>(
        &'m self,
        object: &Pinned<'_, H>,
    ) -> Result<(Option<WaitAllLock<'m, H>>, Locked<'m, H>), NtStatus> {
        let locked = self.lock_here(object)?;
        if locked.state.waits_for_all() == 0 {
            return Ok((None, locked));
        }
        drop(locked);
        let all = self.lock_wait_all();
        Ok((Some(all), self.lock_here(object)?))
    }

    pub(crate) fn wake(&self, index: RecordIndex, mut wakes: Wakes) {
        loop {
            for thread in &wakes.threads[..wakes.count] {
                self.host().unpark(*thread, &self.wait_word(*thread));
            }
            if !wakes.more {
                return;
            }
            wakes = Wakes::new();
            self.lock(index).collect_marked(&mut wakes);
        }
    }
}

impl<H: Host> Locked<'_, H> {
    /// Offers the object to its waiters, first come first, for as long as it is signalled.
    pub(crate) fn hand_over(&mut self, wakes: &mut Wakes) {
        let mut cursor = queue::first(self.record);
        while let Some(id) = cursor
            && self.state.signal() > 0
        {
            let waiter = WaitBlock::at(self.manager.block(), id);
            cursor = waiter.next();
            if waiter.owes_wake() {
                continue;
            }
            match self.offer(id, waiter) {
                Offer::Taken if wakes.push(id.thread()) => self.dequeue(id),
                Offer::Taken => waiter.set_owes_wake(true),
                Offer::Late => self.dequeue(id),
                Offer::NotYet => {}
            }
        }
    }

    fn offer(&mut self, id: WaitBlockId, waiter: WaitBlock<'_>) -> Offer {
        let thread = id.thread();
        if !self.manager.host().lives(thread) {
            return Offer::Late;
        }
        let word = self.manager.wait_word(thread);
        if waiter.is_for_all() {
            return if !wait_word::is_waiting(&word, waiter.number()) {
                Offer::Late
            } else if self.offer_to_wait_for_all(Wait { thread, number: waiter.number() }) {
                Offer::Taken
            } else {
                Offer::NotYet
            };
        }
        if wait_word::decide_for(&word, waiter.number(), self.decision(waiter.key())) {
            self.consume(thread);
            Offer::Taken
        } else {
            Offer::Late
        }
    }

    /// Makes every waiter look at its deadlines again.
    pub(crate) fn nudge_waiters(&self, wakes: &mut Wakes) {
        let mut cursor = queue::first(self.record);
        while let Some(id) = cursor {
            let waiter = WaitBlock::at(self.manager.block(), id);
            cursor = waiter.next();
            if wait_word::nudge(&self.manager.wait_word(id.thread())) && !wakes.push(id.thread()) {
                waiter.set_owes_wake(true);
            }
        }
    }

    /// How many wait blocks are in the queue.
    pub(crate) fn queue_length(&self) -> usize {
        let next = |id: &WaitBlockId| WaitBlock::at(self.manager.block(), *id).next();
        core::iter::successors(queue::first(self.record), next).count()
    }

    fn collect_marked(&mut self, wakes: &mut Wakes) {
        let mut cursor = queue::first(self.record);
        while let Some(id) = cursor {
            let waiter = WaitBlock::at(self.manager.block(), id);
            cursor = waiter.next();
            if waiter.owes_wake() {
                if !wakes.push(id.thread()) {
                    return;
                }
                waiter.set_owes_wake(false);
            }
        }
    }
}

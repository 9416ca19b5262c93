//! A locked record, and the rules by which its object is signalled and consumed.

use super::join::Wait;
use super::queue::{self, WaitBlock, WaitBlockId};
use super::state::{Discipline, State};
use super::wait_word::Decision;
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::record::{Record, RecordIndex};
use crate::sync::Ordering;
use crate::thread::ThreadIndex;
use haft_abi::NtStatus;

/// A record whose lock is held; dropping it writes the state back and unlocks.
pub(crate) struct Locked<'m, H: Host> {
    pub(crate) manager: &'m ObjectManager<'m, H>,
    pub(crate) index: RecordIndex,
    pub(crate) record: Record<'m>,
    pub(crate) state: State,
}

/// After how many looks at a lock that stays busy its holder is looked at.
const LOOK_AT_HOLDER: u32 = 1024;

impl<H: Host> ObjectManager<'_, H> {
    /// Locks a record, of which the caller holds a reference.
    pub(crate) fn lock(&self, index: RecordIndex) -> Locked<'_, H> {
        let record = self.block().record(index);
        let word = record.state();
        let mut round = 0;
        loop {
            let state = State::from_word(word.load(Ordering::Relaxed));
            if !state.is_locked()
                && word
                    .compare_exchange_weak(
                        state.to_word(),
                        state.locked().to_word(),
                        Ordering::Acquire,
                        Ordering::Relaxed,
                    )
                    .is_ok()
            {
                return Locked { manager: self, index, record, state };
            }
            self.host().spin(round);
            round = round.wrapping_add(1);
            if round.is_multiple_of(LOOK_AT_HOLDER) {
                self.take_from_dead(index);
            }
        }
    }

    /// Locks a record of another process, of which the caller holds a reference, unless it stays locked
    /// for so many looks at it.
    pub(crate) fn lock_from_outside(
        &self,
        index: RecordIndex,
        patience: usize,
    ) -> Option<Locked<'_, H>> {
        let record = self.block().record_checked(index)?;
        let word = record.state();
        let mut looked = false;
        for round in 0..patience {
            let state = State::from_word(word.load(Ordering::Acquire));
            if state.is_locked_from_outside() {
                // There is one executive, so this one was another's.
                if core::mem::replace(&mut looked, true) {
                    return None;
                }
                self.take_from_dead(index);
                continue;
            }
            // Said first: whoever finds the lock busy finds the holder.
            record.outside_holder().store(self.host().name(), Ordering::Release);
            if !state.is_locked()
                && word
                    .compare_exchange(
                        state.to_word(),
                        state.locked_from_outside().to_word(),
                        Ordering::AcqRel,
                        Ordering::Relaxed,
                    )
                    .is_ok()
            {
                // The process may have moved the object in between, and written there as well.
                record.outside_holder().store(self.host().name(), Ordering::Release);
                return Some(Locked { manager: self, index, record, state });
            }
            self.host().spin(round as u32);
        }
        None
    }

    /// Takes a lock that another process has died with, and gives it back. What that one was about
    /// to take over is brought to an end: it is lost with it.
    #[cold]
    fn take_from_dead(&self, index: RecordIndex) {
        let Some(record) = self.block().record_checked(index) else { return };
        let (word, holder) = (record.state(), record.outside_holder());
        let seen = State::from_word(word.load(Ordering::Acquire));
        let name = holder.load(Ordering::Acquire);
        if !seen.is_locked_from_outside() || !self.host().has_ended(name) {
            return;
        }
        let own = seen.unlocked().locked();
        let swap = |from: State, to: State| {
            let (from, to) = (from.to_word(), to.to_word());
            word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
        };
        if !swap(seen, own) {
            return;
        }
        if holder.load(Ordering::Acquire) != name {
            // It was freed meanwhile, and this is the lock of one that lives.
            swap(own, seen);
            return;
        }
        let mut locked = Locked { manager: self, index, record, state: seen.unlocked() };
        let moved = record.finish_moving();
        if moved {
            locked.state = locked.state.moved();
        }
        drop(locked);
        if moved {
            self.interrupt_waiters(index);
        }
    }

    /// Locks an object for an operation on its state.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub(crate) fn lock_here(&self, object: &Pinned<'_, H>) -> Result<Locked<'_, H>, NtStatus> {
        debug_assert!(core::ptr::addr_eq(object.manager(), self), "an object of another manager");
        let locked = self.lock(object.index());
        if locked.state.is_moved() { Err(NtStatus::RETRY) } else { Ok(locked) }
    }
}

impl<H: Host> Locked<'_, H> {
    /// Whether a wait of `thread` for this object would be satisfied now.
    pub(crate) fn is_signalled_for(&self, thread: ThreadIndex) -> bool {
        self.state.signal() > 0
            || (self.state.discipline() == Discipline::Owner && self.owner() == Some(thread))
    }

    /// # Errors
    /// `MUTANT_LIMIT_EXCEEDED` if `thread` owns the mutant as often as can be counted.
    pub(crate) fn check_limit(&self, thread: ThreadIndex) -> Result<(), NtStatus> {
        if self.state.discipline() == Discipline::Owner
            && self.state.signal() == i32::MIN
            && self.owner() == Some(thread)
        {
            Err(NtStatus::MUTANT_LIMIT_EXCEEDED)
        } else {
            Ok(())
        }
    }

    /// How a wait that this object satisfies is decided, where it is the object at `key`.
    pub(crate) fn decision(&self, key: u8) -> Decision {
        if self.state.is_abandoned() { Decision::Abandoned(key) } else { Decision::Object(key) }
    }

    /// Changes the object as a satisfied wait of `thread` does; it is signalled for the thread.
    pub(crate) fn consume(&mut self, thread: ThreadIndex) {
        let signal = self.state.signal();
        match self.state.discipline() {
            Discipline::Notification => {}
            Discipline::Synchronization => self.state.set_signal(0),
            Discipline::Count => self.state.set_signal(signal - 1),
            Discipline::Owner => {
                self.state.set_signal(signal - 1);
                self.state.set_abandoned(false);
                if signal == 1 {
                    self.set_owner(thread);
                }
            }
        }
    }

    /// Puts wait block `slot` of the wait's thread at the end of the queue; the object is the one
    /// at place `place` of its wait.
    pub(crate) fn enqueue(&mut self, wait: Wait, slot: usize, place: u8, for_all: bool) {
        let id = WaitBlockId::new(wait.thread, slot);
        let this = (self.index, self.record);
        queue::append(self.manager.block(), this, id, (wait.number, place), for_all);
        if for_all {
            self.state.add_wait_for_all();
        }
    }

    /// Takes a wait block that is in the queue out of it.
    pub(crate) fn dequeue(&mut self, id: WaitBlockId) {
        if WaitBlock::at(self.manager.block(), id).is_for_all() {
            self.state.remove_wait_for_all();
        }
        queue::remove(self.manager.block(), self.record, id);
    }
}

impl<H: Host> Drop for Locked<'_, H> {
    fn drop(&mut self) {
        self.record.state().store(self.state.unlocked().to_word(), Ordering::Release);
    }
}

//! Waits for all: everything or nothing, in one step.
//!
//! Who wants to hold the locks of several records holds the wait-all lock first, so two such
//! threads never meet; everybody else holds one record at most and soon gives it back. A
//! signaller knows from the object's state whether waits for all are in its queue, and takes the
//! wait-all lock only then.

use super::join::Wait;
use super::lock::Locked;
use super::queue::{WaitBlock, WaitBlockId};
use super::wait::{Timeout, Waited};
use super::wait_word::{self, Decision};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::sync::Ordering;
use crate::thread::{MAXIMUM_WAIT_OBJECTS, ThreadIndex};
use haft_abi::NtStatus;

/// Leave to hold several record locks.
pub(crate) struct WaitAllLock<'m, H: Host>(&'m ObjectManager<'m, H>);

impl<H: Host> Drop for WaitAllLock<'_, H> {
    fn drop(&mut self) {
        self.0.block().wait_all_lock().store(0, Ordering::Release);
    }
}

impl<H: Host> ObjectManager<'_, H> {
    pub(crate) fn lock_wait_all(&self) -> WaitAllLock<'_, H> {
        let word = self.block().wait_all_lock();
        let mut round = 0;
        while word.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.host().spin(round);
            round = round.saturating_add(1);
        }
        WaitAllLock(self)
    }

    pub(crate) fn wait_for_all(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'_, H>],
        timeout: Timeout,
        alertable: bool,
    ) -> Result<Waited, NtStatus> {
        let (all, mut locked) = self.lock_each(objects)?;
        if locked.iter().flatten().all(|l| l.is_signalled_for(thread)) {
            locked.iter().flatten().try_for_each(|l| l.check_limit(thread))?;
            let decision = decision(locked.iter().flatten());
            locked.iter_mut().flatten().for_each(|l| l.consume(thread));
            return Ok(decision.into());
        }
        let deadline = match self.deadline_or_ended(thread, timeout, alertable) {
            Ok(deadline) => deadline,
            Err(ended) => return Ok(ended),
        };
        let number = match wait_word::begin(&self.wait_word(thread), alertable) {
            Ok(number) => number,
            Err(notice) => return Ok(notice.into()),
        };
        self.enqueue_for_all(Wait { thread, number }, &mut locked);
        drop(locked);
        drop(all);
        self.linger(thread);
        Ok(self.block_on(thread, objects, deadline).into())
    }

    /// Has a thread, whose wait has begun, wait for all of `objects`; whether its wait is decided.
    /// It stays in their queues if `stay` is set.
    ///
    /// # Errors
    /// As for [`ObjectManager::wait_for_multiple`]; the thread is in no queue then.
    pub fn join_all(
        &self,
        wait: Wait,
        objects: &[Pinned<'_, H>],
        stay: bool,
    ) -> Result<bool, NtStatus> {
        let Wait { thread, number } = wait;
        let (_all, mut locked) = self.lock_each(objects)?;
        if locked.iter().flatten().all(|l| l.is_signalled_for(thread)) {
            locked.iter().flatten().try_for_each(|l| l.check_limit(thread))?;
            let decision = decision(locked.iter().flatten());
            if wait_word::decide_for(&self.wait_word(thread), number, decision) {
                locked.iter_mut().flatten().for_each(|l| l.consume(thread));
            }
            return Ok(true);
        }
        if stay {
            self.enqueue_for_all(wait, &mut locked);
        }
        Ok(!wait_word::is_waiting(&self.wait_word(thread), number))
    }

    /// Locks the objects of a wait for all, of which those that are timers and due are signalled.
    #[expect(clippy::type_complexity, reason = "two locks that live and die together")]
    fn lock_each<'m>(
        &'m self,
        objects: &[Pinned<'_, H>],
    ) -> Result<(WaitAllLock<'m, H>, [Option<Locked<'m, H>>; MAXIMUM_WAIT_OBJECTS]), NtStatus> {
        let twice = |(at, object): (usize, &Pinned<'_, H>)| {
            objects[..at].iter().any(|o| o.index() == object.index())
        };
        if objects.iter().enumerate().any(twice) {
            return Err(NtStatus::INVALID_PARAMETER_MIX);
        }
        for object in objects {
            if self.timer_due(object).is_some() {
                self.expire_timer(object)?;
            }
        }
        let all = self.lock_wait_all();
        let mut locked = [const { None }; MAXIMUM_WAIT_OBJECTS];
        for (place, object) in locked.iter_mut().zip(objects) {
            *place = Some(self.lock_here(object)?);
        }
        Ok((all, locked))
    }

    fn enqueue_for_all(&self, wait: Wait, locked: &mut [Option<Locked<'_, H>>]) {
        let count = locked.iter().flatten().count();
        self.block().thread(wait.thread).wait_count().store(count as u64, Ordering::Relaxed);
        for (slot, l) in locked.iter_mut().flatten().enumerate() {
            l.enqueue(wait, slot, slot as u8, true);
        }
    }
}

fn decision<'l, 'm: 'l, H: Host + 'm>(
    mut locked: impl Iterator<Item = &'l Locked<'m, H>>,
) -> Decision {
    if locked.any(|l| l.state.is_abandoned()) {
        Decision::Abandoned(0)
    } else {
        Decision::Object(0)
    }
}

impl<H: Host> Locked<'_, H> {
    /// Satisfies the wait for all of a thread, which has a wait block in this object's queue, if
    /// every object of it is signalled. The caller holds the wait-all lock.
    pub(crate) fn offer_to_wait_for_all(&mut self, Wait { thread, number }: Wait) -> bool {
        let manager = self.manager;
        // The wait block in this locked queue keeps the waiter, and all that it says, in place.
        let count = manager.block().thread(thread).wait_count().load(Ordering::Relaxed);
        let mut others = [const { None }; MAXIMUM_WAIT_OBJECTS];
        for (slot, place) in others.iter_mut().enumerate().take(count as usize) {
            let id = WaitBlockId::new(thread, slot);
            let index = WaitBlock::at(manager.block(), id).record();
            if index != self.index {
                *place = Some(manager.lock(index));
            }
        }
        let ready = |l: &Locked<'_, H>| {
            !l.state.is_moved() && l.is_signalled_for(thread) && l.check_limit(thread).is_ok()
        };
        if !ready(self) || !others.iter().flatten().all(ready) {
            return false;
        }
        let decision = decision(others.iter().flatten().chain([&*self]));
        if !wait_word::decide_for(&manager.wait_word(thread), number, decision) {
            return false;
        }
        others.iter_mut().flatten().for_each(|l| l.consume(thread));
        self.consume(thread);
        true
    }
}

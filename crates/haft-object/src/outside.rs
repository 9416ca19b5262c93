//! A process's block as another process changes it: looking at an entry, closing it, taking a
//! dispatcher object over.
//!
//! The block's own process goes on meanwhile, may be stopped, and may have written anything there.
//! So nothing here waits for it, follows a link of its, or believes an index; and what only the
//! process itself can do, ending an object that it has more of than a record, is left to it.

use crate::block::ProcessBlock;
use crate::dispatcher::queue;
use crate::dispatcher::wait_word::Notice;
use crate::entry::{Entry, HandleFlags, TAKEN};
use crate::host::Host;
use crate::manager::ObjectManager;
use crate::record::{Backing, HANDLE, REFERENCE, RecordIndex};
use crate::share::Slots;
use crate::sync::Ordering;
use crate::table::{LINK, SAYS};
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::{Handle, NtStatus};

/// How often something is looked at that another thread is just changing.
const PATIENCE: usize = 1000;

/// What a handle of another process is, as it was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    handle: Handle,
    says: u64,
    kind: u64,
    /// What the table says.
    pub entry: Entry,
    /// Its object's type.
    pub object_type: ObjectType,
    /// Where its object really is.
    pub backing: Backing,
    /// What the process's kernel notes of it.
    pub notes: [u64; 2],
}

impl Seen {
    /// Two words that are others for whatever else the handle comes to be.
    #[must_use]
    pub const fn words(&self) -> [u64; 2] {
        [self.says, self.kind]
    }
}

impl ProcessBlock<'_> {
    /// What a handle of the block's process is. It is so as long as [`ProcessBlock::is_still`]
    /// says.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing.
    pub fn look_at(self, handle: Handle) -> Result<Seen, NtStatus> {
        const NOTHING: NtStatus = NtStatus::INVALID_HANDLE;
        let words = handle.index().and_then(|index| self.entry(index)).ok_or(NOTHING)?;
        for _ in 0..PATIENCE {
            let says = words[SAYS].load(Ordering::Acquire);
            let entry = Entry::from_word(says).ok_or(NOTHING)?;
            let record = self.record_checked(entry.record).ok_or(NOTHING)?;
            let kind = record.kind_word();
            let (Some(object_type), Some(backing)) = (record.object_type(), record.backing())
            else {
                continue;
            };
            let notes = record.notes();
            let seen = Seen { handle, says, kind, entry, object_type, backing, notes };
            if self.is_still(&seen) {
                return Ok(seen);
            }
        }
        Err(NOTHING)
    }

    /// Whether a handle is still what it was seen to be, and was so all the time.
    #[must_use]
    pub fn is_still(self, seen: &Seen) -> bool {
        let words = seen.handle.index().and_then(|index| self.entry(index));
        let record = self.record_checked(seen.entry.record);
        // A record that changes hands counts its version on before its handle says anything.
        words.is_some_and(|words| words[SAYS].load(Ordering::Acquire) == seen.says)
            && record.is_some_and(|record| record.kind_word() == seen.kind)
    }

    /// Says that an inheritable entry has changed: who decides on a set looks again.
    pub(crate) fn note_change_from_outside(self) {
        self.changed_outside().fetch_add(1, Ordering::AcqRel);
    }

    /// Closes a handle of the block's process. The object that the process has to end now, which it
    /// does at its next use of its table, if that was the last reference.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing, `HANDLE_NOT_CLOSABLE` if it is protected.
    pub fn close_from_outside(self, handle: Handle) -> Result<Option<RecordIndex>, NtStatus> {
        const NOTHING: NtStatus = NtStatus::INVALID_HANDLE;
        let index = handle.index().ok_or(NOTHING)?;
        let words = self.entry(index).ok_or(NOTHING)?;
        let mut says = words[SAYS].load(Ordering::Acquire);
        let closed = loop {
            let entry = Entry::from_word(says).ok_or(NOTHING)?;
            if entry.flags.contains(HandleFlags::PROTECT_FROM_CLOSE) {
                return Err(NtStatus::HANDLE_NOT_CLOSABLE);
            }
            match words[SAYS].compare_exchange(says, TAKEN, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break entry,
                Err(now) => says = now,
            }
        };
        if closed.flags.contains(HandleFlags::INHERIT) {
            self.note_change_from_outside();
        }
        let share = self.share(ThreadIndex::FIRST);
        share.count_handles(-1);
        share.push(Slots::Entries, index, &words[LINK]);
        let ended = self.release_from_outside(closed.record, HANDLE + REFERENCE);
        Ok(ended.then_some(closed.record))
    }

    /// Takes references away; whether they were the last, and the process has to end the object.
    fn release_from_outside(self, index: RecordIndex, what: u64) -> bool {
        let Some(record) = self.record_checked(index) else { return false };
        if record.subtract(what).references != 0 {
            return false;
        }
        // A record that nobody refers to has an empty queue: its place holds the list's link.
        let head = self.ended_outside();
        let mut first = head.load(Ordering::Relaxed);
        loop {
            record.set_queue(first as u32, 0);
            match head.compare_exchange_weak(
                first,
                u64::from(index.0),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => first = now,
            }
        }
    }
}

impl<H: Host> ObjectManager<'_, H> {
    /// Ends the objects whose last references were given up from outside.
    #[inline]
    pub fn end_given_up(&self) {
        if self.block().ended_outside().load(Ordering::Relaxed) != 0 {
            self.end_all_given_up();
        }
    }

    #[cold]
    fn end_all_given_up(&self) {
        let mut next = self.block().ended_outside().swap(0, Ordering::AcqRel) as u32;
        while next != 0 {
            let index = RecordIndex(next);
            let Some(record) = self.block().record_checked(index) else { return };
            next = record.queue().0;
            record.set_queue(0, 0);
            self.end(index);
        }
    }

    /// [`ObjectManager::surrender`] of an object of another process, of whose block this is a
    /// manager: its handle is what it was seen to be.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it is not any more; `RETRY` if the object has moved already; `TIMEOUT`
    /// if the process holds the object's lock and does not go on.
    pub fn surrender_from_outside(
        &self,
        seen: &Seen,
        id: u64,
    ) -> Result<crate::DispatcherState, NtStatus> {
        let block = self.block();
        let index = seen.entry.record;
        let record = block.record_checked(index).ok_or(NtStatus::INVALID_HANDLE)?;
        if !record.try_reference() {
            return Err(NtStatus::INVALID_HANDLE);
        }
        // A record that it keeps for nothing else is not locked, nor its holder named.
        if !block.is_still(seen) || !seen.object_type.is_dispatcher_state() {
            block.release_from_outside(index, REFERENCE);
            return Err(NtStatus::INVALID_HANDLE);
        }
        let taken = match self.lock_from_outside(index, PATIENCE) {
            None => Err(NtStatus::TIMEOUT),
            Some(_) if !block.is_still(seen) => Err(NtStatus::INVALID_HANDLE),
            Some(locked) => locked.move_out(id),
        };
        if taken.is_ok() {
            self.interrupt_waiters(index);
        }
        block.release_from_outside(index, REFERENCE);
        taken
    }

    /// Has every thread that waits for the object wait again.
    pub(crate) fn interrupt_waiters(&self, index: RecordIndex) {
        for thread in self.block().threads_in_use() {
            if queue::waits_for(self.block(), thread, index) {
                self.post_notice(thread, Notice::Interrupt);
            }
        }
    }

    /// Has a thread that waits look about, so that the process ends what was given up.
    pub fn interrupt_a_waiter(&self) {
        let waiting = |&thread: &_| queue::waits(self.block(), thread);
        if let Some(thread) = self.block().threads_in_use().find(waiting) {
            self.post_notice(thread, Notice::Interrupt);
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::dispatcher::event::EventKind;
    use crate::testing::{SMALL, with_manager};
    use crate::{DispatcherState, Timeout, Waited};
    use haft_abi::{AccessMask, Tid};

    const ALL: AccessMask = AccessMask(0x001F_0003);

    #[test]
    fn a_handle_is_seen_until_it_is_closed() {
        with_manager(|ob| {
            let block = ob.block();
            let file = Backing::Descriptor { fd: 5, extra: 1 };
            let object = ob.create_object(ObjectType::File, file, true).unwrap();
            object.record().set_notes([3, 4]);
            let handle = ob.insert(object, AccessMask(1), HandleFlags::INHERIT).unwrap();
            let seen = block.look_at(handle).unwrap();
            assert_eq!((seen.object_type, seen.backing), (ObjectType::File, file));
            assert_eq!((seen.notes, seen.entry.access), ([3, 4], AccessMask(1)));
            assert!(block.is_still(&seen));
            ob.close(handle).unwrap();
            assert!(!block.is_still(&seen));
            // The same value for a like object is another handle.
            let object = ob.create_object(ObjectType::File, file, true).unwrap();
            assert_eq!(ob.insert(object, AccessMask(1), HandleFlags::INHERIT), Ok(handle));
            assert!(!block.is_still(&seen));
            for none in [Handle::NULL, Handle::CURRENT_PROCESS, Handle::from_index(SMALL.handles)] {
                assert_eq!(block.look_at(none).err(), Some(NtStatus::INVALID_HANDLE));
            }
        });
    }

    #[test]
    fn what_is_closed_from_outside_its_process_ends_later() {
        with_manager(|ob| {
            let file = |fd| Backing::Descriptor { fd, extra: 0 };
            let make = |fd, flags| {
                let object = ob.create_object(ObjectType::File, file(fd), true).unwrap();
                ob.insert(object, AccessMask(1), flags).unwrap()
            };
            let (first, second) = (make(5, HandleFlags::NONE), make(6, HandleFlags::INHERIT));
            let kept = make(7, HandleFlags::PROTECT_FROM_CLOSE);
            let again = ob.pin_handle(second).unwrap().0;
            let again = ob.insert(again, AccessMask(1), HandleFlags::NONE).unwrap();
            let block = ob.block();
            assert!(block.close_from_outside(first).unwrap().is_some());
            assert_eq!(block.close_from_outside(first), Err(NtStatus::INVALID_HANDLE));
            assert_eq!(block.close_from_outside(second), Ok(None));
            assert_eq!(block.close_from_outside(kept), Err(NtStatus::HANDLE_NOT_CLOSABLE));
            assert_eq!(ob.handle_count(), 2);
            assert!(block.close_from_outside(again).unwrap().is_some());
            assert_eq!(ob.host().disposed(), []);
            ob.end_given_up();
            let mut ended = ob.host().disposed();
            ended.sort_by_key(|(_, backing)| format!("{backing:?}"));
            assert_eq!(ended, [(ObjectType::File, file(5)), (ObjectType::File, file(6))]);
        });
    }

    #[test]
    fn a_mutant_taken_from_outside_is_still_its_owners_to_lose() {
        with_manager(|ob| {
            let owner = ob.register_thread(Tid(1)).unwrap();
            let mutant = ob.create_mutant(Some(owner)).unwrap();
            let handle = ob.insert(mutant, ALL, HandleFlags::NONE).unwrap();
            let seen = ob.block().look_at(handle).unwrap();
            let state = DispatcherState::Mutant { count: 0, owner: Some(owner), abandoned: false };
            assert_eq!(ob.surrender_from_outside(&seen, 9), Ok(state));
            assert_eq!(ob.surrender_from_outside(&seen, 9), Err(NtStatus::INVALID_HANDLE));
            let (mutant, _) = ob.pin_handle(handle).unwrap();
            assert_eq!(mutant.backing(), Backing::Executive { id: 9 });
            assert_eq!(ob.release_mutant(&mutant, owner), Err(NtStatus::RETRY));
            assert!(ob.abandon_mutants(owner));
            assert!(!ob.abandon_mutants(owner));
            ob.unregister_thread(owner);
            drop(mutant);
            ob.close(handle).unwrap();
        });
    }

    #[test]
    fn who_waits_for_what_is_taken_from_outside_is_interrupted() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Notification, false).unwrap();
            let handle = ob.insert(event, ALL, HandleFlags::NONE).unwrap();
            std::thread::scope(|scope| {
                let thread = ob.register_thread(Tid(1)).unwrap();
                let (event, _) = ob.pin_handle(handle).unwrap();
                let waiter = scope.spawn({
                    let event = event.clone();
                    move || ob.wait_for_single(thread, &event, Timeout::Never, false)
                });
                while ob.waiters(&event) == 0 {
                    std::thread::yield_now();
                }
                let seen = ob.block().look_at(handle).unwrap();
                ob.surrender_from_outside(&seen, 1).unwrap();
                assert_eq!(waiter.join().unwrap(), Ok(Waited::Interrupted));
                assert_eq!(ob.waiters(&event), 0);
            });
        });
    }

    #[test]
    fn an_object_whose_lock_is_held_for_ever_is_left_alone() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Notification, false).unwrap();
            let handle = ob.insert(event.clone(), ALL, HandleFlags::NONE).unwrap();
            let seen = ob.block().look_at(handle).unwrap();
            let locked = ob.lock(event.index());
            assert_eq!(ob.surrender_from_outside(&seen, 1), Err(NtStatus::TIMEOUT));
            drop(locked);
            assert!(ob.surrender_from_outside(&seen, 1).is_ok());
        });
    }

    /// However far an executive comes with an object before it is killed, nobody waits for it.
    #[test]
    fn a_lock_that_another_process_has_died_with_is_no_lock() {
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Killed {
            Locked,
            Replacing,
            Replaced,
        }
        const EXECUTIVE: u64 = 7;
        for when in [Killed::Locked, Killed::Replacing, Killed::Replaced] {
            with_manager(|ob| {
                let event = ob.create_event(EventKind::Synchronization, false).unwrap();
                let handle = ob.insert(event.clone(), ALL, HandleFlags::NONE).unwrap();
                let thread = ob.register_thread(Tid(1)).unwrap();
                let wait = ob.begin_wait(thread).unwrap();
                assert_eq!(ob.join_any(wait, 0, std::slice::from_ref(&event), |_| 0), Ok(false));
                ob.host().name.store(EXECUTIVE, Ordering::SeqCst);
                let locked = ob.lock_from_outside(event.index(), PATIENCE).unwrap();
                match when {
                    Killed::Locked => {}
                    Killed::Replacing => event.record().begin_to_replace(),
                    Killed::Replaced => event.record().move_from_outside(9),
                }
                core::mem::forget(locked);
                // As long as it lives it may go on.
                assert!(ob.lock_from_outside(event.index(), PATIENCE).is_none());
                ob.host().ended.store(EXECUTIVE, Ordering::SeqCst);
                let moved = when != Killed::Locked;
                let set = if moved { Err(NtStatus::RETRY) } else { Ok(false) };
                assert_eq!(ob.set_event(&event), set);
                ob.time_out(thread);
                ob.leave(thread, 1);
                let ended = if moved { Waited::Interrupted } else { Waited::Object(0) };
                assert_eq!(ob.end_wait(thread), ended);
                let id = if when == Killed::Replaced { 9 } else { Backing::LOST };
                let backing = if moved { Backing::Executive { id } } else { Backing::Private };
                assert_eq!(event.backing(), backing);
                drop(event);
                ob.close(handle).unwrap();
                let again = ob.create_event(EventKind::Synchronization, true).unwrap();
                assert_eq!(ob.reset_event(&again), Ok(true));
            });
        }
    }

    /// The next executive is not kept out either.
    #[test]
    fn a_lock_that_an_executive_has_died_with_is_the_next_ones() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Synchronization, true).unwrap();
            let handle = ob.insert(event, ALL, HandleFlags::NONE).unwrap();
            let seen = ob.block().look_at(handle).unwrap();
            ob.host().name.store(7, Ordering::SeqCst);
            core::mem::forget(ob.lock_from_outside(seen.entry.record, PATIENCE).unwrap());
            ob.host().name.store(8, Ordering::SeqCst);
            assert_eq!(ob.surrender_from_outside(&seen, 1), Err(NtStatus::TIMEOUT));
            ob.host().ended.store(7, Ordering::SeqCst);
            let state =
                DispatcherState::Event { kind: EventKind::Synchronization, signalled: true };
            assert_eq!(ob.surrender_from_outside(&seen, 1), Ok(state));
        });
    }
}

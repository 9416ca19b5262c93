//! An object's move from its process to the executive.
//!
//! A private object's state is taken out of its record, which from then on says no more than
//! where the object is; every operation on it gives `RETRY`, and goes to the executive instead.
//! Who waits for it goes along and keeps its turn: the queue is part of what moves, and the
//! executive claims the same wait words. A wait for all must have one authority: it is
//! interrupted, and begins again with all of its objects there.
//!
//! The record says where the object is only once it is there ([`ObjectManager::arrive`]).

use super::event::EventKind;
use super::hand_over::Wakes;
use super::join::Wait;
use super::lock::Locked;
use super::queue::{self, WaitBlock};
use super::state::{Discipline, State};
use super::wait_word::{self, Decision, Notice};
use crate::host::{Deadline, Host};
use crate::manager::{ObjectManager, Pinned};
use crate::record::Backing;
use crate::sync::Ordering;
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// All that a dispatcher object is, apart from who waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DispatcherState {
    /// An event.
    Event {
        /// Manual or auto reset.
        kind: EventKind,
        /// Whether it is set.
        signalled: bool,
    },
    /// A mutant.
    Mutant {
        /// 1 if it is free, 1 - n if it is owned n times.
        count: i32,
        /// The owner's thread block, in the process that says this.
        owner: Option<ThreadIndex>,
        /// Whether its last owner ended without releasing it, and nobody has been told yet.
        abandoned: bool,
    },
    /// A semaphore.
    Semaphore {
        /// Its count.
        count: i32,
        /// The most that its count can be.
        limit: i32,
    },
    /// A timer.
    Timer {
        /// Manual or auto reset.
        kind: EventKind,
        /// Whether it is signalled.
        signalled: bool,
        /// When it is due, if it is set.
        due: Option<Deadline>,
        /// Milliseconds from one due time to the next; 0 for none.
        period: u32,
    },
}

/// Somebody who waits for any of several objects, one of which moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// The wait, of a thread of the process that says this.
    pub wait: Wait,
    /// The object's place in the wait.
    pub place: u8,
}

/// A dispatcher object on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surrendered {
    /// What it is.
    pub state: DispatcherState,
    /// Who waits for it and goes along, first come first.
    pub waiting: Vec<Waiting>,
}

impl DispatcherState {
    /// The type of such an object.
    #[must_use]
    pub const fn object_type(&self) -> ObjectType {
        match self {
            Self::Event { .. } => ObjectType::Event,
            Self::Mutant { .. } => ObjectType::Mutant,
            Self::Semaphore { .. } => ObjectType::Semaphore,
            Self::Timer { .. } => ObjectType::Timer,
        }
    }
}

impl<H: Host> ObjectManager<'_, H> {
    /// Makes the object that stands for the executive's object `id`, with one reference.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    pub fn create_moved(
        &self,
        object_type: ObjectType,
        id: u64,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(Discipline::Notification, 0).moved();
        self.create(object_type, Backing::Executive { id }, state, [0; 2])
    }

    /// Takes the state out of a private dispatcher object, and its queue. From now on every
    /// operation on it gives `RETRY`; [`ObjectManager::arrive`] says where it has gone to.
    ///
    /// # Errors
    /// `RETRY` if it has moved already; `OBJECT_TYPE_MISMATCH` if it is no event, mutant,
    /// semaphore or timer.
    pub fn surrender(&self, object: &Pinned<'_, H>) -> Result<Surrendered, NtStatus> {
        let object_type = object.object_type();
        let mut wakes = Wakes::new();
        let mut locked = self.lock_here(object)?;
        let state = locked.dispatcher_state()?;
        // The executive comes to know these threads. Said while they cannot end without a look at
        // this object, and before it is not theirs any more.
        if object_type == ObjectType::Mutant {
            if let Some(owner) = locked.owner() {
                self.block().thread(owner).set_told();
            }
            locked.clear_owner();
        }
        let mut waiting = Vec::new();
        let mut cursor = queue::first(locked.record);
        while let Some(id) = cursor {
            let waiter = WaitBlock::at(self.block(), id);
            cursor = waiter.next();
            if waiter.owes_wake() {
                continue;
            }
            let wait = Wait { thread: id.thread(), number: waiter.number() };
            if !waiter.is_for_all() {
                self.block().thread(wait.thread).set_told();
                waiting.push(Waiting { wait, place: waiter.key() });
                waiter.set_moved();
                locked.dequeue(id);
                continue;
            }
            let word = self.wait_word(wait.thread);
            let interrupt = Decision::Notice(Notice::Interrupt);
            let decided = wait_word::decide_for(&word, wait.number, interrupt);
            if decided && !wakes.push(wait.thread) {
                waiter.set_owes_wake(true);
            } else {
                locked.dequeue(id);
            }
        }
        locked.state = locked.state.moved();
        drop(locked);
        self.wake(object.index(), wakes);
        Ok(Surrendered { state, waiting })
    }

    /// Says where an object that was surrendered is from now on.
    pub fn arrive(&self, object: &Pinned<'_, H>, id: u64) {
        let locked = self.lock(object.index());
        locked.record.replace(Backing::Executive { id });
    }

    /// Makes an object of a state that was surrendered elsewhere. Nothing in it is believed;
    /// `owner` is who stands here for the owner that it names.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a state that no object can be in; `INSUFFICIENT_RESOURCES`.
    pub fn adopt(
        &self,
        state: &DispatcherState,
        owner: Option<ThreadIndex>,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        match *state {
            DispatcherState::Event { kind, signalled } => self.create_event(kind, signalled),
            DispatcherState::Semaphore { count, limit } => self.create_semaphore(count, limit),
            DispatcherState::Mutant { count, abandoned, .. } => {
                if count > 1 || (count == 1) != owner.is_none() {
                    return Err(NtStatus::INVALID_PARAMETER);
                }
                let mutant = self.create_mutant(owner)?;
                let mut locked = self.lock(mutant.index());
                locked.state.set_signal(count);
                locked.state.set_abandoned(abandoned);
                drop(locked);
                Ok(mutant)
            }
            DispatcherState::Timer { kind, signalled, due, period } => {
                let timer = self.create_timer(kind)?;
                let mut locked = self.lock(timer.index());
                locked.state.set_signal(i32::from(signalled));
                locked.set_due(due, period);
                drop(locked);
                Ok(timer)
            }
        }
    }
}

impl<H: Host> Locked<'_, H> {
    /// All that the object is, apart from who waits for it.
    fn dispatcher_state(&self) -> Result<DispatcherState, NtStatus> {
        let kind = match self.state.discipline() {
            Discipline::Notification => EventKind::Notification,
            _ => EventKind::Synchronization,
        };
        let count = self.state.signal();
        let object_type = self.record.object_type().ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
        Ok(match object_type {
            ObjectType::Event => DispatcherState::Event { kind, signalled: count > 0 },
            ObjectType::Mutant => DispatcherState::Mutant {
                count,
                owner: self.owner(),
                abandoned: self.state.is_abandoned(),
            },
            ObjectType::Semaphore => DispatcherState::Semaphore {
                count,
                limit: self.record.by_type()[0].load(Ordering::Relaxed) as i32,
            },
            ObjectType::Timer => {
                let (due, period) = (self.due(), self.period());
                DispatcherState::Timer { kind, signalled: count > 0, due, period }
            }
            _ => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
        })
    }

    /// Takes the state out from outside, for the executive's `id`. A mutant stays on its owner's list, which is
    /// the owner's to change.
    pub(crate) fn move_out(mut self, id: u64) -> Result<DispatcherState, NtStatus> {
        if self.state.is_moved() {
            return Err(NtStatus::RETRY);
        }
        let state = self.dispatcher_state()?;
        self.record.move_from_outside(id);
        self.state = self.state.moved();
        Ok(state)
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::dispatcher::wait::Timeout;
    use crate::testing::with_manager;
    use crate::{DueTime, WaitKind, Waited};
    use haft_abi::Tid;

    #[test]
    fn a_moved_object_gives_retry_and_is_the_same_elsewhere() {
        with_manager(|here| {
            with_manager(|there| {
                let (us, them) =
                    (here.register_thread(Tid(1)).unwrap(), there.register_thread(Tid(1)).unwrap());
                let mutant = here.create_mutant(Some(us)).unwrap();
                here.wait_for_single(us, &mutant, Timeout::ZERO, false).unwrap();
                let state = here.surrender(&mutant).unwrap().state;
                here.arrive(&mutant, 9);
                assert_eq!(
                    state,
                    DispatcherState::Mutant { count: -1, owner: Some(us), abandoned: false }
                );
                assert_eq!(mutant.backing(), Backing::Executive { id: 9 });
                assert_eq!(here.release_mutant(&mutant, us), Err(NtStatus::RETRY));
                assert_eq!(
                    here.wait_for_single(us, &mutant, Timeout::ZERO, false),
                    Err(NtStatus::RETRY)
                );
                assert_eq!(here.surrender(&mutant), Err(NtStatus::RETRY));
                let moved = there.adopt(&state, Some(them)).unwrap();
                assert_eq!(there.release_mutant(&moved, them), Ok(-1));
                assert_eq!(there.release_mutant(&moved, them), Ok(0));
                here.unregister_thread(us);
            });
        });
    }

    #[test]
    fn a_timer_keeps_its_beat() {
        with_manager(|here| {
            with_manager(|there| {
                let us = there.register_thread(Tid(1)).unwrap();
                let timer = here.create_timer(EventKind::Synchronization).unwrap();
                here.set_timer(&timer, DueTime::After(500_000), 3).unwrap();
                let moved = there.adopt(&here.surrender(&timer).unwrap().state, None).unwrap();
                let wait = || there.wait_for_single(us, &moved, Timeout::ZERO, false);
                assert_eq!(wait(), Ok(Waited::TimedOut));
                there.host().advance(500_000);
                assert_eq!(wait(), Ok(Waited::Object(0)));
                assert_eq!(wait(), Ok(Waited::TimedOut));
                there.host().advance(30_000);
                assert_eq!(wait(), Ok(Waited::Object(0)));
            });
        });
    }

    #[test]
    fn a_state_that_cannot_be_is_refused() {
        with_manager(|ob| {
            let us = ob.register_thread(Tid(1)).unwrap();
            let mutant = |count| DispatcherState::Mutant { count, owner: None, abandoned: false };
            for (state, owner) in [
                (mutant(2), None),
                (mutant(0), None),
                (mutant(1), Some(us)),
                (DispatcherState::Semaphore { count: 2, limit: 1 }, None),
                (DispatcherState::Semaphore { count: -1, limit: 1 }, None),
            ] {
                assert_eq!(ob.adopt(&state, owner).err(), Some(NtStatus::INVALID_PARAMETER));
            }
        });
    }

    #[test]
    fn who_waits_goes_along_in_order() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Synchronization, false).unwrap();
            let other = ob.create_event(EventKind::Notification, false).unwrap();
            let threads: Vec<_> =
                (1..=10).map(|tid| ob.register_thread(Tid(tid)).unwrap()).collect();
            let waits: Vec<_> = threads.iter().map(|&t| ob.begin_wait(t).unwrap()).collect();
            for &wait in &waits {
                let objects = [other.clone(), event.clone()];
                assert_eq!(ob.join_any(wait, 0, &objects, |at| at as u8), Ok(false));
            }
            let moved = ob.surrender(&event).unwrap();
            let expected: Vec<_> = waits.iter().map(|&wait| Waiting { wait, place: 1 }).collect();
            assert_eq!(moved.waiting, expected);
            assert_eq!(ob.lock(event.index()).queue_length(), 0);
            for &wait in &waits {
                assert!(ob.is_undecided(wait));
                ob.time_out(wait.thread);
                assert_eq!(ob.leave(wait.thread, 2), Some(wait));
                assert_eq!(ob.leave(wait.thread, 2), None);
                assert_eq!(ob.end_wait(wait.thread), Waited::TimedOut);
            }
            assert_eq!(ob.lock(other.index()).queue_length(), 0);
        });
    }

    #[test]
    fn who_waits_for_all_is_interrupted() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Notification, false).unwrap();
            let other = ob.create_event(EventKind::Notification, false).unwrap();
            std::thread::scope(|scope| {
                // More than are woken in one go.
                let waiters: Vec<_> = (1..=10)
                    .map(|tid| {
                        let thread = ob.register_thread(Tid(tid)).unwrap();
                        let objects = [event.clone(), other.clone()];
                        scope.spawn(move || {
                            let never = Timeout::Never;
                            ob.wait_for_multiple(thread, &objects, WaitKind::All, never, false)
                        })
                    })
                    .collect();
                while ob.lock(event.index()).queue_length() < 10 {
                    std::thread::yield_now();
                }
                assert_eq!(ob.surrender(&event).unwrap().waiting, []);
                for waiter in waiters {
                    assert_eq!(waiter.join().unwrap(), Ok(Waited::Interrupted));
                }
            });
            assert_eq!(ob.lock(event.index()).queue_length(), 0);
        });
    }
}

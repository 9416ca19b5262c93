//! Mutants, which Win32 calls mutexes (Microsoft: "Mutex Objects").
//!
//! The record holds the owner's thread block and the links of a list: each thread block heads
//! the list of the mutants that its thread owns, so that they can be abandoned when it ends.
//! A list is locked last of all locks, for a few instructions.

use super::lock::Locked;
use super::state::{Discipline, State};
use crate::block::{halves, pair};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::record::{Backing, Record, RecordIndex};
use crate::sync::Ordering;
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::{AccessMask, NtStatus, Tid};

const OWNER: usize = 0;
const LINKS: usize = 1;

/// What NtQueryMutant tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct MutantState {
    /// 1 if it is free, 1 - n if it is owned n times.
    pub count: i32,
    /// The owner.
    pub owner: Option<Tid>,
    /// Whether its last owner ended without releasing it, and nobody has been told yet.
    pub abandoned: bool,
}

impl<H: Host> ObjectManager<'_, H> {
    /// Makes a mutant, owned once by `owner` if there is one (Microsoft: "CreateMutexW function").
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    pub fn create_mutant(&self, owner: Option<ThreadIndex>) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(Discipline::Owner, 1);
        let mutant = self.create(ObjectType::Mutant, Backing::Private, state, [0; 2])?;
        if let Some(owner) = owner {
            self.lock(mutant.index()).consume(owner);
        }
        Ok(mutant)
    }

    /// Gives one ownership of a mutant back; the last one hands it over: the count before
    /// (Microsoft: "ReleaseMutex function").
    ///
    /// # Errors
    /// `MUTANT_NOT_OWNED` if `thread` is not the owner; `RETRY` if the object has moved to the
    /// executive.
    pub fn release_mutant(
        &self,
        mutant: &Pinned<'_, H>,
        thread: ThreadIndex,
    ) -> Result<i32, NtStatus> {
        self.signal(
            mutant,
            |locked, _| {
                if locked.owner() != Some(thread) {
                    return Err(NtStatus::MUTANT_NOT_OWNED);
                }
                let before = locked.state.signal();
                locked.state.set_signal(before + 1);
                if before == 0 {
                    locked.clear_owner();
                }
                Ok(before)
            },
            |_| {},
        )
    }

    /// A mutant's state (NtQueryMutant).
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn query_mutant(&self, mutant: &Pinned<'_, H>) -> Result<MutantState, NtStatus> {
        let locked = self.lock_here(mutant)?;
        Ok(MutantState {
            count: locked.state.signal(),
            owner: locked.owner().map(|t| self.block().thread(t).tid()),
            abandoned: locked.state.is_abandoned(),
        })
    }

    /// Abandons every mutant that `thread`, which is ending, owns; the next owner of each is told.
    /// Whether there was one that has moved to the executive, which is to abandon it.
    pub fn abandon_mutants(&self, thread: ThreadIndex) -> bool {
        let mut round = 0;
        let mut moved = false;
        loop {
            let block = self.block().thread(thread);
            let first = block.lock_owned(|r| self.host().spin(r));
            let Some(index) = first else {
                block.unlock_owned(None);
                return moved;
            };
            let pinned = self.pin(index, AccessMask::NONE);
            block.unlock_owned(first);
            let Some(mutant) = pinned else {
                // Its last reference has just gone; who dropped it is taking it off the list.
                self.host().spin(round);
                round = round.saturating_add(1);
                continue;
            };
            let abandoned = self.signal(
                &mutant,
                |locked, _| {
                    if locked.owner() == Some(thread) {
                        locked.clear_owner();
                        locked.state.set_signal(1);
                        locked.state.set_abandoned(true);
                    }
                    Ok(())
                },
                |_| {},
            );
            if abandoned.is_err() {
                // It has moved just now, or from outside, where this list cannot be changed.
                moved = true;
                self.lock(index).clear_owner();
            }
        }
    }

    /// Takes a mutant that is ending off its owner's list.
    pub(crate) fn disown(&self, record: Record<'_>, index: RecordIndex) {
        let state = State::from_word(record.state().load(Ordering::Relaxed));
        if state.discipline() == Discipline::Owner
            && let Some(owner) = owner_of(record)
        {
            self.unlink_owned(owner, record, index);
        }
    }

    fn link_owned(&self, thread: ThreadIndex, record: Record<'_>, index: RecordIndex) {
        let block = self.block().thread(thread);
        let first = block.lock_owned(|r| self.host().spin(r));
        record.by_type()[LINKS].store(pair(first.map_or(0, |f| f.0), 0), Ordering::Relaxed);
        if let Some(first) = first {
            let links = self.block().record(first).by_type()[LINKS];
            let (next, _) = halves(links.load(Ordering::Relaxed));
            links.store(pair(next, index.0), Ordering::Relaxed);
        }
        block.unlock_owned(Some(index));
    }

    fn unlink_owned(&self, thread: ThreadIndex, record: Record<'_>, index: RecordIndex) {
        let block = self.block().thread(thread);
        let first = block.lock_owned(|r| self.host().spin(r));
        let (next, previous) = halves(record.by_type()[LINKS].load(Ordering::Relaxed));
        if next != 0 {
            let links = self.block().record(RecordIndex(next)).by_type()[LINKS];
            let (next_next, _) = halves(links.load(Ordering::Relaxed));
            links.store(pair(next_next, previous), Ordering::Relaxed);
        }
        if previous != 0 {
            let links = self.block().record(RecordIndex(previous)).by_type()[LINKS];
            let (_, before) = halves(links.load(Ordering::Relaxed));
            links.store(pair(next, before), Ordering::Relaxed);
        }
        let was_first = first == Some(index);
        let after = if next == 0 { None } else { Some(RecordIndex(next)) };
        block.unlock_owned(if was_first { after } else { first });
    }
}

fn owner_of(record: Record<'_>) -> Option<ThreadIndex> {
    ThreadIndex::from_number(record.by_type()[OWNER].load(Ordering::Relaxed) as u32)
}

impl<H: Host> Locked<'_, H> {
    pub(crate) fn owner(&self) -> Option<ThreadIndex> {
        owner_of(self.record)
    }

    pub(crate) fn set_owner(&self, thread: ThreadIndex) {
        self.record.by_type()[OWNER].store(u64::from(thread.get()), Ordering::Relaxed);
        self.manager.link_owned(thread, self.record, self.index);
    }

    pub(crate) fn clear_owner(&self) {
        if let Some(owner) = self.owner() {
            self.manager.unlink_owned(owner, self.record, self.index);
        }
        self.record.by_type()[OWNER].store(0, Ordering::Relaxed);
    }
}

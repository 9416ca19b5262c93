//! Wait blocks: who waits for an object, in the order in which they came.
//!
//! Each thread has 64, in its thread block. A wait block is named by one number that also says
//! whose it is; 0 is none. Links and marks change only under the lock of the record whose queue
//! the block is in:
//!
//! ```text
//! word 0  next (low half) and previous (high half) wait block of the queue
//!      1  record (24 bits), key (8 bits), marks, and from bit 36 the number of the wait
//! ```

use super::state::State;
use super::wait_word::WaitNumber;
use crate::block::{ProcessBlock, halves, pair};
use crate::record::{Record, RecordIndex};
use crate::sync::{AtomicU64, Ordering};
use crate::thread::{MAXIMUM_WAIT_OBJECTS, ThreadIndex};

/// The number of a wait block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitBlockId(u32);

const KEY_SHIFT: u32 = 24;
const RECORD_MASK: u64 = (1 << KEY_SHIFT) - 1;
/// The wait is for all of its objects.
const FOR_ALL: u64 = 1 << 32;
/// The block is in its record's queue.
const QUEUED: u64 = 1 << 33;
/// Who set this owes the thread a wake-up.
const WAKE: u64 = 1 << 34;
/// The block's object has moved to the executive, and the wait for it with it.
const MOVED: u64 = 1 << 35;
const NUMBER_SHIFT: u32 = 36;
const _: () = assert!(NUMBER_SHIFT + WaitNumber::BITS == 64);

impl WaitBlockId {
    pub(crate) fn new(thread: ThreadIndex, slot: usize) -> Self {
        debug_assert!(slot < MAXIMUM_WAIT_OBJECTS);
        Self(thread.0 * MAXIMUM_WAIT_OBJECTS as u32 + slot as u32)
    }

    pub(crate) fn thread(self) -> ThreadIndex {
        ThreadIndex(self.0 / MAXIMUM_WAIT_OBJECTS as u32)
    }

    fn slot(self) -> usize {
        self.0 as usize % MAXIMUM_WAIT_OBJECTS
    }
}

/// A view of one wait block.
#[derive(Clone, Copy)]
pub(crate) struct WaitBlock<'b>([&'b AtomicU64; 2]);

impl<'b> WaitBlock<'b> {
    pub(crate) fn at(block: ProcessBlock<'b>, id: WaitBlockId) -> Self {
        Self(block.thread(id.thread()).wait_block(id.slot()))
    }

    fn body(self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }

    fn links(self) -> (u32, u32) {
        halves(self.0[0].load(Ordering::Relaxed))
    }

    fn set_links(self, next: u32, previous: u32) {
        self.0[0].store(pair(next, previous), Ordering::Relaxed);
    }

    /// The record that the block waits for, or last waited for.
    pub(crate) fn record(self) -> RecordIndex {
        RecordIndex((self.body() & RECORD_MASK) as u32)
    }

    /// The object's place in the wait.
    pub(crate) fn key(self) -> u8 {
        (self.body() >> KEY_SHIFT) as u8
    }

    pub(crate) fn is_for_all(self) -> bool {
        self.body() & FOR_ALL != 0
    }

    /// Whether the block is in its record's queue. May be asked without the record's lock: who
    /// takes a block out touches it no more after having said so.
    pub(crate) fn is_queued(self) -> bool {
        self.0[1].load(Ordering::Acquire) & QUEUED != 0
    }

    /// Which of its thread's waits the block is for.
    pub(crate) fn number(self) -> WaitNumber {
        WaitNumber::from_bits(self.body() >> NUMBER_SHIFT)
    }

    /// Whether the wait went to the executive with its object, which is said once. Asked without
    /// the record's lock, by the thread whose block it is, once it is in no queue.
    pub(crate) fn take_moved(self) -> bool {
        let body = self.0[1].load(Ordering::Acquire);
        if body & MOVED != 0 {
            self.0[1].store(body & !MOVED, Ordering::Relaxed);
        }
        body & MOVED != 0
    }

    /// Says that the wait goes to the executive with its object; the block is still queued.
    pub(crate) fn set_moved(self) {
        self.0[1].store(self.body() | MOVED, Ordering::Relaxed);
    }

    pub(crate) fn owes_wake(self) -> bool {
        self.body() & WAKE != 0
    }

    pub(crate) fn set_owes_wake(self, on: bool) {
        let body = self.body();
        self.0[1].store(if on { body | WAKE } else { body & !WAKE }, Ordering::Relaxed);
    }

    /// The block after this one in the queue.
    pub(crate) fn next(self) -> Option<WaitBlockId> {
        some(self.links().0)
    }
}

/// Whether a thread waits for anything, as another process sees it.
pub(crate) fn waits(block: ProcessBlock<'_>, thread: ThreadIndex) -> bool {
    (0..MAXIMUM_WAIT_OBJECTS)
        .any(|slot| WaitBlock::at(block, WaitBlockId::new(thread, slot)).is_queued())
}

/// Whether a thread waits for the object of a record, as another process sees it.
pub(crate) fn waits_for(block: ProcessBlock<'_>, thread: ThreadIndex, record: RecordIndex) -> bool {
    (0..MAXIMUM_WAIT_OBJECTS)
        .map(|slot| WaitBlock::at(block, WaitBlockId::new(thread, slot)))
        .any(|waiter| waiter.is_queued() && waiter.record() == record)
}

/// Whether a thread waits here for an object that has moved.
pub(crate) fn waits_for_moved(block: ProcessBlock<'_>, thread: ThreadIndex) -> bool {
    let has_moved = |waiter: &WaitBlock<'_>| {
        let record = block.record_checked(waiter.record());
        record.is_some_and(|r| State::from_word(r.state().load(Ordering::Acquire)).is_moved())
    };
    (0..MAXIMUM_WAIT_OBJECTS)
        .map(|slot| WaitBlock::at(block, WaitBlockId::new(thread, slot)))
        .any(|waiter| waiter.is_queued() && has_moved(&waiter))
}

fn some(id: u32) -> Option<WaitBlockId> {
    if id == 0 { None } else { Some(WaitBlockId(id)) }
}

/// The first wait block in the queue of `record`, which is locked.
pub(crate) fn first(record: Record<'_>) -> Option<WaitBlockId> {
    some(record.queue().0)
}

/// Appends a wait block to the queue of `record`, which is locked.
pub(crate) fn append(
    block: ProcessBlock<'_>,
    (index, record): (RecordIndex, Record<'_>),
    id: WaitBlockId,
    (number, key): (WaitNumber, u8),
    for_all: bool,
) {
    let (first, last) = record.queue();
    let new = WaitBlock::at(block, id);
    new.set_links(0, last);
    let body = u64::from(index.0)
        | (u64::from(key) << KEY_SHIFT)
        | QUEUED
        | (number.bits() << NUMBER_SHIFT);
    new.0[1].store(if for_all { body | FOR_ALL } else { body }, Ordering::Relaxed);
    match some(last) {
        Some(last) => {
            let last = WaitBlock::at(block, last);
            last.set_links(id.0, last.links().1);
            record.set_queue(first, id.0);
        }
        None => record.set_queue(id.0, id.0),
    }
}

/// Takes a wait block that is queued out of the queue of `record`, which is locked.
pub(crate) fn remove(block: ProcessBlock<'_>, record: Record<'_>, id: WaitBlockId) {
    let old = WaitBlock::at(block, id);
    let (next, previous) = old.links();
    let (mut first, mut last) = record.queue();
    match some(previous).map(|id| WaitBlock::at(block, id)) {
        Some(p) => p.set_links(next, p.links().1),
        None => first = next,
    }
    match some(next).map(|id| WaitBlock::at(block, id)) {
        Some(n) => n.set_links(n.links().0, previous),
        None => last = previous,
    }
    record.set_queue(first, last);
    old.0[1].store(old.body() & !(QUEUED | WAKE), Ordering::Release);
}

//! What each thread has at hand of the free entries and records, so that threads that make and
//! close handles touch nothing of one another's.
//!
//! ```text
//! word 0      free entries    (see `free_list`)
//!      1      entries that were never used, or filled in advance: the next, and the end
//!      2      free records
//!      3      records that were never used
//!      4      handles made less handles closed; the sum of all shares is the handle count
//! ```
//!
//! A share is one cache line of a thread block, of the first 64 of them; later threads use those
//! shares too. Never-used slots go from the high-water mark to the shares some at a time. A slot
//! goes to the share of the thread that frees it. Where one thread makes handles and another closes
//! them it comes back from there, once so much has been used that it must have gone that way; not
//! before, because then two threads use places in one cache line.

use crate::block::{ProcessBlock, halves, pair};
use crate::free_list::{FreeList, raise};
use crate::sync::{AtomicU64, Ordering};
use crate::thread::ThreadIndex;
use core::ops::Range;

/// 64-bit words of a share.
pub(crate) const SHARE_WORDS: usize = 8;
/// How many shares a block has at most; a power of two.
const SHARES: u32 = if cfg!(feature = "shuttle") { 2 } else { 64 };
/// How many slots go to a share at a time: entries that fill whole cache lines.
const AT_A_TIME: u64 = if cfg!(feature = "shuttle") { 2 } else { 16 };
/// How often the mark is raised where all that it passes was filled in advance: a million such
/// entries are more than a process inherits, and who looks at another process's block does not
/// look for ever.
const PATIENCE: usize = 1 << 16;

const HANDLES: usize = 4;

/// Which slots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slots {
    Entries,
    Records,
}

impl Slots {
    /// Where a share says which are free, and which were never used.
    const fn words(self) -> (usize, usize) {
        match self {
            Self::Entries => (0, 1),
            Self::Records => (2, 3),
        }
    }
}

/// A thread's share.
#[derive(Clone, Copy)]
pub struct Share<'b>(&'b [AtomicU64; SHARE_WORDS]);

impl<'b> Share<'b> {
    /// Counts handles that were made, or closed.
    #[inline]
    pub(crate) fn count_handles(self, more: i32) {
        self.0[HANDLES].fetch_add(i64::from(more).cast_unsigned(), Ordering::Relaxed);
    }

    #[inline]
    fn free(self, slots: Slots) -> FreeList<'b> {
        FreeList::new(&self.0[slots.words().0])
    }

    #[inline]
    fn unused(self, slots: Slots) -> &'b AtomicU64 {
        &self.0[slots.words().1]
    }

    /// Frees the slot `index`, whose link word is `link`.
    #[inline]
    pub(crate) fn push(self, slots: Slots, index: u32, link: &AtomicU64) {
        self.free(slots).push(index, link);
    }
}

impl<'b> ProcessBlock<'b> {
    /// The share of a thread; that of the first one for who is none of the process's threads.
    #[must_use]
    pub fn share(&self, thread: ThreadIndex) -> Share<'b> {
        Share(self.share_words(ThreadIndex(1 + (thread.0.wrapping_sub(1) & (SHARES - 1)))))
    }

    /// The shares that may have been used.
    fn shares(&self) -> impl Iterator<Item = Share<'b>> {
        let threads = self.thread_words().1.load(Ordering::Acquire);
        let last = threads.saturating_sub(1).clamp(1, SHARES.into()) as u32;
        (1..=last).map(|at| self.share(ThreadIndex(at)))
    }

    /// How many handles are open (Microsoft: "GetProcessHandleCount function").
    #[must_use]
    pub fn handle_count(&self) -> u32 {
        let each = self.shares().map(|share| share.0[HANDLES].load(Ordering::Acquire) as u32);
        each.fold(0, u32::wrapping_add)
    }

    /// Takes a slot: the one that this share was given last. `None` if no slot is free, or if the
    /// block has been tampered with so that a list leaves it.
    #[inline]
    pub(crate) fn take(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        if let Some(freed) = self.pop(share, slots) {
            return Some(freed);
        }
        self.take_unused(share, slots).or_else(|| self.fetch(share, slots))
    }

    #[inline]
    fn pop(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        share.free(slots).pop(|at| self.slot_link(slots, at))
    }

    #[inline]
    fn take_unused(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        let unused = share.unused(slots);
        let mut seen = unused.load(Ordering::Acquire);
        loop {
            let (next, end) = halves(seen);
            // More at once no share is ever given.
            if next >= end || u64::from(end - next) > AT_A_TIME {
                return None;
            }
            match unused.compare_exchange_weak(seen, seen + 1, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) if self.claim_unused(slots, next) => return Some(next),
                Ok(_) => seen = unused.load(Ordering::Acquire),
                Err(now) => seen = now,
            }
        }
    }

    /// Takes a slot that was never used, or that another share has freed.
    #[cold]
    fn fetch(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        let freed = || self.shares().find_map(|other| self.pop(other, slots));
        let kept = self.shares().count() as u64 * 2 * AT_A_TIME;
        let is_much = self.slots(slots).0.load(Ordering::Relaxed)
            > (u64::from(self.handle_count()) * 2).saturating_add(kept);
        is_much
            .then(freed)
            .flatten()
            .or_else(|| self.raise(share, slots))
            .or_else(freed)
            .or_else(|| self.shares().find_map(|other| self.take_unused(other, slots)))
    }

    /// Raises the high-water mark: one of the slots that it passes, of which the others are this
    /// share's.
    fn raise(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        for _ in 0..PATIENCE {
            let passed = self.pass(share, slots)?;
            if self.claim_unused(slots, passed) {
                return Some(passed);
            }
            if let Some(other) = self.take_unused(share, slots) {
                return Some(other);
            }
        }
        None
    }

    /// The first slot that the high-water mark passes; the others are this share's.
    fn pass(&self, share: Share<'b>, slots: Slots) -> Option<u32> {
        let (high, limit) = self.slots(slots);
        let to = |first: u64| (first + 1).next_multiple_of(AT_A_TIME);
        let Range { start: first, end } = raise(high, limit, to)?;
        let unused = share.unused(slots);
        let seen = unused.load(Ordering::Relaxed);
        let (next, last) = halves(seen);
        let more = pair(first + 1, end);
        if next < last
            || unused.compare_exchange(seen, more, Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            // Another thread, with which this one has the share in common, was as fast.
            for index in (first + 1..end).rev() {
                if let Some(link) = self.slot_link(slots, index)
                    && self.claim_unused(slots, index)
                {
                    share.push(slots, index, link);
                }
            }
        }
        Some(first)
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::block::Geometry;
    use crate::testing::memory;
    use haft_abi::Pid;

    const GEOMETRY: Geometry = Geometry { threads: 80, records: 64, handles: 64 };

    fn with_block(test: impl FnOnce(ProcessBlock<'_>)) {
        let words = memory(GEOMETRY);
        test(ProcessBlock::format(&words, GEOMETRY, Pid(1), Pid(0), 0).unwrap());
    }

    fn of(block: ProcessBlock<'_>, thread: u32) -> Share<'_> {
        // As if so many threads had been registered.
        block.thread_words().1.fetch_max(u64::from(thread) + 1, Ordering::Relaxed);
        block.share(ThreadIndex(thread))
    }

    #[test]
    fn a_thread_takes_slots_in_order_and_the_last_freed_first() {
        with_block(|block| {
            let share = of(block, 1);
            let taken: Vec<_> = (0..20).map_while(|_| block.take(share, Slots::Entries)).collect();
            assert_eq!(taken, (1..=20).collect::<Vec<_>>());
            for index in [3, 17] {
                share.push(Slots::Entries, index, block.slot_link(Slots::Entries, index).unwrap());
            }
            let again: Vec<_> = (0..3).map_while(|_| block.take(share, Slots::Entries)).collect();
            assert_eq!(again, [17, 3, 21]);
            assert_eq!(block.take(share, Slots::Records), Some(1));
        });
    }

    #[test]
    fn threads_take_slots_from_different_cache_lines() {
        with_block(|block| {
            let (one, other) = (of(block, 1), of(block, 2));
            assert_eq!(
                (block.take(one, Slots::Entries), block.take(other, Slots::Entries)),
                (Some(1), Some(16))
            );
            assert_eq!(
                (block.take(one, Slots::Entries), block.take(other, Slots::Entries)),
                (Some(2), Some(17))
            );
        });
    }

    #[test]
    fn what_one_thread_frees_another_uses_before_the_table_grows() {
        with_block(|block| {
            let (one, other) = (of(block, 1), of(block, 2));
            for _ in 0..1000 {
                let index = block.take(one, Slots::Records).unwrap();
                other.push(Slots::Records, index, block.slot_link(Slots::Records, index).unwrap());
            }
            let (high, _) = block.slots(Slots::Records);
            assert!(high.load(Ordering::Relaxed) <= 6 * AT_A_TIME);
        });
    }

    #[test]
    fn every_slot_is_taken_by_whoever_needs_the_last_one() {
        with_block(|block| {
            let (one, other) = (of(block, 1), of(block, 65));
            assert_eq!(block.take(one, Slots::Entries), Some(1));
            let mut rest: Vec<_> =
                core::iter::from_fn(|| block.take(of(block, 7), Slots::Entries)).collect();
            rest.sort_unstable();
            assert_eq!(rest, (2..64).collect::<Vec<_>>());
            assert_eq!(block.take(other, Slots::Entries), None);
        });
    }

    #[test]
    fn the_handle_count_is_the_sum_of_what_all_threads_did() {
        with_block(|block| {
            of(block, 1).count_handles(3);
            of(block, 9).count_handles(-2);
            of(block, 70).count_handles(5);
            assert_eq!(block.handle_count(), 6);
        });
    }

    #[test]
    fn a_share_that_was_tampered_with_gives_nothing_outside_the_block() {
        with_block(|block| {
            let share = of(block, 1);
            share.0[0].store(999, Ordering::Relaxed);
            assert!(block.take(share, Slots::Entries).is_none_or(|index| index < 64));
            share.0[0].store(0, Ordering::Relaxed);
            share.0[1].store(u64::MAX - 5, Ordering::Relaxed);
            assert!(block.take(share, Slots::Entries).is_none_or(|index| index < 64));
            block.slots(Slots::Entries).0.store(u64::MAX - 1, Ordering::Relaxed);
            share.0[1].store(0, Ordering::Relaxed);
            assert_eq!(block.take(share, Slots::Entries), None);
        });
    }
}

//! Allocation of numbered slots in the process block: last freed, first reused.
//!
//! Lists of freed slots, threaded through the slots themselves, and a high-water mark below
//! which every slot has been handed out once. A fresh block needs no preparation, so a page of
//! it is touched only when a slot on it is used. There is no lock: a thread or a process that
//! dies half-way costs at most the slot it was about to take.

use crate::sync::{AtomicU64, Ordering};
use core::ops::Range;

/// Bits of a slot's index; the rest of the list's head is a tag that changes with every pop, so
/// that a head that was popped and pushed again in between is not mistaken for the old one.
const INDEX_BITS: u32 = 24;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;

/// One free list. Slot 0 is never handed out: as a link it says "none".
pub(crate) struct FreeList<'b> {
    head: &'b AtomicU64,
}

impl<'b> FreeList<'b> {
    /// The list that begins with this word.
    pub(crate) const fn new(head: &'b AtomicU64) -> Self {
        Self { head }
    }

    /// Takes the slot that was freed last, where `link` is the link word of a slot. `None` if no
    /// slot is free, or if the block has been tampered with so that the list leaves it.
    pub(crate) fn pop(&self, link: impl Fn(u32) -> Option<&'b AtomicU64>) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let index = (head & INDEX_MASK) as u32;
            if index == 0 {
                return None;
            }
            // Another thread may pop and reuse the slot at any moment: what is read here is then
            // worthless, and the tag tells so.
            let next = link(index)?.load(Ordering::Relaxed) & INDEX_MASK;
            let tag = (head >> INDEX_BITS).wrapping_add(1);
            match self.head.compare_exchange_weak(
                head,
                (tag << INDEX_BITS) | next,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    /// Frees the slot `index`, whose link word is `link`.
    pub(crate) fn push(&self, index: u32, link: &AtomicU64) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            link.store(head & INDEX_MASK, Ordering::Relaxed);
            match self.head.compare_exchange_weak(
                head,
                (head & !INDEX_MASK) | u64::from(index),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// Raises a high-water mark from where it is to what `to` says, but not above `limit`: the slots that
/// it has passed; `None` if there is none left.
pub(crate) fn raise(high: &AtomicU64, limit: u64, to: impl Fn(u64) -> u64) -> Option<Range<u32>> {
    let mut first = high.load(Ordering::Relaxed);
    loop {
        if first >= limit {
            return None;
        }
        let end = to(first).min(limit);
        match high.compare_exchange_weak(first, end, Ordering::AcqRel, Ordering::Relaxed) {
            // A block has at most 2^24 of anything.
            Ok(_) => return Some(first as u32..end as u32),
            Err(now) => first = now,
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn what_was_freed_last_is_reused_first() {
        let words: Vec<AtomicU64> = (0..8).map(|_| AtomicU64::new(0)).collect();
        let (head, high) = (AtomicU64::new(0), AtomicU64::new(1));
        let list = FreeList::new(&head);
        let link = |index: u32| words.get(index as usize);
        assert_eq!(list.pop(link), None);
        assert_eq!(raise(&high, 4, |first| first + 2), Some(1..3));
        assert_eq!(raise(&high, 4, |first| first + 2), Some(3..4));
        assert_eq!(raise(&high, 4, |first| first + 2), None);
        list.push(1, &words[1]);
        list.push(3, &words[3]);
        assert_eq!([list.pop(link), list.pop(link), list.pop(link)], [Some(3), Some(1), None]);
    }

    #[test]
    fn a_list_that_leaves_the_block_gives_nothing() {
        let head = AtomicU64::new(999);
        let list = FreeList::new(&head);
        assert_eq!(list.pop(|_| None), None);
    }
}

//! Interlocked singly linked lists, in the program's own memory (Microsoft: "Interlocked Singly
//! Linked Lists").
//!
//! The header has the layout of `SLIST_HEADER` on x64: the depth in 16 bits and a number that
//! every change changes in 48; then the address of the first entry, whose four lowest bits belong
//! to Windows.

use haft_host::guest;
use haft_host::guest::atomic::{Word64, compare_exchange_128};

const DEPTH: u64 = 0xFFFF;
const RESERVED: u64 = 0xF;

/// A list whose 16-byte header is at an address of the program. A header that is not aligned to
/// 16 bytes is the program's access violation.
#[derive(Clone, Copy, Debug)]
pub struct List(usize);

impl List {
    /// The list at an address.
    #[must_use]
    pub const fn at(address: usize) -> Self {
        Self(address)
    }

    /// Makes it empty.
    pub fn initialize(self) {
        Word64::at(self.0).store(0);
        Word64::at(self.0 + 8).store(0);
    }

    fn head(self) -> [u64; 2] {
        [Word64::at(self.0).load(), Word64::at(self.0 + 8).load()]
    }

    /// Makes `first` the first of `depth` entries, if the header is still what was seen.
    fn replace(self, seen: [u64; 2], first: u64, depth: u64) -> bool {
        let sequence = (seen[0] & !DEPTH).wrapping_add(DEPTH + 1);
        let new = [sequence | depth & DEPTH, first & !RESERVED | seen[1] & RESERVED];
        compare_exchange_128(self.0, seen, new).is_ok()
    }

    /// Puts `count` entries that are linked from `first` to `last` in front; the first entry
    /// before.
    pub fn push(self, first: usize, last: usize, count: u32) -> usize {
        loop {
            let seen = self.head();
            let before = seen[1] & !RESERVED;
            Word64::at(last).store(before);
            if self.replace(seen, first as u64, seen[0].wrapping_add(u64::from(count))) {
                return before as usize;
            }
        }
    }

    /// Takes the first entry off; zero when there is none.
    pub fn pop(self) -> usize {
        loop {
            let seen = self.head();
            let first = seen[1] & !RESERVED;
            if first == 0 {
                return 0;
            }
            // Another thread may have taken the entry off and freed its memory by now; then the
            // header has another number.
            let next = guest::read::<u64>(first as usize).unwrap_or(0);
            if self.replace(seen, next, seen[0].wrapping_sub(1)) {
                return first as usize;
            }
        }
    }

    /// Takes every entry off; the first one.
    pub fn flush(self) -> usize {
        loop {
            let seen = self.head();
            let first = seen[1] & !RESERVED;
            if first == 0 || self.replace(seen, 0, 0) {
                return first as usize;
            }
        }
    }

    /// How many entries there are, modulo 2 to the 16th.
    #[must_use]
    pub fn depth(self) -> u16 {
        Word64::at(self.0).load() as u16
    }

    /// The first entry; zero when there is none.
    #[must_use]
    pub fn first(self) -> usize {
        (Word64::at(self.0 + 8).load() & !RESERVED) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicU64;

    #[test]
    fn the_last_in_is_the_first_out() {
        #[repr(align(16))]
        struct Entry(#[allow(dead_code, reason = "it is reached by address")] [AtomicU64; 2]);
        let entry = || Entry([AtomicU64::new(7), AtomicU64::new(7)]);
        let (head, entries) = (entry(), [entry(), entry(), entry()]);
        let at = |e: &Entry| core::ptr::from_ref(e) as usize;
        let list = List::at(at(&head));
        list.initialize();
        assert_eq!(list.pop(), 0);
        assert_eq!(list.push(at(&entries[0]), at(&entries[0]), 1), 0);
        assert_eq!(list.push(at(&entries[1]), at(&entries[1]), 1), at(&entries[0]));
        assert_eq!((list.depth(), list.first()), (2, at(&entries[1])));
        assert_eq!(list.pop(), at(&entries[1]));
        assert_eq!(list.push(at(&entries[2]), at(&entries[2]), 1), at(&entries[0]));
        assert_eq!(list.flush(), at(&entries[2]));
        assert_eq!((list.depth(), list.first(), list.flush()), (0, 0, 0));
    }
}

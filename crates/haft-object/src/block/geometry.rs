//! How many of each thing a block has room for, and where the parts are.

use super::{DESCRIPTION_WORDS, ENTRY_WORDS, HEADER_WORDS};
use crate::calls::CALL_WORDS;
use crate::record::RECORD_WORDS;
use crate::thread::THREAD_WORDS;

/// Where millions of blocks are made to explore interleavings, and
/// each word costs, a page is small.
pub(super) const PAGE_WORDS: usize = if cfg!(feature = "shuttle") { 8 } else { 512 };
/// Words of the page in which thread blocks and handle table meet that are for the former: two thread
/// blocks and a little, so that each begins a cache line.
const MEET_ENTRIES: usize = 320 % PAGE_WORDS;
/// Words of the page in which descriptions and records meet that are for the former.
const MEET_RECORDS: usize = 256 % PAGE_WORDS;
/// Records that have room for a description: more than a process has descriptors.
const MOST_DESCRIBED: u32 = 1 << 20;
/// How many of each thing a block has room for. The first of each is never used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Thread blocks, at least 2 and at most 2^24.
    pub threads: u32,
    /// Object records, at most 2^24.
    pub records: u32,
    /// Handle table entries, at most 2^24.
    pub handles: u32,
}

/// Bytes of a process block of the usual geometry; nearly all of it is never touched.
pub const BLOCK_SIZE: usize = Geometry::FULL.words() * size_of::<u64>();

impl Geometry {
    /// That of every Windows process: 65 535 threads, 16 M objects and 16 M handles.
    pub const FULL: Self = Self { threads: 1 << 16, records: 1 << 24, handles: 1 << 24 };

    pub(super) const fn threads_at(self) -> usize {
        self.entries_at() - self.threads as usize * THREAD_WORDS
    }

    pub(super) const fn entries_at(self) -> usize {
        first_place(HEADER_WORDS + self.threads as usize * THREAD_WORDS, MEET_ENTRIES)
    }

    pub(super) const fn descriptions_at(self) -> usize {
        self.records_at() - self.described() * DESCRIPTION_WORDS
    }

    pub(super) const fn records_at(self) -> usize {
        let entries_end = self.entries_at() + self.handles as usize * ENTRY_WORDS;
        first_place(entries_end + self.described() * DESCRIPTION_WORDS, MEET_RECORDS)
    }

    /// How many records have room for a description.
    pub(super) const fn described(self) -> usize {
        if self.records < MOST_DESCRIBED { self.records as usize } else { MOST_DESCRIBED as usize }
    }

    pub(super) const fn calls_at(self) -> usize {
        (self.records_at() + self.records as usize * RECORD_WORDS).next_multiple_of(PAGE_WORDS)
    }

    /// The 64-bit words of a block of this geometry.
    #[must_use]
    pub const fn words(self) -> usize {
        (self.calls_at() + CALL_WORDS).next_multiple_of(PAGE_WORDS)
    }

    pub(super) const fn is_valid(self) -> bool {
        const LIMIT: u32 = 1 << 24;
        self.threads > 1 && self.threads <= LIMIT && self.records <= LIMIT && self.handles <= LIMIT
    }
}

/// The first place at or after `at` that is so many words into a page.
const fn first_place(at: usize, into_page: usize) -> usize {
    at.saturating_sub(into_page).next_multiple_of(PAGE_WORDS) + into_page
}

//! The layout of the process block.
//!
//! ```text
//! header          one page: identity, state, exit code, times, counters, image name
//! thread blocks   1216 bytes each: wait word, owned mutants, free slots at hand, 64 wait blocks;
//!                 the first of them last
//! handle table    16 bytes an entry
//! descriptions    64 bytes for each of the first million object records; that of the first last
//! object records  64 bytes each
//! calls           what the process asks of the executive
//! ```
//!
//! Where two parts meet that begin to be used there, they share a page: a new process touches three
//! pages, each of which Linux has to find, clear and account for.
//!
//! The block is one sparse shared mapping. All of it is valid when zero, but for the header,
//! which [`ProcessBlock::format`] writes; so only what is used takes memory. There is no pointer
//! in it, and every word is read and written as one 64-bit atomic.

mod geometry;
mod header;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;

pub use geometry::{BLOCK_SIZE, Geometry};
pub(crate) use header::{HEADER_WORDS, LET_GO, word};
pub use header::{JobState, ProcessState, Usage};

use crate::calls::{CALL_WORDS, Calls};
use crate::entry::{NEVER_USED, TAKEN};
use crate::record::{RECORD_WORDS, Record, RecordIndex};
use crate::share::{SHARE_WORDS, Slots};
use crate::sync::{AtomicU64, Ordering};
use crate::table::{LINK, SAYS};
use crate::thread::{THREAD_WORDS, ThreadBlock, ThreadIndex};
use haft_abi::{NtStatus, Pid, Tid};

const MAGIC: u64 = u64::from_le_bytes(*b"haftproc");
/// Changes whenever the layout does: blocks of different builds are not read by one another.
const VERSION: u64 = 5;

pub(crate) const ENTRY_WORDS: usize = 2;
const DESCRIPTION_WORDS: usize = 8;
/// Bytes of the longest description; one byte is its length.
pub const MAX_DESCRIPTION: usize = DESCRIPTION_WORDS * 8 - 1;

/// One process's block. A copy is another view of the same memory.
#[derive(Clone, Copy)]
pub struct ProcessBlock<'b> {
    header: &'b [AtomicU64; HEADER_WORDS],
    threads: &'b [[AtomicU64; THREAD_WORDS]],
    records: &'b [[AtomicU64; RECORD_WORDS]],
    entries: &'b [[AtomicU64; ENTRY_WORDS]],
    descriptions: &'b [[AtomicU64; DESCRIPTION_WORDS]],
    calls: &'b [AtomicU64; CALL_WORDS],
}

impl<'b> ProcessBlock<'b> {
    /// Makes a block of `words`, which must be all zero, for the process `pid`, a child of
    /// `parent`, created at the system time `created`. Its state is *starting*.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a geometry beyond the limits, `BUFFER_TOO_SMALL` for too few words.
    pub fn format(
        words: &'b [AtomicU64],
        geometry: Geometry,
        pid: Pid,
        parent: Pid,
        created: i64,
    ) -> Result<Self, NtStatus> {
        let block = Self::view(words, geometry)?;
        let set = |at: usize, value: u64| block.header[at].store(value, Ordering::Relaxed);
        set(word::VERSION, VERSION);
        set(word::THREADS_AND_RECORDS, pair(geometry.threads, geometry.records));
        set(word::HANDLES, u64::from(geometry.handles));
        set(word::PID_AND_PARENT, pair(pid.0, parent.0));
        set(word::CREATED, created.cast_unsigned());
        for high in [word::TABLE_HIGH, word::RECORD_HIGH, word::THREAD_HIGH] {
            set(high, 1);
        }
        block.header[word::MAGIC].store(MAGIC, Ordering::Release);
        Ok(block)
    }

    /// Views the block that some process made of `words`. Nothing in it is believed: a geometry
    /// that does not fit is refused here, an index that leaves the block where it is used.
    ///
    /// # Errors
    /// `REVISION_MISMATCH` if it is no block of this version; else as [`ProcessBlock::format`].
    pub fn open(words: &'b [AtomicU64]) -> Result<Self, NtStatus> {
        let get = |at: usize| words.get(at).map_or(0, |w| w.load(Ordering::Acquire));
        if get(word::MAGIC) != MAGIC || get(word::VERSION) != VERSION {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        let (threads, records) = halves(get(word::THREADS_AND_RECORDS));
        let handles = u32::try_from(get(word::HANDLES)).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        Self::view(words, Geometry { threads, records, handles })
    }

    fn view(words: &'b [AtomicU64], geometry: Geometry) -> Result<Self, NtStatus> {
        if !geometry.is_valid() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let part =
            |at: usize, length: usize| words.get(at..at + length).ok_or(NtStatus::BUFFER_TOO_SMALL);
        let header = part(0, HEADER_WORDS)?.first_chunk().ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        let threads = part(geometry.threads_at(), geometry.threads as usize * THREAD_WORDS)?;
        let records = part(geometry.records_at(), geometry.records as usize * RECORD_WORDS)?;
        let entries = part(geometry.entries_at(), geometry.handles as usize * ENTRY_WORDS)?;
        let descriptions =
            part(geometry.descriptions_at(), geometry.described() * DESCRIPTION_WORDS)?;
        let calls = part(geometry.calls_at(), CALL_WORDS)?;
        Ok(Self {
            header,
            threads: threads.as_chunks().0,
            records: records.as_chunks().0,
            entries: entries.as_chunks().0,
            descriptions: descriptions.as_chunks().0,
            calls: calls.first_chunk().ok_or(NtStatus::BUFFER_TOO_SMALL)?,
        })
    }

    /// The process's calls to the executive.
    #[must_use]
    pub const fn calls(self) -> Calls<'b> {
        Calls::new(self.calls)
    }

    /// How much this block has room for.
    #[must_use]
    pub fn geometry(self) -> Geometry {
        // `view` made the lengths from 32-bit numbers.
        Geometry {
            threads: self.threads.len() as u32,
            records: self.records.len() as u32,
            handles: self.entries.len() as u32,
        }
    }

    /// The first of the records that were given up from outside, whose process has to end them.
    pub(crate) fn ended_outside(self) -> &'b AtomicU64 {
        &self.header[word::ENDED_OUTSIDE]
    }

    /// Counts changes of inheritable entries that were made from outside.
    pub(crate) fn changed_outside(self) -> &'b AtomicU64 {
        &self.header[word::CHANGED_OUTSIDE]
    }

    /// One above the highest entry that was filled at a given place.
    pub(crate) fn table_top(self) -> &'b AtomicU64 {
        &self.header[word::TABLE_TOP]
    }

    /// The high-water mark of slots, below which each has been handed out once, and their number.
    pub(crate) fn slots(self, slots: Slots) -> (&'b AtomicU64, u64) {
        match slots {
            Slots::Entries => (&self.header[word::TABLE_HIGH], self.entries.len() as u64),
            Slots::Records => (&self.header[word::RECORD_HIGH], self.records.len() as u64),
        }
    }

    /// The word by which a free slot is linked, unless it leaves the block.
    #[inline]
    pub(crate) fn slot_link(self, slots: Slots, index: u32) -> Option<&'b AtomicU64> {
        match slots {
            Slots::Entries => self.entry(index).map(|entry| &entry[LINK]),
            Slots::Records => self.record_checked(RecordIndex(index)).map(Record::link),
        }
    }

    /// Takes a slot that was never handed out; false for an entry that was filled in advance, which
    /// goes through a free list when it is closed.
    #[inline]
    pub(crate) fn claim_unused(self, slots: Slots, index: u32) -> bool {
        match slots {
            Slots::Entries => self.entry(index).is_some_and(|entry| {
                entry[SAYS]
                    .compare_exchange(NEVER_USED, TAKEN, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            }),
            Slots::Records => true,
        }
    }

    /// The share of free slots in a thread block; the first one's where that leaves the block.
    #[inline]
    pub(crate) fn share_words(self, thread: ThreadIndex) -> &'b [AtomicU64; SHARE_WORDS] {
        // A valid geometry has the first.
        ThreadBlock::new(self.words_of_thread(thread).unwrap_or(&self.threads[0])).share()
    }

    pub(crate) fn thread_words(self) -> (&'b AtomicU64, &'b AtomicU64) {
        (&self.header[word::THREAD_FREE], &self.header[word::THREAD_HIGH])
    }

    pub(crate) fn inherit_gate(self) -> &'b AtomicU64 {
        &self.header[word::INHERIT_GATE]
    }

    pub(crate) fn wait_all_lock(self) -> &'b AtomicU64 {
        &self.header[word::WAIT_ALL_LOCK]
    }

    /// The handle table entry at `index`, unless it leaves the table.
    pub(crate) fn entry(self, index: u32) -> Option<&'b [AtomicU64; ENTRY_WORDS]> {
        self.entries.get(index as usize)
    }

    /// The record at `index`, unless it leaves the block.
    pub(crate) fn record_checked(self, index: RecordIndex) -> Option<Record<'b>> {
        self.records.get(index.0 as usize).map(Record::new)
    }

    /// The record at `index`, for who looks at another process's block; unless it leaves the block.
    #[must_use]
    pub fn record_at(self, index: RecordIndex) -> Option<Record<'b>> {
        self.record_checked(index)
    }

    /// Describes the object of a record, for who takes it over from outside: bytes in the language
    /// of the kernel. Whether there is room for it.
    pub fn describe(self, index: RecordIndex, description: &[u8]) -> bool {
        let slot = self.description_words(index);
        let Some(slot) = slot.filter(|_| description.len() <= MAX_DESCRIPTION) else {
            return false;
        };
        let mut bytes = [0; DESCRIPTION_WORDS * 8];
        bytes[0] = description.len() as u8;
        bytes[1..=description.len()].copy_from_slice(description);
        for (word, eight) in slot.iter().zip(bytes.as_chunks().0) {
            word.store(u64::from_le_bytes(*eight), Ordering::Release);
        }
        true
    }

    /// What [`ProcessBlock::describe`] said of the object of a record; nothing where it said
    /// nothing.
    #[must_use]
    pub fn description(self, index: RecordIndex) -> Vec<u8> {
        let Some(slot) = self.description_words(index) else { return Vec::new() };
        let bytes: Vec<u8> =
            slot.iter().flat_map(|w| w.load(Ordering::Acquire).to_le_bytes()).collect();
        let length = usize::from(bytes[0]).min(MAX_DESCRIPTION);
        bytes[1..=length].to_vec()
    }

    /// The record at `index`, which this process itself wrote.
    pub(crate) fn record(self, index: RecordIndex) -> Record<'b> {
        Record::new(&self.records[index.0 as usize])
    }

    /// The thread block of the thread `tid`, if the process has such a thread now.
    #[must_use]
    pub fn find_thread(self, tid: Tid) -> Option<ThreadIndex> {
        self.threads_in_use().find(|&t| self.thread_checked(t).is_some_and(|b| b.tid() == tid))
    }

    /// The thread blocks that threads use now.
    pub(crate) fn threads_in_use(self) -> impl Iterator<Item = ThreadIndex> {
        let high = self.thread_words().1.load(Ordering::Acquire);
        let end = high.min(self.threads.len() as u64) as u32;
        (1..end)
            .map(ThreadIndex)
            .filter(move |&t| self.thread_checked(t).is_some_and(|b| b.tid().0 != 0))
    }

    /// The thread block at `index`, unless it leaves the block.
    #[must_use]
    pub fn thread_checked(self, index: ThreadIndex) -> Option<ThreadBlock<'b>> {
        self.words_of_thread(index).map(ThreadBlock::new)
    }

    /// Where the wait word of a thread is among the block's words, unless the thread leaves the
    /// block.
    #[must_use]
    pub fn wait_word_at(self, index: ThreadIndex) -> Option<usize> {
        self.thread_checked(index)?;
        let number = (self.threads.len() - 1).checked_sub(index.0 as usize)?;
        Some(self.geometry().threads_at() + number * THREAD_WORDS)
    }

    /// The thread block at `index`.
    ///
    /// # Panics
    /// If there is no such thread block.
    #[must_use]
    pub fn thread(self, index: ThreadIndex) -> ThreadBlock<'b> {
        let words = self.words_of_thread(index);
        ThreadBlock::new(words.unwrap_or_else(|| unreachable!("a thread block that there is")))
    }

    /// Those of the first thread block are the last.
    #[inline]
    fn words_of_thread(self, index: ThreadIndex) -> Option<&'b [AtomicU64; THREAD_WORDS]> {
        self.threads.get((self.threads.len() - 1).checked_sub(index.0 as usize)?)
    }

    /// Those of the first record's description are the last.
    fn description_words(self, index: RecordIndex) -> Option<&'b [AtomicU64; DESCRIPTION_WORDS]> {
        let at = self.descriptions.len().checked_sub(1)?.checked_sub(index.0 as usize)?;
        self.descriptions.get(at)
    }
}

/// Two 32-bit numbers as one word, `low` in its low half.
pub(crate) const fn pair(low: u32, high: u32) -> u64 {
    (low as u64) | ((high as u64) << 32)
}

/// The low and the high half of a word.
pub(crate) const fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

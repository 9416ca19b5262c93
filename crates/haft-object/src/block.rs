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

pub(crate) const HEADER_WORDS: usize = if cfg!(feature = "shuttle") { 72 } else { 512 };
/// Where millions of blocks are made to explore interleavings, and
/// each word costs, a page is small.
const PAGE_WORDS: usize = if cfg!(feature = "shuttle") { 8 } else { 512 };
/// Words of the page in which thread blocks and handle table meet that are for the former: two thread
/// blocks and a little, so that each begins a cache line.
const MEET_ENTRIES: usize = 320 % PAGE_WORDS;
/// Words of the page in which descriptions and records meet that are for the former.
const MEET_RECORDS: usize = 256 % PAGE_WORDS;
pub(crate) const ENTRY_WORDS: usize = 2;
const DESCRIPTION_WORDS: usize = 8;
/// Records that have room for a description: more than a process has descriptors.
const MOST_DESCRIBED: u32 = 1 << 20;
/// Bytes of the longest description; one byte is its length.
pub const MAX_DESCRIPTION: usize = DESCRIPTION_WORDS * 8 - 1;

/// Words of the header. Those that are written all the time are 8 words (a cache line) apart.
pub(crate) mod word {
    pub const MAGIC: usize = 0;
    pub const VERSION: usize = 1;
    pub const THREADS_AND_RECORDS: usize = 2;
    pub const HANDLES: usize = 3;
    pub const PID_AND_PARENT: usize = 4;
    pub const STATE_AND_EXIT_CODE: usize = 5;
    pub const CREATED: usize = 6;
    pub const EXITED: usize = 7;
    pub const IMAGE_NAME_LENGTH: usize = 8;
    pub const INHERITED: usize = 9;
    pub const CONSOLE_GROUP: usize = 10;
    pub const SESSION: usize = 11;
    pub const PEB: usize = 12;
    pub const EXECUTIVE: usize = 13;
    pub const TABLE_TOP: usize = 16;
    pub const ENDED_OUTSIDE: usize = 17;
    pub const CHANGED_OUTSIDE: usize = 18;
    pub const TABLE_HIGH: usize = 24;
    pub const RECORD_HIGH: usize = 25;
    pub const THREAD_FREE: usize = 32;
    pub const THREAD_HIGH: usize = 33;
    pub const INHERIT_GATE: usize = 40;
    pub const WAIT_ALL_LOCK: usize = 48;
    pub const JOB: usize = 56;
    pub const USAGE: usize = 57;
    pub const IMAGE_NAME: usize = 64;
}

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

    const fn threads_at(self) -> usize {
        self.entries_at() - self.threads as usize * THREAD_WORDS
    }

    const fn entries_at(self) -> usize {
        first_place(HEADER_WORDS + self.threads as usize * THREAD_WORDS, MEET_ENTRIES)
    }

    const fn descriptions_at(self) -> usize {
        self.records_at() - self.described() * DESCRIPTION_WORDS
    }

    const fn records_at(self) -> usize {
        let entries_end = self.entries_at() + self.handles as usize * ENTRY_WORDS;
        first_place(entries_end + self.described() * DESCRIPTION_WORDS, MEET_RECORDS)
    }

    /// How many records have room for a description.
    const fn described(self) -> usize {
        if self.records < MOST_DESCRIBED { self.records as usize } else { MOST_DESCRIBED as usize }
    }

    const fn calls_at(self) -> usize {
        (self.records_at() + self.records as usize * RECORD_WORDS).next_multiple_of(PAGE_WORDS)
    }

    /// The 64-bit words of a block of this geometry.
    #[must_use]
    pub const fn words(self) -> usize {
        (self.calls_at() + CALL_WORDS).next_multiple_of(PAGE_WORDS)
    }

    const fn is_valid(self) -> bool {
        const LIMIT: u32 = 1 << 24;
        self.threads > 1 && self.threads <= LIMIT && self.records <= LIMIT && self.handles <= LIMIT
    }
}

/// The first place at or after `at` that is so many words into a page.
const fn first_place(at: usize, into_page: usize) -> usize {
    at.saturating_sub(into_page).next_multiple_of(PAGE_WORDS) + into_page
}

/// Where a process is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessState {
    /// Its block is made; no instruction of its program has run.
    Starting,
    /// Its program runs.
    Running,
    /// It has ended, with this exit code.
    Exited(u32),
}

/// What a process's job asks of it, as the executive says it in the process block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JobState(pub u64);

haft_abi::flags!(JobState);

impl JobState {
    /// The process is in a job: who creates processes in it asks the executive.
    pub const MEMBER: Self = Self(1);
    /// What the process commits counts against a limit, which the executive keeps.
    pub const COUNTS_MEMORY: Self = Self(2);
    /// Its priority class is its job's.
    pub const FIXED_PRIORITY: Self = Self(4);
    /// The processors that it runs on are its job's.
    pub const FIXED_AFFINITY: Self = Self(8);
    /// It may choose among the processors of its job.
    pub const SUBSET_AFFINITY: Self = Self(16);
}

/// What a process has used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Time in its own code, in 100 ns units.
    pub user: u64,
    /// Time in the system, in 100 ns units.
    pub kernel: u64,
    /// Page faults.
    pub page_faults: u64,
}

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

    /// The process's identifier.
    #[must_use]
    pub fn pid(self) -> Pid {
        Pid(halves(self.load(word::PID_AND_PARENT)).0)
    }

    /// The identifier of the process that created it, or that it was told to have as its parent.
    #[must_use]
    pub fn parent(self) -> Pid {
        Pid(halves(self.load(word::PID_AND_PARENT)).1)
    }

    /// Says that another process is its parent than the one that created it.
    pub fn set_parent(self, parent: Pid) {
        let words = pair(self.pid().0, parent.0);
        self.header[word::PID_AND_PARENT].store(words, Ordering::Release);
    }

    /// Where the process is in its life.
    #[must_use]
    pub fn state(self) -> ProcessState {
        ProcessState::from_word(self.load(word::STATE_AND_EXIT_CODE))
    }

    /// Says that the program runs now.
    pub fn set_running(self) {
        self.header[word::STATE_AND_EXIT_CODE].store(1, Ordering::Release);
    }

    /// Says that the process has ended, at the system time `now`. The first exit code stays.
    /// Whether this was the first.
    pub fn set_exited(self, exit_code: u32, now: i64) -> bool {
        let state = &self.header[word::STATE_AND_EXIT_CODE];
        let mut seen = state.load(Ordering::Acquire);
        while halves(seen).0 < 2 {
            match state.compare_exchange(
                seen,
                pair(2, exit_code),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    self.header[word::EXITED].store(now.cast_unsigned(), Ordering::Release);
                    return true;
                }
                Err(changed) => seen = changed,
            }
        }
        false
    }

    /// Says that the process has entered what it inherits into its handle table. Until then its
    /// values are not to be given to anything else.
    pub fn set_inherited(self) {
        self.header[word::INHERITED].store(1, Ordering::Release);
    }

    /// Whether the process has entered what it inherits into its handle table.
    #[must_use]
    pub fn has_inherited(self) -> bool {
        self.load(word::INHERITED) != 0
    }

    /// Says which session the process belongs to, by a number that differs between sessions.
    pub fn set_session(self, tag: u64) {
        self.header[word::SESSION].store(tag, Ordering::Release);
    }

    /// Which session the process belongs to.
    #[must_use]
    pub fn session(self) -> u64 {
        self.load(word::SESSION)
    }

    /// Records the address of the process's PEB.
    pub fn set_peb(self, address: u64) {
        self.header[word::PEB].store(address, Ordering::Release);
    }

    /// The address of the process's PEB; 0 before it has one.
    #[must_use]
    pub fn peb(self) -> u64 {
        self.load(word::PEB)
    }

    /// Says which console process group the process is of, once it hears of console events.
    pub fn set_console_group(self, leader: Pid) {
        self.header[word::CONSOLE_GROUP].store(u64::from(leader.0), Ordering::Release);
    }

    /// The console process group that the process is of: its leader; `None` before it hears of
    /// console events.
    #[must_use]
    pub fn console_group(self) -> Option<Pid> {
        match self.load(word::CONSOLE_GROUP) as u32 {
            0 => None,
            leader => Some(Pid(leader)),
        }
    }

    /// Says that a process that was made in advance is created now.
    pub fn set_created(self, now: i64) {
        self.header[word::CREATED].store(now.cast_unsigned(), Ordering::Relaxed);
    }

    /// When the process was created, as system time.
    #[must_use]
    pub fn created(self) -> i64 {
        self.load(word::CREATED).cast_signed()
    }

    /// When the process ended, as system time; 0 if it has not.
    #[must_use]
    pub fn exited(self) -> i64 {
        self.load(word::EXITED).cast_signed()
    }

    /// Whether it was created: what was made in advance has no program yet.
    #[must_use]
    pub fn is_created(self) -> bool {
        self.load(word::IMAGE_NAME) != 0
    }

    /// Records the path of the process's image, for others to read. At most 3584 bytes are kept.
    pub fn set_image_name(self, name: &[u8]) {
        let room = &self.header[word::IMAGE_NAME..];
        let name = &name[..name.len().min(room.len() * 8)];
        self.header[word::IMAGE_NAME_LENGTH].store(0, Ordering::Release);
        for (slot, bytes) in room.iter().zip(name.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            slot.store(u64::from_le_bytes(eight), Ordering::Relaxed);
        }
        self.header[word::IMAGE_NAME_LENGTH].store(name.len() as u64, Ordering::Release);
    }

    /// The path of the process's image as [`ProcessBlock::set_image_name`] recorded it.
    #[must_use]
    pub fn image_name(self) -> Vec<u8> {
        let room = &self.header[word::IMAGE_NAME..];
        let length = self.load(word::IMAGE_NAME_LENGTH).min(room.len() as u64 * 8) as usize;
        let mut name: Vec<u8> = room[..length.div_ceil(8)]
            .iter()
            .flat_map(|w| w.load(Ordering::Relaxed).to_le_bytes())
            .collect();
        name.truncate(length);
        name
    }

    /// What the executive has said of the process's job.
    #[must_use]
    #[inline]
    pub fn job(self) -> JobState {
        JobState(self.load(word::JOB))
    }

    /// Says what the process's job asks of it. The executive says it, before the job holds.
    pub fn set_job(self, job: JobState) {
        self.header[word::JOB].store(job.0, Ordering::Release);
    }

    /// Records what the process has used, for who asks when Linux has forgotten it.
    pub fn set_usage(self, usage: Usage) {
        let words = [usage.user, usage.kernel, usage.page_faults];
        for (slot, value) in self.header[word::USAGE..].iter().zip(words) {
            slot.store(value, Ordering::Release);
        }
    }

    /// What the process has used, as far as it was recorded.
    #[must_use]
    pub fn usage(self) -> Usage {
        let [user, kernel, page_faults] = [0, 1, 2].map(|at| self.load(word::USAGE + at));
        Usage { user, kernel, page_faults }
    }

    #[inline]
    fn load(self, at: usize) -> u64 {
        self.header[at].load(Ordering::Acquire)
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

    /// The executive that has changed this block from outside, by its [`Host::name`](crate::Host::name);
    /// 0 if none has.
    #[must_use]
    pub fn executive(self) -> u64 {
        self.header[word::EXECUTIVE].load(Ordering::SeqCst)
    }

    /// Sets [`ProcessBlock::executive`].
    pub fn set_executive(self, name: u64) {
        self.header[word::EXECUTIVE].store(name, Ordering::SeqCst);
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

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::testing::{SMALL, memory};

    #[test]
    fn parts_do_not_overlap_and_meet_where_they_begin_to_be_used() {
        for g in [Geometry::FULL, SMALL, Geometry { threads: 3, records: 5, handles: 7 }] {
            let entries = g.threads_at() + g.threads as usize * THREAD_WORDS;
            let records = g.descriptions_at() + g.described() * DESCRIPTION_WORDS;
            assert!(g.threads_at() >= HEADER_WORDS);
            assert_eq!((g.entries_at(), g.records_at()), (entries, records));
            assert!(g.descriptions_at() >= g.entries_at() + g.handles as usize * ENTRY_WORDS);
            assert!(g.calls_at() >= g.records_at() + g.records as usize * RECORD_WORDS);
            assert!(g.words() >= g.calls_at() + CALL_WORDS);
            for at in [g.calls_at(), g.words()] {
                assert_eq!(at % PAGE_WORDS, 0);
            }
            // Cache lines are nobody else's, and two thread blocks are on the page of the first entries.
            for at in [g.threads_at(), g.records_at(), g.entries_at()] {
                assert_eq!(at % 8, 0);
            }
            assert!(g.entries_at() % PAGE_WORDS >= 2 * THREAD_WORDS);
        }
        const { assert!(BLOCK_SIZE < 1 << 31) };
    }

    #[test]
    fn another_process_reads_what_one_wrote() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 1234).unwrap();
        block.set_image_name(b"C:\\tools\\program.exe");
        block.set_running();
        let seen = ProcessBlock::open(&words).unwrap();
        assert_eq!((seen.pid(), seen.parent(), seen.created()), (Pid(10), Pid(9), 1234));
        assert_eq!(seen.geometry(), SMALL);
        assert_eq!(seen.image_name(), b"C:\\tools\\program.exe");
        assert_eq!(seen.state(), ProcessState::Running);
        assert_eq!(seen.exited(), 0);
    }

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
        assert_eq!(block.description(RecordIndex(3)), []);
        assert!(block.describe(RecordIndex(3), &[7; MAX_DESCRIPTION]));
        assert_eq!(block.description(RecordIndex(3)), [7; MAX_DESCRIPTION]);
        assert!(block.describe(RecordIndex(3), b"short"));
        assert_eq!(block.description(RecordIndex(3)), b"short");
        assert!(!block.describe(RecordIndex(3), &[0; MAX_DESCRIPTION + 1]));
        assert!(!block.describe(RecordIndex(SMALL.records), b"outside"));
        assert_eq!(block.description(RecordIndex(SMALL.records)), []);
    }

    #[test]
    fn a_wait_word_is_where_it_is_said_to_be() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
        block.thread(ThreadIndex(3)).wait_word().store(77, Ordering::Relaxed);
        let at = block.wait_word_at(ThreadIndex(3)).unwrap();
        assert_eq!(words[at].load(Ordering::Relaxed), 77);
        assert_eq!(block.wait_word_at(ThreadIndex(SMALL.threads)), None);
    }

    #[test]
    fn the_first_exit_code_stays() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 0).unwrap();
        assert!(block.set_exited(0xC000_0005, 77));
        assert!(!block.set_exited(0, 99));
        assert_eq!(block.state(), ProcessState::Exited(0xC000_0005));
        assert_eq!(block.exited(), 77);
    }

    #[test]
    fn a_job_and_what_was_used_are_words_of_their_own() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 0).unwrap();
        block.set_image_name(&[b'x'; 5000]);
        assert_eq!((block.job(), block.usage()), (JobState::default(), Usage::default()));
        block.set_job(JobState::MEMBER.with(JobState::COUNTS_MEMORY));
        let usage = Usage { user: 1, kernel: 2, page_faults: u64::MAX };
        block.set_usage(usage);
        assert!(block.job().contains(JobState::MEMBER));
        assert_eq!(block.usage(), usage);
        assert_eq!(block.image_name().len(), (HEADER_WORDS - word::IMAGE_NAME) * 8);
    }

    #[test]
    fn what_is_no_block_is_refused() {
        let words = memory(SMALL);
        assert_eq!(ProcessBlock::open(&words).err(), Some(NtStatus::REVISION_MISMATCH));
        assert_eq!(ProcessBlock::open(&[]).err(), Some(NtStatus::REVISION_MISMATCH));
        ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
        assert_eq!(
            ProcessBlock::open(&words[..HEADER_WORDS]).err(),
            Some(NtStatus::BUFFER_TOO_SMALL)
        );
        words[word::HANDLES].store(u64::MAX, Ordering::Relaxed);
        assert_eq!(ProcessBlock::open(&words).err(), Some(NtStatus::INVALID_PARAMETER));
    }

    #[test]
    fn an_image_name_that_is_too_long_is_cut() {
        let words = memory(SMALL);
        let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
        block.set_image_name(&[b'x'; 5000]);
        assert_eq!(block.image_name().len(), (HEADER_WORDS - word::IMAGE_NAME) * 8);
    }
}

//! Thread blocks: what the process block knows about one thread.
//!
//! ```text
//! word 0      wait word (see `dispatcher::wait_word`)
//!      1      thread identifier
//!      2      owned mutants: lock bit and first record of the list
//!      3      link while the thread block is free
//!      4      the wait under way: number of objects
//!      5      whether the executive is to hear of its end
//!   8..15     the kernel's own
//!  16..23     its share of the free entries and records (see `share`)
//!  24..151    64 wait blocks of two words (see `dispatcher::queue`)
//! ```

use crate::record::RecordIndex;
use crate::share::SHARE_WORDS;
use crate::sync::{AtomicU64, Ordering};
use core::fmt;
use haft_abi::Tid;

/// Most objects that one wait can be for (Microsoft: "WaitForMultipleObjects function").
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

pub(crate) const WAIT_BLOCK_WORDS: usize = 2;
const WAIT_WORD: usize = 0;
const IDENTITY: usize = 1;
const OWNED: usize = 2;
const LINK: usize = 3;
const WAIT_COUNT: usize = 4;
const TOLD: usize = 5;
const KERNEL: usize = 8;
const KERNEL_WORDS: usize = 8;
const SHARE: usize = 16;
const WAIT_BLOCKS: usize = SHARE + SHARE_WORDS;
/// 64-bit words of a thread block.
pub(crate) const THREAD_WORDS: usize = WAIT_BLOCKS + MAXIMUM_WAIT_OBJECTS * WAIT_BLOCK_WORDS;

const OWNED_LOCK: u64 = 1 << 63;

/// The place of a thread block in its process block; never 0.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[repr(transparent)]
pub struct ThreadIndex(pub(crate) u32);

impl ThreadIndex {
    /// The first thread of a process.
    pub const FIRST: Self = Self(1);

    /// The index as a number, for traces and for words that name a thread.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The thread block at `index`, as [`ThreadIndex::get`] gave it.
    #[must_use]
    pub const fn from_number(index: u32) -> Option<Self> {
        if index == 0 { None } else { Some(Self(index)) }
    }
}

impl fmt::Debug for ThreadIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread block {}", self.0)
    }
}

/// A view of one thread block.
#[derive(Clone, Copy)]
pub struct ThreadBlock<'b>(&'b [AtomicU64; THREAD_WORDS]);

impl<'b> ThreadBlock<'b> {
    pub(crate) fn new(words: &'b [AtomicU64; THREAD_WORDS]) -> Self {
        Self(words)
    }

    /// The thread's identifier; 0 while the block is free.
    #[must_use]
    pub fn tid(self) -> Tid {
        Tid(self.0[IDENTITY].load(Ordering::Acquire) as u32)
    }

    pub(crate) fn set_tid(self, tid: Tid) {
        self.0[IDENTITY].store(u64::from(tid.0), Ordering::Release);
    }

    /// The word by which the thread's wait is decided and that it parks on.
    #[must_use]
    pub fn wait_word(self) -> &'b AtomicU64 {
        &self.0[WAIT_WORD]
    }

    /// Eight words for the kernel's own use; zero when the thread is registered.
    #[must_use]
    pub fn kernel_words(self) -> &'b [AtomicU64] {
        &self.0[KERNEL..KERNEL + KERNEL_WORDS]
    }

    /// Has the executive told of the thread's end: it has something of the thread's, or somebody
    /// there asks for it. May be said from outside.
    pub fn set_told(self) {
        self.0[TOLD].store(1, Ordering::SeqCst);
    }

    /// Whether the executive is to be told of the thread's end.
    #[must_use]
    pub fn is_told(self) -> bool {
        self.0[TOLD].load(Ordering::SeqCst) != 0
    }

    pub(crate) fn set_untold(self) {
        self.0[TOLD].store(0, Ordering::SeqCst);
    }

    #[inline]
    pub(crate) fn share(self) -> &'b [AtomicU64; SHARE_WORDS] {
        const { assert!(SHARE.is_multiple_of(SHARE_WORDS)) };
        self.0
            .as_chunks()
            .0
            .get(SHARE / SHARE_WORDS)
            .unwrap_or_else(|| unreachable!("a thread block has a share"))
    }

    pub(crate) fn link(self) -> &'b AtomicU64 {
        &self.0[LINK]
    }

    pub(crate) fn wait_count(self) -> &'b AtomicU64 {
        &self.0[WAIT_COUNT]
    }

    pub(crate) fn wait_block(self, slot: usize) -> [&'b AtomicU64; WAIT_BLOCK_WORDS] {
        let at = WAIT_BLOCKS + slot * WAIT_BLOCK_WORDS;
        [&self.0[at], &self.0[at + 1]]
    }

    /// Locks the list of mutants that the thread owns: the first of them.
    pub(crate) fn lock_owned(self, spin: impl Fn(u32)) -> Option<RecordIndex> {
        let mut round = 0;
        loop {
            let word = self.0[OWNED].load(Ordering::Relaxed);
            if word & OWNED_LOCK == 0
                && self.0[OWNED]
                    .compare_exchange_weak(
                        word,
                        word | OWNED_LOCK,
                        Ordering::Acquire,
                        Ordering::Relaxed,
                    )
                    .is_ok()
            {
                return if word == 0 { None } else { Some(RecordIndex(word as u32)) };
            }
            spin(round);
            round = round.saturating_add(1);
        }
    }

    /// Unlocks the list of mutants, whose first is now `first`.
    pub(crate) fn unlock_owned(self, first: Option<RecordIndex>) {
        self.0[OWNED].store(first.map_or(0, |r| u64::from(r.0)), Ordering::Release);
    }
}

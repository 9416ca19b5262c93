//! How much is under way, for who waits until nothing is.

use crate::ps::thread;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_host::guest::atomic::Word32;

/// A count that one can wait for the end of.
#[derive(Debug, Default)]
pub struct Tally(AtomicU32);

impl Tally {
    /// Nothing is under way.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// One more is under way.
    pub fn begin(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// One is done.
    pub fn end(&self) {
        if self.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.word().wake(u32::MAX >> 1);
        }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }

    /// Waits until nothing is under way.
    pub fn wait(&self) {
        loop {
            let count = self.0.load(Ordering::Acquire);
            if count == 0 {
                return;
            }
            self.word().sleep(count, None);
            thread::checkpoint();
        }
    }

    fn word(&self) -> Word32 {
        Word32::at(self.0.as_ptr() as usize)
    }
}

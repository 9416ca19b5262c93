//! Slim reader/writer locks, in the program's own memory (Microsoft: "Slim Reader/Writer (SRW)
//! Locks").
//!
//! The structure is one opaque pointer. haft keeps the state in its low half, which readers sleep
//! on, and counts wake-ups of writers in its high half, which writers sleep on:
//!
//! ```text
//! bit 0..29   readers inside; all ones: a writer is inside
//!     30      readers wait
//!     31      writers wait
//! ```

use crate::ps::thread;
use haft_host::guest::atomic::{Word32, Word64};

const READER: u32 = 1;
const INSIDE: u32 = (1 << 30) - 1;
const WRITER: u32 = INSIDE;
const MOST_READERS: u32 = INSIDE - 1;
const READERS_WAIT: u32 = 1 << 30;
const WRITERS_WAIT: u32 = 1 << 31;
/// How often a lock that is held is looked at again before its caller sleeps.
const SPINS: u32 = 64;

/// A slim lock at an address of the program.
#[derive(Clone, Copy, Debug)]
pub struct SrwLock(Word64);

const fn is_free(state: u32) -> bool {
    state & INSIDE == 0
}

/// Readers wait for a writer that waits, so that writers come in at all.
const fn admits_reader(state: u32) -> bool {
    state & INSIDE < MOST_READERS && state & (READERS_WAIT | WRITERS_WAIT) == 0
}

impl SrwLock {
    /// The lock at an address.
    #[must_use]
    #[inline]
    pub const fn at(address: usize) -> Self {
        Self(Word64::at(address))
    }

    /// Makes it a free lock.
    pub fn initialize(self) {
        self.0.store(0);
    }

    const fn state(self) -> Word32 {
        self.0.low()
    }

    /// Acquires it for writing.
    #[inline]
    pub fn acquire_exclusive(self) {
        if self.state().compare_exchange(0, WRITER).is_err() {
            self.acquire_exclusive_contended();
        }
    }

    /// Acquires it for writing, if nobody is inside; whether it did.
    #[must_use]
    #[inline]
    pub fn try_acquire_exclusive(self) -> bool {
        self.state().update(|s| is_free(s).then_some(s | WRITER)).is_ok()
    }

    #[cold]
    fn acquire_exclusive_contended(self) {
        let state = self.state();
        for _ in 0..SPINS {
            if self.try_acquire_exclusive() {
                return;
            }
            core::hint::spin_loop();
        }
        // Others may wait too: who leaves after this thread has to look.
        let mut others = 0;
        loop {
            if state.update(|s| is_free(s).then_some(s | WRITER | others)).is_ok() {
                return;
            }
            if state.update(|s| (!is_free(s)).then_some(s | WRITERS_WAIT)).is_err() {
                continue;
            }
            others = WRITERS_WAIT;
            let wakes = self.0.high().load();
            // The count is read before the state, so that a wake-up in between is noticed.
            let now = state.load();
            if !is_free(now) && now & WRITERS_WAIT != 0 {
                self.0.high().sleep(wakes, None);
                thread::checkpoint();
            }
        }
    }

    /// Releases what [`SrwLock::acquire_exclusive`] acquired.
    #[inline]
    pub fn release_exclusive(self) {
        let before = self.state().fetch_add(WRITER.wrapping_neg());
        if before != WRITER {
            self.wake(before.wrapping_sub(WRITER));
        }
    }

    /// Acquires it for reading.
    #[inline]
    pub fn acquire_shared(self) {
        if !self.try_acquire_shared() {
            self.acquire_shared_contended();
        }
    }

    /// Acquires it for reading, if no writer is inside or waits; whether it did.
    #[must_use]
    #[inline]
    pub fn try_acquire_shared(self) -> bool {
        self.state().update(|s| admits_reader(s).then_some(s + READER)).is_ok()
    }

    #[cold]
    fn acquire_shared_contended(self) {
        let state = self.state();
        let mut spins = 0;
        loop {
            if self.try_acquire_shared() {
                return;
            }
            if spins < SPINS {
                spins += 1;
                core::hint::spin_loop();
                continue;
            }
            let marked = state.update(|s| (!admits_reader(s)).then_some(s | READERS_WAIT));
            if let Ok(seen) = marked {
                state.sleep(seen | READERS_WAIT, None);
                thread::checkpoint();
            }
        }
    }

    /// Releases what [`SrwLock::acquire_shared`] acquired.
    #[inline]
    pub fn release_shared(self) {
        let after = self.state().fetch_add(READER.wrapping_neg()).wrapping_sub(READER);
        if is_free(after) && after & WRITERS_WAIT != 0 {
            self.wake(after);
        }
    }

    /// Wakes a writer, or every reader if no writer waits.
    #[cold]
    fn wake(self, seen: u32) {
        let state = self.state();
        let mut seen = seen;
        while is_free(seen) && seen != 0 {
            // Writers first. Readers that wait stay marked: who leaves next looks again.
            let left = if seen & WRITERS_WAIT != 0 { seen & !WRITERS_WAIT } else { 0 };
            match state.compare_exchange(seen, left) {
                Err(now) => seen = now,
                Ok(_) if seen & WRITERS_WAIT == 0 => {
                    state.wake(u32::MAX >> 1);
                    return;
                }
                Ok(_) => {
                    self.0.high().fetch_add(1);
                    if self.0.high().wake(1) {
                        return;
                    }
                    // No writer slept: readers must not wait for nobody.
                    seen = left;
                }
            }
        }
    }
}

//! How often a thread was suspended, and what is known of where it is: one word, which it and those
//! who ask it to stop change in single steps.
//!
//! That it is one word matters. A thread that was resumed goes on only by taking [`STOPPED`] away
//! while the count is zero: who suspends it again just then either counts first, and it stays, or
//! comes later, and finds that it is not stopped.

use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::NtStatus;
use haft_host::park;

/// `MAXIMUM_SUSPEND_COUNT`.
const MOST: u32 = 127;

/// The count.
const COUNT: u32 = 0x7F;
/// It was found in a call of Linux.
const ASLEEP: u32 = 1 << 28;
/// It was found in haft since it was suspended, and looks before it is back in the program.
const IN_HAFT: u32 = 1 << 29;
/// It waits to be resumed, with its registers within the reach of others.
const STOPPED: u32 = 1 << 30;
/// It stays where it is, whatever the count: it or its process is ending.
const FROZEN: u32 = 1 << 31;

/// The word.
#[derive(Debug, Default)]
pub(super) struct Suspension(AtomicU32);

/// The word as it was.
pub(super) struct Seen(u32);

impl Suspension {
    /// For a thread that is about to begin.
    pub fn reset(&self, count: u32) {
        self.0.store(count, Ordering::Release);
    }

    /// Suspends it once more; how often it was before.
    ///
    /// # Errors
    /// `SUSPEND_COUNT_EXCEEDED`.
    pub fn add(&self) -> Result<u32, NtStatus> {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::Acquire, |word| {
                (word & COUNT < MOST).then(|| word + 1)
            })
            .map(|word| word & COUNT)
            .map_err(|_| NtStatus::SUSPEND_COUNT_EXCEEDED)
    }

    /// Resumes it once; how often it was suspended before.
    pub fn subtract(&self) -> u32 {
        let before = self.0.fetch_update(Ordering::SeqCst, Ordering::Acquire, |word| {
            match word & COUNT {
                0 => None,
                // What was found of it says nothing about the next time.
                1 => Some(word & !(COUNT | IN_HAFT | ASLEEP)),
                _ => Some(word - 1),
            }
        });
        let before = before.unwrap_or(0) & COUNT;
        if before == 1 {
            self.wake();
        }
        before
    }

    /// Has it stay where it is.
    pub fn freeze(&self) {
        self.0.fetch_or(FROZEN, Ordering::SeqCst);
        self.wake();
    }

    /// Whether it is to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst) & (COUNT | FROZEN) != 0
    }

    /// Whether it waits to be resumed.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire) & STOPPED != 0
    }

    /// Whether it runs nothing of the program's until it is resumed.
    pub fn is_held(&self) -> bool {
        self.0.load(Ordering::Acquire) & (STOPPED | IN_HAFT) != 0
    }

    /// Whether nothing more is to be waited for: it is stopped, or sleeps in haft.
    pub fn is_settled(&self) -> bool {
        self.0.load(Ordering::Acquire) & (STOPPED | ASLEEP) != 0
    }

    /// Waits a little until [`Self::is_settled`]: until something has changed, or `patience` is
    /// over, in 100 ns units.
    pub fn wait_settled(&self, patience: u64) {
        let word = self.0.load(Ordering::Acquire);
        if word & (STOPPED | ASLEEP) == 0 {
            let _ = park::park(&self.0, word, Some(patience));
        }
    }

    /// Waits a little until it is stopped, as [`Self::wait_settled`].
    pub fn wait_stopped(&self, patience: u64) {
        let word = self.0.load(Ordering::Acquire);
        if word & STOPPED == 0 {
            let _ = park::park(&self.0, word, Some(patience));
        }
    }

    /// The running thread, which is marked, has been found in haft, in a call of Linux or not.
    /// Called in a signal handler.
    pub fn found_in_haft(&self, in_call: bool) {
        let found = IN_HAFT | if in_call { ASLEEP } else { 0 };
        let changed = self.0.fetch_update(Ordering::SeqCst, Ordering::Acquire, |word| {
            (word & (COUNT | FROZEN) != 0 && word & found != found).then_some(word | found)
        });
        if changed.is_ok() {
            self.wake();
        }
    }

    /// The running thread stops, if it is to; its registers are within reach.
    pub fn stop(&self) -> bool {
        let stopped = self.0.fetch_update(Ordering::SeqCst, Ordering::Acquire, |word| {
            (word & (COUNT | FROZEN) != 0).then_some(word & !(IN_HAFT | ASLEEP) | STOPPED)
        });
        if stopped.is_ok() {
            self.wake();
        }
        stopped.is_ok()
    }

    /// The running thread, which is stopped, goes on if it may.
    pub fn try_go_on(&self) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::Acquire, |word| {
                (word & (COUNT | FROZEN) == 0).then_some(word & !STOPPED)
            })
            .is_ok()
    }

    /// What [`Self::wait_changed`] is to see a change of.
    pub fn seen(&self) -> Seen {
        Seen(self.0.load(Ordering::Acquire))
    }

    /// Waits until something has changed since. Who looks at anything else that may end the wait
    /// looks behind [`Self::seen`].
    pub fn wait_changed(&self, since: Seen) {
        let _ = park::park(&self.0, since.0, None);
    }

    fn wake(&self) {
        park::unpark(&self.0, u32::MAX >> 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_has_an_end() {
        let word = Suspension::default();
        for before in 0..MOST {
            assert_eq!(word.add(), Ok(before));
        }
        assert_eq!(word.add(), Err(NtStatus::SUSPEND_COUNT_EXCEEDED));
        assert_eq!(word.subtract(), MOST);
        word.freeze();
        assert_eq!(word.add(), Ok(MOST - 1));
        word.reset(0);
        assert_eq!(word.subtract(), 0);
    }

    #[test]
    fn who_is_suspended_again_before_it_has_gone_on_stays_stopped() {
        let word = Suspension::default();
        assert!(!word.stop(), "nobody has asked");
        let _ = word.add();
        assert!(word.stop());
        assert_eq!(word.subtract(), 1);
        assert!(word.is_stopped());
        let _ = word.add();
        assert!(!word.try_go_on());
        assert!(word.is_held() && word.is_stopped());
        assert_eq!(word.subtract(), 1);
        assert!(word.try_go_on());
        let _ = word.add();
        assert!(!word.is_held(), "it has gone on: it has to be asked");
    }

    #[test]
    fn what_was_found_holds_until_the_thread_is_resumed() {
        let word = Suspension::default();
        word.found_in_haft(true);
        assert!(!word.is_held(), "nobody has asked");
        let _ = word.add();
        word.found_in_haft(false);
        assert!(word.is_held() && !word.is_settled());
        let _ = word.add();
        word.found_in_haft(true);
        assert_eq!(word.subtract(), 2);
        assert!(word.is_held() && word.is_settled() && !word.is_stopped());
        assert_eq!(word.subtract(), 1);
        let _ = word.add();
        assert!(!word.is_held() && !word.is_settled());
    }
}

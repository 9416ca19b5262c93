//! Locks that are entered and left by separate calls: `_lock`, `_lock_file`.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use haft_host::park;

/// A lock that its owner may enter again.
#[derive(Default)]
pub struct PairedLock {
    /// The owner's [`own_key`]; zero when free.
    owner: AtomicUsize,
    /// How often the owner entered; only the owner touches it.
    depth: AtomicU32,
    /// [`FREE`], [`HELD`] or [`AWAITED`].
    state: AtomicU32,
}

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

thread_local!(static KEY: AtomicU32 = const { AtomicU32::new(0) });

/// Unlike any other running thread's, and never zero.
fn own_key() -> usize {
    KEY.with(|key| key.as_ptr().addr())
}

/// Leaves when it is dropped.
struct Inside<'a>(&'a PairedLock);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl PairedLock {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { owner: AtomicUsize::new(0), depth: AtomicU32::new(0), state: AtomicU32::new(FREE) }
    }

    /// Enters, waiting while another thread is inside; [`PairedLock::leave`] undoes it.
    pub fn enter(&self) {
        if !self.try_enter() {
            while self.state.swap(AWAITED, Ordering::Acquire) != FREE {
                // Woken for whatever reason, the state is looked at again.
                let _ = park::park(&self.state, AWAITED, None);
            }
            self.take();
        }
    }

    /// Enters unless another thread is inside; whether it did.
    pub fn try_enter(&self) -> bool {
        if self.owner.load(Ordering::Relaxed) == own_key() {
            self.depth.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let free =
            self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if free {
            self.take();
        }
        free
    }

    fn take(&self) {
        self.owner.store(own_key(), Ordering::Relaxed);
        self.depth.store(1, Ordering::Relaxed);
    }

    /// Leaves; does nothing in a thread that is not inside.
    pub fn leave(&self) {
        if self.owner.load(Ordering::Relaxed) != own_key() {
            return;
        }
        let depth = self.depth.load(Ordering::Relaxed) - 1;
        self.depth.store(depth, Ordering::Relaxed);
        if depth == 0 {
            self.owner.store(0, Ordering::Relaxed);
            if self.state.swap(FREE, Ordering::Release) == AWAITED {
                park::unpark(&self.state, 1);
            }
        }
    }

    /// Runs `body` inside.
    pub fn with<T>(&self, body: impl FnOnce() -> T) -> T {
        self.enter();
        let _inside = Inside(self);
        body()
    }
}

const COUNT: usize = 64;

static NUMBERED: [PairedLock; COUNT] = [const { PairedLock::new() }; COUNT];

/// The runtime's lock of this number; numbers it does not have share the last.
#[must_use]
pub fn numbered(number: i32) -> &'static PairedLock {
    &NUMBERED[usize::try_from(number).unwrap_or(COUNT).min(COUNT - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_owner_enters_again_and_others_wait() {
        let shared = Arc::new((PairedLock::new(), AtomicU32::new(0)));
        let threads = [(); 4].map(|()| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for _ in 0..1000 {
                    shared.0.enter();
                    shared.0.with(|| {
                        let seen = shared.1.load(Ordering::Relaxed);
                        shared.1.store(seen + 1, Ordering::Relaxed);
                    });
                    shared.0.leave();
                }
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.1.load(Ordering::Relaxed), 4000);
    }

    #[test]
    fn a_stranger_does_not_leave() {
        let lock = Arc::new(PairedLock::new());
        lock.enter();
        let other = Arc::clone(&lock);
        let entered = std::thread::spawn(move || {
            other.leave();
            other.try_enter()
        });
        assert!(!entered.join().unwrap());
        lock.leave();
        assert!(lock.try_enter());
    }
}

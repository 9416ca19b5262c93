//! Condition variables, in the program's own memory (Microsoft: "Condition Variables").
//!
//! The structure is one opaque pointer. haft counts wake-ups in its low half, which waiters sleep
//! on, and waiters in its high half, so that a wake-up without a waiter costs nothing. A waiter
//! may return without a wake-up, as documented.

use super::critical_section::CriticalSection;
use super::srw_lock::SrwLock;
use super::time_limit::TimeLimit;
use crate::ps::thread;
use haft_abi::NtStatus;
use haft_host::guest::atomic::Word64;
use haft_object::Timeout;

/// A condition variable at an address of the program.
#[derive(Clone, Copy, Debug)]
pub struct ConditionVariable(Word64);

/// The lock that a waiter gives up while it waits.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    /// A critical section, entered once.
    Section(CriticalSection),
    /// A slim lock, held for writing.
    Exclusive(SrwLock),
    /// A slim lock, held for reading.
    Shared(SrwLock),
}

impl Guard {
    fn give_up(self) {
        match self {
            Self::Section(section) => section.leave(),
            Self::Exclusive(lock) => lock.release_exclusive(),
            Self::Shared(lock) => lock.release_shared(),
        }
    }

    fn take_back(self) {
        match self {
            Self::Section(section) => section.enter(),
            Self::Exclusive(lock) => lock.acquire_exclusive(),
            Self::Shared(lock) => lock.acquire_shared(),
        }
    }
}

impl ConditionVariable {
    /// The condition variable at an address.
    #[must_use]
    pub const fn at(address: usize) -> Self {
        Self(Word64::at(address))
    }

    /// Makes it one that nobody waits on.
    pub fn initialize(self) {
        self.0.store(0);
    }

    /// Gives the guard up, waits to be woken, and takes the guard back: `SUCCESS`, or `TIMEOUT`,
    /// with the guard held too.
    #[must_use]
    pub fn sleep(self, guard: Guard, timeout: Timeout) -> NtStatus {
        let (wakes, waiters) = (self.0.low(), self.0.high());
        let limit = TimeLimit::new(timeout);
        waiters.fetch_add(1);
        let before = wakes.load();
        guard.give_up();
        let mut status = NtStatus::SUCCESS;
        while wakes.load() == before {
            let left = limit.left();
            if left == Some(0) {
                status = NtStatus::TIMEOUT;
                break;
            }
            wakes.sleep(before, left);
            thread::checkpoint();
        }
        waiters.fetch_add(u32::MAX);
        guard.take_back();
        status
    }

    /// Wakes one waiter, if there is one.
    pub fn wake(self) {
        self.wake_some(1);
    }

    /// Wakes every waiter.
    pub fn wake_all(self) {
        self.wake_some(u32::MAX >> 1);
    }

    fn wake_some(self, count: u32) {
        if self.0.high().load() != 0 {
            self.0.low().fetch_add(1);
            self.0.low().wake(count);
        }
    }
}

//! Synchronization barriers, in the program's own memory (Microsoft: "Synchronization Barriers").
//!
//! The structure of 32 bytes is opaque. haft keeps in it: how many threads are yet to come, how
//! many there are in all, the number of the phase, and how many threads are inside.

use crate::ps::thread;
use haft_abi::NtStatus;
use haft_host::guest::atomic::Word32;

/// A barrier at an address of the program.
#[derive(Clone, Copy, Debug)]
pub struct Barrier {
    to_come: Word32,
    total: Word32,
    phase: Word32,
    inside: Word32,
}

impl Barrier {
    /// The barrier at an address.
    #[must_use]
    pub const fn at(address: usize) -> Self {
        Self {
            to_come: Word32::at(address),
            total: Word32::at(address + 4),
            phase: Word32::at(address + 8),
            inside: Word32::at(address + 12),
        }
    }

    /// Makes it a barrier of so many threads.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for none.
    pub fn initialize(self, threads: i32) -> Result<(), NtStatus> {
        let threads = u32::try_from(threads).ok().filter(|&n| n > 0);
        let threads = threads.ok_or(NtStatus::INVALID_PARAMETER)?;
        self.to_come.store(threads);
        self.total.store(threads);
        self.phase.store(0);
        self.inside.store(0);
        Ok(())
    }

    /// Comes to the barrier and waits for the others; true for the thread that came last.
    #[must_use]
    pub fn enter(self) -> bool {
        self.inside.fetch_add(1);
        let phase = self.phase.load();
        let last = self.to_come.fetch_add(u32::MAX) == 1;
        if last {
            self.to_come.store(self.total.load());
            self.phase.fetch_add(1);
            self.phase.wake(u32::MAX >> 1);
        } else {
            while self.phase.load() == phase {
                self.phase.sleep(phase, None);
                thread::checkpoint();
            }
        }
        if self.inside.fetch_add(u32::MAX) == 1 {
            self.inside.wake(1);
        }
        last
    }

    /// Waits until every thread has left.
    pub fn delete(self) {
        loop {
            let inside = self.inside.load();
            if inside == 0 {
                return;
            }
            self.inside.sleep(inside, None);
            thread::checkpoint();
        }
    }
}

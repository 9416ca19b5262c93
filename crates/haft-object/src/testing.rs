//! A host for unit tests: a condition variable to park on, and a clock that tests set.

use crate::block::{Geometry, ProcessBlock};
use crate::host::{Deadline, Host};
use crate::manager::ObjectManager;
use crate::record::Backing;
use crate::sync::{AtomicU64, Ordering};
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::Pid;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

pub const SMALL: Geometry = Geometry { threads: 16, records: 64, handles: 64 };

pub fn memory(geometry: Geometry) -> Vec<AtomicU64> {
    (0..geometry.words()).map(|_| AtomicU64::new(0)).collect()
}

/// What has been disposed of, and the time, which stands still until it is set.
#[derive(Default)]
pub struct TestHost {
    parking: Mutex<()>,
    woken: Condvar,
    pub now: AtomicU64,
    pub disposed: Mutex<Vec<(ObjectType, Backing)>>,
    /// Threads of processes that have ended.
    pub dead: Mutex<Vec<ThreadIndex>>,
    /// What the host is known by, and who of that name has ended.
    pub name: AtomicU64,
    pub ended: AtomicU64,
}

impl TestHost {
    pub fn disposed(&self) -> Vec<(ObjectType, Backing)> {
        self.disposed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets time pass, in 100 ns units, and wakes whoever is parked to look at it.
    pub fn advance(&self, ticks: u64) {
        let _parking = self.parking.lock().unwrap_or_else(PoisonError::into_inner);
        self.now.fetch_add(ticks, Ordering::SeqCst);
        self.woken.notify_all();
    }
}

impl Host for TestHost {
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        let mut parking = self.parking.lock().unwrap_or_else(PoisonError::into_inner);
        while word.load(Ordering::SeqCst) as u32 == expected {
            let late = match deadline {
                None => false,
                Some(Deadline::Interrupt(time)) => time <= self.now_interrupt(),
                Some(Deadline::System(time)) => time <= self.now_system(),
            };
            if late {
                return;
            }
            let wait = Duration::from_secs(10);
            parking =
                self.woken.wait_timeout(parking, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn unpark(&self, _thread: ThreadIndex, _word: &AtomicU64) {
        let _parking = self.parking.lock().unwrap_or_else(PoisonError::into_inner);
        self.woken.notify_all();
    }

    fn now_interrupt(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn now_system(&self) -> i64 {
        self.now_interrupt().cast_signed() + 1_000_000
    }

    fn lives(&self, thread: ThreadIndex) -> bool {
        !self.dead.lock().unwrap_or_else(PoisonError::into_inner).contains(&thread)
    }

    fn name(&self) -> u64 {
        self.name.load(Ordering::SeqCst)
    }

    fn has_ended(&self, name: u64) -> bool {
        name == self.ended.load(Ordering::SeqCst)
    }

    fn spin(&self, _round: u32) {
        std::thread::yield_now();
    }

    fn dispose(&self, object_type: ObjectType, backing: Backing) {
        self.disposed.lock().unwrap_or_else(PoisonError::into_inner).push((object_type, backing));
    }

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

/// Runs `test` with a manager over a small block of its own.
pub fn with_manager<R>(test: impl FnOnce(&ObjectManager<'_, TestHost>) -> R) -> R {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(100), Pid(1), 0).expect("a block");
    test(&ObjectManager::new(block, TestHost::default()))
}

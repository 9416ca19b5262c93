//! Pools of workers: threads of the program's that run what is submitted.

use crate::ps::thread::{self, Start};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use haft_abi::NtStatus;
use haft_host::clock;
use haft_host::guest::atomic::Word32;
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// What a worker does. It may call the program.
pub type Job = Box<dyn FnOnce() + Send>;

/// The most workers that a pool has if nobody says otherwise.
const MOST_WORKERS: usize = 512;
/// How long an idle worker stays, in 100 ns units.
const PATIENCE: u64 = 30 * 10_000_000;

/// The pool of the process.
static DEFAULT: LazyLock<Arc<Pool>> = LazyLock::new(|| Arc::new(Pool::new(MOST_WORKERS)));
/// Workers that only wait, each for one wait or timer of the program's: they are no pool's, for
/// they would take the places of those that call it.
static WAITERS: LazyLock<Arc<Pool>> = LazyLock::new(|| Arc::new(Pool::new(usize::MAX)));
/// The pools that threads which are about to begin will work for.
static BEGINNING: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());

/// A pool of workers.
pub struct Pool {
    state: Mutex<State>,
    /// Counts submissions; idle workers sleep on it.
    submitted: AtomicU32,
    /// Whether its program is done with it.
    closed: AtomicBool,
}

struct State {
    jobs: VecDeque<Job>,
    workers: usize,
    idle: usize,
    least: usize,
    most: usize,
}

impl Pool {
    const fn new(most: usize) -> Self {
        let state = State { jobs: VecDeque::new(), workers: 0, idle: 0, least: 0, most };
        Self {
            state: Mutex::new(state),
            submitted: AtomicU32::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// A pool of a program's own.
    #[must_use]
    pub fn of_program() -> Arc<Self> {
        Arc::new(Self::new(MOST_WORKERS))
    }

    /// The pool of the process.
    #[must_use]
    pub fn default_one() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// The workers that wait.
    #[must_use]
    pub fn waiters() -> Arc<Self> {
        Arc::clone(&WAITERS)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn word(&self) -> Word32 {
        Word32::at(self.submitted.as_ptr() as usize)
    }

    /// Sets the most workers it may have, at least one.
    pub fn set_most(self: &Arc<Self>, most: usize) {
        let grow = {
            let mut state = self.state();
            state.most = most.max(1);
            state.least = state.least.min(state.most);
            let grow = state.jobs.len().min(state.most.saturating_sub(state.workers));
            state.workers += grow;
            grow
        };
        for _ in 0..grow {
            // Those that there are do the work as well, later.
            if self.start_counted().is_err() {
                self.state().workers -= 1;
            }
        }
    }

    /// Sets the fewest workers it has, and starts them.
    ///
    /// # Errors
    /// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
    pub fn set_least(self: &Arc<Self>, least: usize) -> Result<(), NtStatus> {
        let grow = {
            let mut state = self.state();
            state.least = least;
            state.most = state.most.max(least);
            let grow = least.saturating_sub(state.workers);
            state.workers += grow;
            grow
        };
        for started in 0..grow {
            if let Err(status) = self.start_counted() {
                self.state().workers -= grow - started;
                return Err(status);
            }
        }
        Ok(())
    }

    /// Has its workers stay for as long as the process runs.
    pub fn keep_workers(&self) {
        self.state().least = usize::MAX;
    }

    /// Whether one more callback would find a worker at once.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let state = self.state();
        state.idle > state.jobs.len() || state.workers < state.most
    }

    /// Lets idle workers go; what was submitted is still done.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.submitted.fetch_add(1, Ordering::AcqRel);
        self.word().wake(u32::MAX >> 1);
    }

    /// Has a worker do a job. Every job finds a worker while there are not too many, also when
    /// all others wait for something.
    ///
    /// # Errors
    /// `NO_MEMORY`, `INSUFFICIENT_RESOURCES` when there is no worker at all.
    pub fn submit(self: &Arc<Self>, job: Job) -> Result<(), NtStatus> {
        let grow = {
            let mut state = self.state();
            state.jobs.push_back(job);
            let grow = state.jobs.len() > state.idle && state.workers < state.most;
            state.workers += usize::from(grow);
            grow
        };
        self.submitted.fetch_add(1, Ordering::AcqRel);
        self.word().wake(1);
        if !grow {
            return Ok(());
        }
        let Err(status) = self.start_counted() else { return Ok(()) };
        let mut state = self.state();
        state.workers -= 1;
        if state.workers > 0 {
            return Ok(());
        }
        // Nobody will ever do it.
        let job = state.jobs.pop_back();
        drop(state);
        drop(job);
        Err(status)
    }

    /// Starts a worker that is counted already.
    fn start_counted(self: &Arc<Self>) -> Result<(), NtStatus> {
        // A thread that begins waits until this is decided, and so finds what was meant for one.
        let mut beginning = beginning();
        beginning.push(Arc::clone(self));
        thread::create(Start::Kernel(work), 0, false).map(drop).inspect_err(|_| {
            let _ = beginning.pop();
        })
    }

    fn next(&self) -> Option<Job> {
        let end = clock::interrupt_time() + PATIENCE;
        let mut idle = false;
        loop {
            let seen = self.submitted.load(Ordering::Acquire);
            let left = end.saturating_sub(clock::interrupt_time());
            let stays = {
                let mut state = self.state();
                state.idle -= usize::from(core::mem::take(&mut idle));
                if let Some(job) = state.jobs.pop_front() {
                    return Some(job);
                }
                let closed = self.closed.load(Ordering::Acquire);
                let stays = state.workers <= state.least && !closed;
                if (left == 0 && !stays) || closed {
                    state.workers -= 1;
                    return None;
                }
                state.idle += 1;
                idle = true;
                stays
            };
            self.word().sleep(seen, (!stays).then_some(left));
            thread::checkpoint();
        }
    }
}

fn beginning() -> MutexGuard<'static, Vec<Arc<Pool>>> {
    BEGINNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker does until it has been idle for long.
fn work() {
    let pool = beginning().pop();
    let Some(pool) = pool else { return };
    while let Some(job) = pool.next() {
        job();
    }
}

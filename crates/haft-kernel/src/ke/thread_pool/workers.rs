//! The workers: threads of the program's that run what is submitted.

use crate::ps::thread::{self, Start};
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::NtStatus;
use haft_host::clock;
use haft_host::guest::atomic::Word32;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a worker does. It may call the program.
pub type Job = Box<dyn FnOnce() + Send>;

/// `WT_SET_MAX_THREADPOOL_THREADS`'s default.
const MOST_WORKERS: usize = 512;
/// How long an idle worker stays, in 100 ns units.
const PATIENCE: u64 = 30 * 10_000_000;

#[derive(Default)]
struct Pool {
    jobs: VecDeque<Job>,
    workers: usize,
    idle: usize,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);
/// Counts submissions; idle workers sleep on it.
static SUBMITTED: AtomicU32 = AtomicU32::new(0);

fn pool() -> MutexGuard<'static, Option<Pool>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn word() -> Word32 {
    Word32::at(SUBMITTED.as_ptr() as usize)
}

/// Has a worker do a job. Every job finds a worker while there are not too many, also when all
/// others wait for something.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES` when there is no worker at all.
pub fn submit(job: Job) -> Result<(), NtStatus> {
    let grow = {
        let mut pool = pool();
        let pool = pool.get_or_insert_default();
        pool.jobs.push_back(job);
        let grow = pool.jobs.len() > pool.idle && pool.workers < MOST_WORKERS;
        pool.workers += usize::from(grow);
        grow
    };
    SUBMITTED.fetch_add(1, Ordering::AcqRel);
    word().wake(1);
    if !grow {
        return Ok(());
    }
    let started = thread::create(Start::Kernel(work), 0, false).map(drop);
    let Err(status) = started else { return Ok(()) };
    let mut pool = pool();
    let pool = pool.get_or_insert_default();
    pool.workers -= 1;
    if pool.workers > 0 {
        return Ok(());
    }
    // Nobody will ever do it.
    let job = pool.jobs.pop_back();
    drop(job);
    Err(status)
}

/// What a worker does until it has been idle for long.
fn work() {
    while let Some(job) = next() {
        job();
    }
}

fn next() -> Option<Job> {
    let end = clock::interrupt_time() + PATIENCE;
    let mut idle = false;
    loop {
        let seen = SUBMITTED.load(Ordering::Acquire);
        let left = end.saturating_sub(clock::interrupt_time());
        {
            let mut pool = pool();
            let pool = pool.get_or_insert_default();
            pool.idle -= usize::from(core::mem::take(&mut idle));
            if let Some(job) = pool.jobs.pop_front() {
                return Some(job);
            }
            if left == 0 {
                pool.workers -= 1;
                return None;
            }
            pool.idle += 1;
            idle = true;
        }
        word().sleep(seen, Some(left));
        thread::checkpoint();
    }
}

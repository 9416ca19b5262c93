//! Waiting on an address (Microsoft: "WaitOnAddress function").
//!
//! Values may be of one to eight bytes, and who waited first is woken first, so these waits have
//! queues of their own, by address.

use super::time_limit::TimeLimit;
use crate::ps::thread;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use haft_abi::NtStatus;
use haft_host::guest;
use haft_host::guest::atomic::Word32;
use haft_object::Timeout;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const BUCKETS: usize = 128;

struct Waiter {
    address: usize,
    woken: Arc<AtomicU32>,
}

struct Bucket {
    /// How many wait here, or are about to: who wakes need not lock when there are none.
    count: AtomicUsize,
    waiters: Mutex<VecDeque<Waiter>>,
}

static WAITERS: [Bucket; BUCKETS] =
    [const { Bucket { count: AtomicUsize::new(0), waiters: Mutex::new(VecDeque::new()) } };
        BUCKETS];

impl Bucket {
    fn of(address: usize) -> &'static Self {
        &WAITERS[(address >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57]
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiter>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value of 1, 2, 4 or 8 bytes.
fn read(address: usize, size: usize) -> Result<u64, NtStatus> {
    Ok(match size {
        1 => guest::read::<u8>(address)?.into(),
        2 => guest::read::<u16>(address)?.into(),
        4 => guest::read::<u32>(address)?.into(),
        8 => guest::read(address)?,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    })
}

/// Waits until the address is woken, if it holds the same value of `size` bytes as `compare`.
///
/// # Errors
/// `INVALID_PARAMETER` for a size that is not 1, 2, 4 or 8; `TIMEOUT`, which is a success code;
/// `ACCESS_VIOLATION`.
pub fn wait(address: usize, compare: usize, size: usize, timeout: Timeout) -> Result<(), NtStatus> {
    let unwanted = read(compare, size)?;
    let limit = TimeLimit::new(timeout);
    let woken = Arc::new(AtomicU32::new(0));
    let bucket = Bucket::of(address);
    bucket.count.fetch_add(1, Ordering::SeqCst);
    let queued = {
        let mut waiters = bucket.lock();
        let same = read(address, size).map(|value| value == unwanted);
        if same == Ok(true) {
            waiters.push_back(Waiter { address, woken: Arc::clone(&woken) });
        }
        same
    };
    let result = match queued {
        Ok(true) => sleep(bucket, &woken, limit),
        Ok(false) => Ok(()),
        Err(status) => Err(status),
    };
    bucket.count.fetch_sub(1, Ordering::SeqCst);
    result
}

fn sleep(bucket: &Bucket, woken: &Arc<AtomicU32>, limit: TimeLimit) -> Result<(), NtStatus> {
    let word = Word32::at(woken.as_ptr() as usize);
    while woken.load(Ordering::Acquire) == 0 {
        let left = limit.left();
        if left == Some(0) {
            let mut waiters = bucket.lock();
            let place = waiters.iter().position(|w| Arc::ptr_eq(&w.woken, woken));
            // Who is not in the queue any more was woken at the last moment.
            return match place {
                Some(place) => {
                    waiters.remove(place);
                    Err(NtStatus::TIMEOUT)
                }
                None => Ok(()),
            };
        }
        word.sleep(0, left);
        thread::checkpoint();
    }
    Ok(())
}

/// Wakes who has waited longest on an address.
pub fn wake_single(address: usize) {
    let bucket = Bucket::of(address);
    if !is_waited(bucket) {
        return;
    }
    let first = {
        let mut waiters = bucket.lock();
        let place = waiters.iter().position(|w| w.address == address);
        place.and_then(|place| waiters.remove(place))
    };
    if let Some(waiter) = first {
        wake(&waiter);
    }
}

/// Wakes everybody who waits on an address.
pub fn wake_all(address: usize) {
    let bucket = Bucket::of(address);
    if !is_waited(bucket) {
        return;
    }
    let mut woken = Vec::new();
    bucket.lock().retain_mut(|waiter| {
        let ours = waiter.address == address;
        if ours {
            woken.push(Waiter { address, woken: Arc::clone(&waiter.woken) });
        }
        !ours
    });
    woken.iter().for_each(wake);
}

/// Whether somebody may wait. The program has changed its value before this looks; a waiter has
/// counted itself before it looks at the value.
fn is_waited(bucket: &Bucket) -> bool {
    fence(Ordering::SeqCst);
    bucket.count.load(Ordering::SeqCst) != 0
}

fn wake(waiter: &Waiter) {
    waiter.woken.store(1, Ordering::Release);
    Word32::at(waiter.woken.as_ptr() as usize).wake(1);
}

//! Calls of Linux that wait: who waits in which file's, and how that ends before its time.
//!
//! A thread says in a place of its own which file it waits for, for as long as it does. Whoever
//! wants the wait to end finds it there (a file whose last handle is closed; CancelSynchronousIo),
//! leaves a mark, and interrupts the thread until the mark is seen.

use super::file::FileObject;
use crate::ob::{ObjectType, reference};
use crate::ps::thread;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::interrupt;
use haft_host::rustix::io::Errno;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What one thread waits for.
#[derive(Default)]
struct Waiter {
    /// The address of the file object; zero for nothing.
    file: AtomicUsize,
    /// Whether the wait is to end.
    cancelled: AtomicBool,
}

/// The threads that have waited.
static WAITERS: Mutex<Option<HashMap<u32, Arc<Waiter>>>> = Mutex::new(None);

fn waiters() -> MutexGuard<'static, Option<HashMap<u32, Arc<Waiter>>>> {
    WAITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's place in the list.
struct Place {
    tid: Tid,
    waiter: Arc<Waiter>,
}

impl Place {
    fn new() -> Self {
        let (tid, waiter) = (haft_host::thread::current_tid(), Arc::new(Waiter::default()));
        waiters().get_or_insert_default().insert(tid.0, Arc::clone(&waiter));
        Self { tid, waiter }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(all) = &mut *waiters() {
            all.remove(&self.tid.0);
        }
    }
}

thread_local! {
    static PLACE: Place = Place::new();
}

/// Makes a call that may wait on a file, again for as often as something else interrupts it.
///
/// # Errors
/// What `status` makes of the call's; `CANCELLED` when the wait was ended before its time.
pub(crate) fn wait<T>(
    file: &FileObject,
    status: impl Fn(Errno) -> NtStatus,
    mut call: impl FnMut() -> Result<T, Errno>,
) -> Result<T, NtStatus> {
    crate::log::flush();
    PLACE.with(|place| {
        let waiter = &*place.waiter;
        waiter.cancelled.store(false, Ordering::Relaxed);
        // Before the look at the file: who closes it does these two the other way round.
        waiter.file.store(core::ptr::from_ref(file) as usize, Ordering::SeqCst);
        let result = loop {
            if file.state.closed.load(Ordering::SeqCst) || waiter.cancelled.load(Ordering::Acquire)
            {
                break Err(NtStatus::CANCELLED);
            }
            match call() {
                Err(Errno::INTR) => {}
                result => break result.map_err(&status),
            }
        };
        waiter.file.store(0, Ordering::Release);
        result
    })
}

/// So long is a thread interrupted before it is left alone: it may be suspended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends the waits that are meant; whether there was one.
fn end(meant: impl Fn(Tid, usize) -> bool) -> bool {
    let found: Vec<(Tid, Arc<Waiter>, usize)> = waiters()
        .iter()
        .flatten()
        .map(|(&tid, waiter)| (Tid(tid), Arc::clone(waiter), waiter.file.load(Ordering::SeqCst)))
        .filter(|&(tid, _, file)| file != 0 && meant(tid, file))
        .collect();
    for (tid, waiter, file) in &found {
        waiter.cancelled.store(true, Ordering::Release);
        let started = Instant::now();
        while waiter.file.load(Ordering::Acquire) == *file && started.elapsed() < PATIENCE {
            interrupt::interrupt(*tid);
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    !found.is_empty()
}

/// Ends every wait on a file that is closed.
pub(crate) fn end_all(file: &FileObject) {
    let address = core::ptr::from_ref(file) as usize;
    end(|_, other| other == address);
}

/// The right to end a thread's waits (`THREAD_TERMINATE`).
const THREAD_TERMINATE: AccessMask = AccessMask(1);

/// Ends the wait that a thread is in (Microsoft: "CancelSynchronousIo function").
///
/// # Errors
/// `NOT_FOUND` when it is in none, and those of the thread's handle.
pub fn cancel_by_handle(handle: Handle) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_TERMINATE)?;
    let thread = thread::of(&object)?.tid();
    if end(|tid, _| tid == thread) { Ok(()) } else { Err(NtStatus::NOT_FOUND) }
}

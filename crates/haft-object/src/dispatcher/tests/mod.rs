//! What dispatcher objects promise, one thread at a time where that says it all.

mod ends;
mod kinds;
mod timers;
mod waits;

use crate::dispatcher::event::EventKind::{Notification, Synchronization};
use crate::dispatcher::mutant::MutantState;
use crate::dispatcher::wait_word::{self, Decision, Notice};
use crate::testing::{TestHost, with_manager};
use crate::{DueTime, ObjectManager, Pinned, ThreadIndex, Timeout, WaitKind, Waited};
use haft_abi::{NtStatus, Tid};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Ob<'b> = ObjectManager<'b, TestHost>;

fn poll(ob: &Ob<'_>, thread: ThreadIndex, object: &Pinned<'_, TestHost>) -> Waited {
    ob.wait_for_single(thread, object, Timeout::ZERO, false).unwrap()
}

fn poll_all(ob: &Ob<'_>, thread: ThreadIndex, objects: &[Pinned<'_, TestHost>]) -> Waited {
    ob.wait_for_multiple(thread, objects, WaitKind::All, Timeout::ZERO, false).unwrap()
}

/// Runs `body` with two registered threads.
fn with_threads(body: impl FnOnce(&Ob<'_>, ThreadIndex, ThreadIndex)) {
    with_manager(|ob| {
        let first = ob.register_thread(Tid(11)).unwrap();
        let second = ob.register_thread(Tid(22)).unwrap();
        body(ob, first, second);
    });
}

/// Runs each of `waits` in a thread of its own, and `body` once all of them are in the queue of
/// `object`, in the order given. What the waits gave.
fn with_waiters<'w, R: Send>(
    ob: &Ob<'_>,
    object: &Pinned<'_, TestHost>,
    waits: Vec<Box<dyn FnOnce(ThreadIndex) -> R + Send + 'w>>,
    body: impl FnOnce(&[ThreadIndex]),
) -> Vec<R> {
    let mut threads = Vec::new();
    let results = std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (at, wait) in waits.into_iter().enumerate() {
            let thread = ob.register_thread(Tid(1000 + at as u32)).unwrap();
            threads.push(thread);
            running.push(scope.spawn(move || wait(thread)));
            while ob.waiters(object) < at + 1 {
                std::thread::yield_now();
            }
        }
        body(&threads);
        running.into_iter().map(|r| r.join().unwrap()).collect()
    });
    threads.into_iter().for_each(|t| ob.unregister_thread(t));
    results
}

fn forever<'w>(
    ob: &'w Ob<'_>,
    objects: &'w [Pinned<'w, TestHost>],
    kind: WaitKind,
) -> Box<dyn FnOnce(ThreadIndex) -> Waited + Send + 'w> {
    Box::new(move |thread| {
        ob.wait_for_multiple(thread, objects, kind, Timeout::Never, false).unwrap()
    })
}

//! Waitable timers by handle, and their completion routines (Microsoft: "Waitable Timer Objects",
//! "Using a Waitable Timer with an Asynchronous Procedure Call").
//!
//! No thread runs them: a completion routine runs in the thread that set the timer, while that
//! thread waits alertably. So its wait ends when the routine is due.

use super::apc::{self, Apc};
use crate::ob::shared::{Created, Wanted};
use crate::ob::{self, ObjectType, Pinned, objects, shared};
use crate::ps::thread::{self, Thread};
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::clock;
use haft_object::DispatcherState;
use haft_object::EventKind;
pub use haft_object::{DueTime, TimerState};
use haft_wire::{Answer, Operation};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The right to set and cancel (`TIMER_MODIFY_STATE`).
const MODIFY_STATE: AccessMask = AccessMask(2);
/// The right to ask for the state (`TIMER_QUERY_STATE`).
const QUERY_STATE: AccessMask = AccessMask(1);
const TICKS_PER_MILLISECOND: u64 = 10_000;

/// A completion routine that is yet to run.
struct Completion {
    timer: Pinned,
    thread: &'static Thread,
    routine: usize,
    argument: usize,
    /// The interrupt time at which it is due.
    due: u64,
    /// 100 ns units, zero for none.
    period: u64,
}

static COMPLETIONS: Mutex<Vec<Completion>> = Mutex::new(Vec::new());
/// How many there are, so that a wait need not lock when there are none.
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn completions() -> MutexGuard<'static, Vec<Completion>> {
    COMPLETIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes completions away. They are dropped when the lock is not held any more: the last reference
/// to a timer ends it.
fn remove(goes: impl Fn(&Completion) -> bool) {
    let gone: Vec<_> = {
        let mut all = completions();
        let gone = all.extract_if(.., |c| goes(c)).collect();
        COUNT.store(all.len(), Ordering::Release);
        gone
    };
    drop(gone);
}

/// A completion routine, as it is given when a timer is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routine {
    /// Its address.
    pub address: usize,
    /// Its first argument.
    pub argument: usize,
}

/// Creates a timer; a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that timers do not have;
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, `PORT_DISCONNECTED`.
pub fn create(kind: EventKind, wanted: Wanted) -> Result<Created, NtStatus> {
    let state = DispatcherState::Timer { kind, signalled: false, due: None, period: 0 };
    shared::create(wanted, state, || objects().create_timer(kind))
}

/// Sets a timer; whether it was signalled. A period of zero milliseconds is none.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn set(
    handle: Handle,
    due: DueTime,
    period: u32,
    routine: Option<Routine>,
) -> Result<bool, NtStatus> {
    let timer = ob::reference(handle, Some(ObjectType::Timer), MODIFY_STATE)?;
    forget(&timer);
    let before = match objects().set_timer(&timer, due, period) {
        Err(NtStatus::RETRY) => shared::was(&timer, Operation::SetTimer { due, period }),
        done => done,
    }?;
    if let Some(routine) = routine {
        let now = clock::interrupt_time();
        let due = match due {
            DueTime::After(ticks) => now.saturating_add(ticks),
            DueTime::At(time) => {
                now.saturating_add_signed(time.saturating_sub(clock::system_time()))
            }
        };
        let mut all = completions();
        all.push(Completion {
            timer,
            thread: thread::current(),
            routine: routine.address,
            argument: routine.argument,
            due,
            period: u64::from(period) * TICKS_PER_MILLISECOND,
        });
        COUNT.store(all.len(), Ordering::Release);
    }
    Ok(before)
}

/// Makes a timer not set; whether it was signalled.
///
/// # Errors
/// As for [`set`].
pub fn cancel(handle: Handle) -> Result<bool, NtStatus> {
    let timer = ob::reference(handle, Some(ObjectType::Timer), MODIFY_STATE)?;
    forget(&timer);
    match objects().cancel_timer(&timer) {
        Err(NtStatus::RETRY) => shared::was(&timer, Operation::CancelTimer),
        done => done,
    }
}

/// A timer's state.
///
/// # Errors
/// As for [`set`].
pub fn query(handle: Handle) -> Result<TimerState, NtStatus> {
    let timer = ob::reference(handle, Some(ObjectType::Timer), QUERY_STATE)?;
    match objects().query_timer(&timer) {
        Err(NtStatus::RETRY) => shared::operate(&timer, Operation::QueryTimer, |a| match a {
            Answer::Timer(state) => Some(state),
            _ => None,
        }),
        done => done,
    }
}

fn forget(timer: &Pinned) {
    if COUNT.load(Ordering::Acquire) != 0 {
        remove(|c| c.timer.index() == timer.index());
    }
}

/// Forgets the routines of a thread that ends.
pub(crate) fn forget_thread(thread: &Thread) {
    if COUNT.load(Ordering::Acquire) != 0 {
        remove(|c| core::ptr::eq(c.thread, thread));
    }
}

/// The interrupt time at which the running thread's next completion routine is due.
pub(super) fn next_apc() -> Option<u64> {
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    // A timer without a handle is cancelled.
    remove(|c| c.timer.record().handles() == 0);
    let own = thread::current();
    completions().iter().filter(|c| core::ptr::eq(c.thread, own)).map(|c| c.due).min()
}

/// Queues those of the running thread's completion routines that are due; whether there were any.
pub(super) fn queue_due_apcs() -> bool {
    let own = thread::current();
    let now = clock::interrupt_time();
    let mut due = Vec::new();
    {
        let mut all = completions();
        for completion in all.iter_mut() {
            if core::ptr::eq(completion.thread, own) && completion.due <= now {
                // The time at which it was due, by the calendar.
                let time = clock::system_time() - (now - completion.due) as i64;
                let Completion { routine, argument, .. } = *completion;
                due.push((
                    completion.due,
                    Apc {
                        routine,
                        arguments: [argument, time as u32 as usize, (time >> 32) as usize, 0],
                    },
                ));
                completion.due = match completion.period {
                    0 => u64::MAX,
                    period => completion.due + period * ((now - completion.due) / period + 1),
                };
            }
        }
    }
    remove(|c| c.due == u64::MAX);
    due.sort_by_key(|(at, _)| *at);
    let any = !due.is_empty();
    for (_, apc) in due {
        // The running thread has not ended.
        let _ = apc::queue(own, apc);
    }
    any
}

//! The process's thread pool (Microsoft: "Thread Pools"): workers, work, waits and timers.
//!
//! A wait or a timer has a worker of its own while it is set; a timer is a wait for a waitable
//! timer of the pool's own.

mod registration;
mod tally;
mod work;
mod workers;

pub use registration::Settings;
pub use work::{Callback, INSTANCE};
pub use workers::submit;

use crate::ke::event;
use crate::ob::side::SideTable;
use crate::ob::{ObjectType, objects, reference};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::jump;
use haft_object::{DueTime, EventKind, Timeout};
use registration::{Registration, Style};
use std::sync::Arc;
use work::{Item, Settable, Work};

/// What programs hold of the pool, by an opaque value that is never zero.
static ITEMS: SideTable<Item> = SideTable::new();

/// Programs take the values for pointers: aligned and not small.
const FIRST: u64 = 0x1_0000;
const STEP: u64 = 16;

fn keep(item: Item) -> usize {
    (FIRST + ITEMS.insert(Arc::new(item)) * STEP) as usize
}

fn key(value: usize) -> Option<u64> {
    let offset = (value as u64).checked_sub(FIRST)?;
    offset.is_multiple_of(STEP).then_some(offset / STEP)
}

fn item(value: usize) -> Option<Arc<Item>> {
    ITEMS.get(key(value)?)
}

/// Has a worker call a function of the program's once.
///
/// # Errors
/// As for [`submit`].
pub fn call_once(routine: usize, [first, second]: [usize; 2]) -> Result<(), NtStatus> {
    submit(Box::new(move || {
        jump::call(routine, [first, second, 0, 0]);
    }))
}

/// Makes work; the value that stands for it.
#[must_use]
pub fn create_work(callback: Callback) -> usize {
    keep(Item::Work(Arc::new(Work::new(callback))))
}

/// Has a worker do work. Values that stand for none do nothing, here and below: there is no way
/// to fail.
pub fn submit_work(value: usize) {
    if let Some(Item::Work(work)) = item(value).as_deref()
        && work.submit(value).is_err()
    {
        crate::log::say_once("work of the thread pool was lost: there is no memory for a worker");
    }
}

/// Makes a wait or a timer that is not set; the value that stands for it.
#[must_use]
pub fn create_settable(callback: Callback) -> usize {
    keep(Item::Settable(Settable::new(callback)))
}

/// Sets a timer, or makes it not set.
pub fn set_timer(value: usize, due: Option<i64>, period: u32) {
    let kept = item(value);
    let Some(Item::Settable(timer)) = kept.as_deref() else { return };
    let settings = Settings { timeout: Timeout::Never, once: period == 0, in_wait_thread: false };
    let begin = |due: i64| {
        let object = objects().create_timer(EventKind::Synchronization)?;
        objects().set_timer(&object, DueTime::from_nt(due), period)?;
        Registration::begin(object, timer.callback, settings, Style::Timer(value))
    };
    timer.set(due.map(begin).and_then(said));
}

/// Sets a wait, or makes it not set.
pub fn set_wait(value: usize, handle: Option<Handle>, timeout: Timeout) {
    let kept = item(value);
    let Some(Item::Settable(wait)) = kept.as_deref() else { return };
    let settings = Settings { timeout, once: true, in_wait_thread: false };
    let begin = |handle: Handle| {
        let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
        Registration::begin(object, wait.callback, settings, Style::Wait(value))
    };
    wait.set(handle.map(begin).and_then(said));
}

fn said(begun: Result<Arc<Registration>, NtStatus>) -> Option<Arc<Registration>> {
    if let Err(status) = &begun {
        crate::log::say_once(&format!("the thread pool cannot wait: {status}"));
    }
    begun.ok()
}

/// Whether a wait or a timer is set.
#[must_use]
pub fn is_set(value: usize) -> bool {
    matches!(item(value).as_deref(), Some(Item::Settable(s)) if s.is_set())
}

/// Waits for callbacks; work that has not begun may be cancelled.
pub fn wait(value: usize, cancel_pending: bool) {
    match item(value).as_deref() {
        Some(Item::Work(work)) => work.wait(cancel_pending),
        Some(Item::Settable(settable)) => settable.wait(),
        _ => {}
    }
}

/// Frees work, a wait or a timer; callbacks that are under way go on.
pub fn close(value: usize) {
    let Some(key) = key(value) else { return };
    if let Some(Item::Settable(settable)) = ITEMS.remove(key).as_deref() {
        settable.set(None);
    }
}

/// Has the pool wait for an object (Microsoft: "RegisterWaitForSingleObject function"); the value
/// that stands for the wait.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED`, `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn register(handle: Handle, callback: Callback, settings: Settings) -> Result<usize, NtStatus> {
    let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
    let wait = Registration::begin(object, callback, settings, Style::Registered)?;
    Ok(keep(Item::Registered(wait)))
}

/// Has the pool call a function after a time and at every period, in milliseconds (Microsoft:
/// "CreateTimerQueueTimer function"); the value that stands for the timer.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn register_timer(
    callback: Callback,
    due: u32,
    period: u32,
    in_wait_thread: bool,
) -> Result<usize, NtStatus> {
    let object = objects().create_timer(EventKind::Synchronization)?;
    objects().set_timer(&object, DueTime::After(u64::from(due) * 10_000), period)?;
    let settings = Settings { timeout: Timeout::Never, once: period == 0, in_wait_thread };
    let timer = Registration::begin(object, callback, settings, Style::QueueTimer)?;
    Ok(keep(Item::Registered(timer)))
}

/// Ends what [`register`] or [`register_timer`] began. Callbacks that are under way are waited
/// for with `INVALID_HANDLE_VALUE`; an event is set once they are done.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` for the event; `PENDING` when a
/// callback is under way and is not waited for.
pub fn unregister(value: usize, completion: Handle) -> Result<(), NtStatus> {
    let kept = item(value);
    let Some(Item::Registered(registration)) = kept.as_deref() else {
        return Err(NtStatus::INVALID_HANDLE);
    };
    let event = match completion {
        Handle::NULL | Handle::INVALID => None,
        handle => Some(reference(handle, Some(ObjectType::Event), event::MODIFY_STATE)?),
    };
    if let Some(key) = key(value) {
        drop(ITEMS.remove(key));
    }
    registration.cancel();
    let idle = match (completion, event) {
        (Handle::INVALID, _) => {
            registration.wait_for_callbacks();
            true
        }
        (_, Some(event)) => registration.set_when_idle(event),
        _ => registration.is_idle(),
    };
    if idle { Ok(()) } else { Err(NtStatus::PENDING) }
}

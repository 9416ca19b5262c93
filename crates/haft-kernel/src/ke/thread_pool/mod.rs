//! The process's thread pools (Microsoft: "Thread Pools"): workers, work, waits, timers and I/O.
//!
//! A wait or a timer has a thread of its own while it is set; a timer is a wait for a waitable
//! timer of the pool's own.

mod callbacks;
mod group;
pub mod instance;
pub mod io;
mod registration;
mod tally;
mod timer_queue;
mod work;
mod workers;

pub use callbacks::{Callback, Environment};
pub use registration::Settings;
pub use timer_queue::{change_timer, create_queue, delete_queue, delete_timer, register_timer};

use crate::ke::event;
use crate::ob::side::SideTable;
use crate::ob::{ObjectType, Pinned, objects, reference};
use callbacks::{Arguments, Callbacks};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{DueTime, EventKind, Timeout};
use registration::{Registration, Style, set_when_idle};
use std::sync::{Arc, Weak};
use work::{Item, Settable};
use workers::Pool;

/// What programs hold of the pool, by an opaque value that is never zero.
static ITEMS: SideTable<Item> = SideTable::new();

/// Programs take the values for pointers: aligned and not small.
const FIRST: u64 = 0x1_0000;
const STEP: u64 = 16;

const fn value(key: u64) -> usize {
    (FIRST + key * STEP) as usize
}

fn key(value: usize) -> Option<u64> {
    let offset = (value as u64).checked_sub(FIRST)?;
    offset.is_multiple_of(STEP).then_some(offset / STEP)
}

fn item(value: usize) -> Option<Arc<Item>> {
    ITEMS.get(key(value)?)
}

/// Keeps an item, in its group if it has one.
fn keep(item: Item) -> usize {
    let group = item.callbacks().and_then(|callbacks| callbacks.environment().group.clone());
    let value = value(ITEMS.insert(Arc::new(item)));
    if let Some(group) = group {
        group.add(value);
    }
    value
}

/// Makes an environment of a pool, a cleanup group, each zero for none, and the function that is
/// called when the group cancels.
///
/// # Errors
/// `INVALID_PARAMETER` for what is no pool or no group.
pub fn environment(
    pool: usize,
    group: usize,
    group_cancel: usize,
) -> Result<Environment, NtStatus> {
    let mut environment = Environment { group_cancel, ..Environment::default() };
    if pool != 0 {
        match item(pool).as_deref() {
            Some(Item::Pool(pool)) => environment.pool = Arc::clone(pool),
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
    }
    if group != 0 {
        match item(group).as_deref() {
            Some(Item::Group(group)) => environment.group = Some(Arc::clone(group)),
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
    }
    Ok(environment)
}

impl Environment {
    /// Has the workers stay for as long as the process runs.
    pub fn keep_workers(&self) {
        self.pool.keep_workers();
    }
}

/// Makes a pool; the value that stands for it.
#[must_use]
pub fn create_pool() -> usize {
    keep(Item::Pool(Pool::of_program()))
}

/// Sets the most workers of a pool.
pub fn set_pool_maximum(value: usize, most: u32) {
    if let Some(Item::Pool(pool)) = item(value).as_deref() {
        pool.set_most(most as usize);
    }
}

/// Sets the fewest workers of a pool, and starts them.
///
/// # Errors
/// `INVALID_PARAMETER` for what is no pool, `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn set_pool_minimum(value: usize, least: u32) -> Result<(), NtStatus> {
    match item(value).as_deref() {
        Some(Item::Pool(pool)) => pool.set_least(least as usize),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Makes a cleanup group; the value that stands for it.
#[must_use]
pub fn create_group() -> usize {
    keep(Item::Group(Arc::default()))
}

/// Closes all members of a group and waits for their callbacks; those that have not begun may be
/// cancelled, which each member's function is then told of.
pub fn close_members(value: usize, cancel_pending: bool, cleanup_context: usize) {
    let kept = item(value);
    let Some(Item::Group(group)) = kept.as_deref() else { return };
    for member in group.take() {
        let Some(item) = key(member).and_then(|key| ITEMS.remove(key)) else { continue };
        if let Item::Settable(settable) = &*item {
            settable.set(None);
        }
        let Some(callbacks) = item.callbacks() else { continue };
        if cancel_pending {
            let _ = callbacks.cancel_pending(u32::MAX);
            callbacks.tell_cancelled(cleanup_context);
        }
        callbacks.wait(false);
    }
}

/// Has a worker call a function of the program's once, with two numbers.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn call_once(routine: usize, context: usize) -> Result<(), NtStatus> {
    let callback = Callback { routine, context };
    Callbacks::new(callback, Environment::default()).submit(Arguments::Plain(0))
}

/// Has a worker call a function of the program's once, with an instance. In a group it is a member
/// until it is called.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn try_submit(callback: Callback, environment: Environment) -> Result<(), NtStatus> {
    let grouped = environment.group.is_some();
    let callbacks = Callbacks::new(callback, environment);
    if !grouped {
        return callbacks.submit(Arguments::Instance([0, 0]));
    }
    let value = keep(Item::Work(Arc::clone(&callbacks)));
    let weak: Weak<Callbacks> = Arc::downgrade(&callbacks);
    callbacks.submit(Arguments::Instance([0, 0])).inspect_err(|_| close(value))?;
    drop(callbacks);
    Pool::waiters().submit(Box::new(move || {
        if let Some(callbacks) = weak.upgrade() {
            callbacks.wait(false);
        }
        close(value);
    }))
}

/// Makes work; the value that stands for it.
#[must_use]
pub fn create_work(callback: Callback, environment: Environment) -> usize {
    keep(Item::Work(Callbacks::new(callback, environment)))
}

/// Has a worker do work. Values that stand for none do nothing, here and below: there is no way
/// to fail.
pub fn submit_work(value: usize) {
    if let Some(Item::Work(work)) = item(value).as_deref()
        && work.submit(Arguments::Instance([value, 0])).is_err()
    {
        crate::log::say_once("work of the thread pool was lost: there is no memory for a worker");
    }
}

/// Makes a wait or a timer that is not set; the value that stands for it.
#[must_use]
pub fn create_settable(callback: Callback, environment: Environment) -> usize {
    keep(Item::Settable(Settable::new(Callbacks::new(callback, environment))))
}

/// Sets a timer, or makes it not set; whether it had been set and had not gone off.
pub fn set_timer(value: usize, due: Option<i64>, period: u32) -> bool {
    let kept = item(value);
    let Some(Item::Settable(timer)) = kept.as_deref() else { return false };
    let settings = Settings { timeout: Timeout::Never, once: period == 0, in_wait_thread: false };
    let begin = |due: i64| {
        let object = objects().create_timer(EventKind::Synchronization)?;
        objects().set_timer(&object, DueTime::from_nt(due), period)?;
        let callbacks = Arc::clone(&timer.callbacks);
        Registration::begin(object, callbacks, settings, Style::Timer(value))
    };
    timer.set(due.map(begin).and_then(said))
}

/// Sets a wait, or makes it not set; whether it had been set and had not come to its end.
pub fn set_wait(value: usize, handle: Option<Handle>, timeout: Timeout) -> bool {
    let kept = item(value);
    let Some(Item::Settable(wait)) = kept.as_deref() else { return false };
    let settings = Settings { timeout, once: true, in_wait_thread: false };
    let begin = |handle: Handle| {
        let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
        let callbacks = Arc::clone(&wait.callbacks);
        Registration::begin(object, callbacks, settings, Style::Wait(value))
    };
    wait.set(handle.map(begin).and_then(said))
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

/// Waits for callbacks; those that have not begun may be cancelled.
pub fn wait(value: usize, cancel_pending: bool) {
    let kept = item(value);
    if let Some(callbacks) = kept.as_deref().and_then(Item::callbacks) {
        callbacks.wait(cancel_pending);
    }
}

/// Frees what a value stands for; callbacks that are under way go on.
pub fn close(value: usize) {
    let Some(item) = key(value).and_then(|key| ITEMS.remove(key)) else { return };
    match &*item {
        Item::Settable(settable) => {
            settable.set(None);
        }
        Item::Pool(pool) => pool.close(),
        _ => {}
    }
    if let Some(group) = item.callbacks().and_then(|c| c.environment().group.as_ref()) {
        group.remove(value);
    }
}

/// Has the pool wait for an object (Microsoft: "RegisterWaitForSingleObject function"); the value
/// that stands for the wait.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED`, `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn register(handle: Handle, callback: Callback, settings: Settings) -> Result<usize, NtStatus> {
    let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
    let callbacks = Callbacks::new(callback, Environment::default());
    let wait = Registration::begin(object, callbacks, settings, Style::Registered)?;
    Ok(keep(Item::Registered(wait)))
}

/// The event that a completion handle names; none for null and `INVALID_HANDLE_VALUE`.
fn completion_event(completion: Handle) -> Result<Option<Pinned>, NtStatus> {
    match completion {
        Handle::NULL | Handle::INVALID => Ok(None),
        handle => reference(handle, Some(ObjectType::Event), event::MODIFY_STATE).map(Some),
    }
}

/// Ends registrations; see [`unregister`].
fn end(all: Vec<Arc<Registration>>, completion: Handle) -> Result<(), NtStatus> {
    let event = completion_event(completion)?;
    for registration in &all {
        registration.cancel();
    }
    let idle = match (completion, event) {
        (Handle::INVALID, _) => {
            for registration in all {
                registration.callbacks().wait(false);
            }
            true
        }
        (_, Some(event)) => set_when_idle(all, event),
        _ => all.iter().all(|registration| registration.callbacks().is_idle()),
    };
    if idle { Ok(()) } else { Err(NtStatus::PENDING) }
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
    completion_event(completion)?;
    if let Some(key) = key(value) {
        drop(ITEMS.remove(key));
    }
    end(vec![Arc::clone(registration)], completion)
}

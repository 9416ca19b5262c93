//! Timer queues (Microsoft: "Timer Queues").

use super::callbacks::{Callback, Callbacks, Environment};
use super::registration::{Registration, Settings, Style};
use super::work::Item;
use super::{ITEMS, end, item, keep, key, unregister};
use crate::ob::objects;
use haft_abi::{Handle, NtStatus};
use haft_object::{DueTime, EventKind, Timeout};
use std::sync::{Mutex, PoisonError};

/// Makes a queue; the value that stands for it.
#[must_use]
pub fn create_queue() -> usize {
    keep(Item::Queue(Mutex::default()))
}

/// Calls `body` with the timers of a queue; zero is the default queue, whose timers nobody lists.
fn with_queue<R>(
    queue: usize,
    body: impl FnOnce(&mut Vec<usize>) -> R,
) -> Result<Option<R>, NtStatus> {
    if queue == 0 {
        return Ok(None);
    }
    match item(queue).as_deref() {
        Some(Item::Queue(timers)) => {
            Ok(Some(body(&mut timers.lock().unwrap_or_else(PoisonError::into_inner))))
        }
        _ => Err(NtStatus::INVALID_HANDLE),
    }
}

/// Has the pool call a function after a time and at every period, in milliseconds (Microsoft:
/// "CreateTimerQueueTimer function"); the value that stands for the timer.
///
/// # Errors
/// `INVALID_HANDLE` for what is no queue, `INVALID_PARAMETER` for a period that is too long,
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn register_timer(
    queue: usize,
    callback: Callback,
    due: u32,
    period: u32,
    in_wait_thread: bool,
) -> Result<usize, NtStatus> {
    with_queue(queue, |_| ())?;
    let object = objects().create_timer(EventKind::Synchronization)?;
    objects().set_timer(&object, DueTime::After(u64::from(due) * 10_000), period)?;
    let settings = Settings { timeout: Timeout::Never, once: period == 0, in_wait_thread };
    let callbacks = Callbacks::new(callback, Environment::default());
    let timer = Registration::begin(object, callbacks, settings, Style::QueueTimer)?;
    let value = keep(Item::Registered(timer));
    with_queue(queue, |timers| timers.push(value))?;
    Ok(value)
}

/// Changes when a timer is due and its period, in milliseconds (Microsoft:
/// "ChangeTimerQueueTimer function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no timer of the queue, `INVALID_PARAMETER` for a period that is
/// too long.
pub fn change_timer(queue: usize, value: usize, due: u32, period: u32) -> Result<(), NtStatus> {
    if with_queue(queue, |timers| timers.contains(&value))? == Some(false) {
        return Err(NtStatus::INVALID_HANDLE);
    }
    match item(value).as_deref() {
        Some(Item::Registered(timer)) => timer.change(due, period),
        _ => Err(NtStatus::INVALID_HANDLE),
    }
}

/// Ends a timer as [`unregister`] ends a wait (Microsoft: "DeleteTimerQueueTimer function").
///
/// # Errors
/// As for [`unregister`].
pub fn delete_timer(queue: usize, value: usize, completion: Handle) -> Result<(), NtStatus> {
    if with_queue(queue, |timers| timers.contains(&value))? == Some(false) {
        return Err(NtStatus::INVALID_HANDLE);
    }
    let ended = unregister(value, completion);
    with_queue(queue, |timers| timers.retain(|&timer| timer != value))?;
    ended
}

/// Ends a queue and all its timers (Microsoft: "DeleteTimerQueueEx function").
///
/// # Errors
/// As for [`unregister`].
pub fn delete_queue(queue: usize, completion: Handle) -> Result<(), NtStatus> {
    super::completion_event(completion)?;
    let timers = with_queue(queue, core::mem::take)?.ok_or(NtStatus::INVALID_HANDLE)?;
    if let Some(key) = key(queue) {
        drop(ITEMS.remove(key));
    }
    let taken = timers.into_iter().filter_map(|timer| ITEMS.remove(key(timer)?));
    let registrations = taken.filter_map(|item| match &*item {
        Item::Registered(timer) => Some(std::sync::Arc::clone(timer)),
        _ => None,
    });
    end(registrations.collect(), completion)
}

//! A wait that the pool makes for the program, with a callback at its end.

use super::callbacks::{Arguments, Callbacks};
use super::workers::Pool;
use crate::ke::{event, wait};
use crate::ob::{Pinned, objects};
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::NtStatus;
use haft_object::{DueTime, EventKind, Timeout, WaitKind};
use std::sync::Arc;

/// How a registration waits and calls.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The time limit of each wait.
    pub timeout: Timeout,
    /// Whether it ends with its first callback.
    pub once: bool,
    /// Whether the callback runs in the thread that waits.
    pub in_wait_thread: bool,
}

/// How a callback is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With the context and whether the time limit came (RegisterWaitForSingleObject).
    Registered,
    /// With the context and TRUE (CreateTimerQueueTimer).
    QueueTimer,
    /// With an instance, the context, the item and the wait's result (TP_WAIT).
    Wait(usize),
    /// With an instance, the context and the item (TP_TIMER).
    Timer(usize),
}

/// A wait that the pool makes for the program.
pub struct Registration {
    object: Pinned,
    /// Set when the wait is to end.
    cancelled: Pinned,
    callbacks: Arc<Callbacks>,
    settings: Settings,
    once: AtomicBool,
    style: Style,
    active: AtomicBool,
}

impl Registration {
    /// Begins to wait.
    ///
    /// # Errors
    /// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
    pub fn begin(
        object: Pinned,
        callbacks: Arc<Callbacks>,
        settings: Settings,
        style: Style,
    ) -> Result<Arc<Self>, NtStatus> {
        let registration = Arc::new(Self {
            object,
            cancelled: objects().create_event(EventKind::Notification, false)?,
            callbacks,
            settings,
            once: AtomicBool::new(settings.once),
            style,
            active: AtomicBool::new(true),
        });
        let waiting = Arc::clone(&registration);
        Pool::waiters().submit(Box::new(move || waiting.run()))?;
        Ok(registration)
    }

    /// Whether it waits still.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    /// Ends the wait; callbacks that are under way go on. Whether it waited still.
    pub fn cancel(&self) -> bool {
        let was_active = self.active.swap(false, Ordering::AcqRel);
        let _ = event::set_object(&self.cancelled);
        was_active
    }

    /// Changes when the timer that it waits for is due, and its period, in milliseconds; one that
    /// came to its end stays there.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a period that is too long.
    pub fn change(&self, due: u32, period: u32) -> Result<(), NtStatus> {
        if self.is_active() {
            self.once.store(period == 0, Ordering::Release);
            objects().set_timer(&self.object, DueTime::After(u64::from(due) * 10_000), period)?;
        }
        Ok(())
    }

    /// Its callbacks.
    #[must_use]
    pub fn callbacks(&self) -> &Arc<Callbacks> {
        &self.callbacks
    }

    fn run(self: Arc<Self>) {
        let both = [self.cancelled.clone(), self.object.clone()];
        while self.is_active() {
            let timeout = self.settings.timeout;
            let ended = wait::wait_for_objects(&both, WaitKind::Any, timeout, false);
            let timed_out = match ended {
                Ok(NtStatus::TIMEOUT) => true,
                // The second of the two, perhaps a mutex whose owner is gone.
                Ok(NtStatus(1 | 0x81)) => false,
                _ => break,
            };
            let once = self.once.load(Ordering::Acquire);
            // Whoever cancels looks at the callbacks after that, so this one counts before.
            self.callbacks.tally().begin();
            let still =
                if once { self.active.swap(false, Ordering::AcqRel) } else { self.is_active() };
            if still {
                self.call(timed_out);
            }
            self.callbacks.tally().end();
        }
        self.active.store(false, Ordering::Release);
    }

    fn call(&self, timed_out: bool) {
        let result = if timed_out { NtStatus::TIMEOUT.0 as usize } else { 0 };
        let arguments = match self.style {
            Style::Registered => Arguments::Plain(usize::from(timed_out)),
            Style::QueueTimer => Arguments::Plain(1),
            Style::Wait(item) => Arguments::Instance([item, result]),
            Style::Timer(item) => Arguments::Instance([item, 0]),
        };
        if self.settings.in_wait_thread || self.callbacks.submit(arguments).is_err() {
            self.callbacks.call_here(arguments);
        }
    }
}

/// Sets an event once no callback of any of these is under way; whether that is so already.
pub fn set_when_idle(all: Vec<Arc<Registration>>, event: Pinned) -> bool {
    if all.iter().all(|registration| registration.callbacks.is_idle()) {
        let _ = event::set_object(&event);
        return true;
    }
    let (waited, set) = (all.clone(), event.clone());
    let wait = move || {
        for registration in waited {
            registration.callbacks.wait(false);
        }
        let _ = event::set_object(&set);
    };
    if Pool::waiters().submit(Box::new(wait)).is_err() {
        for registration in all {
            registration.callbacks.wait(false);
        }
        let _ = event::set_object(&event);
    }
    false
}

//! A wait that the pool makes for the program, with a callback at its end.

use super::tally::Tally;
use super::work::{Callback, INSTANCE};
use super::workers::submit;
use crate::ke::{event, wait};
use crate::ob::{Pinned, objects};
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::NtStatus;
use haft_host::jump;
use haft_object::{EventKind, Timeout, WaitKind};
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
    callback: Callback,
    settings: Settings,
    style: Style,
    active: AtomicBool,
    callbacks: Tally,
}

impl Registration {
    /// Begins to wait.
    ///
    /// # Errors
    /// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
    pub fn begin(
        object: Pinned,
        callback: Callback,
        settings: Settings,
        style: Style,
    ) -> Result<Arc<Self>, NtStatus> {
        let registration = Arc::new(Self {
            object,
            cancelled: objects().create_event(EventKind::Notification, false)?,
            callback,
            settings,
            style,
            active: AtomicBool::new(true),
            callbacks: Tally::new(),
        });
        let waiting = Arc::clone(&registration);
        submit(Box::new(move || waiting.run()))?;
        Ok(registration)
    }

    /// Whether it waits still.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    /// Ends the wait; callbacks that are under way go on.
    pub fn cancel(&self) {
        self.active.store(false, Ordering::Release);
        let _ = event::set_object(&self.cancelled);
    }

    /// Whether no callback is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.callbacks.is_idle()
    }

    /// Sets an event once no callback is under way; whether that is so already.
    pub fn set_when_idle(self: &Arc<Self>, event: Pinned) -> bool {
        if self.is_idle() {
            let _ = event::set_object(&event);
            return true;
        }
        let own = Arc::clone(self);
        let waiting = event.clone();
        let job = Box::new(move || {
            own.callbacks.wait();
            let _ = event::set_object(&waiting);
        });
        if submit(job).is_err() {
            self.callbacks.wait();
            let _ = event::set_object(&event);
        }
        false
    }

    /// Waits for callbacks that are under way.
    pub fn wait_for_callbacks(&self) {
        self.callbacks.wait();
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
            self.callbacks.begin();
            // Whoever cancels looks at the callbacks after that.
            if !self.is_active() {
                self.callbacks.end();
                break;
            }
            if self.settings.once {
                self.active.store(false, Ordering::Release);
            }
            if self.settings.in_wait_thread {
                self.call(timed_out);
            } else {
                let own = Arc::clone(&self);
                if submit(Box::new(move || own.call(timed_out))).is_err() {
                    self.call(timed_out);
                }
            }
        }
        self.active.store(false, Ordering::Release);
    }

    fn call(&self, timed_out: bool) {
        let Callback { routine, context } = self.callback;
        let result = if timed_out { NtStatus::TIMEOUT.0 as usize } else { 0 };
        let arguments = match self.style {
            Style::Registered => [context, usize::from(timed_out), 0, 0],
            Style::QueueTimer => [context, 1, 0, 0],
            Style::Wait(item) => [INSTANCE, context, item, result],
            Style::Timer(item) => [INSTANCE, context, item, 0],
        };
        jump::call(routine, arguments);
        self.callbacks.end();
    }
}

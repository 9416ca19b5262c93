//! Items of the pool that programs hold: work, waits and timers.

use super::registration::Registration;
use super::tally::Tally;
use super::workers::submit;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::NtStatus;
use haft_host::jump;
use std::sync::{Arc, Mutex, PoisonError};

/// A function of the program's and its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Its address.
    pub routine: usize,
    /// What it is given.
    pub context: usize,
}

/// What a program holds.
pub enum Item {
    /// Work that is submitted any number of times.
    Work(Arc<Work>),
    /// A wait of the old kind, registered once.
    Registered(Arc<Registration>),
    /// A wait or a timer that is set again and again, with its callback.
    Settable(Settable),
}

/// Work that is submitted any number of times.
pub struct Work {
    callback: Callback,
    under_way: Tally,
    /// How many submissions have not begun.
    pending: AtomicU32,
}

impl Work {
    /// Work that calls a function with an instance, the context and the work.
    #[must_use]
    pub const fn new(callback: Callback) -> Self {
        Self { callback, under_way: Tally::new(), pending: AtomicU32::new(0) }
    }

    /// Has a worker call the function once; `value` stands for the work.
    ///
    /// # Errors
    /// As for [`submit`].
    pub fn submit(self: &Arc<Self>, value: usize) -> Result<(), NtStatus> {
        self.under_way.begin();
        self.pending.fetch_add(1, Ordering::AcqRel);
        let work = Arc::clone(self);
        let job = Box::new(move || {
            let not_cancelled = work
                .pending
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1))
                .is_ok();
            if not_cancelled {
                let Callback { routine, context } = work.callback;
                jump::call(routine, [INSTANCE, context, value, 0]);
                work.under_way.end();
            }
        });
        submit(job).inspect_err(|_| {
            let _ = self.cancel_pending(1);
        })
    }

    /// Takes back up to `most` submissions that have not begun; how many.
    fn cancel_pending(&self, most: u32) -> u32 {
        let mut taken = 0;
        let update = self.pending.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| {
            taken = n.min(most);
            (n > 0).then(|| n - taken)
        });
        if update.is_err() {
            return 0;
        }
        for _ in 0..taken {
            self.under_way.end();
        }
        taken
    }

    /// Waits for what was submitted; what has not begun may be cancelled.
    pub fn wait(&self, cancel_pending: bool) {
        if cancel_pending {
            let _ = self.cancel_pending(u32::MAX);
        }
        self.under_way.wait();
    }
}

/// What callbacks get as their instance. Functions on instances are not there yet, so it is only
/// not null.
pub const INSTANCE: usize = 0x1_0000 - 16;

/// A wait or a timer that is set again and again.
pub struct Settable {
    /// Its callback.
    pub callback: Callback,
    current: Mutex<Option<Arc<Registration>>>,
}

impl Settable {
    /// One that is not set.
    #[must_use]
    pub const fn new(callback: Callback) -> Self {
        Self { callback, current: Mutex::new(None) }
    }

    /// Replaces what is set.
    pub fn set(&self, registration: Option<Arc<Registration>>) {
        let before = core::mem::replace(
            &mut *self.current.lock().unwrap_or_else(PoisonError::into_inner),
            registration,
        );
        if let Some(before) = before {
            before.cancel();
        }
    }

    /// Whether it is set and has not come to its end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(|r| r.is_active())
    }

    /// Waits for callbacks that are under way.
    pub fn wait(&self) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(current) = current {
            current.wait_for_callbacks();
        }
    }
}

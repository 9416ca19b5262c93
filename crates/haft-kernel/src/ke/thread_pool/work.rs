//! What programs hold of the pool.

use super::callbacks::Callbacks;
use super::group::Group;
use super::io::Io;
use super::registration::Registration;
use super::workers::Pool;
use std::sync::{Arc, Mutex, PoisonError};

/// What a program holds.
pub enum Item {
    /// Work that is submitted any number of times.
    Work(Arc<Callbacks>),
    /// A wait or a timer of the old kind, registered once.
    Registered(Arc<Registration>),
    /// A wait or a timer that is set again and again.
    Settable(Settable),
    /// A pool of its own.
    Pool(Arc<Pool>),
    /// A cleanup group.
    Group(Arc<Group>),
    /// A queue of timers, by the values that stand for them.
    Queue(Mutex<Vec<usize>>),
    /// Completions of a file's I/O.
    Io(Io),
}

impl Item {
    /// The callbacks of work, of a wait, a timer or I/O.
    #[must_use]
    pub fn callbacks(&self) -> Option<&Arc<Callbacks>> {
        match self {
            Self::Work(callbacks) => Some(callbacks),
            Self::Settable(settable) => Some(&settable.callbacks),
            Self::Io(io) => Some(&io.callbacks),
            Self::Registered(_) | Self::Pool(_) | Self::Group(_) | Self::Queue(_) => None,
        }
    }
}

/// A wait or a timer that is set again and again, with its callbacks.
pub struct Settable {
    /// Its callbacks.
    pub callbacks: Arc<Callbacks>,
    current: Mutex<Option<Arc<Registration>>>,
}

impl Settable {
    /// One that is not set.
    #[must_use]
    pub const fn new(callbacks: Arc<Callbacks>) -> Self {
        Self { callbacks, current: Mutex::new(None) }
    }

    /// Replaces what is set; whether it had been set and had not come to its end.
    pub fn set(&self, registration: Option<Arc<Registration>>) -> bool {
        let before = core::mem::replace(
            &mut *self.current.lock().unwrap_or_else(PoisonError::into_inner),
            registration,
        );
        before.is_some_and(|before| before.cancel())
    }

    /// Whether it is set and has not come to its end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(|r| r.is_active())
    }
}

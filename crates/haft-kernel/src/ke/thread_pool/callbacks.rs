//! Callbacks of one kind: the function, where it runs, and how often it is under way.

use super::group::Group;
use super::instance::Instance;
use super::tally::Tally;
use super::workers::Pool;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::NtStatus;
use haft_host::jump;
use std::sync::Arc;

/// A function of the program's and its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Its address.
    pub routine: usize,
    /// What it is given.
    pub context: usize,
}

/// Where callbacks run and whom they belong to (Microsoft: "TP_CALLBACK_ENVIRON structure").
pub struct Environment {
    pub(super) pool: Arc<Pool>,
    pub(super) group: Option<Arc<Group>>,
    /// The function that is called when the group cancels; zero for none.
    pub(super) group_cancel: usize,
}

impl Default for Environment {
    fn default() -> Self {
        Self { pool: Pool::default_one(), group: None, group_cancel: 0 }
    }
}

/// What a callback is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// The context and a number, without an instance.
    Plain(usize),
    /// Three numbers, neither an instance nor the context.
    Bare([usize; 3]),
    /// An instance, the context, and two more.
    Instance([usize; 2]),
    /// An instance, the context, and four more.
    Long([usize; 4]),
}

/// Callbacks of one kind.
pub struct Callbacks {
    callback: Callback,
    environment: Environment,
    under_way: Tally,
    /// How many submissions have not begun.
    pending: AtomicU32,
}

impl Callbacks {
    /// Callbacks of which none is under way.
    #[must_use]
    pub fn new(callback: Callback, environment: Environment) -> Arc<Self> {
        let (under_way, pending) = (Tally::new(), AtomicU32::new(0));
        Arc::new(Self { callback, environment, under_way, pending })
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.under_way
    }

    /// Has a worker call the function once.
    ///
    /// # Errors
    /// As for [`Pool::submit`].
    pub fn submit(self: &Arc<Self>, arguments: Arguments) -> Result<(), NtStatus> {
        self.under_way.begin();
        self.pending.fetch_add(1, Ordering::AcqRel);
        let own = Arc::clone(self);
        let job = Box::new(move || {
            if own.take_pending(1) == 1 {
                own.call(arguments);
                own.under_way.end();
            }
        });
        self.environment.pool.submit(job).inspect_err(|_| {
            let _ = self.cancel_pending(1);
        })
    }

    /// Calls the function on the running thread.
    pub fn call_here(self: &Arc<Self>, arguments: Arguments) {
        self.under_way.begin();
        self.call(arguments);
        self.under_way.end();
    }

    fn call(self: &Arc<Self>, arguments: Arguments) {
        let Callback { routine, context } = self.callback;
        let begin = || Instance::begin(Arc::clone(self));
        match arguments {
            Arguments::Plain(number) => {
                jump::call(routine, [context, number, 0, 0]);
            }
            Arguments::Bare([first, second, third]) => {
                jump::call(routine, [first, second, third, 0]);
            }
            Arguments::Instance([first, second]) => {
                let instance = begin();
                jump::call(routine, [instance, context, first, second]);
                Instance::end(instance);
            }
            Arguments::Long([first, second, third, fourth]) => {
                let instance = begin();
                jump::call_six(routine, [instance, context, first, second, third, fourth]);
                Instance::end(instance);
            }
        }
    }

    fn take_pending(&self, most: u32) -> u32 {
        let mut taken = 0;
        let update = self.pending.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| {
            taken = n.min(most);
            (n > 0).then(|| n - taken)
        });
        if update.is_ok() { taken } else { 0 }
    }

    /// Takes back up to `most` submissions that have not begun; how many.
    pub fn cancel_pending(&self, most: u32) -> u32 {
        let taken = self.take_pending(most);
        for _ in 0..taken {
            self.under_way.end();
        }
        taken
    }

    /// Whether none is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.under_way.is_idle()
    }

    /// Waits for those that are under way; what has not begun may be cancelled.
    pub fn wait(&self, cancel_pending: bool) {
        if cancel_pending {
            let _ = self.cancel_pending(u32::MAX);
        }
        self.under_way.wait();
    }

    /// Tells the program that the group of these callbacks cancels them.
    pub fn tell_cancelled(&self, cleanup_context: usize) {
        if self.environment.group_cancel != 0 {
            let arguments = [self.callback.context, cleanup_context, 0, 0];
            jump::call(self.environment.group_cancel, arguments);
        }
    }
}

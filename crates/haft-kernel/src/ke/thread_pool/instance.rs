//! Instances of callbacks, and what they want done when they return (Microsoft: "Thread Pool
//! API", callback clean up).

use super::callbacks::Callbacks;
use crate::ke::critical_section::CriticalSection;
use crate::ke::{event, mutant, semaphore};
use crate::ldr;
use crate::ob::side::SideTable;
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::Handle;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static INSTANCES: SideTable<Instance> = SideTable::new();

/// What is done when a callback returns, in this order.
#[derive(Default)]
pub struct AtReturn {
    /// The critical section that is left, by its address.
    pub critical_section: Option<usize>,
    /// The mutex that is released.
    pub mutex: Option<Handle>,
    /// The semaphore that is released, and by how much.
    pub semaphore: Option<(Handle, i32)>,
    /// The event that is set.
    pub event: Option<Handle>,
    /// The library that is freed, by its handle.
    pub library: Option<usize>,
}

/// A callback that runs.
pub struct Instance {
    callbacks: Arc<Callbacks>,
    /// Whether it counts no more for those who wait for callbacks.
    left: AtomicBool,
    at_return: Mutex<AtReturn>,
}

fn of(value: usize) -> Option<Arc<Instance>> {
    INSTANCES.get(super::key(value)?)
}

impl Instance {
    /// Begins one; the value that stands for it.
    pub(super) fn begin(callbacks: Arc<Callbacks>) -> usize {
        let instance =
            Self { callbacks, left: AtomicBool::new(false), at_return: Mutex::default() };
        super::value(INSTANCES.insert(Arc::new(instance)))
    }

    /// Ends one: does what it wanted done. What fails now has nobody to hear of it.
    pub(super) fn end(value: usize) {
        let Some(instance) = super::key(value).and_then(|key| INSTANCES.remove(key)) else {
            return;
        };
        let wanted = core::mem::take(&mut *instance.at_return());
        if let Some(address) = wanted.critical_section {
            CriticalSection::at(address).leave();
        }
        if let Some(mutex) = wanted.mutex {
            let _ = mutant::release(mutex);
        }
        if let Some((handle, count)) = wanted.semaphore {
            let _ = semaphore::release(handle, count);
        }
        if let Some(handle) = wanted.event {
            let _ = event::set(handle);
        }
        if let Some(library) = wanted.library {
            let _ = ldr::free_library(library);
        }
        if instance.left.load(Ordering::Acquire) {
            // It was ended for those who wait; whoever called it ends it once more.
            instance.callbacks.tally().begin();
        }
    }

    fn at_return(&self) -> MutexGuard<'_, AtReturn> {
        self.at_return.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what a callback wants done when it returns; a value that stands for none does nothing.
pub fn at_return(instance: usize, set: impl FnOnce(&mut AtReturn)) {
    if let Some(instance) = of(instance) {
        set(&mut instance.at_return());
    }
}

/// Whether a callback may run for long, because another worker is there for the next one.
#[must_use]
pub fn may_run_long(instance: usize) -> bool {
    of(instance).is_some_and(|i| i.callbacks.environment().pool.has_room())
}

/// Has those who wait for callbacks wait for this one no longer.
pub fn disassociate(instance: usize) {
    if let Some(instance) = of(instance)
        && !instance.left.swap(true, Ordering::AcqRel)
    {
        instance.callbacks.tally().end();
    }
}

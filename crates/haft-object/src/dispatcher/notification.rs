//! The signal state that any object can have: processes and threads are signalled when they have
//! ended, files when their I/O is done.

use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use haft_abi::NtStatus;

impl<H: Host> ObjectManager<'_, H> {
    /// Signals an object made by [`ObjectManager::create_object`] and releases everybody who
    /// waits for it: whether it was signalled already.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn signal_object(&self, object: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        self.set_event(object)
    }

    /// Takes the signal away again, as a file's is when an I/O operation starts: whether it was
    /// signalled.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn clear_object(&self, object: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        self.reset_event(object)
    }

    /// The object's signal state, as NtQuery calls give it: above 0 it is signalled.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn query_signal_state(&self, object: &Pinned<'_, H>) -> Result<i32, NtStatus> {
        Ok(self.lock_here(object)?.state.signal())
    }

    /// How many waits there are in the object's queue, for inspection.
    pub fn waiters(&self, object: &Pinned<'_, H>) -> usize {
        self.lock(object.index()).queue_length()
    }
}

//! Cleanup groups: what is closed together (Microsoft: "CreateThreadpoolCleanupGroup function").

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A cleanup group: the values of its members.
#[derive(Default)]
pub struct Group(Mutex<Vec<usize>>);

impl Group {
    fn members(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a member.
    pub fn add(&self, value: usize) {
        self.members().push(value);
    }

    /// Takes a member out that was closed by itself.
    pub fn remove(&self, value: usize) {
        self.members().retain(|&member| member != value);
    }

    /// Takes all members out.
    #[must_use]
    pub fn take(&self) -> Vec<usize> {
        core::mem::take(&mut *self.members())
    }
}

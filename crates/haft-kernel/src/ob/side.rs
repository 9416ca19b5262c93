//! What an object has beside its record: Rust values by a key that the record's backing holds.

use slab::Slab;
use std::sync::{Arc, PoisonError, RwLock};

/// Values of one kind, by key.
pub struct SideTable<T>(RwLock<Slab<Arc<T>>>);

impl<T> SideTable<T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self(RwLock::new(Slab::new()))
    }

    /// Keeps a value; its key.
    pub fn insert(&self, value: Arc<T>) -> u64 {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(value) as u64
    }

    /// The value under a key that [`SideTable::insert`] gave.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<Arc<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key as usize).cloned()
    }

    /// A value that is as wanted.
    #[must_use]
    pub fn find(&self, mut wanted: impl FnMut(&Arc<T>) -> bool) -> Option<Arc<T>> {
        let values = self.0.read().unwrap_or_else(PoisonError::into_inner);
        values.iter().map(|(_, value)| value).find(|value| wanted(value)).cloned()
    }

    /// Calls `body` with every value.
    pub fn for_each(&self, mut body: impl FnMut(&T)) {
        let values = self.0.read().unwrap_or_else(PoisonError::into_inner);
        values.iter().for_each(|(_, value)| body(value));
    }

    /// Lets go of a value.
    pub fn remove(&self, key: u64) -> Option<Arc<T>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).try_remove(key as usize)
    }
}

impl<T> Default for SideTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

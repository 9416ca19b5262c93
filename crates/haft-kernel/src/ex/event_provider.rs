//! Providers of traced events (Microsoft: "Event Tracing"), known by their registration alone.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct Providers {
    next: u64,
    registered: BTreeSet<u64>,
}

static PROVIDERS: Mutex<Providers> = Mutex::new(Providers { next: 1, registered: BTreeSet::new() });

fn providers() -> MutexGuard<'static, Providers> {
    PROVIDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers a provider; its handle.
#[must_use]
pub fn register() -> u64 {
    let mut providers = providers();
    let handle = providers.next;
    providers.next += 1;
    providers.registered.insert(handle);
    handle
}

/// Ends a registration; whether there was one.
pub fn unregister(handle: u64) -> bool {
    providers().registered.remove(&handle)
}

/// Whether a handle is a provider's.
#[must_use]
pub fn is_registered(handle: u64) -> bool {
    providers().registered.contains(&handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_ends_once() {
        let handle = register();
        assert!(is_registered(handle));
        assert!(unregister(handle));
        assert!(!unregister(handle) && !is_registered(handle));
    }
}

//! Handles of cryptographic providers, which are only good for random numbers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct Providers {
    references: BTreeMap<usize, u32>,
    next: usize,
}

static PROVIDERS: Mutex<Providers> =
    Mutex::new(Providers { references: BTreeMap::new(), next: 0x1_0000 });

fn providers() -> MutexGuard<'static, Providers> {
    PROVIDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a provider; its handle is never given again.
#[must_use]
pub fn open() -> usize {
    let mut providers = providers();
    let handle = providers.next;
    providers.next += 0x10;
    providers.references.insert(handle, 1);
    handle
}

/// Whether a handle is a provider's.
#[must_use]
pub fn is_open(handle: usize) -> bool {
    providers().references.contains_key(&handle)
}

/// Takes one more reference; false if there is no such provider.
pub fn add_reference(handle: usize) -> bool {
    providers().references.get_mut(&handle).map(|count| *count += 1).is_some()
}

/// Gives a reference back; false if there is no such provider.
pub fn release(handle: usize) -> bool {
    let mut providers = providers();
    let Some(count) = providers.references.get_mut(&handle) else { return false };
    *count -= 1;
    if *count == 0 {
        providers.references.remove(&handle);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_lives_until_its_last_reference() {
        let provider = open();
        assert!(add_reference(provider));
        assert!(release(provider) && is_open(provider));
        assert!(release(provider) && !is_open(provider));
        assert!(!release(provider) && !add_reference(provider));
    }
}

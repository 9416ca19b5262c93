//! Stores of certificates, which are all in memory (Microsoft: "CertOpenStore function").

use super::{CertError, Find, State, Store, roots, state};
use crate::crt::heap;

/// What is done about a certificate that is in the store already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// It is not added.
    New,
    /// The one that is there is used.
    UseExisting,
    /// The one that is there is replaced.
    Replace,
    /// It is there twice.
    Always,
}

/// Opens an empty store.
///
/// # Errors
/// [`CertError::NoMemory`].
pub fn open_memory() -> Result<usize, CertError> {
    state().open()
}

/// Opens a store of the system: `ROOT` has the certificates that Linux trusts, `CA` and `MY` have
/// none.
///
/// # Errors
/// [`CertError::NotFound`] for other names.
pub fn open_system(name: &[u16]) -> Result<usize, CertError> {
    let name = String::from_utf16_lossy(name).to_ascii_uppercase();
    let certificates: &[_] = match name.as_str() {
        "ROOT" => roots(),
        "CA" | "MY" => &[],
        _ => return Err(CertError::NotFound),
    };
    let mut state = state();
    let store = state.open()?;
    for der in certificates {
        // One that cannot be read is trusted for nothing.
        if let Ok(at) = state.create(der, Some(store))
            && let Some(known) = state.stores.get_mut(&store)
        {
            known.contexts.push(at);
        }
    }
    Ok(store)
}

impl State {
    fn open(&mut self) -> Result<usize, CertError> {
        let at = heap::allocate_zeroed(1, 16)?;
        self.stores.insert(at, Store { references: 1, contexts: Vec::new() });
        Ok(at)
    }

    /// Ends a store that is closed and of which no context is in use.
    pub(super) fn end_if_unused(&mut self, at: usize) {
        let Some(store) = self.stores.get(&at).filter(|store| store.references == 0) else {
            return;
        };
        let in_use = |at| self.contexts.get(at).is_some_and(|known| known.references > 1);
        if store.contexts.iter().any(in_use) {
            return;
        }
        if let Some(store) = self.stores.remove(&at) {
            for context in store.contexts {
                self.contexts.remove(&context);
                heap::free(context);
            }
            heap::free(at);
        }
    }

    pub(super) fn in_store(&self, at: usize) -> Result<Vec<Vec<u8>>, CertError> {
        let store = self.stores.get(&at).ok_or(CertError::Argument)?;
        Ok(store.contexts.iter().filter_map(|at| self.der(*at).ok()).map(|d| d.to_vec()).collect())
    }
}

/// Closes a store. Contexts that are in use keep it.
///
/// # Errors
/// [`CertError::Argument`] when it is none; [`CertError::PendingClose`] if `check` is set and
/// contexts are in use: it is closed all the same.
pub fn close(at: usize, check: bool) -> Result<(), CertError> {
    let mut state = state();
    let store = state.stores.get_mut(&at).filter(|store| store.references > 0);
    store.ok_or(CertError::Argument)?.references -= 1;
    state.end_if_unused(at);
    if check && state.stores.contains_key(&at) { Err(CertError::PendingClose) } else { Ok(()) }
}

/// Adds a certificate; the context in the store, held once for the caller.
///
/// # Errors
/// [`CertError::Exists`], [`CertError::Argument`] when there is no such store, and those of making
/// a context.
pub fn add(store: usize, der: &[u8], disposition: Disposition) -> Result<usize, CertError> {
    let mut state = state();
    let contexts = &state.stores.get(&store).ok_or(CertError::Argument)?.contexts;
    let is_it = |at: &usize| state.der(*at).is_ok_and(|known| *known == *der);
    let existing = contexts.iter().position(is_it);
    if let Some(index) = existing.filter(|_| disposition != Disposition::Always) {
        if disposition == Disposition::New {
            return Err(CertError::Exists);
        }
        // One that replaces the very same is the same.
        let at = contexts[index];
        return state.hold(at);
    }
    let at = state.create(der, Some(store))?;
    if let Some(store) = state.stores.get_mut(&store) {
        store.contexts.push(at);
    }
    state.hold(at)
}

/// The next certificate after `previous` (0 for the first) that is looked for, held for the caller;
/// `previous` is released.
///
/// # Errors
/// [`CertError::NotFound`] when there is no more; [`CertError::Argument`] for a bad store or
/// context.
pub fn find(store: usize, previous: usize, what: &Find) -> Result<usize, CertError> {
    let mut state = state();
    let contexts = &state.stores.get(&store).ok_or(CertError::Argument)?.contexts;
    let first = match previous {
        0 => 0,
        _ => contexts.iter().position(|at| *at == previous).ok_or(CertError::Argument)? + 1,
    };
    let found = contexts[first..]
        .iter()
        .copied()
        .find(|at| state.der(*at).is_ok_and(|der| what.is_met_by(&der)));
    let found = found.map(|at| state.hold(at)).transpose()?;
    if previous != 0 {
        state.release(previous)?;
    }
    found.ok_or(CertError::NotFound)
}

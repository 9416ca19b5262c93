//! Chain engines: what chains are made from (Microsoft: "CERT_CHAIN_ENGINE_CONFIG structure").

use super::{CertError, State, roots, state};
use crate::crt::heap;
use haft_certificate::Fields;

/// What an engine is made from: stores, which it keeps open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EngineConfig {
    /// The only ones of the system's trusted certificates that are trusted, or 0 for all.
    pub restricted_root: usize,
    /// What is trusted instead of the system's certificates, or 0.
    pub exclusive_root: usize,
    /// Of those, certificates that have not signed themselves are trusted too.
    pub exclusive_authorities: bool,
    /// Where others are that may stand between.
    pub others: Vec<usize>,
}

impl EngineConfig {
    fn stores(&self) -> impl Iterator<Item = usize> {
        let roots = [self.restricted_root, self.exclusive_root];
        roots.into_iter().chain(self.others.iter().copied()).filter(|store| *store != 0)
    }
}

/// The engines of the user (0) and of the machine (1), which are there always.
const SYSTEM: usize = 1;

/// Makes an engine.
///
/// # Errors
/// [`CertError::Argument`] for a store that is none, [`CertError::NoMemory`].
pub fn create_engine(config: EngineConfig) -> Result<usize, CertError> {
    let mut state = state();
    if config.stores().any(|store| !state.stores.contains_key(&store)) {
        return Err(CertError::Argument);
    }
    let at = heap::allocate_zeroed(1, 16)?;
    for at in config.stores() {
        if let Some(store) = state.stores.get_mut(&at) {
            store.references += 1;
        }
    }
    state.engines.insert(at, config);
    Ok(at)
}

/// Ends an engine; those of the system, and what is none, are left alone.
pub fn free_engine(at: usize) {
    let mut state = state();
    let Some(config) = state.engines.remove(&at) else { return };
    for at in config.stores() {
        if let Some(store) = state.stores.get_mut(&at) {
            // A program may have closed it more often than it has opened it.
            store.references = store.references.saturating_sub(1);
        }
        state.end_if_unused(at);
    }
    heap::free(at);
}

/// What an engine makes chains from.
pub(super) struct Sources {
    pub roots: Vec<Vec<u8>>,
    pub between: Vec<Vec<u8>>,
}

impl State {
    pub(super) fn sources(&self, engine: usize) -> Result<Sources, CertError> {
        if engine <= SYSTEM {
            return Ok(Sources { roots: roots().to_vec(), between: Vec::new() });
        }
        let config = self.engines.get(&engine).ok_or(CertError::Argument)?;
        let mut between = Vec::new();
        for store in &config.others {
            between.extend(self.in_store(*store)?);
        }
        let mut trusted = match config.exclusive_root {
            0 => roots().to_vec(),
            store => self.in_store(store)?,
        };
        if config.exclusive_root != 0 && !config.exclusive_authorities {
            let signed_itself =
                |der: &[u8]| Fields::read(der).is_some_and(|fields| fields.is_self_issued(der));
            let (own, others) = trusted.into_iter().partition(|der| signed_itself(der));
            (trusted, between) = (own, [between, others].concat());
        }
        if config.restricted_root != 0 {
            let allowed = self.in_store(config.restricted_root)?;
            trusted.retain(|der| allowed.contains(der));
        }
        Ok(Sources { roots: trusted, between })
    }
}

//! Certificates: contexts and stores of them in the program's memory, Linux's trusted ones, and
//! chains (Microsoft: "Certificate and Certificate Store Functions", "Certificate Chain
//! Verification Functions"). What a certificate says, and whether it is to be believed, is
//! haft-certificate's.

mod chain;
mod context;
mod engine;
mod policy;
mod property;
mod roots;
mod store;

pub use chain::{Wanted, duplicate_chain, free_chain, get_chain};
pub use context::{Find, create, duplicate, encoded, find_extension, release, usages, valid_at};
pub use engine::{EngineConfig, create_engine, free_engine};
pub use policy::{Policy, Verdict, server_policy};
pub use property::{NameKind, Property, name, property, set_property};
pub use roots::certificates as roots;
pub use store::{Disposition, add, close, find, open_memory, open_system};

use haft_host::guest::Fault;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why something of certificates failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertError {
    /// There is none, or no more.
    NotFound,
    /// It is in the store already.
    Exists,
    /// It is no certificate.
    Encoding,
    /// No such store, context or chain.
    Argument,
    /// Contexts of the store are still in use.
    PendingClose,
    /// There is no memory.
    NoMemory,
    /// The program may not read or write there.
    Fault,
}

impl From<Fault> for CertError {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

impl From<crate::crt::Error> for CertError {
    fn from(_: crate::crt::Error) -> Self {
        Self::NoMemory
    }
}

/// What is known of a context in the program's memory.
struct Known {
    /// How often it is held; a store that it is in holds it once.
    references: u32,
    der: Arc<[u8]>,
    /// The store that it is in.
    store: Option<usize>,
    /// What the program has said of it.
    properties: BTreeMap<Property, Vec<u8>>,
}

struct Store {
    references: u32,
    contexts: Vec<usize>,
}

struct Chain {
    references: u32,
    contexts: Vec<usize>,
}

#[derive(Default)]
struct State {
    contexts: BTreeMap<usize, Known>,
    stores: BTreeMap<usize, Store>,
    chains: BTreeMap<usize, Chain>,
    engines: BTreeMap<usize, EngineConfig>,
}

fn state() -> MutexGuard<'static, State> {
    static STATE: Mutex<State> = Mutex::new(State {
        contexts: BTreeMap::new(),
        stores: BTreeMap::new(),
        chains: BTreeMap::new(),
        engines: BTreeMap::new(),
    });
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

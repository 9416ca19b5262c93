//! Chains, as programs read them (Microsoft: "CERT_CHAIN_CONTEXT structure").

use super::{CertError, Chain, State, state};
use crate::crt::heap;
use haft_certificate::{Fields, Request, Trouble, chain};
use haft_host::guest;

haft_host::plain! {
    pub(super) struct Status {
        pub trouble: u32,
        pub information: u32,
    }

    pub(super) struct ChainContext {
        size: u32,
        pub status: Status,
        pub count: u32,
        pub chains: usize,
        lower_count: u64,
        lower: usize,
        has_freshness: u32,
        freshness: u32,
        flags: u32,
        identifier: [u32; 4],
        padding: u32,
    }

    pub(super) struct SimpleChain {
        size: u32,
        status: Status,
        pub count: u32,
        pub elements: usize,
        trust_list: usize,
        has_freshness: u32,
        freshness: u32,
    }

    pub(super) struct Element {
        size: u64,
        pub context: usize,
        status: Status,
        revocation: usize,
        issuance: usize,
        application: usize,
        more: usize,
    }
}

const _: () = assert!(size_of::<ChainContext>() == 72 && size_of::<SimpleChain>() == 40);
const _: () = assert!(size_of::<Element>() == 56);

/// `CERT_TRUST_IS_SELF_SIGNED`, `CERT_TRUST_HAS_NAME_MATCH_ISSUER`.
const SELF_SIGNED: u32 = 8;
const NAME_MATCHES: u32 = 4;

/// What a chain must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The engine that makes it: 0 or 1 for those of the system.
    pub engine: usize,
    /// When, 100 ns since 1601; now if `None`.
    pub time: Option<i64>,
    /// A store of others that may stand between, or 0.
    pub store: usize,
    /// What for, as object identifiers with dots.
    pub usages: Vec<String>,
    /// For all of them, not just for one.
    pub all_usages: bool,
    /// Whether any has been taken back is asked, which haft cannot tell.
    pub revocation: bool,
}

/// Finds the chain of a certificate.
///
/// # Errors
/// [`CertError::Argument`] for a bad context or store, [`CertError::NoMemory`]. What is wrong with
/// the chain is in the chain.
pub fn get_chain(leaf: usize, wanted: &Wanted) -> Result<usize, CertError> {
    let mut state = state();
    let der = state.der(leaf)?;
    let super::engine::Sources { roots, mut between } = state.sources(wanted.engine)?;
    let own = state.contexts.get(&leaf).and_then(|known| known.store);
    for store in [Some(wanted.store).filter(|store| *store != 0), own].into_iter().flatten() {
        between.extend(state.in_store(store)?);
    }
    let time = match wanted.time {
        Some(time) => haft_abi::time::to_unix(time).0,
        None => crate::crt::time::now().0,
    };
    let found = chain::verify(&Request {
        leaf: &der,
        between: &between,
        roots: &roots,
        time,
        usages: &wanted.usages,
        all_usages: wanted.all_usages,
    });
    let unknown = if wanted.revocation { Trouble::REVOCATION_UNKNOWN } else { Trouble::NONE };
    state.lay_out(leaf, &found.certificates, found.trouble.and(unknown))
}

impl State {
    fn lay_out(
        &mut self,
        leaf: usize,
        certificates: &[Vec<u8>],
        trouble: Trouble,
    ) -> Result<usize, CertError> {
        let mut contexts = vec![self.hold(leaf)?];
        for der in certificates.iter().skip(1) {
            contexts.push(self.create(der, None)?);
        }
        let count = contexts.len();
        let head = size_of::<ChainContext>() + 8 + size_of::<SimpleChain>();
        let at = heap::allocate_zeroed(1, head + count * (8 + size_of::<Element>()))?;
        let (list, simple) = (at + size_of::<ChainContext>(), at + size_of::<ChainContext>() + 8);
        let (pointers, elements) = (at + head, at + head + 8 * count);
        let of_chain = Status { trouble: trouble.0, information: 0 };
        for (index, (&context, der)) in contexts.iter().zip(certificates).enumerate() {
            let place = elements + index * size_of::<Element>();
            guest::write(pointers + 8 * index, place)?;
            let root = Fields::read(der).is_some_and(|fields| fields.is_self_issued(der));
            let information = if root { SELF_SIGNED } else { NAME_MATCHES };
            // What is wrong is told of the last, where it was found that it ends.
            let trouble = if index + 1 == count { trouble.0 } else { 0 };
            let element = Element {
                size: size_of::<Element>() as u64,
                context,
                status: Status { trouble, information },
                revocation: 0,
                issuance: 0,
                application: 0,
                more: 0,
            };
            guest::write(place, element)?;
        }
        let chain = SimpleChain {
            size: size_of::<SimpleChain>() as u32,
            status: of_chain,
            count: count as u32,
            elements: pointers,
            trust_list: 0,
            has_freshness: 0,
            freshness: 0,
        };
        guest::write(simple, chain)?;
        guest::write(list, simple)?;
        let context = ChainContext {
            size: size_of::<ChainContext>() as u32,
            status: of_chain,
            count: 1,
            chains: list,
            lower_count: 0,
            lower: 0,
            has_freshness: 0,
            freshness: 0,
            flags: 0,
            identifier: [0; 4],
            padding: 0,
        };
        guest::write(at, context)?;
        self.chains.insert(at, Chain { references: 1, contexts });
        Ok(at)
    }
}

/// Holds a chain once more.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn duplicate_chain(at: usize) -> Result<usize, CertError> {
    state().chains.get_mut(&at).ok_or(CertError::Argument)?.references += 1;
    Ok(at)
}

/// Holds a chain once less; after the last time it is gone.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn free_chain(at: usize) -> Result<(), CertError> {
    let mut state = state();
    let chain = state.chains.get_mut(&at).ok_or(CertError::Argument)?;
    chain.references -= 1;
    if chain.references == 0
        && let Some(chain) = state.chains.remove(&at)
    {
        for context in chain.contexts {
            state.release(context)?;
        }
        heap::free(at);
    }
    Ok(())
}

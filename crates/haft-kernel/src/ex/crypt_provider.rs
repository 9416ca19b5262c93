//! Handles of cryptographic providers, which make random numbers and hashes, and keep no keys
//! (Microsoft: "Cryptographic Provider Types").

use super::digest::Algorithm;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A provider: its type, its names, the default first, and the hashes that it makes.
#[derive(PartialEq, Eq, Debug)]
pub struct Provider {
    /// Its type (`PROV_RSA_FULL` and its kin).
    pub kind: u32,
    /// Its name.
    pub name: &'static str,
    /// The hashes that it makes.
    pub hashes: &'static [Algorithm],
}

const OLD: &[Algorithm] = &[Algorithm::Md5, Algorithm::Sha1];

const fn provider(kind: u32, name: &'static str, hashes: &'static [Algorithm]) -> Provider {
    Provider { kind, name, hashes }
}

/// The providers of Windows that need no card, the default of each type first.
const PROVIDERS: &[Provider] = &[
    provider(1, "Microsoft Strong Cryptographic Provider", OLD),
    provider(1, "Microsoft Enhanced Cryptographic Provider v1.0", OLD),
    provider(1, "Microsoft Base Cryptographic Provider v1.0", OLD),
    provider(3, "Microsoft Base DSS Cryptographic Provider", OLD),
    provider(12, "Microsoft RSA SChannel Cryptographic Provider", OLD),
    provider(13, "Microsoft Enhanced DSS and Diffie-Hellman Cryptographic Provider", OLD),
    provider(13, "Microsoft Base DSS and Diffie-Hellman Cryptographic Provider", OLD),
    provider(18, "Microsoft DH SChannel Cryptographic Provider", OLD),
    provider(24, "Microsoft Enhanced RSA and AES Cryptographic Provider", &Algorithm::ALL),
];

/// All providers, the default one of each type before others of it.
#[must_use]
pub const fn all() -> &'static [Provider] {
    PROVIDERS
}

/// Why there is no such provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoProvider {
    /// There is none of this type.
    Kind,
    /// There is none of this name.
    Name,
    /// The one of this name is of another type.
    NameOfOtherKind,
}

/// The provider of a type with a name, or the default one of the type.
///
/// # Errors
/// Says what there is none of.
pub fn find(kind: u32, name: Option<&str>) -> Result<&'static Provider, NoProvider> {
    let default = PROVIDERS.iter().find(|it| it.kind == kind).ok_or(NoProvider::Kind)?;
    let Some(name) = name else { return Ok(default) };
    let mut named = PROVIDERS.iter().filter(|it| it.name.eq_ignore_ascii_case(name)).peekable();
    named.peek().ok_or(NoProvider::Name)?;
    named.find(|it| it.kind == kind).ok_or(NoProvider::NameOfOtherKind)
}

struct Open {
    provider: &'static Provider,
    references: u32,
}

struct Providers {
    open: BTreeMap<usize, Open>,
    next: usize,
}

static OPEN: Mutex<Providers> = Mutex::new(Providers { open: BTreeMap::new(), next: 0x1_0000 });

fn providers() -> MutexGuard<'static, Providers> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a provider; its handle is never given again.
#[must_use]
pub fn open(provider: &'static Provider) -> usize {
    let mut providers = providers();
    let handle = providers.next;
    providers.next += 0x10;
    providers.open.insert(handle, Open { provider, references: 1 });
    handle
}

/// The provider of a handle; `None` for one that is not open.
#[must_use]
pub fn of(handle: usize) -> Option<&'static Provider> {
    providers().open.get(&handle).map(|open| open.provider)
}

/// Takes one more reference; false if there is no such provider.
pub fn add_reference(handle: usize) -> bool {
    providers().open.get_mut(&handle).map(|open| open.references += 1).is_some()
}

/// Gives a reference back; false if there is no such provider.
pub fn release(handle: usize) -> bool {
    let mut providers = providers();
    let Some(open) = providers.open.get_mut(&handle) else { return false };
    open.references -= 1;
    if open.references == 0 {
        providers.open.remove(&handle);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_lives_until_its_last_reference() {
        let provider = open(&PROVIDERS[0]);
        assert!(add_reference(provider));
        assert!(release(provider) && of(provider) == Some(&PROVIDERS[0]));
        assert!(release(provider) && of(provider).is_none());
        assert!(!release(provider) && !add_reference(provider));
    }

    #[test]
    fn a_provider_is_found_by_its_type_and_its_name() {
        let rsa = "microsoft base cryptographic provider V1.0";
        assert_eq!(find(1, Some(rsa)).map(|it| it.kind), Ok(1));
        assert_eq!(find(24, Some(rsa)), Err(NoProvider::NameOfOtherKind));
        assert_eq!(find(1, Some("")), Err(NoProvider::Name));
        assert_eq!(find(2, None), Err(NoProvider::Kind));
    }
}

//! Cryptographic providers.

use crate::abi::{Charset, InOut, Out, Ptr, TStr, give};
use haft_abi::Win32Error;
use haft_kernel::ex::crypt_provider::{self, NoProvider, Provider};
use haft_macros::export;

/// `NTE_BAD_UID`, which a bad provider handle gives.
pub(super) const BAD_UID: Win32Error = Win32Error(0x8009_0001);
/// `NTE_BAD_FLAGS`.
pub(super) const BAD_FLAGS: Win32Error = Win32Error(0x8009_0009);
/// `NTE_BAD_TYPE`.
pub(super) const BAD_TYPE: Win32Error = Win32Error(0x8009_000A);

/// Opens a provider for random numbers and hashes; providers with keys are not there. (Microsoft:
/// "CryptAcquireContextW function")
#[export(advapi32, charset)]
fn CryptAcquireContext<C: Charset>(
    phProv: Out<usize>,
    szContainer: Option<TStr<C>>,
    szProvider: Option<TStr<C>>,
    dwProvType: u32,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    let name = szProvider.map(|name| String::from_utf16_lossy(&name));
    let provider = acquire(dwProvType, name.as_deref(), dwFlags, szContainer.is_some())?;
    phProv.probe()?;
    Ok(phProv.set(crypt_provider::open(provider))?)
}

fn acquire(
    kind: u32,
    name: Option<&str>,
    flags: u32,
    container: bool,
) -> Result<&'static Provider, Win32Error> {
    const CRYPT_VERIFYCONTEXT: u32 = 0xF000_0000;
    const CRYPT_SILENT: u32 = 0x40;
    /// `NTE_BAD_KEYSET`.
    const BAD_KEYSET: Win32Error = Win32Error(0x8009_0016);
    /// `NTE_BAD_PROV_TYPE`.
    const BAD_PROV_TYPE: Win32Error = Win32Error(0x8009_0014);
    if kind == 0 || kind > 999 {
        return Err(BAD_PROV_TYPE);
    }
    let provider = crypt_provider::find(kind, name).map_err(|error| match error {
        // `NTE_PROV_TYPE_NOT_DEF`, `NTE_KEYSET_NOT_DEF`, `NTE_PROV_TYPE_NO_MATCH`.
        NoProvider::Kind => Win32Error(0x8009_0017),
        NoProvider::Name => Win32Error(0x8009_0019),
        NoProvider::NameOfOtherKind => Win32Error(0x8009_001B),
    })?;
    if flags & CRYPT_VERIFYCONTEXT == 0 {
        return Err(BAD_KEYSET);
    }
    if flags & !(CRYPT_VERIFYCONTEXT | CRYPT_SILENT) != 0 || container {
        return Err(BAD_FLAGS);
    }
    Ok(provider)
}

/// Takes one more reference to a provider. (Microsoft: "CryptContextAddRef function")
#[export(advapi32)]
fn CryptContextAddRef(
    hProv: usize,
    _pdwReserved: Ptr<u32>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    if dwFlags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if crypt_provider::add_reference(hProv) { Ok(()) } else { Err(BAD_UID) }
}

/// Gives a reference to a provider back. (Microsoft: "CryptReleaseContext function")
#[export(advapi32)]
fn CryptReleaseContext(hProv: usize, dwFlags: u32) -> Result<(), Win32Error> {
    if dwFlags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if crypt_provider::release(hProv) { Ok(()) } else { Err(BAD_UID) }
}

/// Tells of a provider: its name, its type, its version, and that it has no keys. (Microsoft:
/// "CryptGetProvParam function")
#[export(advapi32)]
fn CryptGetProvParam(
    hProv: usize,
    dwParam: u32,
    pbData: Ptr<u8>,
    pdwDataLen: InOut<u32>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    /// `CRYPT_FIRST`, `CRYPT_NEXT`.
    const WHICH: u32 = 3;
    const PP_ENUMCONTAINERS: u32 = 2;
    const PP_IMPTYPE: u32 = 3;
    const PP_NAME: u32 = 4;
    const PP_VERSION: u32 = 5;
    const PP_PROVTYPE: u32 = 16;
    let provider = crypt_provider::of(hProv).ok_or(BAD_UID)?;
    let allowed = if dwParam == PP_ENUMCONTAINERS { WHICH } else { 0 };
    if dwFlags & !allowed != 0 {
        return Err(BAD_FLAGS);
    }
    let number = |number: u32| number.to_le_bytes().to_vec();
    let bytes = match dwParam {
        // There are no keys, and so nothing that they are in.
        PP_ENUMCONTAINERS => return Err(Win32Error::NO_MORE_ITEMS),
        // `CRYPT_IMPL_SOFTWARE`.
        PP_IMPTYPE => number(2),
        PP_NAME => [provider.name.as_bytes(), &[0]].concat(),
        // 2.0, as the page says of Microsoft's own.
        PP_VERSION => number(0x200),
        PP_PROVTYPE => number(provider.kind),
        _ => return Err(BAD_TYPE),
    };
    give(&bytes, pbData, pdwDataLen)
}

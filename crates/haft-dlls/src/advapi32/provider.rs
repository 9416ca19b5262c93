//! Cryptographic providers.

use crate::abi::{Charset, InOut, Out, Ptr, TBuf, TStr, give};
use haft_abi::{Win32Error, wide};
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

const fn not_found(error: NoProvider) -> Win32Error {
    match error {
        // `NTE_PROV_TYPE_NOT_DEF`, `NTE_KEYSET_NOT_DEF`, `NTE_PROV_TYPE_NO_MATCH`.
        NoProvider::Kind => Win32Error(0x8009_0017),
        NoProvider::Name => Win32Error(0x8009_0019),
        NoProvider::NameOfOtherKind => Win32Error(0x8009_001B),
    }
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
    let provider = crypt_provider::find(kind, name).map_err(not_found)?;
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

/// Tells the type and the name of a provider, by its place in the list. (Microsoft:
/// "CryptEnumProvidersW function")
#[export(advapi32, charset)]
fn CryptEnumProviders<C: Charset>(
    dwIndex: u32,
    pdwReserved: usize,
    dwFlags: u32,
    pdwProvType: Out<u32>,
    szProvName: TBuf<C>,
    pcbProvName: InOut<u32>,
) -> Result<(), Win32Error> {
    if pdwReserved != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if dwFlags != 0 {
        return Err(BAD_FLAGS);
    }
    let provider = crypt_provider::all().get(dwIndex as usize).ok_or(Win32Error::NO_MORE_ITEMS)?;
    pdwProvType.set(provider.kind)?;
    give_name(provider, szProvName, pcbProvName)
}

/// Tells the name of the provider that is used where only a type is asked for. (Microsoft:
/// "CryptGetDefaultProviderW function")
#[export(advapi32, charset)]
fn CryptGetDefaultProvider<C: Charset>(
    dwProvType: u32,
    pdwReserved: usize,
    dwFlags: u32,
    pszProvName: TBuf<C>,
    pcbProvName: InOut<u32>,
) -> Result<(), Win32Error> {
    const MACHINE_DEFAULT: u32 = 1;
    const USER_DEFAULT: u32 = 2;
    if pdwReserved != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if dwFlags & !(MACHINE_DEFAULT | USER_DEFAULT) != 0 {
        return Err(BAD_FLAGS);
    }
    let provider = crypt_provider::find(dwProvType, None).map_err(not_found)?;
    give_name(provider, pszProvName, pcbProvName)
}

/// The room for a name is told in bytes.
fn give_name<C: Charset>(
    provider: &Provider,
    place: TBuf<C>,
    length: InOut<u32>,
) -> Result<(), Win32Error> {
    let name = wide::from_str(provider.name);
    let unit = size_of::<C::Unit>() as u32;
    let room = length.get() / unit;
    length.set((C::encode(&name).len() as u32 + 1) * unit)?;
    if place.is_null() {
        return Ok(());
    }
    place.fill(room, &name)?.stored_or(Win32Error::MORE_DATA).map(drop)
}

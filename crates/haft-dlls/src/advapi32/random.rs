//! Random numbers.

use crate::abi::{Charset, Out, Ptr, TStr};
use haft_abi::Win32Error;
use haft_kernel::ex::{crypt_provider, random};
use haft_macros::export;

/// Fills a buffer with random bytes; FALSE if that is not possible. (Microsoft: "RtlGenRandom
/// function")
#[export(advapi32)]
fn SystemFunction036(RandomBuffer: Ptr<u8>, RandomBufferLength: u32) -> bool {
    random::fill_program(RandomBuffer.addr(), RandomBufferLength as usize).is_ok()
}

/// Opens a provider for random numbers; providers with keys are not there. (Microsoft:
/// "CryptAcquireContextW function")
#[export(advapi32, charset)]
fn CryptAcquireContext<C: Charset>(
    phProv: Out<usize>,
    szContainer: Option<TStr<C>>,
    _szProvider: Option<TStr<C>>,
    dwProvType: u32,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    const CRYPT_VERIFYCONTEXT: u32 = 0xF000_0000;
    const CRYPT_SILENT: u32 = 0x40;
    /// `NTE_BAD_FLAGS`.
    const BAD_FLAGS: Win32Error = Win32Error(0x8009_0009);
    /// `NTE_BAD_KEYSET`.
    const BAD_KEYSET: Win32Error = Win32Error(0x8009_0016);
    /// `NTE_BAD_PROV_TYPE`.
    const BAD_PROV_TYPE: Win32Error = Win32Error(0x8009_0014);
    if dwProvType == 0 || dwProvType > 999 {
        return Err(BAD_PROV_TYPE);
    }
    if dwFlags & CRYPT_VERIFYCONTEXT == 0 {
        return Err(BAD_KEYSET);
    }
    if dwFlags & !(CRYPT_VERIFYCONTEXT | CRYPT_SILENT) != 0 || szContainer.is_some() {
        return Err(BAD_FLAGS);
    }
    phProv.probe()?;
    Ok(phProv.set(crypt_provider::open())?)
}

/// `NTE_BAD_UID`, which a bad provider handle gives.
const BAD_UID: Win32Error = Win32Error(0x8009_0001);

/// Fills a buffer with random bytes. (Microsoft: "CryptGenRandom function")
#[export(advapi32)]
fn CryptGenRandom(hProv: usize, dwLen: u32, pbBuffer: Ptr<u8>) -> Result<(), Win32Error> {
    if !crypt_provider::is_open(hProv) {
        return Err(BAD_UID);
    }
    Ok(random::fill_program(pbBuffer.addr(), dwLen as usize)?)
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

//! Chains of certificates.

use super::error::code;
use crate::abi::{Out, Ptr};
use haft_abi::Win32Error;
use haft_host::guest;
use haft_kernel::cert::{self, EngineConfig, Wanted};
use haft_macros::export;

/// The flags by which it is asked whether a certificate has been taken back.
const REVOCATION: u32 = 0x7000_0000;
/// `USAGE_MATCH_TYPE_OR`.
const ANY_OF_THEM: u32 = 1;
/// The longest object identifier.
const IDENTIFIER: usize = 256;

/// The uses that a `CERT_CHAIN_PARA` asks for, and whether all of them are.
fn usages(para: usize) -> Result<(Vec<String>, bool), Win32Error> {
    let kind = guest::read::<u32>(para + 8)?;
    let count = guest::read::<u32>(para + 16)?;
    let places = guest::read_slice::<usize>(guest::read(para + 24)?, count as usize)?;
    let text = |at: usize| -> Result<String, Win32Error> {
        Ok(String::from_utf8_lossy(&guest::read_bytes_z(at, IDENTIFIER)?).into_owned())
    };
    let listed = places.into_iter().map(text).collect::<Result<_, _>>()?;
    Ok((listed, kind != ANY_OF_THEM))
}

/// Makes an engine, which trusts the system's certificates or those of a store. (Microsoft:
/// "CertCreateCertificateChainEngine function")
#[export(crypt32)]
fn CertCreateCertificateChainEngine(
    pConfig: usize,
    phChainEngine: Out<usize>,
) -> Result<(), Win32Error> {
    /// The structure's sizes: as it was at first, with `hExclusiveRoot`, and with the rest.
    const SIZES: [u32; 3] = [64, 80, 88];
    /// `CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG`.
    const AUTHORITIES: u32 = 1;
    let [first, exclusive, whole] = SIZES;
    let size = guest::read::<u32>(pConfig)?;
    if ![first, exclusive, whole].contains(&size) {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let store = |place: usize| guest::read::<usize>(pConfig + place);
    // Lists of trust (`hRestrictedTrust`) and of people (`hExclusiveTrustedPeople`) are not there.
    if store(16)? != 0 || size >= exclusive && store(72)? != 0 {
        return Err(Win32Error::NOT_SUPPORTED);
    }
    let count = guest::read::<u32>(pConfig + 32)?;
    let mut others = guest::read_slice::<usize>(store(40)?, count as usize)?;
    others.push(store(24)?);
    let config = EngineConfig {
        restricted_root: store(8)?,
        exclusive_root: if size >= exclusive { store(64)? } else { 0 },
        exclusive_authorities: size >= whole
            && guest::read::<u32>(pConfig + 80)? & AUTHORITIES != 0,
        others: others.into_iter().filter(|store| *store != 0).collect(),
    };
    phChainEngine.probe()?;
    Ok(phChainEngine.set(cert::create_engine(config).map_err(code)?)?)
}

/// Ends an engine. (Microsoft: "CertFreeCertificateChainEngine function")
#[export(crypt32)]
fn CertFreeCertificateChainEngine(hChainEngine: usize) {
    cert::free_engine(hChainEngine);
}

/// Finds the chain of a certificate, and what is wrong with it. (Microsoft:
/// "CertGetCertificateChain function")
#[export(crypt32)]
fn CertGetCertificateChain(
    hChainEngine: usize,
    pCertContext: usize,
    pTime: Option<Ptr<i64>>,
    hAdditionalStore: usize,
    pChainPara: usize,
    dwFlags: u32,
    pvReserved: usize,
    ppChainContext: Out<usize>,
) -> Result<(), Win32Error> {
    let _ = pvReserved;
    let (usages, all_usages) = usages(pChainPara)?;
    let wanted = Wanted {
        engine: hChainEngine,
        time: pTime.map(Ptr::read).transpose()?,
        store: hAdditionalStore,
        usages,
        all_usages,
        revocation: dwFlags & REVOCATION != 0,
    };
    Ok(ppChainContext.set(cert::get_chain(pCertContext, &wanted).map_err(code)?)?)
}

/// Holds a chain once more. (Microsoft: "CertDuplicateCertificateChain function")
#[export(crypt32)]
fn CertDuplicateCertificateChain(pChainContext: usize) -> Result<Ptr<u8>, Win32Error> {
    cert::duplicate_chain(pChainContext).map(Ptr::new).map_err(code)
}

/// Frees a chain. (Microsoft: "CertFreeCertificateChain function")
#[export(crypt32)]
fn CertFreeCertificateChain(pChainContext: usize) {
    // One that is none is not freed; there is nobody to tell.
    let _ = cert::free_chain(pChainContext);
}

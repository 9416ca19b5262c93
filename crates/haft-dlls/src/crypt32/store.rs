//! Stores of certificates.

use super::error::code;
use crate::abi::{Charset, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::Win32Error;
use haft_host::guest;
use haft_kernel::cert::{self, Disposition, Find};
use haft_macros::export;

/// `CERT_STORE_PROV_MEMORY`, `CERT_STORE_PROV_SYSTEM_A`, `CERT_STORE_PROV_SYSTEM_W`.
const MEMORY: usize = 2;
const SYSTEM_A: usize = 9;
const SYSTEM_W: usize = 10;

/// `CERT_CLOSE_STORE_CHECK_FLAG`.
const CHECK: u32 = 2;

/// The longest name of a store, in characters.
const NAME: usize = 256;

/// Opens a store: an empty one in memory, or one of the system. (Microsoft: "CertOpenStore
/// function")
#[export(crypt32)]
fn CertOpenStore(
    lpszStoreProvider: usize,
    dwEncodingType: u32,
    hCryptProv: usize,
    dwFlags: u32,
    pvPara: usize,
) -> Result<Ptr<u8>, Win32Error> {
    let _ = (dwEncodingType, hCryptProv, dwFlags);
    let provider = match lpszStoreProvider {
        number @ 0..0x1_0000 => number,
        at => match guest::read_bytes_z(at, NAME)?.as_slice() {
            b"Memory" => MEMORY,
            b"System" => SYSTEM_W,
            _ => 0,
        },
    };
    let opened = match provider {
        MEMORY => cert::open_memory(),
        SYSTEM_W => cert::open_system(&guest::read_wide_z(pvPara, NAME)?),
        SYSTEM_A => {
            let name = guest::read_bytes_z(pvPara, NAME)?;
            cert::open_system(&String::from_utf8_lossy(&name).encode_utf16().collect::<Vec<_>>())
        }
        // haft has no other kinds: the page's error of a provider that is not there.
        _ => return Err(Win32Error::FILE_NOT_FOUND),
    };
    opened.map(Ptr::new).map_err(store_error)
}

/// A store of the system that is not there is told of as a file.
fn store_error(error: cert::CertError) -> Win32Error {
    match error {
        cert::CertError::NotFound => Win32Error::FILE_NOT_FOUND,
        other => code(other),
    }
}

/// Opens a store of the system. (Microsoft: "CertOpenSystemStoreW function")
#[export(crypt32, charset)]
fn CertOpenSystemStore<C: Charset>(
    hProv: usize,
    szSubsystemProtocol: TStr<C>,
) -> Result<Ptr<u8>, Win32Error> {
    let _ = hProv;
    cert::open_system(&szSubsystemProtocol).map(Ptr::new).map_err(store_error)
}

/// Closes a store. (Microsoft: "CertCloseStore function")
#[export(crypt32)]
fn CertCloseStore(hCertStore: Option<Ptr<u8>>, dwFlags: u32) -> Result<(), Win32Error> {
    match hCertStore {
        Some(store) => cert::close(store.addr(), dwFlags & CHECK != 0).map_err(code),
        None => Ok(()),
    }
}

/// Gives the next certificate of a store. (Microsoft: "CertEnumCertificatesInStore function")
#[export(crypt32)]
fn CertEnumCertificatesInStore(
    hCertStore: usize,
    pPrevCertContext: usize,
) -> Result<Ptr<u8>, Win32Error> {
    cert::find(hCertStore, pPrevCertContext, &Find::Any).map(Ptr::new).map_err(code)
}

/// Finds the next certificate of a store that is looked for. (Microsoft:
/// "CertFindCertificateInStore function")
#[export(crypt32)]
fn CertFindCertificateInStore(
    hCertStore: usize,
    dwCertEncodingType: u32,
    dwFindFlags: u32,
    dwFindType: u32,
    pvFindPara: usize,
    pPrevCertContext: usize,
) -> Result<Ptr<u8>, Win32Error> {
    let _ = (dwCertEncodingType, dwFindFlags);
    let blob = || -> Result<Vec<u8>, Win32Error> {
        let length = guest::read::<u32>(pvFindPara)?;
        Ok(guest::read_slice(guest::read(pvFindPara + 8)?, length as usize)?)
    };
    let what = match dwFindType {
        0 => Find::Any,
        0x2_0007 => Find::Subject(blob()?),
        0x2_0004 => Find::Issuer(blob()?),
        0xD_0000 => {
            let length = guest::read::<u32>(pvFindPara + 16)?;
            let at = guest::read(pvFindPara + 8)?;
            Find::Existing(guest::read_slice(at, length as usize)?)
        }
        0x15_0000 => Find::PrivateKey,
        _ => return Err(Win32Error::CALL_NOT_IMPLEMENTED),
    };
    cert::find(hCertStore, pPrevCertContext, &what).map(Ptr::new).map_err(code)
}

fn disposition(number: u32) -> Result<Disposition, Win32Error> {
    Ok(match number {
        1 => Disposition::New,
        2 => Disposition::UseExisting,
        3 | 5 => Disposition::Replace,
        4 => Disposition::Always,
        _ => return Err(Win32Error::CALL_NOT_IMPLEMENTED),
    })
}

fn add(store: usize, der: &[u8], number: u32, place: Option<Out<usize>>) -> Result<(), Win32Error> {
    let at = match store {
        // In no store.
        0 => cert::create(der),
        _ => cert::add(store, der, disposition(number)?),
    }
    .map_err(code)?;
    if place.is_some() { Ok(place.set(at)?) } else { cert::release(at).map_err(code) }
}

/// Adds a certificate to a store. (Microsoft: "CertAddEncodedCertificateToStore function")
#[export(crypt32)]
fn CertAddEncodedCertificateToStore(
    hCertStore: usize,
    dwCertEncodingType: u32,
    pbCertEncoded: Ptr<u8>,
    cbCertEncoded: u32,
    dwAddDisposition: u32,
    ppCertContext: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    super::context::check_encoding(dwCertEncodingType)?;
    let der = pbCertEncoded.read_slice(cbCertEncoded as usize)?;
    add(hCertStore, &der, dwAddDisposition, ppCertContext)
}

/// Adds a context's certificate to a store. (Microsoft: "CertAddCertificateContextToStore
/// function")
#[export(crypt32)]
fn CertAddCertificateContextToStore(
    hCertStore: usize,
    pCertContext: usize,
    dwAddDisposition: u32,
    ppStoreContext: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    let der = cert::encoded(pCertContext).map_err(code)?;
    add(hCertStore, &der, dwAddDisposition, ppStoreContext)
}

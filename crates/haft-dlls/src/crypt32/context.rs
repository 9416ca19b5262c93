//! Certificate contexts.

use super::error::{NOT_FOUND, code};
use crate::abi::{InOut, Ptr};
use haft_abi::Win32Error;
use haft_host::gs;
use haft_host::guest;
use haft_kernel::cert;
use haft_macros::export;

/// Certificates are in X.509's encoding, whatever messages are in.
pub(super) fn check_encoding(encoding: u32) -> Result<(), Win32Error> {
    if encoding & 1 != 0 { Ok(()) } else { Err(Win32Error::INVALID_PARAMETER) }
}

/// Makes a context of a certificate. (Microsoft: "CertCreateCertificateContext function")
#[export(crypt32)]
fn CertCreateCertificateContext(
    dwCertEncodingType: u32,
    pbCertEncoded: Ptr<u8>,
    cbCertEncoded: u32,
) -> Result<Ptr<u8>, Win32Error> {
    check_encoding(dwCertEncodingType)?;
    let der = pbCertEncoded.read_slice(cbCertEncoded as usize)?;
    cert::create(&der).map(Ptr::new).map_err(code)
}

/// Holds a context once more. (Microsoft: "CertDuplicateCertificateContext function")
#[export(crypt32)]
fn CertDuplicateCertificateContext(pCertContext: usize) -> Result<Ptr<u8>, Win32Error> {
    match pCertContext {
        0 => Ok(Ptr::new(0)),
        at => cert::duplicate(at).map(Ptr::new).map_err(code),
    }
}

/// Frees a context. (Microsoft: "CertFreeCertificateContext function")
#[export(crypt32)]
fn CertFreeCertificateContext(pCertContext: usize) -> Result<(), Win32Error> {
    match pCertContext {
        0 => Ok(()),
        at => cert::release(at).map_err(code),
    }
}

/// Tells whether a certificate is valid at a time: -1 before, 1 after. (Microsoft:
/// "CertVerifyTimeValidity function")
#[export(crypt32)]
fn CertVerifyTimeValidity(pTimeToVerify: Option<Ptr<i64>>, pCertInfo: usize) -> i32 {
    let time = pTimeToVerify.map(|at| at.read()).transpose();
    let compared = time.and_then(|time| cert::valid_at(pCertInfo, time));
    // There is no failure: it is the program's own fault.
    compared.unwrap_or_else(|fault| crate::hooks::fault(fault))
}

/// Tells the uses that a certificate is good for, as it says itself. (Microsoft:
/// "CertGetEnhancedKeyUsage function")
#[export(crypt32)]
fn CertGetEnhancedKeyUsage(
    pCertContext: usize,
    dwFlags: u32,
    pUsage: usize,
    pcbUsage: InOut<u32>,
) -> Result<(), Win32Error> {
    const HEAD: usize = 16;
    // `CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG`: no certificate has properties.
    let usages = if dwFlags & 4 != 0 {
        return Err(NOT_FOUND);
    } else {
        cert::usages(pCertContext).map_err(code)?
    };
    let all = usages.is_none();
    let usages = usages.unwrap_or_default();
    let texts: Vec<Vec<u8>> = usages.iter().map(|it| [it.as_bytes(), &[0]].concat()).collect();
    let needed = HEAD + 8 * texts.len() + texts.iter().map(Vec::len).sum::<usize>();
    let room = pcbUsage.get() as usize;
    pcbUsage.set(needed as u32)?;
    if pUsage != 0 {
        if room < needed {
            return Err(Win32Error::MORE_DATA);
        }
        let list = pUsage + HEAD;
        guest::write(pUsage, texts.len() as u64)?;
        guest::write(pUsage + 8, list)?;
        let mut place = list + 8 * texts.len();
        for (index, text) in texts.iter().enumerate() {
            guest::write(list + 8 * index, place)?;
            guest::copy_out(place, text)?;
            place += text.len();
        }
    }
    // The page tells the two kinds of an empty list apart by the last error.
    gs::set_last_error(if all { NOT_FOUND.0 } else { 0 });
    Ok(())
}

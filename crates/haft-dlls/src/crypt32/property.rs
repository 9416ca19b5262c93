//! Properties and names of certificates, and their extensions.

use super::error::code;
use crate::abi::{AStr, Charset, InOut, Ptr, TBuf, give};
use haft_abi::Win32Error;
use haft_host::guest;
use haft_kernel::cert::{self, NameKind, Property};
use haft_macros::export;

/// Tells a property of a certificate. (Microsoft: "CertGetCertificateContextProperty function")
#[export(crypt32)]
fn CertGetCertificateContextProperty(
    pCertContext: usize,
    dwPropId: u32,
    pvData: Ptr<u8>,
    pcbData: InOut<u32>,
) -> Result<(), Win32Error> {
    let value = cert::property(pCertContext, Property(dwPropId)).map_err(code)?;
    give(&value, pvData, pcbData)
}

/// Sets a property of a certificate: a name, a description, or one of the program's own. (Microsoft:
/// "CertSetCertificateContextProperty function")
#[export(crypt32)]
fn CertSetCertificateContextProperty(
    pCertContext: usize,
    dwPropId: u32,
    dwFlags: u32,
    pvData: Option<Ptr<u8>>,
) -> Result<(), Win32Error> {
    // `CERT_SET_PROPERTY_IGNORE_PERSIST_ERROR_FLAG` and its kin: nothing is kept beyond the program.
    let _ = dwFlags;
    let blob = |at: Ptr<u8>| -> Result<Vec<u8>, Win32Error> {
        let length = guest::read::<u32>(at.addr())?;
        Ok(guest::read_slice(guest::read(at.addr() + 8)?, length as usize)?)
    };
    let which = Property(dwPropId);
    let value = pvData.filter(|_| which.is_text_or_own()).map(blob).transpose()?;
    cert::set_property(pCertContext, which, value).map_err(code)
}

/// Finds an extension by its identifier; NULL for none. (Microsoft: "CertFindExtension function")
#[export(crypt32)]
fn CertFindExtension(pszObjId: AStr, cExtensions: u32, rgExtensions: usize) -> Ptr<u8> {
    let found = cert::find_extension(&pszObjId.to_bytes(), cExtensions as usize, rgExtensions);
    // There is no failure: it is the program's own fault.
    Ptr::new(found.unwrap_or_else(|fault| crate::hooks::fault(fault)))
}

/// Tells a name of a certificate; the count of characters with the terminator, 1 for none.
/// (Microsoft: "CertGetNameStringW function")
#[export(crypt32, charset)]
fn CertGetNameString<C: Charset>(
    pCertContext: usize,
    dwType: u32,
    dwFlags: u32,
    pvTypePara: Option<Ptr<u8>>,
    pszNameString: TBuf<C>,
    cchNameString: u32,
) -> Result<u32, Win32Error> {
    let text = name_string(pCertContext, dwType, dwFlags, pvTypePara)?;
    let whole = C::encode(&text).len() as u32 + 1;
    if pszNameString.is_null() {
        return Ok(whole);
    }
    pszNameString.fill_truncated(cchNameString, &text)?;
    Ok(whole.min(cchNameString))
}

fn name_string(
    context: usize,
    kind: u32,
    flags: u32,
    parameter: Option<Ptr<u8>>,
) -> Result<Vec<u16>, Win32Error> {
    const ISSUER: u32 = 1;
    const ATTRIBUTE: u32 = 3;
    /// `CERT_X500_NAME_STR`.
    const LINE: u32 = 3;
    let kind = match (kind, parameter) {
        (1, _) => NameKind::Mail,
        (2, format) if format.is_none_or(|at| at.cast::<u32>().read() == Ok(LINE)) => {
            NameKind::Line
        }
        (ATTRIBUTE, Some(at)) => {
            let text = guest::read_bytes_z(at.addr(), 256)?;
            NameKind::Attribute(String::from_utf8_lossy(&text).into_owned())
        }
        (4, _) | (ATTRIBUTE, None) => NameKind::Simple,
        (5, _) => NameKind::Friendly,
        (6, _) => NameKind::Server,
        (7, _) => NameKind::Resource,
        _ => return Err(Win32Error::CALL_NOT_IMPLEMENTED),
    };
    let name = cert::name(context, &kind, flags & ISSUER != 0).map_err(code)?;
    Ok(name.unwrap_or_default())
}

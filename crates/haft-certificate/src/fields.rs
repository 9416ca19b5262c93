//! What a certificate says (RFC 5280).

use core::ops::Range;
use x509_parser::prelude::{FromDer as _, ParsedExtension, X509Certificate};
use x509_parser::x509::AlgorithmIdentifier;

/// An algorithm and its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Algorithm {
    /// Its object identifier, with dots.
    pub identifier: String,
    /// Where its parameters are; empty for none.
    pub parameters: Range<usize>,
}

/// One extension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    /// Its object identifier, with dots.
    pub identifier: String,
    /// Who does not know it must not take the certificate.
    pub critical: bool,
    /// Where its value is.
    pub value: Range<usize>,
}

/// What a certificate says; ranges are places in its DER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fields {
    /// 0 for version 1.
    pub version: u32,
    /// The serial number, the lowest byte first.
    pub serial: Vec<u8>,
    /// What it is signed with.
    pub signature: Algorithm,
    /// Who has signed it.
    pub issuer: Range<usize>,
    /// The first second that it is valid in, since 1970.
    pub not_before: i64,
    /// The last one.
    pub not_after: i64,
    /// Whose it is.
    pub subject: Range<usize>,
    /// What kind of key the subject has.
    pub key_algorithm: Algorithm,
    /// Where the key is.
    pub key: Range<usize>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
    /// The uses that it is good for, as object identifiers with dots; `None` for all.
    pub usages: Option<Vec<String>>,
}

impl Fields {
    /// Reads a certificate; `None` for what is none, or has something behind it.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let place = |part: &[u8]| place(der, part);
        let key = &certificate.tbs_certificate.subject_pki;
        let serial: Vec<u8> = certificate.raw_serial().iter().rev().copied().collect();
        let extensions = certificate.extensions().iter().map(|extension| Extension {
            identifier: extension.oid.to_id_string(),
            critical: extension.critical,
            value: place(extension.value),
        });
        Some(Self {
            version: certificate.version().0,
            serial,
            signature: algorithm(der, &certificate.signature_algorithm),
            issuer: place(certificate.issuer().as_raw()),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            subject: place(certificate.subject().as_raw()),
            key_algorithm: algorithm(der, &key.algorithm),
            key: place(&key.subject_public_key.data),
            extensions: extensions.collect(),
            usages: usages(&certificate),
        })
    }

    /// Whether the certificate's subject is who has signed it, to say so of `der`, its own.
    #[must_use]
    pub fn is_self_issued(&self, der: &[u8]) -> bool {
        der.get(self.issuer.clone()) == der.get(self.subject.clone())
    }

    /// Whether a time, in seconds since 1970, is one that it is valid in.
    #[must_use]
    pub const fn is_valid_at(&self, seconds: i64) -> bool {
        self.not_before <= seconds && seconds <= self.not_after
    }
}

/// Where a part of `whole` is in it.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    let end = start.saturating_add(part.len());
    if end <= whole.len() { start..end } else { 0..0 }
}

fn algorithm(der: &[u8], algorithm: &AlgorithmIdentifier<'_>) -> Algorithm {
    let parameters = algorithm.parameters.as_ref().map_or(0..0, |any| {
        let content = place(der, any.data);
        // The tag and the length are before the content.
        let header = match content.len() {
            0..0x80 => 2,
            0x80..0x100 => 3,
            _ => 4,
        };
        content.start.saturating_sub(header)..content.end
    });
    Algorithm { identifier: algorithm.algorithm.to_id_string(), parameters }
}

fn usages(certificate: &X509Certificate<'_>) -> Option<Vec<String>> {
    let listed = certificate.extensions().iter().find_map(|extension| {
        match extension.parsed_extension() {
            ParsedExtension::ExtendedKeyUsage(usages) => Some(usages),
            _ => None,
        }
    })?;
    let known = [
        (listed.any, "2.5.29.37.0"),
        (listed.server_auth, "1.3.6.1.5.5.7.3.1"),
        (listed.client_auth, "1.3.6.1.5.5.7.3.2"),
        (listed.code_signing, "1.3.6.1.5.5.7.3.3"),
        (listed.email_protection, "1.3.6.1.5.5.7.3.4"),
        (listed.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (listed.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known.iter().filter(|(is, _)| *is).map(|(_, name)| (*name).to_owned());
    Some(known.chain(listed.other.iter().map(|other| other.to_id_string())).collect())
}

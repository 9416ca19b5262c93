//! Whether a certificate is to be believed, and by which others: rustls-webpki decides. What it
//! refuses is told in the words that Windows has for it (Microsoft: "CERT_TRUST_STATUS structure").

use crate::Fields;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    anchor_from_trusted_cert,
};

/// No chain is longer.
const LONGEST: usize = 16;

/// Any use (`anyExtendedKeyUsage`).
const ANY: &str = "2.5.29.37.0";

/// What is wrong with a chain, or with a certificate of it: a set of `CERT_TRUST_...` bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trouble(pub u32);

impl Trouble {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// It is not valid at this time.
    pub const TIME: Self = Self(1);
    /// It has been taken back.
    pub const REVOKED: Self = Self(4);
    /// It is not signed by whom it says.
    pub const SIGNATURE: Self = Self(8);
    /// It is not for this use.
    pub const USAGE: Self = Self(0x10);
    /// The chain ends with one that signed itself and is not trusted.
    pub const UNTRUSTED_ROOT: Self = Self(0x20);
    /// Nobody knows whether it has been taken back.
    pub const REVOCATION_UNKNOWN: Self = Self(0x40 | 0x100_0000);
    /// An extension is damaged, or not understood.
    pub const EXTENSION: Self = Self(0x100);
    /// One has signed that may not.
    pub const BASIC_CONSTRAINTS: Self = Self(0x400);
    /// It is for a name that who signed it may not sign for.
    pub const NAME_CONSTRAINTS: Self = Self(0x800);
    /// The chain does not reach a root.
    pub const PARTIAL: Self = Self(0x1_0000);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether some of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is asked of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The certificate in question.
    pub leaf: &'a [u8],
    /// Others that may stand between it and a root.
    pub between: &'a [Vec<u8>],
    /// Those that are trusted.
    pub roots: &'a [Vec<u8>],
    /// When, in seconds since 1970.
    pub time: i64,
    /// What for, as object identifiers with dots; for none, anything.
    pub usages: &'a [String],
    /// It must be good for all of them, not just for one.
    pub all_usages: bool,
}

/// The certificates that were found, the one in question first, and what is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Each as DER.
    pub certificates: Vec<Vec<u8>>,
    /// What is wrong.
    pub trouble: Trouble,
}

/// Finds out whether a certificate is to be believed.
#[must_use]
pub fn verify(request: &Request<'_>) -> Chain {
    let own = request.leaf.to_vec();
    let Some(fields) = Fields::read(request.leaf) else {
        return Chain { certificates: vec![own], trouble: Trouble::EXTENSION };
    };
    let trusted = request.roots.contains(&own);
    if trusted || fields.is_self_issued(request.leaf) {
        let root = if trusted { Trouble::NONE } else { Trouble::UNTRUSTED_ROOT };
        let time = if fields.is_valid_at(request.time) { Trouble::NONE } else { Trouble::TIME };
        let good = fields.usages.is_none_or(|usages| is_for(request, &usages));
        let usage = if good { Trouble::NONE } else { Trouble::USAGE };
        return Chain { certificates: vec![own], trouble: root.and(time).and(usage) };
    }
    by_webpki(request).unwrap_or_else(|error| {
        let certificates = by_names(request);
        let trouble = trouble_of(&error, certificates.last());
        Chain { certificates, trouble }
    })
}

fn is_for(request: &Request<'_>, usages: &[String]) -> bool {
    let has = |wanted: &String| usages.iter().any(|usage| usage == wanted || usage == ANY);
    if request.all_usages {
        request.usages.iter().all(has)
    } else {
        request.usages.is_empty() || request.usages.iter().any(has)
    }
}

/// What each certificate of a chain must be good for, if it lists what it is good for.
struct Usages<'a>(&'a Request<'a>);

impl ExtendedKeyUsageValidator for Usages<'_> {
    fn validate(&self, iter: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut listed = Vec::new();
        for usage in iter {
            let parts: Vec<_> = usage?.to_decoded_oid().iter().map(usize::to_string).collect();
            listed.push(parts.join("."));
        }
        let good = listed.is_empty() || is_for(self.0, &listed);
        if good { Ok(()) } else { Err(Error::EmptyEkuExtension) }
    }
}

fn by_webpki(request: &Request<'_>) -> Result<Chain, Error> {
    let roots: Vec<_> =
        request.roots.iter().map(|root| CertificateDer::from(root.as_slice())).collect();
    // A root that cannot be read is trusted for nothing.
    let anchors: Vec<_> =
        roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let between: Vec<_> =
        request.between.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let leaf = CertificateDer::from(request.leaf);
    let entity = EndEntityCert::try_from(&leaf)?;
    // Before 1970 none was valid either.
    let seconds = u64::try_from(request.time).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds));
    let algorithms = ALL_VERIFICATION_ALGS;
    let usages = Usages(request);
    let path = entity.verify_for_usage(algorithms, &anchors, &between, time, usages, None, None)?;
    let mut certificates = vec![request.leaf.to_vec()];
    certificates.extend(path.intermediate_certificates().map(|cert| cert.der().to_vec()));
    let is_it = |root: &&CertificateDer<'_>| {
        anchor_from_trusted_cert(root).is_ok_and(|anchor| anchor == *path.anchor())
    };
    if let Some(root) = roots.iter().find(is_it) {
        // Who trusts one that is between needs no further root.
        if certificates.last().is_none_or(|last| last != root.as_ref()) {
            certificates.push(root.to_vec());
        }
        let known = Fields::read(root);
        if known.is_some_and(|known| !known.is_valid_at(request.time)) {
            return Ok(Chain { certificates, trouble: Trouble::TIME });
        }
    }
    Ok(Chain { certificates, trouble: Trouble::NONE })
}

/// The certificates that have signed one another, by what they say alone.
fn by_names(request: &Request<'_>) -> Vec<Vec<u8>> {
    let mut chain = vec![request.leaf.to_vec()];
    while let Some(last) = chain.last().filter(|_| chain.len() < LONGEST) {
        let Some(fields) = Fields::read(last).filter(|it| !it.is_self_issued(last)) else { break };
        let issuer = &last[fields.issuer];
        let signed = |other: &&Vec<u8>| {
            Fields::read(other).is_some_and(|known| &other[known.subject] == issuer)
        };
        let known = request.roots.iter().chain(request.between).find(signed);
        match known.filter(|known| !chain.contains(known)) {
            Some(known) => chain.push(known.clone()),
            None => break,
        }
    }
    chain
}

fn trouble_of(error: &Error, last: Option<&Vec<u8>>) -> Trouble {
    match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => Trouble::TIME,
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
            Trouble::SIGNATURE
        }
        Error::EmptyEkuExtension => Trouble::USAGE,
        Error::CertRevoked | Error::CertDistrusted => Trouble::REVOKED,
        Error::CaUsedAsEndEntity | Error::EndEntityUsedAsCa | Error::PathLenConstraintViolated => {
            Trouble::BASIC_CONSTRAINTS
        }
        Error::NameConstraintViolation => Trouble::NAME_CONSTRAINTS,
        Error::UnknownIssuer => {
            let root =
                |last: &Vec<u8>| Fields::read(last).is_some_and(|it| it.is_self_issued(last));
            if last.is_some_and(root) { Trouble::UNTRUSTED_ROOT } else { Trouble::PARTIAL }
        }
        _ => Trouble::EXTENSION,
    }
}

/// Whether a certificate is for a server of this name, or address.
#[must_use]
pub fn is_for_server(der: &[u8], name: &str) -> bool {
    let der = CertificateDer::from(der);
    let Ok(name) = ServerName::try_from(name) else { return false };
    EndEntityCert::try_from(&der)
        .is_ok_and(|entity| entity.verify_is_valid_for_subject_name(&name).is_ok())
}

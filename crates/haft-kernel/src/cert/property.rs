//! Properties of certificates (Microsoft: "CertGetCertificateContextProperty function"): what follows
//! from a certificate is made when it is asked for, what a program says of one is kept with it.

use super::{CertError, state};
use crate::ex::digest::Algorithm;
use haft_certificate::Fields;
use haft_certificate::names::{COMMON_NAME, MAIL, Names};

/// A property's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Property(pub u32);

impl Property {
    /// SHA-1 of the certificate.
    pub const SHA1: Self = Self(3);
    /// MD5 of the certificate.
    pub const MD5: Self = Self(4);
    /// A name that a person has given to it.
    pub const FRIENDLY_NAME: Self = Self(11);
    /// What a person has written about it.
    pub const DESCRIPTION: Self = Self(13);
    /// Whether what is set is kept beyond the program: 32 bits, 0.
    pub const ACCESS_STATE: Self = Self(14);
    /// What identifies the key.
    pub const KEY_IDENTIFIER: Self = Self(20);
    /// MD5 of the key.
    pub const KEY_MD5: Self = Self(25);
    /// MD5 of whose it is.
    pub const SUBJECT_MD5: Self = Self(29);
    /// SHA-256 of the certificate.
    pub const SHA256: Self = Self(107);
    /// The first of those that programs are free to use, and the last.
    const OWN: (u32, u32) = (0x8000, 0xFFFF);

    /// Whether it is a program's to set. Others follow from the certificate, or name a key, which
    /// haft does not keep.
    #[must_use]
    pub const fn is_text_or_own(self) -> bool {
        matches!(self, Self::FRIENDLY_NAME | Self::DESCRIPTION)
            || Self::OWN.0 <= self.0 && self.0 <= Self::OWN.1
    }
}

/// A property of a certificate.
///
/// # Errors
/// [`CertError::NotFound`] when it has none such, [`CertError::Argument`] when it is no context.
pub fn property(at: usize, which: Property) -> Result<Vec<u8>, CertError> {
    let state = state();
    let known = state.contexts.get(&at).ok_or(CertError::Argument)?;
    if let Some(value) = known.properties.get(&which) {
        return Ok(value.clone());
    }
    derived(&known.der, which).ok_or(CertError::NotFound)
}

fn derived(der: &[u8], which: Property) -> Option<Vec<u8>> {
    /// `subjectKeyIdentifier`.
    const KEY_IDENTIFIER: &str = "2.5.29.14";
    let fields = Fields::read(der)?;
    let part = |place: &core::ops::Range<usize>| der.get(place.clone());
    match which {
        Property::SHA1 => Some(Algorithm::Sha1.of(der)),
        Property::MD5 => Some(Algorithm::Md5.of(der)),
        Property::SHA256 => Some(Algorithm::Sha256.of(der)),
        Property::ACCESS_STATE => Some(vec![0; 4]),
        Property::KEY_MD5 => Some(Algorithm::Md5.of(part(&fields.key)?)),
        Property::SUBJECT_MD5 => Some(Algorithm::Md5.of(part(&fields.subject)?)),
        Property::KEY_IDENTIFIER => {
            // An octet string of less than 128 bytes in the extension.
            let extension = fields.extensions.iter().find(|it| it.identifier == KEY_IDENTIFIER)?;
            match part(&extension.value)? {
                [4, length, value @ ..] if usize::from(*length) == value.len() => {
                    Some(value.to_vec())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Sets a property of a certificate, or takes it away.
///
/// # Errors
/// [`CertError::Argument`] when it is no context, or the property none to be set.
pub fn set_property(at: usize, which: Property, value: Option<Vec<u8>>) -> Result<(), CertError> {
    let mut state = state();
    let known = state.contexts.get_mut(&at).ok_or(CertError::Argument)?;
    match value {
        _ if !which.is_text_or_own() => return Err(CertError::Argument),
        Some(value) => known.properties.insert(which, value),
        None => known.properties.remove(&which),
    };
    Ok(())
}

/// Which name of a certificate (Microsoft: "CertGetNameStringW function").
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameKind {
    /// A mail address.
    Mail,
    /// The whole name, each attribute with its key.
    Line,
    /// What an attribute says, by its object identifier with dots.
    Attribute(String),
    /// The name that a person is shown.
    Simple,
    /// The name that a person has given to it, or else is shown.
    Friendly,
    /// The name of a server.
    Server,
    /// The address of a resource.
    Resource,
}

/// A name of a certificate's subject, or of who has signed it; `None` when it has none of the kind.
///
/// # Errors
/// [`CertError::Argument`] when it is no context.
pub fn name(at: usize, kind: &NameKind, issuer: bool) -> Result<Option<Vec<u16>>, CertError> {
    if *kind == NameKind::Friendly
        && let Ok(given) = property(at, Property::FRIENDLY_NAME)
    {
        let units = given.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        return Ok(Some(units.take_while(|unit| *unit != 0).collect()));
    }
    let der = super::encoded(at)?;
    let names = Names::read(&der, issuer).ok_or(CertError::Encoding)?;
    let first = |list: &[String]| list.first().cloned();
    let attribute = |identifier: &str| names.attribute(identifier).map(str::to_owned);
    let found = match kind {
        NameKind::Mail => first(&names.mail).or_else(|| attribute(MAIL)),
        NameKind::Line => Some(names.line()),
        NameKind::Attribute(identifier) => attribute(identifier),
        NameKind::Simple | NameKind::Friendly => names.simple().map(str::to_owned),
        NameKind::Server => first(&names.servers).or_else(|| attribute(COMMON_NAME)),
        NameKind::Resource => first(&names.resources),
    };
    Ok(found.map(|text| text.encode_utf16().collect()))
}

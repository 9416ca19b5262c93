//! Whose a certificate is, and who has signed it, in words (RFC 5280).

use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};
use x509_parser::x509::X509Name;

/// An attribute of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// What it is, as an object identifier with dots.
    pub identifier: String,
    /// What it says.
    pub text: String,
}

/// A name, and what else its owner is called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// The attributes, in the order of the certificate.
    pub attributes: Vec<Attribute>,
    /// Mail addresses.
    pub mail: Vec<String>,
    /// Names of servers.
    pub servers: Vec<String>,
    /// Addresses of resources.
    pub resources: Vec<String>,
}

/// `commonName`.
pub const COMMON_NAME: &str = "2.5.4.3";
/// `emailAddress`.
pub const MAIL: &str = "1.2.840.113549.1.9.1";

/// The attributes that have a short key (Microsoft: "CertNameToStrW function"), those that a person
/// is shown first at the front.
const KEYS: [(&str, &str); 14] = [
    (COMMON_NAME, "CN"),
    ("2.5.4.11", "OU"),
    ("2.5.4.10", "O"),
    (MAIL, "E"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];
/// How many of them a person is shown, the first that is there.
const SHOWN: usize = 4;

impl Names {
    /// The names of a certificate's subject, or of who has signed it; `None` for what is no
    /// certificate.
    #[must_use]
    pub fn read(der: &[u8], issuer: bool) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let name = if issuer { certificate.issuer() } else { certificate.subject() };
        let mut names = Self { attributes: attributes(name), ..Self::default() };
        for extension in certificate.extensions() {
            let list = match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(of) if !issuer => &of.general_names,
                ParsedExtension::IssuerAlternativeName(of) if issuer => &of.general_names,
                _ => continue,
            };
            for name in list {
                match name {
                    GeneralName::RFC822Name(text) => names.mail.push((*text).to_owned()),
                    GeneralName::DNSName(text) => names.servers.push((*text).to_owned()),
                    GeneralName::URI(text) => names.resources.push((*text).to_owned()),
                    _ => {}
                }
            }
        }
        Some(names)
    }

    /// What an attribute says, the first of its kind.
    #[must_use]
    pub fn attribute(&self, identifier: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|it| it.identifier == identifier)?;
        Some(&found.text)
    }

    /// The name that a person is shown: the common name, the unit, the organisation, a mail
    /// address, or whatever comes first.
    #[must_use]
    pub fn simple(&self) -> Option<&str> {
        KEYS[..SHOWN]
            .iter()
            .find_map(|(identifier, _)| self.attribute(identifier))
            .or_else(|| self.mail.first().map(String::as_str))
            .or_else(|| self.attributes.first().map(|it| it.text.as_str()))
    }

    /// The whole name on a line, each attribute with its short key: `CN=root, O="A, B"`.
    #[must_use]
    pub fn line(&self) -> String {
        let one = |it: &Attribute| {
            let key = KEYS.iter().find(|(identifier, _)| *identifier == it.identifier);
            let key = key.map_or_else(|| format!("OID.{}", it.identifier), |k| k.1.to_owned());
            format!("{key}={}", quoted(&it.text))
        };
        self.attributes.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

fn quoted(text: &str) -> String {
    let special = |c: char| ",+=\"\n<>#;".contains(c);
    if text.is_empty() || text.trim() != text || text.contains(special) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn attributes(name: &X509Name<'_>) -> Vec<Attribute> {
    let one = |it: &x509_parser::x509::AttributeTypeAndValue<'_>| Attribute {
        identifier: it.attr_type().to_id_string(),
        text: it
            .as_str()
            .map_or_else(|_| String::from_utf8_lossy(it.as_slice()).into_owned(), str::to_owned),
    };
    name.iter_attributes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Names};

    fn names(attributes: &[(&str, &str)]) -> Names {
        let one = |(identifier, text): &(&str, &str)| Attribute {
            identifier: (*identifier).to_owned(),
            text: (*text).to_owned(),
        };
        Names { attributes: attributes.iter().map(one).collect(), ..Names::default() }
    }

    #[test]
    fn a_person_is_shown_the_common_name_first() {
        let all = names(&[("2.5.4.6", "DE"), ("2.5.4.10", "A, B"), ("2.5.4.3", "root")]);
        assert_eq!(all.simple(), Some("root"));
        assert_eq!(all.line(), "C=DE, O=\"A, B\", CN=root");
        assert_eq!(names(&[("2.5.4.6", "DE"), ("1.2.3", "x")]).simple(), Some("DE"));
        assert_eq!(names(&[("1.2.3", "a\"")]).line(), "OID.1.2.3=\"a\"\"\"");
        assert_eq!(names(&[]).simple(), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_names() {
        assert_eq!(Names::read(b"", false), None);
    }
}

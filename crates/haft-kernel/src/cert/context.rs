//! Certificate contexts, as programs read them (Microsoft: "CERT_CONTEXT structure", "CERT_INFO
//! structure").

use super::{CertError, Known, State, state};
use crate::crt::heap;
use core::ops::Range;
use haft_certificate::Fields;
use haft_certificate::fields::Algorithm;
use haft_host::guest;
use std::collections::BTreeMap;
use std::sync::Arc;

haft_host::plain! {
    struct Blob {
        length: u64,
        at: usize,
    }

    struct Identifier {
        name: usize,
        parameters: Blob,
    }

    struct Bits {
        bytes: Blob,
        unused: u64,
    }

    struct Info {
        version: u64,
        serial: Blob,
        signature: Identifier,
        issuer: Blob,
        not_before: i64,
        not_after: i64,
        subject: Blob,
        key_algorithm: Identifier,
        key: Bits,
        issuer_id: Bits,
        subject_id: Bits,
        extension_count: u64,
        extensions: usize,
    }

    struct Extension {
        name: usize,
        critical: u64,
        value: Blob,
    }

    struct Context {
        encoding: u64,
        encoded: usize,
        length: u64,
        info: usize,
        store: usize,
    }
}

const _: () = assert!(size_of::<Info>() == 208 && size_of::<Context>() == 40);

/// `X509_ASN_ENCODING`.
const X509: u64 = 1;

/// What is looked for in a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Find {
    /// Any.
    Any,
    /// One with this subject, as DER.
    Subject(Vec<u8>),
    /// One with this issuer, as DER.
    Issuer(Vec<u8>),
    /// Just this one, as DER.
    Existing(Vec<u8>),
    /// One with a private key, which none has.
    PrivateKey,
}

impl Find {
    pub(super) fn is_met_by(&self, der: &[u8]) -> bool {
        let part = |of: fn(&Fields) -> Range<usize>| {
            Fields::read(der).map(|fields| der[of(&fields)].to_vec())
        };
        match self {
            Self::Any => true,
            Self::Subject(subject) => part(|it| it.subject.clone()).as_ref() == Some(subject),
            Self::Issuer(issuer) => part(|it| it.issuer.clone()).as_ref() == Some(issuer),
            Self::Existing(existing) => der == existing,
            Self::PrivateKey => false,
        }
    }
}

/// Lays things out behind one another.
struct Layout {
    bytes: Vec<u8>,
    base: usize,
}

impl Layout {
    fn put(&mut self, bytes: &[u8]) -> usize {
        let at = self.base + self.bytes.len();
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        at
    }

    fn name(&mut self, text: &str) -> usize {
        self.put(&[text.as_bytes(), &[0]].concat())
    }

    fn identifier(&mut self, algorithm: &Algorithm, encoded: usize) -> Identifier {
        Identifier {
            name: self.name(&algorithm.identifier),
            parameters: blob(encoded, &algorithm.parameters),
        }
    }
}

fn blob(encoded: usize, place: &Range<usize>) -> Blob {
    Blob { length: place.len() as u64, at: encoded + place.start }
}

/// Makes a context of a certificate.
///
/// # Errors
/// [`CertError::Encoding`], [`CertError::NoMemory`].
pub fn create(der: &[u8]) -> Result<usize, CertError> {
    state().create(der, None)
}

impl State {
    pub(super) fn create(&mut self, der: &[u8], store: Option<usize>) -> Result<usize, CertError> {
        let fields = Fields::read(der).ok_or(CertError::Encoding)?;
        let heads = size_of::<Context>() + size_of::<Info>();
        let names = 128 * (fields.extensions.len() + 4);
        let room = heads + names + fields.extensions.len() * size_of::<Extension>();
        let room = room + (der.len() + fields.serial.len() + 16).next_multiple_of(8);
        let at = heap::allocate_zeroed(1, room)?;
        let mut layout = Layout { bytes: Vec::with_capacity(room), base: at + heads };
        let encoded = layout.put(der);
        let serial = layout.put(&fields.serial);
        let extensions: Vec<_> = fields
            .extensions
            .iter()
            .map(|extension| Extension {
                name: layout.name(&extension.identifier),
                critical: extension.critical.into(),
                value: blob(encoded, &extension.value),
            })
            .collect();
        let none = Bits { bytes: Blob { length: 0, at: 0 }, unused: 0 };
        let info = Info {
            version: fields.version.into(),
            serial: Blob { length: fields.serial.len() as u64, at: serial },
            signature: layout.identifier(&fields.signature, encoded),
            issuer: blob(encoded, &fields.issuer),
            not_before: haft_abi::time::from_unix(fields.not_before, 0),
            not_after: haft_abi::time::from_unix(fields.not_after, 0),
            subject: blob(encoded, &fields.subject),
            key_algorithm: layout.identifier(&fields.key_algorithm, encoded),
            key: Bits { bytes: blob(encoded, &fields.key), unused: 0 },
            issuer_id: none,
            subject_id: none,
            extension_count: extensions.len() as u64,
            extensions: layout.base + layout.bytes.len(),
        };
        if layout.bytes.len() + heads + extensions.len() * size_of::<Extension>() > room {
            // Identifiers longer than any that there are.
            heap::free(at);
            return Err(CertError::Encoding);
        }
        guest::copy_out(layout.base, &layout.bytes)?;
        for (index, extension) in extensions.into_iter().enumerate() {
            guest::write(info.extensions + index * size_of::<Extension>(), extension)?;
        }
        let context = Context {
            encoding: X509,
            encoded,
            length: der.len() as u64,
            info: at + size_of::<Context>(),
            store: store.unwrap_or(0),
        };
        guest::write(at, context)?;
        guest::write(at + size_of::<Context>(), info)?;
        let properties = BTreeMap::new();
        self.contexts.insert(at, Known { references: 1, der: Arc::from(der), store, properties });
        Ok(at)
    }

    pub(super) fn hold(&mut self, at: usize) -> Result<usize, CertError> {
        self.contexts.get_mut(&at).ok_or(CertError::Argument)?.references += 1;
        Ok(at)
    }

    pub(super) fn release(&mut self, at: usize) -> Result<(), CertError> {
        let known = self.contexts.get_mut(&at).ok_or(CertError::Argument)?;
        known.references -= 1;
        let (left, store) = (known.references, known.store);
        if left == 0 {
            self.contexts.remove(&at);
            heap::free(at);
        } else if let Some(store) = store {
            self.end_if_unused(store);
        }
        Ok(())
    }

    pub(super) fn der(&self, at: usize) -> Result<Arc<[u8]>, CertError> {
        self.contexts.get(&at).map(|known| known.der.clone()).ok_or(CertError::Argument)
    }
}

/// Holds a context once more.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn duplicate(at: usize) -> Result<usize, CertError> {
    state().hold(at)
}

/// Holds a context once less; after the last time it is gone.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn release(at: usize) -> Result<(), CertError> {
    state().release(at)
}

/// The certificate of a context, as DER.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn encoded(at: usize) -> Result<std::sync::Arc<[u8]>, CertError> {
    state().der(at)
}

/// The uses that a certificate is good for, as object identifiers with dots; `None` for all.
///
/// # Errors
/// [`CertError::Argument`] when it is none.
pub fn usages(at: usize) -> Result<Option<Vec<String>>, CertError> {
    let der = state().der(at)?;
    Ok(Fields::read(&der).and_then(|fields| fields.usages))
}

/// Whether what is said at `info` is valid at a time (100 ns since 1601), now if it is `None`: -1
/// before, 1 after, else 0.
///
/// # Errors
/// When it cannot be read.
pub fn valid_at(info: usize, time: Option<i64>) -> Result<i32, guest::Fault> {
    let info = guest::read::<Info>(info)?;
    let (seconds, nanoseconds) = crate::crt::time::now();
    let time = time.unwrap_or_else(|| haft_abi::time::from_unix(seconds, nanoseconds));
    Ok(if time < info.not_before { -1 } else { i32::from(time > info.not_after) })
}

/// The first of `count` extensions at `list` with an identifier; 0 for none.
///
/// # Errors
/// When they cannot be read.
pub fn find_extension(identifier: &[u8], count: usize, list: usize) -> Result<usize, guest::Fault> {
    for index in 0..count {
        let at = list.wrapping_add(index * size_of::<Extension>());
        let name = guest::read::<Extension>(at)?.name;
        if guest::read_bytes_z(name, identifier.len() + 1)? == identifier {
            return Ok(at);
        }
    }
    Ok(0)
}

//! Bytes as text: base 64, perhaps between the lines of a PEM file, and hexadecimal digits
//! (Microsoft: "CryptStringToBinaryW function").

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

/// How bytes are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Base 64 between the lines of a certificate, or of any other thing when it is read.
    Certificate,
    /// The same of a request.
    Request,
    /// The same of a list of certificates that were taken back.
    RevocationList,
    /// Base 64.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// As they are.
    Bytes,
}

/// How lines end in what is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// With CR and LF.
    CrLf,
    /// With LF.
    Lf,
    /// Not at all: all is one line.
    None,
}

/// The characters of a line of base 64.
const LINE: usize = 64;

impl Form {
    const fn header(self) -> Option<&'static str> {
        match self {
            Self::Certificate => Some("CERTIFICATE"),
            Self::Request => Some("NEW CERTIFICATE REQUEST"),
            Self::RevocationList => Some("X509 CRL"),
            _ => None,
        }
    }

    /// Reads text: the bytes, and how many characters before a header were passed over. `None` for
    /// text of another form.
    #[must_use]
    pub fn read(self, text: &[u8]) -> Option<(Vec<u8>, usize)> {
        match self {
            Self::Bytes => Some((text.to_vec(), 0)),
            Self::Base64 => base64(text).map(|bytes| (bytes, 0)),
            Self::Hex => {
                let digits = without_space(text);
                HEXLOWER_PERMISSIVE.decode(&digits).ok().map(|bytes| (bytes, 0))
            }
            _ => between_lines(text),
        }
    }

    /// Makes text of bytes.
    #[must_use]
    pub fn write(self, bytes: &[u8], end: LineEnd) -> Vec<u8> {
        let end: &[u8] = match end {
            LineEnd::CrLf => b"\r\n",
            LineEnd::Lf => b"\n",
            LineEnd::None => b"",
        };
        match self {
            Self::Bytes => return bytes.to_vec(),
            Self::Hex => return [HEXLOWER.encode(bytes).as_bytes(), end].concat(),
            _ => {}
        }
        let mut text = Vec::new();
        let line = |word: &str| self.header().map(|what| format!("-----{word} {what}-----"));
        let mut put = |line: &[u8]| {
            text.extend_from_slice(line);
            text.extend_from_slice(end);
        };
        if let Some(begin) = line("BEGIN") {
            put(begin.as_bytes());
        }
        let encoded = BASE64.encode(bytes);
        let length = if end.is_empty() { encoded.len().max(1) } else { LINE };
        encoded.as_bytes().chunks(length).for_each(&mut put);
        if let Some(last) = line("END") {
            put(last.as_bytes());
        }
        text
    }
}

fn without_space(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(&without_space(text)).ok()
}

/// Base 64 between a line that begins something and one that ends it.
fn between_lines(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let find = |from: usize, word: &[u8]| {
        let found = text.get(from..)?.windows(word.len()).position(|it| it == word)?;
        Some(from + found)
    };
    let begin = find(0, b"-----BEGIN ")?;
    let inner = find(begin + 11, b"-----")? + 5;
    let end = find(inner, b"-----END ")?;
    Some((base64(text.get(inner..end)?)?, begin))
}

#[cfg(test)]
mod tests {
    use super::{Form, LineEnd};

    #[test]
    fn what_is_made_is_read_again() {
        let bytes: Vec<u8> = (0..=255).collect();
        let forms = [
            Form::Certificate,
            Form::Request,
            Form::RevocationList,
            Form::Base64,
            Form::Hex,
            Form::Bytes,
        ];
        for form in forms {
            for end in [LineEnd::CrLf, LineEnd::Lf, LineEnd::None] {
                let text = form.write(&bytes, end);
                assert_eq!(form.read(&text), Some((bytes.clone(), 0)), "{form:?} {end:?}");
            }
        }
    }

    #[test]
    fn text_of_another_form_is_not_read() {
        assert_eq!(Form::Base64.read(b"a?"), None);
        assert_eq!(Form::Hex.read(b"0"), None);
        assert_eq!(Form::Certificate.read(b"-----BEGIN X-----"), None);
        assert_eq!(Form::Certificate.read(b"-----BEGIN -----END -----"), None);
        let empty = b"#\n-----BEGIN X----------END X-----";
        assert_eq!(Form::Certificate.read(empty), Some((Vec::new(), 2)));
    }
}

//! Conversion between multibyte characters and `wchar_t` in the locales haft offers.

use crate::locale::LocaleName;

/// The multibyte encoding of a locale's `LC_CTYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Charset {
    /// The C locale: a byte is the wide character of the same value; wide characters above
    /// 0xFF have no byte (Microsoft: "Locale").
    #[default]
    C,
    /// UTF-8, one to four bytes a character.
    Utf8,
}

/// A wide character has no form in the encoding, or bytes are not of the encoding (`EILSEQ`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unconvertible;

/// One multibyte character: up to four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Multibyte {
    bytes: [u8; 4],
    len: u8,
}

impl Multibyte {
    /// The bytes of the character.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn one(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], len: 1 }
    }

    fn utf8(c: char) -> Self {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len() as u8;
        Self { bytes, len }
    }
}

/// One or two UTF-16 units of a character, with how many bytes it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wide {
    units: [u16; 2],
    len: u8,
    /// How many bytes of the input make the character.
    pub consumed: usize,
}

impl Wide {
    /// The UTF-16 units of the character.
    #[must_use]
    pub fn as_units(&self) -> &[u16] {
        &self.units[..usize::from(self.len)]
    }
}

impl Charset {
    /// The encoding that a locale name asks for.
    #[must_use]
    pub fn of(locale: &LocaleName) -> Self {
        if locale.is_utf8() { Self::Utf8 } else { Self::C }
    }

    /// `MB_CUR_MAX` of the encoding.
    #[must_use]
    pub fn max_bytes(self) -> usize {
        match self {
            Self::C => 1,
            Self::Utf8 => 4,
        }
    }

    /// Encodes the character at the start of `wide`; also gives how many units it took.
    ///
    /// # Errors
    /// [`Unconvertible`] if the encoding has no such character or a surrogate is unpaired.
    pub fn encode(self, wide: &[u16]) -> Result<(Multibyte, usize), Unconvertible> {
        let first = *wide.first().ok_or(Unconvertible)?;
        match self {
            Self::C => match u8::try_from(first) {
                Ok(byte) => Ok((Multibyte::one(byte), 1)),
                Err(_) => Err(Unconvertible),
            },
            Self::Utf8 => {
                let end = wide.len().min(2);
                match char::decode_utf16(wide[..end].iter().copied()).next() {
                    Some(Ok(c)) => Ok((Multibyte::utf8(c), c.len_utf16())),
                    _ => Err(Unconvertible),
                }
            }
        }
    }

    /// Decodes the character at the start of `bytes`.
    ///
    /// # Errors
    /// [`Unconvertible`] if the bytes do not begin with a whole character of the encoding.
    pub fn decode(self, bytes: &[u8]) -> Result<Wide, Unconvertible> {
        let first = *bytes.first().ok_or(Unconvertible)?;
        if first < 0x80 || self == Self::C {
            return Ok(Wide { units: [u16::from(first), 0], len: 1, consumed: 1 });
        }
        let whole = &bytes[..bytes.len().min(4)];
        let valid = match core::str::from_utf8(whole) {
            Ok(text) => text,
            Err(e) => core::str::from_utf8(&whole[..e.valid_up_to()]).map_err(|_| Unconvertible)?,
        };
        let c = valid.chars().next().ok_or(Unconvertible)?;
        let mut units = [0; 2];
        let len = c.encode_utf16(&mut units).len() as u8;
        Ok(Wide { units, len, consumed: c.len_utf8() })
    }

    /// Encodes a whole wide text (`wcstombs`).
    ///
    /// # Errors
    /// [`Unconvertible`] at the first character without a form.
    pub fn encode_all(self, mut wide: &[u16]) -> Result<Vec<u8>, Unconvertible> {
        let mut bytes = Vec::with_capacity(wide.len());
        while !wide.is_empty() {
            let (character, used) = self.encode(wide)?;
            bytes.extend_from_slice(character.as_bytes());
            wide = &wide[used..];
        }
        Ok(bytes)
    }

    /// Decodes a whole multibyte text (`mbstowcs`).
    ///
    /// # Errors
    /// [`Unconvertible`] at the first ill-formed sequence.
    pub fn decode_all(self, mut bytes: &[u8]) -> Result<Vec<u16>, Unconvertible> {
        let mut wide = Vec::with_capacity(bytes.len());
        while !bytes.is_empty() {
            let character = self.decode(bytes)?;
            wide.extend_from_slice(character.as_units());
            bytes = &bytes[character.consumed..];
        }
        Ok(wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_locale_maps_bytes_to_equal_units() {
        assert_eq!(Charset::C.decode_all(b"a\xE9"), Ok(vec![0x61, 0xE9]));
        assert_eq!(Charset::C.encode_all(&[0x61, 0xE9]), Ok(b"a\xE9".to_vec()));
        assert_eq!(Charset::C.encode_all(&[0x20AC]), Err(Unconvertible));
    }

    #[test]
    fn utf8_goes_both_ways_and_refuses_what_is_ill_formed() {
        let wide: Vec<u16> = "a€😀".encode_utf16().collect();
        assert_eq!(Charset::Utf8.encode_all(&wide), Ok("a€😀".as_bytes().to_vec()));
        assert_eq!(Charset::Utf8.decode_all("a€😀".as_bytes()), Ok(wide));
        assert_eq!(Charset::Utf8.encode_all(&[0xD800]), Err(Unconvertible));
        assert_eq!(Charset::Utf8.decode_all(b"\xE2\x82"), Err(Unconvertible));
    }
}

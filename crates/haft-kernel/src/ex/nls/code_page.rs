//! Code pages: bytes to UTF-16 and back.
//!
//! The ANSI and the OEM code page are UTF-8. The others are for programs that ask for them by
//! number; each is one table of the characters above 0x7F (Microsoft: "Code Page Identifiers").
//! They are tables here because the crate for encodings of the web has no code page 437 and
//! takes 28591 for 1252.

/// A code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {
    /// 65001.
    Utf8,
    /// 1252: Western European of Windows.
    Windows1252,
    /// 437: the first PC.
    Oem437,
    /// 28591: ISO 8859-1.
    Latin1,
    /// 20127: US-ASCII.
    Ascii,
}

/// A character has no counterpart in the other encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untranslatable;

/// The number of the ANSI and OEM code page.
pub const ACTIVE: u32 = 65001;

const REPLACEMENT: u16 = 0xFFFD;

/// 0x80 to 0x9F; the five holes stand for the control characters of the same number.
const UPPER_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";

/// 0x80 to 0xFF.
const UPPER_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»\
░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// What the PC's screen shows for 0x01 to 0x1F (`MB_USEGLYPHCHARS`).
const GLYPHS: &str = "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";

/// How bytes become UTF-16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoding {
    /// Bytes that stand for nothing are an error, rather than U+FFFD.
    pub strict: bool,
    /// Control characters become what the PC's screen shows.
    pub glyphs: bool,
}

impl CodePage {
    /// The code page of a number, or of `CP_ACP`, `CP_OEMCP` or `CP_THREAD_ACP`; `None` if haft
    /// has none.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 | 1 | 3 | ACTIVE => Some(Self::Utf8),
            1252 => Some(Self::Windows1252),
            437 => Some(Self::Oem437),
            28591 => Some(Self::Latin1),
            20127 => Some(Self::Ascii),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Utf8 => ACTIVE,
            Self::Windows1252 => 1252,
            Self::Oem437 => 437,
            Self::Latin1 => 28591,
            Self::Ascii => 20127,
        }
    }

    /// Its name as `GetCPInfoEx` gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "65001 (UTF-8)",
            Self::Windows1252 => "1252  (ANSI - Latin I)",
            Self::Oem437 => "437   (OEM - United States)",
            Self::Latin1 => "28591 (ISO 8859-1 Latin I)",
            Self::Ascii => "20127 (US-ASCII)",
        }
    }

    /// The most bytes that a character has.
    #[must_use]
    pub const fn max_char_size(self) -> u32 {
        match self {
            Self::Utf8 => 4,
            _ => 1,
        }
    }

    /// What a byte that stands for nothing becomes.
    #[must_use]
    pub const fn unicode_default(self) -> u16 {
        match self {
            Self::Utf8 => REPLACEMENT,
            _ => b'?' as u16,
        }
    }

    fn upper(self, byte: u8) -> Option<u16> {
        let nth = |table: &str, n: u8| table.chars().nth(usize::from(n)).map(|c| c as u16);
        match self {
            Self::Latin1 => Some(u16::from(byte)),
            Self::Windows1252 if byte >= 0xA0 => Some(u16::from(byte)),
            Self::Windows1252 => nth(UPPER_1252, byte - 0x80),
            Self::Oem437 => nth(UPPER_437, byte - 0x80),
            Self::Ascii | Self::Utf8 => None,
        }
    }

    fn byte(self, unit: u16) -> Option<u8> {
        let position = |table: &str| {
            table.chars().position(|c| c as u32 == u32::from(unit)).map(|n| n as u8 + 0x80)
        };
        match self {
            _ if unit < 0x80 => Some(unit as u8),
            Self::Latin1 => u8::try_from(unit).ok(),
            Self::Windows1252 if (0xA0..0x100).contains(&unit) => Some(unit as u8),
            Self::Windows1252 => position(UPPER_1252),
            Self::Oem437 => position(UPPER_437),
            Self::Ascii | Self::Utf8 => None,
        }
    }

    /// Decodes bytes as UTF-16.
    ///
    /// # Errors
    /// [`Untranslatable`] for bytes that stand for nothing, if `strict`.
    pub fn decode(self, bytes: &[u8], how: Decoding) -> Result<Vec<u16>, Untranslatable> {
        if self == Self::Utf8 {
            return decode_utf8(bytes, how.strict);
        }
        let glyph = |byte: u8| GLYPHS.chars().nth(usize::from(byte) - 1).map(|c| c as u16);
        bytes
            .iter()
            .map(|&byte| {
                let unit = match byte {
                    1..0x20 if how.glyphs => glyph(byte),
                    0x7F if how.glyphs => Some('⌂' as u16),
                    0..0x80 => Some(u16::from(byte)),
                    _ => self.upper(byte),
                };
                match unit {
                    None if how.strict => Err(Untranslatable),
                    None => Ok(self.unicode_default()),
                    Some(unit) => Ok(unit),
                }
            })
            .collect()
    }

    /// Encodes UTF-16 as UTF-8; an unpaired surrogate becomes U+FFFD.
    ///
    /// # Errors
    /// [`Untranslatable`] for an unpaired surrogate, if `strict`.
    pub fn encode_utf8(units: &[u16], strict: bool) -> Result<Vec<u8>, Untranslatable> {
        let mut bytes = Vec::with_capacity(units.len());
        for c in char::decode_utf16(units.iter().copied()) {
            let c = match c {
                Err(_) if strict => return Err(Untranslatable),
                c => c.unwrap_or(char::REPLACEMENT_CHARACTER),
            };
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(bytes)
    }

    /// Encodes UTF-16 in a code page of single bytes; a character (one or two units) that it does
    /// not have becomes `default`. Also tells whether there was one.
    #[must_use]
    pub fn encode_single(self, units: &[u16], default: u8) -> (Vec<u8>, bool) {
        let mut used_default = false;
        let mut bytes = Vec::with_capacity(units.len());
        let mut rest = units;
        while let [unit, tail @ ..] = rest {
            let pair = (0xD800..0xDC00).contains(unit)
                && tail.first().is_some_and(|low| (0xDC00..0xE000).contains(low));
            rest = if pair { &tail[1..] } else { tail };
            bytes.push(self.byte(*unit).unwrap_or_else(|| {
                used_default = true;
                default
            }));
        }
        (bytes, used_default)
    }
}

fn decode_utf8(bytes: &[u8], strict: bool) -> Result<Vec<u16>, Untranslatable> {
    let mut units = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        units.extend(chunk.valid().encode_utf16());
        if !chunk.invalid().is_empty() {
            if strict {
                return Err(Untranslatable);
            }
            units.push(REPLACEMENT);
        }
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::{from_str, to_string};

    const LAX: Decoding = Decoding { strict: false, glyphs: false };
    const STRICT: Decoding = Decoding { strict: true, glyphs: false };

    #[test]
    fn utf8_is_checked_or_replaced() {
        let decode = |bytes: &[u8], how| CodePage::Utf8.decode(bytes, how);
        assert_eq!(decode("né€😀".as_bytes(), STRICT), Ok(from_str("né€😀")));
        assert_eq!(decode(b"a\xFFb\xE2\x82", LAX), Ok(from_str("a\u{FFFD}b\u{FFFD}")));
        for bad in [&b"\xC0\x80"[..], b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE2\x82"] {
            assert_eq!(decode(bad, STRICT), Err(Untranslatable), "{bad:x?}");
        }
        assert_eq!(CodePage::encode_utf8(&[0x61, 0xD800], false), Ok(b"a\xEF\xBF\xBD".to_vec()));
        assert_eq!(CodePage::encode_utf8(&[0xDC00], true), Err(Untranslatable));
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for page in [CodePage::Windows1252, CodePage::Oem437, CodePage::Latin1] {
            let units = page.decode(&all, STRICT).unwrap();
            assert_eq!(page.encode_single(&units, b'?'), (all.clone(), false), "{page:?}");
        }
        let text = CodePage::Oem437.decode(b"\x80\xE1\xFE\xC9", STRICT).unwrap();
        assert_eq!(to_string(&text), "Çß■╔");
        assert_eq!(CodePage::Windows1252.decode(b"\x80\x99", STRICT), Ok(from_str("€™")));
        assert_eq!(CodePage::Ascii.decode(b"a\x80", STRICT), Err(Untranslatable));
    }

    #[test]
    fn what_a_code_page_lacks_becomes_the_default() {
        let units = from_str("aя😀b");
        assert_eq!(CodePage::Windows1252.encode_single(&units, b'!'), (b"a!!b".to_vec(), true));
        let glyphs = Decoding { glyphs: true, strict: false };
        assert_eq!(CodePage::Oem437.decode(b"\x01\x1F", glyphs), Ok(from_str("☺▼")));
    }

    #[test]
    fn active_code_pages_are_utf8() {
        for number in [0, 1, 3, 65001] {
            assert_eq!(CodePage::from_number(number), Some(CodePage::Utf8));
        }
        for number in [2, 42, 932, 1200, 65000] {
            assert_eq!(CodePage::from_number(number), None);
        }
        assert_eq!(CodePage::from_number(437).map(CodePage::number), Some(437));
    }
}

//! Conversion between UTF-16, as Windows programs hold strings, and the byte strings of Linux.
//!
//! Windows names may hold unpaired surrogates and Linux names may hold any bytes, so both
//! directions use WTF-8 (an unpaired surrogate is its three-byte generalised encoding). A byte
//! that is not part of valid WTF-8 becomes U+DC00 plus the byte, and comes back as that byte.

/// Encodes UTF-16 (possibly ill-formed) as WTF-8 bytes, without a terminator.
#[must_use]
pub fn to_bytes(wide: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(wide.len());
    let ascii = wide.iter().position(|&unit| unit >= 0x80).unwrap_or(wide.len());
    let (ascii, other) = wide.split_at(ascii);
    bytes.extend(ascii.iter().map(|&unit| unit as u8));
    for unit in char::decode_utf16(other.iter().copied()) {
        match unit {
            Ok(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(e) => {
                let u = e.unpaired_surrogate();
                if (0xDC80..=0xDCFF).contains(&u) {
                    bytes.push((u & 0xFF) as u8);
                } else {
                    let u = u32::from(u);
                    bytes.extend_from_slice(&[
                        0xE0 | (u >> 12) as u8,
                        0x80 | ((u >> 6) & 0x3F) as u8,
                        0x80 | (u & 0x3F) as u8,
                    ]);
                }
            }
        }
    }
    bytes
}

/// Decodes WTF-8 bytes as UTF-16, without a terminator.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Vec<u16> {
    let mut wide = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        wide.extend(chunk.valid().encode_utf16());
        let invalid = chunk.invalid();
        // `utf8_chunks` splits a surrogate's three bytes into single invalid bytes; they cannot
        // be told from raw bytes there, so raw bytes they stay: the round trip is exact.
        wide.extend(invalid.iter().map(|&b| 0xDC00 | u16::from(b)));
    }
    wide
}

/// Encodes a Rust string as UTF-16, without a terminator.
#[must_use]
pub fn from_str(s: &str) -> Vec<u16> {
    s.encode_utf16().collect()
}

/// Encodes a Rust string as UTF-16 with a terminating null.
#[must_use]
pub fn from_str_z(s: &str) -> Vec<u16> {
    s.encode_utf16().chain([0]).collect()
}

/// The bytes of UTF-16 as memory and files of Windows have it.
#[must_use]
pub fn to_le_bytes(wide: &[u16]) -> Vec<u8> {
    wide.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// The UTF-16 that bytes are, an odd one at the end left out.
#[must_use]
pub fn from_le_bytes(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Decodes UTF-16 for a person to read; what is ill-formed shows as U+FFFD.
#[must_use]
pub fn to_string(wide: &[u16]) -> String {
    String::from_utf16_lossy(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_little_endian_and_whole() {
        assert_eq!(to_le_bytes(&[0x61, 0x20AC]), [0x61, 0, 0xAC, 0x20]);
        assert_eq!(from_le_bytes(&[0x61, 0, 0xAC, 0x20, 7]), [0x61, 0x20AC]);
    }

    #[test]
    fn ill_formed_names_survive_the_round_trip() {
        for bytes in [&b"plain"[..], b"na\xc3\xafve", b"\xff\xfe", b"a\x80b", b"\xf0\x9f\x98\x80"] {
            assert_eq!(to_bytes(&from_bytes(bytes)), bytes);
        }
        let lone = [0x61, 0xD800, 0x62];
        assert_eq!(to_bytes(&lone), b"a\xed\xa0\x80b");
    }
}

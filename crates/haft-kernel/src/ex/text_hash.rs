//! Checksums that programs see.

use super::nls::case;

/// The hash of `RtlHashUnicodeString`: x65599, over the upper case if case does not count.
#[must_use]
pub fn x65599(units: &[u16], ignore_case: bool) -> u32 {
    units.iter().fold(0u32, |hash, &unit| {
        let unit = if ignore_case { case::upper(unit) } else { unit };
        hash.wrapping_mul(65_599).wrapping_add(u32::from(unit))
    })
}

/// The CRC-32 of Ethernet and ZIP, continued from `crc` (Microsoft documents no more of
/// `RtlComputeCrc32`).
#[must_use]
pub fn crc32(crc: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!crc, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::from_str;

    #[test]
    fn known_sums() {
        assert_eq!(crc32(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(crc32(0, b"12345"), b"6789"), 0xCBF4_3926);
        assert_eq!(x65599(&from_str("A"), false), 0x41);
        assert_eq!(x65599(&from_str("ab"), true), 0x41 * 65_599 + 0x42);
        assert_ne!(x65599(&from_str("ab"), false), x65599(&from_str("ab"), true));
    }
}

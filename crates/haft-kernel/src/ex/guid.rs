//! GUIDs and their texts.

use haft_abi::wide;

/// Which byte of a GUID each pair of digits is: its first three fields are little-endian.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// The text of a GUID: `{6B29FC40-CA47-1067-B31D-00DD010662DA}`.
#[must_use]
pub fn text(guid: [u8; 16]) -> String {
    let mut text = String::from("{");
    for (n, &at) in ORDER.iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02X}", guid[at]));
    }
    text + "}"
}

/// A new GUID of random numbers (RFC 9562, version 4).
///
/// # Errors
/// As for [`super::random::fill`].
pub fn create() -> Result<[u8; 16], haft_abi::NtStatus> {
    let mut guid = [0; 16];
    super::random::fill(&mut guid)?;
    guid[7] = guid[7] & 0x0F | 0x40;
    guid[8] = guid[8] & 0x3F | 0x80;
    Ok(guid)
}

/// The GUID of a text in braces; `None` if it is none.
#[must_use]
pub fn parse(units: &[u16]) -> Option<[u8; 16]> {
    let text = wide::to_string(units);
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let parts: Vec<&str> = inner.split('-').collect();
    if parts.iter().map(|part| part.len()).ne([8, 4, 4, 4, 12]) {
        return None;
    }
    let digits = parts.concat();
    let mut guid = [0; 16];
    for (n, &at) in ORDER.iter().enumerate() {
        let pair = digits.get(n * 2..n * 2 + 2)?;
        guid[at] = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
    }
    Some(guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_goes_both_ways() {
        let written = "{6B29FC40-CA47-1067-B31D-00DD010662DA}";
        let guid = parse(&wide::from_str(written)).unwrap();
        assert_eq!(guid[..8], [0x40, 0xFC, 0x29, 0x6B, 0x47, 0xCA, 0x67, 0x10]);
        assert_eq!(guid[8], 0xB3);
        assert_eq!(text(guid), written);
        assert_eq!(parse(&wide::from_str("6B29FC40-CA47-1067-B31D-00DD010662DA")), None);
        assert_eq!(parse(&wide::from_str("{6B29FC40-CA47-1067-B31D-00DD010662D}")), None);
        assert_eq!(parse(&wide::from_str("{+B29FC40-CA47-1067-B31D-00DD010662DA}")), None);
    }
}

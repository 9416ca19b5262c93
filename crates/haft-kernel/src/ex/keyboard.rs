//! The keys of a keyboard of the United States: scan codes, virtual keys and the characters that
//! they make without shift (Microsoft: "Virtual-Key Codes", "Keyboard Input Overview").

/// A key: the code that the keyboard sends, the virtual key, and its character, 0 for none.
struct Key(u16, u8, u8);

/// Letters and digits, which are their own virtual keys, and where their rows begin.
const ROWS: [(u16, &[u8]); 4] =
    [(0x02, b"1234567890"), (0x10, b"QWERTYUIOP"), (0x1E, b"ASDFGHJKL"), (0x2C, b"ZXCVBNM")];

/// The keys that send one code, without letters and digits.
const KEYS: [Key; 66] = [
    Key(0x01, 0x1B, 0x1B),
    Key(0x0C, 0xBD, b'-'),
    Key(0x0D, 0xBB, b'='),
    Key(0x0E, 0x08, 0x08),
    Key(0x0F, 0x09, 0x09),
    Key(0x1A, 0xDB, b'['),
    Key(0x1B, 0xDD, b']'),
    Key(0x1C, 0x0D, 0x0D),
    Key(0x1D, 0xA2, 0),
    Key(0x27, 0xBA, b';'),
    Key(0x28, 0xDE, b'\''),
    Key(0x29, 0xC0, b'`'),
    Key(0x2A, 0xA0, 0),
    Key(0x2B, 0xDC, b'\\'),
    Key(0x33, 0xBC, b','),
    Key(0x34, 0xBE, b'.'),
    Key(0x35, 0xBF, b'/'),
    Key(0x36, 0xA1, 0),
    Key(0x37, 0x6A, b'*'),
    Key(0x38, 0xA4, 0),
    Key(0x39, 0x20, b' '),
    Key(0x3A, 0x14, 0),
    Key(0x3B, 0x70, 0),
    Key(0x3C, 0x71, 0),
    Key(0x3D, 0x72, 0),
    Key(0x3E, 0x73, 0),
    Key(0x3F, 0x74, 0),
    Key(0x40, 0x75, 0),
    Key(0x41, 0x76, 0),
    Key(0x42, 0x77, 0),
    Key(0x43, 0x78, 0),
    Key(0x44, 0x79, 0),
    Key(0x45, 0x90, 0),
    Key(0x46, 0x91, 0),
    Key(0x47, 0x24, 0),
    Key(0x48, 0x26, 0),
    Key(0x49, 0x21, 0),
    Key(0x4A, 0x6D, b'-'),
    Key(0x4B, 0x25, 0),
    Key(0x4C, 0x0C, 0),
    Key(0x4D, 0x27, 0),
    Key(0x4E, 0x6B, b'+'),
    Key(0x4F, 0x23, 0),
    Key(0x50, 0x28, 0),
    Key(0x51, 0x22, 0),
    Key(0x52, 0x2D, 0),
    Key(0x53, 0x2E, 0),
    Key(0x54, 0x2C, 0),
    Key(0x56, 0xE2, b'\\'),
    Key(0x57, 0x7A, 0),
    Key(0x58, 0x7B, 0),
    Key(0x5F, 0x5F, 0),
    Key(0x63, 0x2F, 0),
    Key(0x64, 0x7C, 0),
    Key(0x65, 0x7D, 0),
    Key(0x66, 0x7E, 0),
    Key(0x67, 0x7F, 0),
    Key(0x68, 0x80, 0),
    Key(0x69, 0x81, 0),
    Key(0x6A, 0x82, 0),
    Key(0x6B, 0x83, 0),
    Key(0x6C, 0x84, 0),
    Key(0x6D, 0x85, 0),
    Key(0x6E, 0x86, 0),
    Key(0x76, 0x87, 0),
    Key(0x7C, 0x09, 0x09),
];

/// The keys that send 0xE0 first.
const EXTENDED: [Key; 18] = [
    Key(0xE01C, 0x0D, 0x0D),
    Key(0xE01D, 0xA3, 0),
    Key(0xE035, 0x6F, b'/'),
    Key(0xE038, 0xA5, 0),
    Key(0xE046, 0x03, 0x03),
    Key(0xE047, 0x24, 0),
    Key(0xE048, 0x26, 0),
    Key(0xE049, 0x21, 0),
    Key(0xE04B, 0x25, 0),
    Key(0xE04D, 0x27, 0),
    Key(0xE04F, 0x23, 0),
    Key(0xE050, 0x28, 0),
    Key(0xE051, 0x22, 0),
    Key(0xE052, 0x2D, 0),
    Key(0xE053, 0x2E, 0),
    Key(0xE05B, 0x5B, 0),
    Key(0xE05C, 0x5C, 0),
    Key(0xE05D, 0x5D, 0),
];

/// The block of digits, when it makes digits: their codes, and its point.
const PAD: [u8; 10] = [0x52, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49];
const PAD_FIRST: u8 = 0x60;
const PAD_LAST: u8 = 0x69;
const PAD_POINT: u8 = 0x6E;

/// Keys that are there on the left and on the right: of both, of the left and of the right one.
const SIDES: [(u8, u8, u8); 3] = [(0x10, 0xA0, 0xA1), (0x11, 0xA2, 0xA3), (0x12, 0xA4, 0xA5)];

/// The virtual key of a scan code, the left and the right ones apart; 0 for none. One that begins
/// with 0xE0 is in the upper byte.
#[must_use]
pub fn key_of_scan(scan: u32) -> u8 {
    for (first, row) in ROWS {
        if let Some(&key) = scan.checked_sub(first.into()).and_then(|at| row.get(at as usize)) {
            return key;
        }
    }
    let found = KEYS.iter().chain(&EXTENDED).find(|key| u32::from(key.0) == scan);
    found.map_or(0, |key| key.1)
}

/// A virtual key, the left and the right ones as one.
#[must_use]
pub fn without_side(key: u8) -> u8 {
    let side = SIDES.iter().find(|(_, left, right)| key == *left || key == *right);
    side.map_or(key, |(both, ..)| *both)
}

/// The scan code of a virtual key, the left one's where there are two; 0 for none. One that begins
/// with 0xE0 has that in the upper byte.
#[must_use]
pub fn scan_of_key(key: u8) -> u16 {
    if key.is_ascii_digit() || key.is_ascii_uppercase() {
        let in_row = |(first, row): &(u16, &[u8])| {
            row.iter().position(|it| *it == key).map(|at| first + at as u16)
        };
        return ROWS.iter().find_map(in_row).unwrap_or(0);
    }
    match key {
        PAD_FIRST..=PAD_LAST => return PAD[usize::from(key - PAD_FIRST)].into(),
        PAD_POINT => return 0x53,
        _ => {}
    }
    let key = SIDES.iter().find(|(both, ..)| *both == key).map_or(key, |(_, left, _)| *left);
    KEYS.iter().chain(&EXTENDED).find(|it| it.1 == key).map_or(0, |it| it.0)
}

/// The character of a virtual key, letters as capitals; 0 for none.
#[must_use]
pub fn character_of_key(key: u8) -> u8 {
    match key {
        b'0'..=b'9' | b'A'..=b'Z' => key,
        PAD_FIRST..=PAD_LAST => b'0' + (key - PAD_FIRST),
        PAD_POINT => b'.',
        _ => KEYS.iter().chain(&EXTENDED).find(|it| it.1 == key).map_or(0, |it| it.2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_code_leads_to_its_key_and_back() {
        for key in 1..=u8::MAX {
            let scan = scan_of_key(key);
            let pad = (PAD_FIRST..=PAD_LAST).contains(&key) || key == PAD_POINT;
            if scan != 0 && !pad {
                assert_eq!(without_side(key_of_scan(scan.into())), without_side(key), "{key:#x}");
            }
        }
        assert_eq!((key_of_scan(0), key_of_scan(0xFFFF), scan_of_key(0)), (0, 0, 0));
    }
}

//! Version resources (Microsoft: "VS_VERSIONINFO structure").

/// What a version resource says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionInfo<'a> {
    /// The version of the file, its four numbers.
    pub file_version: [u16; 4],
    /// The version of the product it belongs to.
    pub product_version: [u16; 4],
    /// Whether the file is a DLL and not a program.
    pub is_dll: bool,
    /// Names and values (`FileDescription`, `ProductName`, ...), US English.
    pub strings: &'a [(&'a str, &'a str)],
}

const SIGNATURE: u32 = 0xFEEF_04BD;
const STRUCTURE_VERSION: u32 = 0x1_0000;
const FLAGS_MASK: u32 = 0x3F;
const OS_NT_WINDOWS32: u32 = 0x4_0004;
const TYPE_APP: u32 = 1;
const TYPE_DLL: u32 = 2;
const LANGUAGE: u16 = 0x409;
const UTF16: u16 = 1200;

impl VersionInfo<'_> {
    /// The bytes of the resource. Values that make it longer than 64 KB are cut off by the
    /// format's 16-bit lengths; keep them short.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        block(&mut out, "VS_VERSION_INFO", 0, |out| {
            let kind = if self.is_dll { TYPE_DLL } else { TYPE_APP };
            let high_low = |version: [u16; 4]| {
                let [a, b, c, d] = version.map(u32::from);
                [a << 16 | b, c << 16 | d]
            };
            let [file_high, file_low] = high_low(self.file_version);
            let [product_high, product_low] = high_low(self.product_version);
            for word in [
                SIGNATURE,
                STRUCTURE_VERSION,
                file_high,
                file_low,
                product_high,
                product_low,
                FLAGS_MASK,
                0,
                OS_NT_WINDOWS32,
                kind,
                0,
                0,
                0,
            ] {
                out.extend(word.to_le_bytes());
            }
            let value_length = 52;
            align(out);
            block(out, "StringFileInfo", 1, |out| {
                block(out, &format!("{LANGUAGE:04X}{UTF16:04X}"), 1, |out| {
                    for (name, value) in self.strings {
                        align(out);
                        block(out, name, 1, |out| put_text(out, value));
                    }
                    0
                });
                0
            });
            align(out);
            block(out, "VarFileInfo", 1, |out| {
                block(out, "Translation", 0, |out| {
                    out.extend(LANGUAGE.to_le_bytes());
                    out.extend(UTF16.to_le_bytes());
                    4
                });
                0
            });
            value_length
        });
        out
    }
}

/// Writes a block: its length, its value's length (which `contents` gives), its type, its key,
/// and, aligned, what `contents` writes.
fn block(out: &mut Vec<u8>, key: &str, kind: u16, contents: impl FnOnce(&mut Vec<u8>) -> u16) {
    let begin = out.len();
    out.extend([0; 4]);
    out.extend(kind.to_le_bytes());
    put_text(out, key);
    align(out);
    let value_length = contents(out);
    let length = (out.len() - begin) as u16;
    out[begin..begin + 2].copy_from_slice(&length.to_le_bytes());
    out[begin + 2..begin + 4].copy_from_slice(&value_length.to_le_bytes());
}

/// Writes a text in UTF-16 with its zero; gives the number of units.
fn put_text(out: &mut Vec<u8>, text: &str) -> u16 {
    let begin = out.len();
    out.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    ((out.len() - begin) / 2) as u16
}

fn align(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_part_and_the_strings_are_where_they_belong() {
        let info = VersionInfo {
            file_version: [10, 0, 19045, 1],
            product_version: [10, 0, 19045, 2],
            is_dll: true,
            strings: &[("CompanyName", "haft"), ("ProductName", "x")],
        };
        let bytes = info.to_bytes();
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
        assert_eq!(usize::from(half(0)), bytes.len());
        assert_eq!(half(2), 52);
        assert_eq!(half(6), u16::from(b'V'));
        // The key and its zero end at 38, the fixed part begins at the next multiple of four.
        assert_eq!(word(40), SIGNATURE);
        assert_eq!(word(48), 10 << 16);
        assert_eq!(word(52), 19045 << 16 | 1);
        assert_eq!(word(40 + 9 * 4), TYPE_DLL);
        // StringFileInfo, its one table, and the first string.
        let table = 92 + 6 + 30;
        assert_eq!(half(92 + 4), 1);
        assert_eq!(half(table + 4), 1);
        let string = table + 6 + 18;
        assert_eq!(half(string + 2), 5);
        let value = (string + 6 + 24usize).next_multiple_of(4);
        assert_eq!(half(value), u16::from(b'h'));
        assert_eq!(half(value + 8), 0);
        assert_eq!(&bytes[bytes.len() - 4..], [0x09, 0x04, 0xB0, 0x04]);
    }
}

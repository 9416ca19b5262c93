//! Character classes and case: the table behind `_pctype`, and UTF-16 by Unicode.
//!
//! Source: Microsoft, "Character Classification", "_isctype", "GetStringTypeW".

use crate::Dialect;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Upper-case letter.
pub const UPPER: u16 = 0x1;
/// Lower-case letter.
pub const LOWER: u16 = 0x2;
/// Decimal digit.
pub const DIGIT: u16 = 0x4;
/// White space: space and tab to carriage return.
pub const SPACE: u16 = 0x8;
/// Punctuation: printable, neither letter nor digit nor space.
pub const PUNCT: u16 = 0x10;
/// Control character.
pub const CONTROL: u16 = 0x20;
/// Space or horizontal tab.
pub const BLANK: u16 = 0x40;
/// Hexadecimal digit.
pub const HEX: u16 = 0x80;
/// Letter of any kind; the header's `_ALPHA` is this, [`UPPER`] and [`LOWER`].
pub const LETTER: u16 = 0x100;
/// `_ALPHA`: what `isalpha` asks for.
pub const ALPHA: u16 = LETTER | UPPER | LOWER;
/// A character that `isprint` holds for has one of these.
pub const PRINT: u16 = BLANK | PUNCT | ALPHA | DIGIT;

/// The classes of an ASCII character in the C locale.
const fn ascii_class(c: u8, tab_is_blank: bool) -> u16 {
    match c {
        b'\t' if tab_is_blank => CONTROL | SPACE | BLANK,
        9..=13 => CONTROL | SPACE,
        0..=31 | 127 => CONTROL,
        b' ' => SPACE | BLANK,
        b'0'..=b'9' => DIGIT | HEX,
        b'A'..=b'F' => UPPER | HEX,
        b'G'..=b'Z' => UPPER,
        b'a'..=b'f' => LOWER | HEX,
        b'g'..=b'z' => LOWER,
        128.. => 0,
        _ => PUNCT,
    }
}

const fn table(tab_is_blank: bool) -> [u16; 257] {
    let mut table = [0; 257];
    let mut c = 0;
    while c < 128 {
        table[c + 1] = ascii_class(c as u8, tab_is_blank);
        c += 1;
    }
    table
}

static MSVCRT: [u16; 257] = table(false);
static UCRT: [u16; 257] = table(true);

/// The table of the C locale: entry `c + 1` is character `c`, entry 0 is `EOF`.
///
/// `_pctype` points at entry 1, `_ctype` at entry 0.
#[must_use]
pub fn c_table(dialect: Dialect) -> &'static [u16; 257] {
    match dialect {
        Dialect::Msvcrt => &MSVCRT,
        Dialect::Ucrt => &UCRT,
    }
}

/// `_isctype(c, mask)` in the C locale, for `c` from `EOF` to 255.
#[must_use]
pub fn is_class(c: i32, mask: u16, dialect: Dialect) -> u16 {
    let entry = usize::try_from(i64::from(c) + 1).ok().and_then(|i| c_table(dialect).get(i));
    entry.copied().unwrap_or(0) & mask
}

/// `isprint` in the C locale: a tab is blank but not printable.
#[must_use]
pub fn is_print(c: i32) -> bool {
    (0x20..0x7F).contains(&c)
}

/// The classes of a UTF-16 unit (`CT_CTYPE1` of `GetStringTypeW`, without `C1_DEFINED`).
///
/// Unicode's general categories decide; the units of a surrogate pair have none.
#[must_use]
pub fn wide_class(unit: u16) -> u16 {
    if let Ok(byte @ 0..=127) = u8::try_from(unit) {
        let class = ascii_class(byte, true);
        return if class & (UPPER | LOWER) != 0 { class | LETTER } else { class };
    }
    let Some(c) = char::from_u32(unit.into()) else {
        return 0;
    };
    match c.general_category() {
        GeneralCategory::UppercaseLetter => UPPER | LETTER,
        GeneralCategory::LowercaseLetter => LOWER | LETTER,
        // Title case letters are both.
        GeneralCategory::TitlecaseLetter => UPPER | LOWER | LETTER,
        GeneralCategory::OtherLetter | GeneralCategory::ModifierLetter => LETTER,
        GeneralCategory::DecimalNumber => DIGIT,
        GeneralCategory::SpaceSeparator => SPACE | BLANK,
        // U+0085, U+2028 and U+2029 part lines.
        GeneralCategory::Control if unit == 0x85 => CONTROL | SPACE,
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => SPACE | CONTROL,
        GeneralCategory::Control | GeneralCategory::Format => CONTROL,
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol
            | GeneralCategoryGroup::Number => PUNCT,
            _ => 0,
        },
    }
}

/// `iswctype(c, mask)`.
#[must_use]
pub fn is_wide_class(unit: u16, mask: u16) -> bool {
    wide_class(unit) & mask != 0
}

/// Which letters have case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Casing {
    /// A to Z only: the C locale.
    Ascii,
    /// All letters of Unicode's Basic Multilingual Plane that map to one unit.
    Unicode,
}

/// `towupper`; a letter whose upper case is not one unit stays.
#[must_use]
pub fn to_wide_upper(unit: u16, casing: Casing) -> u16 {
    match u8::try_from(unit) {
        Ok(byte @ 0..=127) => byte.to_ascii_uppercase().into(),
        _ if casing == Casing::Ascii => unit,
        _ => mapped(unit, |c| single(c.to_uppercase())),
    }
}

/// The upper case of a unit as the system compares names (Microsoft: "RtlUpcaseUnicodeChar
/// function").
#[must_use]
pub fn upcase_name(unit: u16) -> u16 {
    match unit {
        // The micro sign's upper case is the Greek letter's, which has another lower case.
        0xB5 => unit,
        _ => to_wide_upper(unit, Casing::Unicode),
    }
}

/// `towlower`; a letter whose lower case is not one unit stays.
#[must_use]
pub fn to_wide_lower(unit: u16, casing: Casing) -> u16 {
    match u8::try_from(unit) {
        Ok(byte @ 0..=127) => byte.to_ascii_lowercase().into(),
        _ if casing == Casing::Ascii => unit,
        _ => mapped(unit, |c| single(c.to_lowercase())),
    }
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next();
    if chars.next().is_none() { first } else { None }
}

fn mapped(unit: u16, map: impl Fn(char) -> Option<char>) -> u16 {
    char::from_u32(unit.into())
        .and_then(map)
        .and_then(|c| u16::try_from(u32::from(c)).ok())
        // A letter outside ASCII never becomes an ASCII one (dotless i, long s, Kelvin sign).
        .filter(|&mapped| mapped >= 128)
        .unwrap_or(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_documented_one() {
        let table = c_table(Dialect::Msvcrt);
        assert_eq!(table[0], 0, "EOF");
        assert_eq!(table[usize::from(b'A') + 1], UPPER | HEX);
        assert_eq!(table[usize::from(b'z') + 1], LOWER);
        assert_eq!(table[usize::from(b'7') + 1], DIGIT | HEX);
        assert_eq!(table[usize::from(b' ') + 1], SPACE | BLANK);
        assert_eq!(table[10], CONTROL | SPACE);
        assert_eq!(c_table(Dialect::Ucrt)[10], CONTROL | SPACE | BLANK);
        assert_eq!(table[200], 0);
        for c in 0..128u8 {
            let has = |mask| is_class(c.into(), mask, Dialect::Ucrt) != 0;
            assert_eq!(has(ALPHA), c.is_ascii_alphabetic());
            assert_eq!(has(HEX), c.is_ascii_hexdigit());
            assert_eq!(has(PUNCT), c.is_ascii_punctuation());
            assert_eq!(has(CONTROL), c.is_ascii_control());
            assert_eq!(is_print(c.into()), c.is_ascii_graphic() || c == b' ');
        }
        assert_eq!(is_class(-1, 0xFFFF, Dialect::Ucrt), 0);
        assert_eq!(is_class(i32::MIN, 0xFFFF, Dialect::Ucrt), 0);
        assert_eq!(is_class(256, 0xFFFF, Dialect::Ucrt), 0);
    }

    #[test]
    fn wide_characters_go_by_unicode() {
        let is = |c: char, mask| is_wide_class(c as u16, mask);
        assert!(is('é', ALPHA) && is('é', LOWER) && !is('é', UPPER));
        assert!(is('Ω', UPPER) && is('中', LETTER) && !is('中', UPPER | LOWER));
        assert!(is('٣', DIGIT) && is('€', PUNCT) && is('—', PUNCT));
        assert!(is('\u{A0}', SPACE) && is('\u{3000}', BLANK));
        assert!(is('A', LETTER), "ASCII letters have the letter bit in wide classes");
        assert_eq!(wide_class(0xD800), 0);
        assert_eq!(wide_class(0x0378), 0, "unassigned");
    }

    #[test]
    fn case_maps_one_unit_to_one() {
        assert_eq!(to_wide_upper('é' as u16, Casing::Unicode), 'É' as u16);
        assert_eq!(to_wide_upper('é' as u16, Casing::Ascii), 'é' as u16);
        assert_eq!(to_wide_upper('ß' as u16, Casing::Unicode), 'ß' as u16);
        assert_eq!(to_wide_lower('Я' as u16, Casing::Unicode), 'я' as u16);
        assert_eq!(to_wide_lower('Z' as u16, Casing::Ascii), 'z' as u16);
        assert_eq!(to_wide_upper('ı' as u16, Casing::Unicode), 'ı' as u16);
    }
}

//! Types of characters (Microsoft: "GetStringTypeW function").

use haft_crt::ctype;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Which kind of type is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `CT_CTYPE1`: letters, digits, spaces.
    Ctype1,
    /// `CT_CTYPE2`: the direction of text.
    Ctype2,
    /// `CT_CTYPE3`: marks, symbols, scripts.
    Ctype3,
}

const C1_DEFINED: u16 = 0x200;

const C2_LEFTTORIGHT: u16 = 1;
const C2_RIGHTTOLEFT: u16 = 2;
const C2_EUROPENUMBER: u16 = 3;
const C2_EUROPESEPARATOR: u16 = 4;
const C2_EUROPETERMINATOR: u16 = 5;
const C2_COMMONSEPARATOR: u16 = 7;
const C2_BLOCKSEPARATOR: u16 = 8;
const C2_SEGMENTSEPARATOR: u16 = 9;
const C2_WHITESPACE: u16 = 10;
const C2_OTHERNEUTRAL: u16 = 11;

const C3_NONSPACING: u16 = 0x1;
const C3_DIACRITIC: u16 = 0x2;
const C3_SYMBOL: u16 = 0x8;
const C3_KATAKANA: u16 = 0x10;
const C3_HIRAGANA: u16 = 0x20;
const C3_HALFWIDTH: u16 = 0x40;
const C3_FULLWIDTH: u16 = 0x80;
const C3_IDEOGRAPH: u16 = 0x100;
const C3_ALPHA: u16 = 0x8000;
const C3_HIGHSURROGATE: u16 = 0x800;
const C3_LOWSURROGATE: u16 = 0x1000;

/// The type of a unit.
#[must_use]
pub fn of(unit: u16, kind: Kind) -> u16 {
    match kind {
        Kind::Ctype1 => match category(unit) {
            None | Some(GeneralCategory::Unassigned) => 0,
            Some(_) => ctype::wide_class(unit) | C1_DEFINED,
        },
        Kind::Ctype2 => direction(unit),
        Kind::Ctype3 => script(unit),
    }
}

fn category(unit: u16) -> Option<GeneralCategory> {
    char::from_u32(unit.into()).map(char::general_category)
}

fn direction(unit: u16) -> u16 {
    use GeneralCategory as G;
    let ascii = u8::try_from(unit).unwrap_or(0);
    match ascii {
        b'0'..=b'9' => return C2_EUROPENUMBER,
        b'+' | b'-' => return C2_EUROPESEPARATOR,
        b'#' | b'$' | b'%' | 0xA2..=0xA5 | 0xB0 | 0xB1 => return C2_EUROPETERMINATOR,
        b',' | b'.' | b'/' | b':' | 0xA0 => return C2_COMMONSEPARATOR,
        b'\n' | b'\r' | 0x1C..=0x1E | 0x85 => return C2_BLOCKSEPARATOR,
        b'\t' | 0x0B | 0x1F => return C2_SEGMENTSEPARATOR,
        b' ' | 0x0C => return C2_WHITESPACE,
        _ => {}
    }
    match category(unit) {
        Some(
            G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::OtherLetter
            | G::ModifierLetter
            | G::LetterNumber
            | G::SpacingMark
            | G::DecimalNumber,
        ) => {
            if matches!(unit, 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF) {
                C2_RIGHTTOLEFT
            } else {
                C2_LEFTTORIGHT
            }
        }
        Some(G::SpaceSeparator) => C2_WHITESPACE,
        Some(G::LineSeparator | G::ParagraphSeparator) => C2_BLOCKSEPARATOR,
        Some(G::Unassigned | G::Control | G::Format | G::NonspacingMark) | None => 0,
        Some(_) => C2_OTHERNEUTRAL,
    }
}

fn script(unit: u16) -> u16 {
    use GeneralCategory as G;
    match unit {
        0xD800..0xDC00 => return C3_HIGHSURROGATE,
        0xDC00..0xE000 => return C3_LOWSURROGATE,
        _ => {}
    }
    let kind = match category(unit) {
        Some(G::NonspacingMark | G::EnclosingMark) => C3_NONSPACING | C3_DIACRITIC,
        Some(
            G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::OtherLetter
            | G::ModifierLetter
            | G::SpacingMark,
        ) => C3_ALPHA,
        Some(
            G::MathSymbol
            | G::CurrencySymbol
            | G::ModifierSymbol
            | G::OtherSymbol
            | G::ConnectorPunctuation
            | G::DashPunctuation
            | G::OpenPunctuation
            | G::ClosePunctuation
            | G::InitialPunctuation
            | G::FinalPunctuation
            | G::OtherPunctuation,
        ) => C3_SYMBOL,
        _ => 0,
    };
    kind | match unit {
        0x3041..=0x309F => C3_HIRAGANA | C3_FULLWIDTH,
        0x30A0..=0x30FF => C3_KATAKANA | C3_FULLWIDTH,
        0xFF66..=0xFF9F => C3_KATAKANA | C3_HALFWIDTH,
        0x3400..=0x9FFF | 0xF900..=0xFAFF => C3_IDEOGRAPH | C3_FULLWIDTH,
        0xFF01..=0xFF60 => C3_FULLWIDTH,
        0x20..=0x7E => C3_HALFWIDTH,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_types() {
        let t = |c: char, kind| of(c as u16, kind);
        assert_eq!(t('A', Kind::Ctype1), C1_DEFINED | 0x181);
        assert_eq!(t('z', Kind::Ctype1), C1_DEFINED | 0x102);
        assert_eq!(t('5', Kind::Ctype1), C1_DEFINED | 0x84);
        assert_eq!(t(' ', Kind::Ctype1), C1_DEFINED | 0x48);
        assert_eq!(of(0xD800, Kind::Ctype1), 0);
        assert_eq!(t('7', Kind::Ctype2), C2_EUROPENUMBER);
        assert_eq!(t('א', Kind::Ctype2), C2_RIGHTTOLEFT);
        assert_eq!(t('中', Kind::Ctype3), C3_ALPHA | C3_IDEOGRAPH | C3_FULLWIDTH);
        assert_eq!(of(0x301, Kind::Ctype3), C3_NONSPACING | C3_DIACRITIC);
        assert_eq!(of(0xDC00, Kind::Ctype3), C3_LOWSURROGATE);
    }
}

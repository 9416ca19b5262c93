//! Locales: US English, which is the user's and the system's, and the invariant one.

mod table;

use super::case;
use haft_abi::wide;

/// A locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// `en-US`, 0x0409.
    EnglishUs,
    /// `en`, 0x0009: US English under another name.
    English,
    /// The invariant locale, 0x007F, whose name is empty.
    Invariant,
}

/// What the value of an `LCTYPE` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(&'static str),
    /// A number and its text.
    Number(u32, &'static str),
}

impl Value {
    /// The value as text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Text(text) | Self::Number(_, text) => text,
        }
    }
}

/// The user's and the system's locale.
pub const DEFAULT: Locale = Locale::EnglishUs;

/// Where in the world the user is: the United States, as `GEOID`s have it.
pub const GEO_ID: u32 = 244;

/// The locales that can be listed, by name.
pub const ALL: [Locale; 3] = [Locale::Invariant, Locale::English, Locale::EnglishUs];

impl Locale {
    /// The locale of an identifier, those with a meaning of their own (`LOCALE_USER_DEFAULT`)
    /// included; `None` if haft has none.
    #[must_use]
    pub const fn from_id(id: u32) -> Option<Self> {
        match id {
            // Neutral, user default, system default, and the three custom defaults.
            0 | 0x400 | 0x800 | 0xC00 | 0x1000 | 0x1400 | 0x409 => Some(Self::EnglishUs),
            0x9 => Some(Self::English),
            0x7F => Some(Self::Invariant),
            _ => None,
        }
    }

    /// The locale of a name, in any case; `None` if haft has none.
    #[must_use]
    pub fn from_name(name: &[u16]) -> Option<Self> {
        let named = |text: &str| case::equal_ignoring_case(name, &wide::from_str(text));
        if named("!x-sys-default-locale") {
            return Some(DEFAULT);
        }
        ALL.into_iter().find(|locale| named(locale.name()))
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnglishUs => "en-US",
            Self::English => "en",
            Self::Invariant => "",
        }
    }

    /// Its identifier.
    #[must_use]
    pub const fn id(self) -> u32 {
        match self {
            Self::EnglishUs => 0x409,
            Self::English => 0x9,
            Self::Invariant => 0x7F,
        }
    }

    /// What it says about `lctype`, without flags; `None` if there is no such `LCTYPE`.
    #[must_use]
    pub fn value(self, lctype: u32) -> Option<Value> {
        let at = table::ROWS.binary_search_by_key(&lctype, |row| row.number).ok()?;
        let row = &table::ROWS[at];
        let text = match (self, lctype) {
            (Self::English, 0x01) => "0009",
            (Self::English, 0x5C) => "en",
            (Self::English, 0x6D) => "",
            (Self::English, 0x71) => "1",
            (Self::EnglishUs | Self::English, _) => row.english,
            (Self::Invariant, _) => row.invariant,
        };
        Some(match lctype {
            // Languages are written in hexadecimal.
            0x01 | 0x09 => Value::Number(u32::from_str_radix(text, 16).unwrap_or(0), text),
            _ if is_number(lctype) => Value::Number(text.parse::<i32>().unwrap_or(0) as u32, text),
            _ => Value::Text(text),
        })
    }

    /// The text of an `LCTYPE`, empty if there is none.
    #[must_use]
    pub fn text(self, lctype: u32) -> &'static str {
        self.value(lctype).map_or("", Value::text)
    }
}

/// The `LCTYPE`s whose names begin with `LOCALE_I`.
const fn is_number(lctype: u32) -> bool {
    matches!(
        lctype,
        0x05 | 0x0A
            | 0x0B
            | 0x0D
            | 0x11
            | 0x12
            | 0x19..=0x1C
            | 0x21..=0x27
            | 0x52..=0x57
            | 0x5B
            | 0x70
            | 0x71
            | 0x74
            | 0x75
            | 0x1004
            | 0x1005
            | 0x1009..=0x100D
            | 0x1010..=0x1012
            | 0x1014
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::from_str;

    #[test]
    fn names_and_identifiers() {
        assert_eq!(Locale::from_name(&from_str("EN-us")), Some(Locale::EnglishUs));
        assert_eq!(Locale::from_name(&[]), Some(Locale::Invariant));
        assert_eq!(Locale::from_name(&from_str("xx-XX")), None);
        for locale in ALL {
            assert_eq!(Locale::from_id(locale.id()), Some(locale));
        }
        assert_eq!(Locale::from_id(0x400), Some(DEFAULT));
        assert_eq!(Locale::from_id(0x407), None);
    }

    #[test]
    fn values_are_text_or_numbers() {
        assert!(table::ROWS.is_sorted_by(|a, b| a.number < b.number));
        let english = Locale::EnglishUs;
        assert_eq!(english.value(0x01), Some(Value::Number(0x409, "0409")));
        assert_eq!(english.value(0x1004), Some(Value::Number(65001, "65001")));
        assert_eq!(english.value(0x0E), Some(Value::Text(".")));
        assert_eq!(english.text(0x1F), "M/d/yyyy");
        assert_eq!(Locale::Invariant.text(0x1F), "MM/dd/yyyy");
        assert_eq!(Locale::English.value(0x71), Some(Value::Number(1, "1")));
        assert_eq!(english.value(0x999), None);
        assert_eq!(english.text(0x30), "Sunday");
    }
}

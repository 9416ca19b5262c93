//! Mapping text: case, byte order, composition (Microsoft: "LCMapStringEx function",
//! "FoldStringW function", "NormalizeString function").

use super::case;
use unicode_normalization::UnicodeNormalization;

/// Which case to map to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// All letters to lower case.
    Lower,
    /// All letters to upper case.
    Upper,
    /// The first letter of each word to upper case, the rest to lower case.
    Title,
}

/// Maps the case of text unit by unit, so that its length stays.
#[must_use]
pub fn map_case(units: &[u16], to: Case) -> Vec<u16> {
    let mut in_word = false;
    units
        .iter()
        .map(|&unit| match to {
            Case::Lower => case::lower(unit),
            Case::Upper => case::upper(unit),
            Case::Title => {
                let first = !core::mem::replace(&mut in_word, is_word(unit));
                if first { case::upper(unit) } else { case::lower(unit) }
            }
        })
        .collect()
}

fn is_word(unit: u16) -> bool {
    char::from_u32(unit.into()).is_none_or(|c| c.is_alphanumeric() || c == '\'')
}

/// Swaps the two bytes of each unit.
#[must_use]
pub fn reverse_bytes(units: &[u16]) -> Vec<u16> {
    units.iter().map(|unit| unit.swap_bytes()).collect()
}

/// The normalization forms of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Composed.
    C,
    /// Decomposed.
    D,
    /// Compatible and composed.
    Kc,
    /// Compatible and decomposed.
    Kd,
}

/// Where ill-formed UTF-16 begins, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllFormed(pub usize);

fn characters(units: &[u16]) -> Result<Vec<char>, IllFormed> {
    let mut at = 0;
    char::decode_utf16(units.iter().copied())
        .map(|c| {
            let c = c.map_err(|_| IllFormed(at))?;
            at += c.len_utf16();
            Ok(c)
        })
        .collect()
}

fn encoded(characters: impl Iterator<Item = char>) -> Vec<u16> {
    let mut units = Vec::new();
    characters.for_each(|c| units.extend_from_slice(c.encode_utf16(&mut [0; 2])));
    units
}

/// Normalizes text.
///
/// # Errors
/// [`IllFormed`] at an unpaired surrogate.
pub fn normalize(units: &[u16], form: Form) -> Result<Vec<u16>, IllFormed> {
    let text = characters(units)?.into_iter();
    Ok(match form {
        Form::C => encoded(text.nfc()),
        Form::D => encoded(text.nfd()),
        Form::Kc => encoded(text.nfkc()),
        Form::Kd => encoded(text.nfkd()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::{from_str, to_string};

    #[test]
    fn case_keeps_the_length() {
        let map = |text: &str, to| to_string(&map_case(&from_str(text), to));
        assert_eq!(map("straße É", Case::Upper), "STRAßE É");
        assert_eq!(map("ÀÉ Ω", Case::Lower), "àé ω");
        assert_eq!(map("heLLo big-WORLD don't", Case::Title), "Hello Big-World Don't");
        assert_eq!(reverse_bytes(&[0x1234]), [0x3412]);
    }

    #[test]
    fn forms_compose_and_decompose() {
        let normal = |text: &str, form| to_string(&normalize(&from_str(text), form).unwrap());
        assert_eq!(normal("e\u{301}", Form::C), "é");
        assert_eq!(normal("é", Form::D), "e\u{301}");
        assert_eq!(normal("ﬁ", Form::C), "ﬁ");
        assert_eq!(normal("ﬁ", Form::Kc), "fi");
        assert_eq!(normalize(&[0x61, 0xD800], Form::C), Err(IllFormed(1)));
    }
}

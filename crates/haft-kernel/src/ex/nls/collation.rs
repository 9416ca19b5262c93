//! Comparing text as a dictionary does (Microsoft: "CompareStringEx function", "Handling Sorting
//! in Your Applications").
//!
//! Windows has a table of weights for every character, which is not public; here Unicode stands
//! for it. A string becomes weights on four levels: what letters it has, their diacritics, their
//! case and width, and the hyphens and apostrophes that a word sort looks at last. Punctuation
//! comes before digits and digits before letters; ASCII punctuation is in Windows' own order;
//! scripts are in the order of Unicode, and so are letters of one script that no decomposition
//! relates. Two strings compare as their sort keys do, byte by byte.

use core::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What does not count in a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Case (`NORM_IGNORECASE`, `LINGUISTIC_IGNORECASE`).
    pub ignore_case: bool,
    /// Diacritics (`NORM_IGNORENONSPACE`, `LINGUISTIC_IGNOREDIACRITIC`).
    pub ignore_diacritics: bool,
    /// Punctuation and symbols (`NORM_IGNORESYMBOLS`).
    pub ignore_symbols: bool,
    /// Hiragana or katakana (`NORM_IGNOREKANATYPE`).
    pub ignore_kana: bool,
    /// Half or full width (`NORM_IGNOREWIDTH`).
    pub ignore_width: bool,
    /// Hyphens and apostrophes count as other punctuation does (`SORT_STRINGSORT`).
    pub string_sort: bool,
    /// Runs of digits count as numbers (`SORT_DIGITSASNUMBERS`).
    pub digits_as_numbers: bool,
}

/// Weights of a string, level by level.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Weights {
    letters: Vec<u32>,
    diacritics: Vec<u16>,
    cases: Vec<u8>,
    /// Where hyphens and apostrophes stand, and which.
    special: Vec<(u16, u16)>,
}

const DIGIT: u32 = 0x0400_0000;
const LETTER: u32 = 0x0500_0000;

/// ASCII punctuation as Windows sorts it; the plus sign and its like are symbols behind it.
const PUNCTUATION: &str = "-'\t\n\u{B}\u{C}\r !\"#$%&()*,./:;?@[\\]^_`{|}~+<=>";

const PLAIN: u8 = 2;
const UPPER: u8 = 1;
const COMPATIBLE: u8 = 2;
const KATAKANA: u8 = 4;

const NO_DIACRITIC: u16 = 2;

/// What letters of one character compare as several.
fn expansion(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        _ => return None,
    })
}

/// Letters with a stroke, which no decomposition takes apart: the letter, and the weight of the
/// stroke.
fn stroked(c: char) -> Option<(char, u16)> {
    Some(match c {
        'ø' => ('o', 0x2F),
        'đ' => ('d', 0x2F),
        'ł' => ('l', 0x2F),
        'ħ' => ('h', 0x2F),
        'ı' => ('i', 0x2E),
        _ => return None,
    })
}

impl Weights {
    fn of(units: &[u16], options: Options) -> Self {
        let mut weights = Self::default();
        let text: Vec<char> = char::decode_utf16(units.iter().copied())
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        let mut rest = text.as_slice();
        while let [c, tail @ ..] = rest {
            let run = rest.iter().take_while(|c| c.is_ascii_digit()).count();
            if options.digits_as_numbers && run > 0 {
                weights.number(&rest[..run]);
                rest = &rest[run..];
            } else {
                weights.add(*c, options);
                rest = tail;
            }
        }
        // A level that ends in plain weights is the same without them.
        let end = weights.diacritics.iter().rposition(|&w| w != NO_DIACRITIC).map_or(0, |n| n + 1);
        weights.diacritics.truncate(end);
        let end = weights.cases.iter().rposition(|&w| w != PLAIN).map_or(0, |n| n + 1);
        weights.cases.truncate(end);
        weights
    }

    fn push(&mut self, letter: u32, case: u8) {
        self.letters.push(letter);
        self.diacritics.push(NO_DIACRITIC);
        self.cases.push(PLAIN + case);
    }

    /// A number: how many digits it has, then its digits.
    fn number(&mut self, digits: &[char]) {
        let zeros = digits.iter().take_while(|&&c| c == '0').count().min(digits.len() - 1);
        let digits = &digits[zeros..];
        self.push(DIGIT + 0x100 + digits.len().min(0xFFFF) as u32, 0);
        digits.iter().for_each(|&c| self.push(DIGIT + c as u32, 0));
    }

    fn add(&mut self, c: char, options: Options) {
        if !options.string_sort && !options.ignore_symbols && matches!(c, '-' | '\'') {
            self.special.push((self.letters.len().min(0xFFFE) as u16, c as u16));
            return;
        }
        let mut compatible = 0;
        for part in core::iter::once(c).nfkd() {
            if part != c && !options.ignore_width && !is_combining_mark(part) {
                // `é` decomposes too, but only into what Unicode calls the same character.
                let canonical = core::iter::once(c).nfd().any(|same| same == part);
                if !canonical {
                    compatible = COMPATIBLE;
                }
            }
            self.add_part(part, compatible, options);
        }
    }

    fn add_part(&mut self, c: char, case: u8, options: Options) {
        if is_combining_mark(c) {
            if !options.ignore_diacritics && !self.letters.is_empty() {
                self.diacritics.push(0x100 + (c as u32 & 0x7FFF) as u16);
            }
            return;
        }
        if let Some(position) = PUNCTUATION.chars().position(|p| p == c) {
            if !options.ignore_symbols {
                self.push(0x0100_0000 + position as u32, case);
            }
            return;
        }
        match c.general_category_group() {
            GeneralCategoryGroup::Letter => {}
            GeneralCategoryGroup::Number => {
                self.push(DIGIT + c as u32, case);
                return;
            }
            // Control characters and what is not assigned have no weight at all.
            GeneralCategoryGroup::Other if c != char::REPLACEMENT_CHARACTER => return,
            _ => {
                if !options.ignore_symbols {
                    self.push(0x0200_0000 + c as u32, case);
                }
                return;
            }
        }
        let upper = if c.is_uppercase() && !options.ignore_case { UPPER } else { 0 };
        if let Some(parts) = expansion(c) {
            parts.chars().for_each(|part| self.push(LETTER + part as u32, case | upper));
            // One letter is not quite two.
            if let Some(last) = self.cases.last_mut() {
                *last |= COMPATIBLE;
            }
            return;
        }
        let lower = c.to_lowercase().next().unwrap_or(c);
        let (letter, stroke) = stroked(lower).unwrap_or((lower, 0));
        let (letter, kana) = match u32::from(letter) {
            katakana @ 0x30A1..=0x30F6 => (katakana - 0x60, KATAKANA),
            other => (other, 0),
        };
        let kana = if options.ignore_kana { 0 } else { kana };
        self.push(LETTER + letter, case | upper | kana);
        if stroke != 0 && !options.ignore_diacritics {
            self.diacritics.push(0x100 + stroke);
        }
    }

    /// The bytes of the sort key: levels parted by 1, a 0 at the end, neither within a level.
    fn key(&self) -> Vec<u8> {
        // Digits of base 250 above the two bytes that part levels.
        let digits = |value: u32, count: u32, key: &mut Vec<u8>| {
            (0..count).rev().for_each(|n| key.push((value / 250u32.pow(n) % 250) as u8 + 2));
        };
        let mut key = Vec::new();
        self.letters.iter().for_each(|&w| digits(w, 4, &mut key));
        key.push(1);
        self.diacritics.iter().for_each(|&w| digits(u32::from(w), 2, &mut key));
        key.push(1);
        key.extend(&self.cases);
        key.push(1);
        // The fourth level of Windows is not used here.
        key.push(1);
        for &(position, c) in &self.special {
            digits(u32::from(position), 3, &mut key);
            digits(u32::from(c), 1, &mut key);
        }
        key.push(0);
        key
    }
}

/// Compares two strings.
#[must_use]
pub fn compare(a: &[u16], b: &[u16], options: Options) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    Weights::of(a, options).cmp(&Weights::of(b, options))
}

/// A key whose bytes compare as [`compare`] compares the strings.
#[must_use]
pub fn sort_key(units: &[u16], options: Options) -> Vec<u8> {
    Weights::of(units, options).key()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::from_str;

    fn order(a: &str, b: &str, options: Options) -> Ordering {
        let (a, b) = (from_str(a), from_str(b));
        let by_weights = compare(&a, &b, options);
        assert_eq!(sort_key(&a, options).cmp(&sort_key(&b, options)), by_weights, "{a:?} {b:?}");
        assert_eq!(compare(&b, &a, options), by_weights.reverse());
        by_weights
    }

    #[test]
    fn a_list_is_in_dictionary_order() {
        let list = [
            "", "_x", "~", "+", "0", "10", "2", "a", "A", "á", "ab", "aB", "Ab", "ae", "æ", "az",
            "co-op", "coop", "coöp", "ø", "z", "Ω", "я", "中",
        ];
        let mut sorted = list.map(from_str);
        sorted.sort_by(|a, b| compare(a, b, Options::default()));
        let sorted: Vec<String> = sorted.iter().map(|s| haft_abi::wide::to_string(s)).collect();
        let expected = [
            "", "_x", "~", "+", "0", "10", "2", "a", "A", "á", "ab", "aB", "Ab", "ae", "æ", "az",
            "coop", "co-op", "coöp", "ø", "z", "Ω", "я", "中",
        ];
        assert_eq!(sorted, expected);
        for a in list {
            for b in list {
                order(a, b, Options::default());
            }
        }
    }

    #[test]
    fn options_make_strings_equal() {
        let case = Options { ignore_case: true, ..Options::default() };
        assert_eq!(order("Straße", "STRAßE", case), Ordering::Equal);
        assert_eq!(order("a", "á", case), Ordering::Less);
        let marks = Options { ignore_diacritics: true, ..Options::default() };
        assert_eq!(order("résumé", "resume", marks), Ordering::Equal);
        assert_eq!(order("é", "e\u{301}", Options::default()), Ordering::Equal);
        let symbols = Options { ignore_symbols: true, ..Options::default() };
        assert_eq!(order("a-b_c", "abc", symbols), Ordering::Equal);
        let width = Options { ignore_width: true, ..Options::default() };
        assert_eq!(order("ＡＢ", "AB", width), Ordering::Equal);
        assert_ne!(order("ＡＢ", "AB", Options::default()), Ordering::Equal);
        let kana = Options { ignore_kana: true, ..Options::default() };
        assert_eq!(order("あ", "ア", kana), Ordering::Equal);
        let numbers = Options { digits_as_numbers: true, ..Options::default() };
        assert_eq!(order("file10", "file9", numbers), Ordering::Greater);
        assert_eq!(order("a-b", "ab", Options::default()), Ordering::Greater);
        let strings = Options { string_sort: true, ..Options::default() };
        assert_eq!(order("a-b", "ab", strings), Ordering::Less);
    }
}

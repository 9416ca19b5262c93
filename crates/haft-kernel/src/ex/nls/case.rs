//! Upper and lower case of single UTF-16 units, as the system compares names.
//!
//! Windows has a table of one unit to one unit; here Unicode's simple mappings stand for it. A
//! character whose other case is not one unit, or would turn a letter outside ASCII into an ASCII
//! one (dotless i, long s, Kelvin sign), stays as it is.

use haft_crt::ctype::{Casing, to_wide_lower, upcase_name};

/// The upper case of a unit (Microsoft: "RtlUpcaseUnicodeChar function").
#[must_use]
pub fn upper(unit: u16) -> u16 {
    upcase_name(unit)
}

/// The lower case of a unit (Microsoft: "RtlDowncaseUnicodeChar function").
#[must_use]
pub fn lower(unit: u16) -> u16 {
    to_wide_lower(unit, Casing::Unicode)
}

/// Compares two strings unit by unit, with or without regard to case.
#[must_use]
pub fn compare_ordinal(a: &[u16], b: &[u16], ignore_case: bool) -> core::cmp::Ordering {
    if ignore_case {
        a.iter().map(|&u| upper(u)).cmp(b.iter().map(|&u| upper(u)))
    } else {
        a.cmp(b)
    }
}

/// Whether two strings are the same but for case.
#[must_use]
pub fn equal_ignoring_case(a: &[u16], b: &[u16]) -> bool {
    a.len() == b.len() && compare_ordinal(a, b, true).is_eq()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_maps_to_one() {
        for (from, to) in [('a', 'A'), ('é', 'É'), ('я', 'Я'), ('ÿ', 'Ÿ'), ('ß', 'ß')] {
            assert_eq!(upper(from as u16), to as u16, "{from}");
        }
        for same in ['ı', 'ſ', 'µ', '1', '中'] {
            assert_eq!(upper(same as u16), same as u16, "{same}");
        }
        assert_eq!(lower('Ω' as u16), 'ω' as u16);
        assert_eq!(lower(0x212A), 0x212A, "the Kelvin sign is not a k");
        assert_eq!(upper(0xD83D), 0xD83D);
    }

    #[test]
    fn names_compare_by_upper_case() {
        let units = haft_abi::wide::from_str;
        assert!(equal_ignoring_case(&units("Path"), &units("PATH")));
        assert!(!equal_ignoring_case(&units("Path"), &units("PATHS")));
        // Upper case decides, so `_` (0x5F) comes behind `Z` and before nothing of `a`.
        assert!(compare_ordinal(&units("a_"), &units("AB"), true).is_gt());
        assert!(compare_ordinal(&units("a"), &units("B"), false).is_gt());
    }
}

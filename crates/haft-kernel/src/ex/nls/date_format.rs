//! Dates, times and numbers as a locale writes them (Microsoft: "Day, Month, Year, and Era Format
//! Pictures", "Hour, Minute, and Second Format Pictures", "GetNumberFormatEx function").

use super::locale::Locale;
use crate::ex::time::Fields;
use haft_abi::wide::from_str;

const DAY_NAME: u32 = 0x2A;
const SHORT_DAY_NAME: u32 = 0x31;
const MONTH_NAME: u32 = 0x38;
const SHORT_MONTH_NAME: u32 = 0x44;
const AM: u32 = 0x28;
const PM: u32 = 0x29;

/// Runs of one letter, text in quotes, and other units of a picture.
fn pieces(picture: &[u16]) -> Vec<(Option<u8>, Vec<u16>)> {
    const QUOTE: u16 = b'\'' as u16;
    let mut pieces = Vec::new();
    let mut rest = picture;
    while let Some(&first) = rest.first() {
        if first == QUOTE {
            let mut text = Vec::new();
            rest = &rest[1..];
            while let Some((&unit, tail)) = rest.split_first() {
                rest = tail;
                if unit != QUOTE {
                    text.push(unit);
                } else if tail.first() == Some(&QUOTE) {
                    text.push(QUOTE);
                    rest = &tail[1..];
                } else {
                    break;
                }
            }
            pieces.push((None, text));
            continue;
        }
        let run = rest.iter().take_while(|&&unit| unit == first).count();
        pieces.push((u8::try_from(first).ok(), rest[..run].to_vec()));
        rest = &rest[run..];
    }
    pieces
}

fn name(locale: Locale, first: u32, index: u16) -> String {
    locale.text(first + u32::from(index)).to_owned()
}

/// A date by a picture such as `dddd, MMMM d, yyyy`.
#[must_use]
pub fn date(fields: Fields, picture: &[u16], locale: Locale) -> Vec<u16> {
    let mut out = Vec::new();
    for (letter, run) in pieces(picture) {
        // Monday is the first day's name, Sunday is 0 in the date.
        let weekday = (fields.weekday + 6) % 7;
        let text = match (letter, run.len()) {
            (Some(b'd'), 1) => fields.day.to_string(),
            (Some(b'd'), 2) => format!("{:02}", fields.day),
            (Some(b'd'), 3) => name(locale, SHORT_DAY_NAME, weekday),
            (Some(b'd'), _) => name(locale, DAY_NAME, weekday),
            (Some(b'M'), 1) => fields.month.to_string(),
            (Some(b'M'), 2) => format!("{:02}", fields.month),
            (Some(b'M'), 3) => name(locale, SHORT_MONTH_NAME, fields.month - 1),
            (Some(b'M'), _) => name(locale, MONTH_NAME, fields.month - 1),
            (Some(b'y'), 1) => (fields.year % 100).to_string(),
            (Some(b'y'), 2) => format!("{:02}", fields.year % 100),
            (Some(b'y'), _) => format!("{:04}", fields.year),
            (Some(b'g'), _) => "A.D.".to_owned(),
            _ => {
                out.extend(run);
                continue;
            }
        };
        out.extend(from_str(&text));
    }
    out
}

/// What a time is written without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// Minutes and seconds.
    pub minutes: bool,
    /// Seconds.
    pub seconds: bool,
    /// AM or PM.
    pub marker: bool,
    /// Twelve-hour clocks.
    pub twelve_hours: bool,
}

/// A time by a picture such as `h:mm:ss tt`. What is left out takes along what stands between it
/// and its neighbour.
#[must_use]
pub fn time(fields: Fields, picture: &[u16], without: Without, locale: Locale) -> Vec<u16> {
    let mut out: Vec<u16> = Vec::new();
    // Where the text behind the last field begins.
    let mut separator = 0;
    for (letter, run) in pieces(picture) {
        let dropped = match letter {
            Some(b'm') => without.minutes,
            Some(b's') => without.minutes || without.seconds,
            Some(b't') => without.marker,
            _ => false,
        };
        if dropped {
            out.truncate(separator);
            continue;
        }
        let twelve = if fields.hour.is_multiple_of(12) { 12 } else { fields.hour % 12 };
        let hour = match letter {
            Some(b'h') if !without.twelve_hours => twelve,
            _ => fields.hour,
        };
        let marker = locale.text(if fields.hour < 12 { AM } else { PM });
        let text = match (letter, run.len()) {
            (Some(b'h' | b'H'), 1) => hour.to_string(),
            (Some(b'h' | b'H'), _) => format!("{hour:02}"),
            (Some(b'm'), 1) => fields.minute.to_string(),
            (Some(b'm'), _) => format!("{:02}", fields.minute),
            (Some(b's'), 1) => fields.second.to_string(),
            (Some(b's'), _) => format!("{:02}", fields.second),
            (Some(b't'), 1) => marker.chars().take(1).collect(),
            (Some(b't'), _) => marker.to_owned(),
            _ => {
                out.extend(run);
                continue;
            }
        };
        out.extend(from_str(&text));
        separator = out.len();
    }
    out
}

/// How numbers are written (Microsoft: "NUMBERFMTW structure").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    /// Digits behind the decimal point.
    pub digits: u32,
    /// Whether there is a zero before the decimal point.
    pub leading_zero: bool,
    /// Digits in a group, as `3` or `32`; 0 for none.
    pub grouping: u32,
    /// The decimal point.
    pub decimal: Vec<u16>,
    /// What parts groups.
    pub thousand: Vec<u16>,
    /// 0 `(1)`, 1 `-1`, 2 `- 1`, 3 `1-`, 4 `1 -`.
    pub negative_order: u32,
}

impl NumberFormat {
    /// A locale's own.
    #[must_use]
    pub fn of(locale: Locale) -> Self {
        Self {
            digits: 2,
            leading_zero: true,
            grouping: 3,
            decimal: from_str(locale.text(0x0E)),
            thousand: from_str(locale.text(0x0F)),
            negative_order: 1,
        }
    }
}

/// The parts of a number such as `-1234.5`: sign, whole digits, digits behind the point; `None` if
/// the text is none.
fn parts(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    (all(whole) && all(fraction) && !digits.is_empty()).then_some((negative, whole, fraction))
}

/// Rounds to so many digits behind the point; both parts together, and how many are behind it.
fn rounded(whole: &str, fraction: &str, digits: usize) -> (String, String) {
    let kept: String = fraction.chars().chain(core::iter::repeat('0')).take(digits).collect();
    let up = fraction.as_bytes().get(digits).is_some_and(|&digit| digit >= b'5');
    let mut all: Vec<u8> = [whole, &kept].concat().into_bytes();
    let mut carry = up;
    for digit in all.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    if carry {
        all.insert(0, b'1');
    }
    let all = String::from_utf8(all).unwrap_or_default();
    let (whole, fraction) = all.split_at(all.len() - digits);
    (whole.trim_start_matches('0').to_owned(), fraction.to_owned())
}

/// Writes the digits of a whole number in groups.
fn grouped(whole: &str, grouping: u32, separator: &[u16]) -> Vec<u16> {
    // 32 is "three, then twos"; 30 and 0 say that the last size is not repeated.
    let sizes: Vec<usize> = grouping.to_string().bytes().map(|b| usize::from(b - b'0')).collect();
    let mut groups: Vec<&str> = Vec::new();
    let mut rest = whole;
    let mut at = 0;
    while !rest.is_empty() {
        let size = match sizes[at.min(sizes.len() - 1)] {
            0 => rest.len(),
            size => size.min(rest.len()),
        };
        let (left, group) = rest.split_at(rest.len() - size);
        groups.push(group);
        rest = left;
        at += 1;
    }
    let groups: Vec<Vec<u16>> = groups.into_iter().rev().map(from_str).collect();
    groups.join(separator)
}

/// Writes a number, given as text such as `-1234.5`; `None` if it is none.
#[must_use]
pub fn number(text: &str, format: &NumberFormat) -> Option<Vec<u16>> {
    let (negative, whole, fraction) = parts(text)?;
    let (whole, fraction) = rounded(whole, fraction, format.digits as usize);
    let zero = whole.is_empty() && fraction.bytes().all(|b| b == b'0');
    let mut digits = grouped(&whole, format.grouping, &format.thousand);
    if whole.is_empty() && (format.leading_zero || fraction.is_empty()) {
        digits.push(u16::from(b'0'));
    }
    if !fraction.is_empty() {
        digits.extend_from_slice(&format.decimal);
        digits.extend(from_str(&fraction));
    }
    if !negative || zero {
        return Some(digits);
    }
    let (before, after) = match format.negative_order {
        0 => ("(", ")"),
        1 => ("-", ""),
        2 => ("- ", ""),
        3 => ("", "-"),
        _ => ("", " -"),
    };
    Some([from_str(before), digits, from_str(after)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::to_string;

    const MOMENT: Fields = Fields {
        year: 2009,
        month: 4,
        weekday: 3,
        day: 1,
        hour: 23,
        minute: 29,
        second: 5,
        millisecond: 0,
    };

    #[test]
    fn documented_pictures() {
        let date = |p: &str| to_string(&date(MOMENT, &from_str(p), Locale::EnglishUs));
        assert_eq!(date("ddd',' MMM dd yy"), "Wed, Apr 01 09");
        assert_eq!(date("dddd, MMMM d, yyyy"), "Wednesday, April 1, 2009");
        assert_eq!(date("d 'o''clock'"), "1 o'clock");
        let all = Without::default();
        let time = |p: &str, w| to_string(&time(MOMENT, &from_str(p), w, Locale::EnglishUs));
        assert_eq!(time("hh':'mm':'ss tt", all), "11:29:05 PM");
        assert_eq!(time("H:mm t", all), "23:29 P");
        assert_eq!(time("h:mm:ss tt", Without { seconds: true, ..all }), "11:29 PM");
        assert_eq!(time("h:mm:ss tt", Without { minutes: true, ..all }), "11 PM");
        assert_eq!(time("h:mm:ss tt", Without { marker: true, ..all }), "11:29:05");
        assert_eq!(time("h:mm tt", Without { twelve_hours: true, ..all }), "23:29 PM");
    }

    #[test]
    fn numbers_are_rounded_and_grouped() {
        let of = |text: &str, f: &NumberFormat| number(text, f).map(|n| to_string(&n));
        let us = NumberFormat::of(Locale::EnglishUs);
        assert_eq!(of("-1234567.125", &us).as_deref(), Some("-1,234,567.13"));
        assert_eq!(of("999.999", &us).as_deref(), Some("1,000.00"));
        assert_eq!(of("-0.001", &us).as_deref(), Some("0.00"));
        let india = NumberFormat { grouping: 32, digits: 0, negative_order: 0, ..us.clone() };
        assert_eq!(of("-123456789", &india).as_deref(), Some("(12,34,56,789)"));
        let plain = NumberFormat { grouping: 0, leading_zero: false, ..us.clone() };
        assert_eq!(of(".5", &plain).as_deref(), Some(".50"));
        assert_eq!(of("12345", &plain).as_deref(), Some("12345.00"));
        assert_eq!(of("1e5", &us), None);
    }
}

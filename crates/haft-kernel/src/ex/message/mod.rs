//! Messages: their texts, and what is inserted into them (Microsoft: "FormatMessageW function").

mod system;
mod table;

use haft_abi::NtStatus;
use haft_abi::wide::from_str;
use haft_crt::charset::Charset;
use haft_crt::printf::{self, Args, BadAddress, Options};
use haft_host::guest;
use std::borrow::Cow;

pub use system::system_text;
pub use table::{module_text, string_resource};

/// The arguments of a message: eight bytes each, in the program's memory.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    /// Address of the first one.
    pub address: usize,
    /// Whether strings are UTF-16 unless their format says otherwise.
    pub wide: bool,
}

/// How a message's lines are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// As the message has them.
    Kept,
    /// Only where the message says `%n`.
    Joined,
    /// Where it says `%n`, and between words so that no line is longer.
    Wrapped(usize),
}

impl Lines {
    /// From the low byte of `dwFlags`.
    #[must_use]
    pub const fn from_flags(flags: u32) -> Self {
        match flags & 0xFF {
            0 => Self::Kept,
            0xFF => Self::Joined,
            width => Self::Wrapped(width as usize),
        }
    }
}

const fn unit(byte: u8) -> u16 {
    byte as u16
}

/// Text in the making.
struct Output {
    units: Vec<u16>,
    lines: Lines,
    /// Where the current line begins.
    line: usize,
}

impl Output {
    fn push(&mut self, u: u16) {
        self.units.push(u);
        let Lines::Wrapped(width) = self.lines else { return };
        if self.units.len() - self.line > width && u != unit(b' ') {
            let line = &self.units[self.line..];
            if let Some(space) = line.iter().rposition(|&u| u == unit(b' ')) {
                let at = self.line + space;
                self.units.splice(at..=at, [unit(b'\r'), unit(b'\n')]);
                self.line = at + 2;
            }
        }
    }

    /// A line break that the message's text has.
    fn soft_break(&mut self) {
        match self.lines {
            Lines::Kept => self.hard_break(),
            Lines::Joined | Lines::Wrapped(_) => self.push(unit(b' ')),
        }
    }

    /// A line break that stays.
    fn hard_break(&mut self) {
        self.units.extend([unit(b'\r'), unit(b'\n')]);
        self.line = self.units.len();
    }
}

/// Carries out the escapes of a message. Without `slots` inserts such as `%1` stay as written.
///
/// # Errors
/// `INVALID_PARAMETER` for a format that is none, `ACCESS_VIOLATION` if an argument cannot be
/// read.
pub fn format(message: &[u16], slots: Option<Slots>, lines: Lines) -> Result<Vec<u16>, NtStatus> {
    let mut out = Output { units: Vec::with_capacity(message.len()), lines, line: 0 };
    let mut rest = message;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match u8::try_from(*first) {
            Ok(b'\r') => {
                if rest.first() == Some(&unit(b'\n')) {
                    rest = &rest[1..];
                }
                out.soft_break();
            }
            Ok(b'\n') => out.soft_break(),
            Ok(b'%') => {
                let Some((&escape, tail)) = rest.split_first() else {
                    return Err(NtStatus::INVALID_PARAMETER);
                };
                match u8::try_from(escape) {
                    Ok(b'1'..=b'9') => rest = insert(rest, slots, &mut out)?,
                    Ok(b'0') => break,
                    other => {
                        rest = tail;
                        match other {
                            Ok(b'n') => out.hard_break(),
                            Ok(b'r') => out.push(unit(b'\r')),
                            Ok(b't') => out.push(unit(b'\t')),
                            Ok(b'b') => out.push(unit(b' ')),
                            _ => out.push(escape),
                        }
                    }
                }
            }
            _ => out.push(*first),
        }
    }
    Ok(out.units)
}

/// Carries out the insert that `text` begins with (behind its percent sign); gives what follows.
fn insert<'t>(
    text: &'t [u16],
    slots: Option<Slots>,
    out: &mut Output,
) -> Result<&'t [u16], NtStatus> {
    let digit = |u: &u16| u8::try_from(*u).ok().filter(u8::is_ascii_digit).map(|b| b - b'0');
    let digits: Vec<u8> = text.iter().take(2).map_while(digit).collect();
    let number = digits.iter().fold(0, |n, &d| n * 10 + usize::from(d));
    let mut rest = &text[digits.len()..];
    let mut spec = &[][..];
    if rest.first() == Some(&unit(b'!')) {
        let end = rest[1..].iter().position(|&u| u == unit(b'!'));
        let end = end.ok_or(NtStatus::INVALID_PARAMETER)? + 1;
        spec = &rest[1..end];
        rest = &rest[end + 1..];
    }
    match slots {
        None => {
            out.push(unit(b'%'));
            let written = &text[..text.len() - rest.len()];
            written.iter().for_each(|&u| out.push(u));
        }
        Some(slots) => {
            let first = slots.address.wrapping_add((number - 1) * 8);
            let text = carry_out(&printf_format(spec, slots.wide), first)?;
            text.iter().for_each(|&u| out.push(u));
        }
    }
    Ok(rest)
}

/// Text by a format of `wsprintf` (Microsoft: "wsprintfW function").
///
/// # Errors
/// As for [`format`].
pub fn print(text: &[u16], slots: Slots) -> Result<Vec<u16>, NtStatus> {
    const PERCENT: u16 = unit(b'%');
    let mut format = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        // A specification goes to its letter; flags and sizes are none.
        let end = tail.iter().position(|&u| is_conversion(u));
        match end {
            Some(end) if first == PERCENT => {
                format.extend(printf_format(&tail[..=end], slots.wide));
                rest = &tail[end + 1..];
            }
            _ => format.push(first),
        }
    }
    carry_out(&format, slots.address)
}

/// Whether a unit ends a specification.
fn is_conversion(u: u16) -> bool {
    u8::try_from(u).is_ok_and(|byte| {
        byte == b'%' || byte.is_ascii_alphabetic() && !matches!(byte, b'h' | b'l' | b'w' | b'I')
    })
}

/// What `printf` makes of a format whose strings have their width written out.
fn carry_out(format: &[u16], address: usize) -> Result<Vec<u16>, NtStatus> {
    let mut arguments = Arguments { address, fault: false };
    let mut text: Vec<u16> = Vec::new();
    let options = Options { charset: Charset::Utf8, ..Options::msvcrt() };
    let written = printf::format(&mut text, format, &mut arguments, &options);
    if arguments.fault {
        return Err(NtStatus::ACCESS_VIOLATION);
    }
    written.map(|_| text).map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// The format for `printf` of an insert's, with the width of its strings written out.
fn printf_format(spec: &[u16], wide: bool) -> Vec<u16> {
    let mut format = vec![unit(b'%')];
    let spec = if spec.is_empty() { &[unit(b's')][..] } else { spec };
    let (last, flags) = spec.split_last().unwrap_or((&0, &[]));
    format.extend_from_slice(flags);
    let sized = flags.last().is_some_and(|u| [unit(b'h'), unit(b'l'), unit(b'w')].contains(u));
    match u8::try_from(*last) {
        Ok(kind @ (b's' | b'c' | b'S' | b'C')) if !sized => {
            let other_set = kind.is_ascii_uppercase();
            format.push(if wide != other_set { unit(b'l') } else { unit(b'h') });
            format.push(u16::from(kind.to_ascii_lowercase()));
        }
        _ => format.push(*last),
    }
    format
}

/// A row of arguments in the program's memory.
struct Arguments {
    address: usize,
    fault: bool,
}

impl Args for Arguments {
    fn slot(&mut self, index: usize) -> u64 {
        guest::read(self.address.wrapping_add(index * 8)).unwrap_or_else(|_| {
            self.fault = true;
            0
        })
    }

    fn narrow_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u8]>, BadAddress> {
        let text = guest::read_bytes_z(address as usize, max);
        text.map(Cow::Owned).map_err(|_| BadAddress(address))
    }

    fn wide_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u16]>, BadAddress> {
        let text = guest::read_wide_z(address as usize, max);
        text.map(Cow::Owned).map_err(|_| BadAddress(address))
    }

    fn counted_string(&self, address: u64) -> Result<(u16, u64), BadAddress> {
        Err(BadAddress(address))
    }

    fn write_count(&mut self, address: u64, _: u64, _: usize) -> Result<(), BadAddress> {
        Err(BadAddress(address))
    }
}

/// The text of a system error code, as UTF-16.
///
/// # Errors
/// `MESSAGE_NOT_FOUND` if haft has none.
pub fn system(code: u32) -> Result<Vec<u16>, NtStatus> {
    system_text(code).map(|text| from_str(&text)).ok_or(NtStatus::MESSAGE_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::to_string;

    fn formatted(message: &str, slots: Option<&[u64]>, lines: Lines) -> String {
        let slots = slots.map(|s| Slots { address: s.as_ptr() as usize, wide: true });
        to_string(&format(&from_str(message), slots, lines).unwrap())
    }

    #[test]
    fn inserts_are_formatted() {
        let text = haft_abi::wide::from_str_z("abc");
        let narrow = c"nar";
        let (w, n) = (text.as_ptr() as u64, narrow.as_ptr() as u64);
        let kept = |message: &str, slots: &[u64]| formatted(message, Some(slots), Lines::Kept);
        assert_eq!(kept("%1 and %2!d!.", &[w, 5]), "abc and 5.");
        assert_eq!(kept("%2!-4u!|%2!04x!|", &[w, 10]), "10  |000a|");
        assert_eq!(kept("%1!*.*s!|", &[5, 2, w]), "   ab|");
        assert_eq!(kept("%1!hs!%1!S!", &[n]), "narnar");
        assert_eq!(kept("%1!I64u!", &[u64::MAX]), "18446744073709551615");
        let row = [n];
        let slots = Slots { address: row.as_ptr() as usize, wide: false };
        let ansi = format(&from_str("<%1>"), Some(slots), Lines::Kept).unwrap();
        assert_eq!(to_string(&ansi), "<nar>");
    }

    #[test]
    fn escapes_and_lines() {
        let kept = |message: &str| formatted(message, None, Lines::Kept);
        assert_eq!(kept("a%%b%!%.%tc%nd%0e"), "a%b!.\tc\r\nd");
        assert_eq!(kept("a\nb\r\n"), "a\r\nb\r\n");
        assert_eq!(kept("%1 %12!s! x"), "%1 %12!s! x");
        let joined = |message: &str| formatted(message, None, Lines::Joined);
        assert_eq!(joined("a\r\nb%nc\r\n"), "a b\r\nc ");
        let wrapped = formatted("one two three", None, Lines::Wrapped(8));
        assert_eq!(wrapped, "one two\r\nthree");
        assert_eq!(format(&from_str("%"), None, Lines::Kept), Err(NtStatus::INVALID_PARAMETER));
    }
}

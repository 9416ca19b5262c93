//! What a person types.

use super::keyboard;
use super::mode;
use crate::io::file::FileObject;
use crate::ke::reactor::{self, Interest};
use crate::ob::{Pinned, objects};
use haft_abi::{Handle, NtStatus};
use haft_host::file as host;
use haft_host::guest;
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::termios::OptionalActions;
use haft_host::rustix::termios::{LocalModes, Termios, tcgetattr, tcsetattr};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that were read from the terminal and not yet by the program. Ends of lines are CR LF in
/// lines, as Windows has them.
static TYPED: Mutex<VecDeque<u8>> = Mutex::new(VecDeque::new());

/// Key events that were made of bytes, or that the program wrote itself.
static EVENTS: Mutex<VecDeque<KeyEvent>> = Mutex::new(VecDeque::new());

/// A key that went down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// Whether it went down.
    pub down: bool,
    /// The virtual key code.
    pub virtual_key: u16,
    /// The character, in UTF-16; zero for none.
    pub character: u16,
    /// `CONTROL_KEY_STATE` flags.
    pub control: u32,
}

fn typed() -> MutexGuard<'static, VecDeque<u8>> {
    TYPED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn events() -> MutexGuard<'static, VecDeque<KeyEvent>> {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_readable(file: &FileObject, milliseconds: i64) -> bool {
    let mut fds = [PollFd::new(&file.fd, PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: milliseconds * 1_000_000 };
    poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

/// Reads what the terminal has now, or waits for it; true unless it is at its end.
fn fetch(file: &FileObject) -> Result<bool, NtStatus> {
    let lines =
        tcgetattr(&file.fd).is_ok_and(|termios| termios.local_modes.contains(LocalModes::ICANON));
    crate::log::flush();
    let mut bytes = [0u8; 4096];
    let got = host::read(file.fd.as_fd(), bytes.as_mut_ptr() as usize, bytes.len(), None)?;
    let mut typed = typed();
    for &byte in &bytes[..got] {
        match byte {
            b'\n' if lines => typed.extend([b'\r', b'\n']),
            0x7F if !lines && !mode::has_terminal_keys() => typed.push_back(8),
            _ => typed.push_back(byte),
        }
    }
    Ok(got > 0)
}

/// Has text to read, a whole line where lines are edited; false at the end.
fn fetch_text(file: &FileObject) -> Result<bool, NtStatus> {
    let modes = tcgetattr(&file.fd).map_err(host::status)?.local_modes;
    let lines = modes.contains(LocalModes::ICANON);
    let early = text_of_events(lines);
    if !early.is_empty() && modes.contains(LocalModes::ECHO) {
        super::output::send(file, &early)?;
    }
    typed().extend(early);
    // Only what came as keys can be a part of a line: a terminal gives whole ones.
    let mut more = true;
    while more && (typed().is_empty() || lines && !typed().contains(&b'\n')) {
        more = fetch(file)?;
    }
    Ok(!typed().is_empty())
}

/// Takes the keys that wait as the text that they are.
fn text_of_events(lines: bool) -> Vec<u8> {
    let keys: Vec<u16> = events()
        .drain(..)
        .filter(|key| key.down && key.character != 0)
        .map(|key| key.character)
        .collect();
    let mut text = String::new();
    for c in haft_abi::wide::to_string(&keys).chars() {
        match c {
            '\r' if lines => text.push_str("\r\n"),
            '\u{8}' if lines => {
                if !text.ends_with('\n') {
                    text.pop();
                }
            }
            c => text.push(c),
        }
    }
    text.into_bytes()
}

/// Reads bytes (ReadFile): a line at a time where lines are edited. Zero at the end (Ctrl-D).
pub(in crate::io) fn read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<usize, NtStatus> {
    if length == 0 {
        return Ok(0);
    }
    if !fetch_text(file)? {
        return Ok(0);
    }
    let mut typed = typed();
    let count = line_length(&typed).min(length);
    let bytes: Vec<u8> = typed.drain(..count).collect();
    drop(typed);
    guest::copy_out(address, &bytes)?;
    Ok(count)
}

/// So many bytes are the first line, or all if none ends.
fn line_length(typed: &VecDeque<u8>) -> usize {
    typed.iter().position(|&b| b == b'\n').map_or(typed.len(), |n| n + 1)
}

/// Reads up to `most` UTF-16 units of text (Microsoft: "ReadConsole function"); none at the end.
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's input.
pub fn read_text(handle: Handle, most: usize) -> Result<Vec<u16>, NtStatus> {
    let file = keyboard(handle)?;
    if most == 0 {
        return Ok(Vec::new());
    }
    if !fetch_text(&file)? {
        return Ok(Vec::new());
    }
    loop {
        let mut typed = typed();
        let line = line_length(&typed);
        let bytes: Vec<u8> = typed.iter().copied().take(line).collect();
        let (count, units) = whole_characters(&bytes, most);
        if count > 0 || bytes.len() >= 4 {
            typed.drain(..count.max(1));
            return Ok(units);
        }
        drop(typed);
        // A part of a character: the rest follows.
        if !fetch(&file)? {
            return Ok(Vec::new());
        }
    }
}

/// As many whole characters as fit in `most` units: how many bytes they are, and their units.
fn whole_characters(bytes: &[u8], most: usize) -> (usize, Vec<u16>) {
    let valid = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        // Not the beginning of a character at all.
        Err(error) if error.error_len().is_some() => return (1, vec![0xFFFD]),
        Err(_) => return (0, Vec::new()),
    };
    let mut units = Vec::new();
    let mut count = 0;
    for c in valid.chars() {
        if units.len() + c.len_utf16() > most {
            break;
        }
        count += c.len_utf8();
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    (count, units)
}

/// Lets a wait for the console's input last until something is typed; false for a console that
/// is no input.
pub(in crate::io) fn prepare_wait(object: &Pinned, file: &FileObject) -> bool {
    if !file.description.console_input {
        return false;
    }
    if !typed().is_empty() || !events().is_empty() || is_readable(file, 0) {
        let _ = objects().signal_object(object);
        return true;
    }
    let _ = objects().clear_object(object);
    let waited = object.clone();
    let signal = Box::new(move || {
        let _ = objects().signal_object(&waited);
    });
    reactor::watch(file.fd.as_fd(), Interest::Readable, signal).is_ok()
}

/// Makes key events of what is typed by now.
fn gather(file: &FileObject) -> Result<(), NtStatus> {
    while is_readable(file, 0) {
        if !fetch(file)? {
            break;
        }
    }
    let bytes: Vec<u8> = typed().drain(..).collect();
    let mut events = events();
    for key in keys(&bytes) {
        events.push_back(key);
        events.push_back(KeyEvent { down: false, ..key });
    }
    Ok(())
}

/// `SHIFT_PRESSED`.
const SHIFT: u32 = 0x10;
/// `LEFT_CTRL_PRESSED`.
const CONTROL: u32 = 8;
/// `LEFT_ALT_PRESSED`.
const ALT: u32 = 2;
/// `ENHANCED_KEY`.
const ENHANCED: u32 = 0x100;

/// The keys that give these bytes on a terminal (xterm's sequences).
fn keys(bytes: &[u8]) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = bytes;
    let key =
        |virtual_key, character, control| KeyEvent { down: true, virtual_key, character, control };
    while let Some(&first) = rest.first() {
        if first == 0x1B
            && let Some((virtual_key, control, length)) = escape_sequence(rest)
        {
            keys.push(key(virtual_key, 0, control | ENHANCED));
            rest = &rest[length..];
            continue;
        }
        let (alt, body) = match rest {
            [0x1B, next, ..] if *next >= 0x20 => (ALT, &rest[1..]),
            _ => (0, rest),
        };
        // One character, of one unit or of two.
        let (count, units) = match whole_characters(body, 1) {
            (0, _) => whole_characters(body, 2),
            one => one,
        };
        let count = count.max(1);
        rest = &rest[count + (rest.len() - body.len())..];
        match units.as_slice() {
            // The end of a line is one key.
            [10] if keys.last().is_some_and(|k: &KeyEvent| k.character == 13) => {}
            [unit] => {
                let (virtual_key, control) = key_of(*unit);
                let unit = if *unit == 10 {
                    13
                } else if *unit == 0x7F {
                    8
                } else {
                    *unit
                };
                keys.push(key(virtual_key, unit, control | alt));
            }
            units => keys.extend(units.iter().map(|&unit| key(0, unit, alt))),
        }
    }
    keys
}

/// The key that gives a character on a keyboard of the United States.
fn key_of(unit: u16) -> (u16, u32) {
    let Ok(byte) = u8::try_from(unit) else { return (0, 0) };
    match byte {
        b'a'..=b'z' => (u16::from(byte - 32), 0),
        b'A'..=b'Z' => (unit, SHIFT),
        b'0'..=b'9' | b' ' | 8 | 9 | 13 | 27 => (unit, 0),
        10 => (13, 0),
        0x7F => (8, 0),
        0 => (0x32, CONTROL | SHIFT),
        1..=26 => (unit + 64, CONTROL),
        b';' => (0xBA, 0),
        b'=' => (0xBB, 0),
        b',' => (0xBC, 0),
        b'-' => (0xBD, 0),
        b'.' => (0xBE, 0),
        b'/' => (0xBF, 0),
        b'`' => (0xC0, 0),
        b'[' => (0xDB, 0),
        b'\\' => (0xDC, 0),
        b']' => (0xDD, 0),
        b'\'' => (0xDE, 0),
        _ => shifted(byte).map_or((0, 0), |virtual_key| (virtual_key, SHIFT)),
    }
}

/// The key that gives a sign together with Shift.
fn shifted(sign: u8) -> Option<u16> {
    const SIGNS: [(u8, u8); 21] = [
        (b'!', b'1'),
        (b'@', b'2'),
        (b'#', b'3'),
        (b'$', b'4'),
        (b'%', b'5'),
        (b'^', b'6'),
        (b'&', b'7'),
        (b'*', b'8'),
        (b'(', b'9'),
        (b')', b'0'),
        (b':', 0xBA),
        (b'+', 0xBB),
        (b'<', 0xBC),
        (b'_', 0xBD),
        (b'>', 0xBE),
        (b'?', 0xBF),
        (b'~', 0xC0),
        (b'{', 0xDB),
        (b'|', 0xDC),
        (b'}', 0xDD),
        (b'"', 0xDE),
    ];
    SIGNS.iter().find(|&&(s, _)| s == sign).map(|&(_, key)| u16::from(key))
}

/// A key without a character: its virtual key code, its modifiers, and the sequence's length.
fn escape_sequence(bytes: &[u8]) -> Option<(u16, u32, usize)> {
    let [0x1B, kind @ (b'[' | b'O'), body @ ..] = bytes else { return None };
    let end = body.iter().position(|b| (0x40..=0x7E).contains(b))?;
    let parameters = core::str::from_utf8(&body[..end]).ok()?;
    let mut numbers = parameters.split(';').map(|n| n.parse::<u32>().unwrap_or(1));
    let first = numbers.next().unwrap_or(1);
    let modifiers = numbers.next().unwrap_or(1).saturating_sub(1);
    let mut control = 0;
    for (bit, flag) in [(1, SHIFT), (2, ALT), (4, CONTROL)] {
        if modifiers & bit != 0 {
            control |= flag;
        }
    }
    let virtual_key = match (body[end], first) {
        (b'A', _) => 0x26,
        (b'B', _) => 0x28,
        (b'C', _) => 0x27,
        (b'D', _) => 0x25,
        (b'H', _) | (b'~', 1 | 7) => 0x24,
        (b'F', _) | (b'~', 4 | 8) => 0x23,
        (b'~', 2) => 0x2D,
        (b'~', 3) => 0x2E,
        (b'~', 5) => 0x21,
        (b'~', 6) => 0x22,
        (b'P', _) if *kind == b'O' => 0x70,
        (b'Q', _) if *kind == b'O' => 0x71,
        (b'R', _) if *kind == b'O' => 0x72,
        (b'S', _) if *kind == b'O' => 0x73,
        (b'~', n @ 11..=15) => 0x70 + (n - 11) as u16,
        (b'~', n @ 17..=21) => 0x75 + (n - 17) as u16,
        (b'~', n @ 23..=24) => 0x7A + (n - 23) as u16,
        _ => return None,
    };
    Some((virtual_key, control, end + 3))
}

/// The keys that wait (Microsoft: "PeekConsoleInput function"). With `take` they are taken, and
/// waited for if there is none (Microsoft: "ReadConsoleInput function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's input.
pub fn keys_waiting(handle: Handle, most: usize, take: bool) -> Result<Vec<KeyEvent>, NtStatus> {
    let file = keyboard(handle)?;
    by_key(&file, || {
        gather(&file)?;
        while take && events().is_empty() {
            let _ = poll(&mut [PollFd::new(&file.fd, PollFlags::IN)], None);
            if !fetch(&file)? {
                break;
            }
            gather(&file)?;
        }
        let mut events = events();
        let count = events.len().min(most);
        Ok(if take {
            events.drain(..count).collect()
        } else {
            events.iter().copied().take(count).collect()
        })
    })
}

/// Runs `body` while keys come one by one, without waiting for the end of a line.
fn by_key<T>(file: &FileObject, body: impl FnOnce() -> Result<T, NtStatus>) -> Result<T, NtStatus> {
    let before = without_lines(file)?;
    let result = body();
    if before.local_modes.contains(LocalModes::ICANON) {
        let _ = tcsetattr(&file.fd, OptionalActions::Now, &before);
    }
    result
}

fn without_lines(file: &FileObject) -> Result<Termios, NtStatus> {
    let before = tcgetattr(&file.fd).map_err(host::status)?;
    mode::change(file, |termios| {
        termios.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    })?;
    Ok(before)
}

/// How many events wait (Microsoft: "GetNumberOfConsoleInputEvents function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's input.
pub fn count(handle: Handle) -> Result<usize, NtStatus> {
    let file = keyboard(handle)?;
    by_key(&file, || gather(&file))?;
    Ok(events().len())
}

/// Queues events as if they were typed (Microsoft: "WriteConsoleInput function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's input.
pub fn push(handle: Handle, keys: &[KeyEvent]) -> Result<(), NtStatus> {
    keyboard(handle)?;
    events().extend(keys);
    Ok(())
}

/// Forgets what is typed (Microsoft: "FlushConsoleInputBuffer function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's input.
pub fn flush(handle: Handle) -> Result<(), NtStatus> {
    use haft_host::rustix::termios::{QueueSelector, tcflush};
    let file = keyboard(handle)?;
    typed().clear();
    events().clear();
    tcflush(&file.fd, QueueSelector::IFlush).map_err(host::status)
}

/// Whether the terminal once left the question where the cursor is unanswered.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Asks the terminal where its cursor is: column and row, from 0. None where it does not say.
pub(super) fn cursor_position(file: &FileObject) -> Option<(u16, u16)> {
    use haft_host::rustix::process::getpgrp;
    use haft_host::rustix::termios::tcgetpgrp;
    // Only who may read the terminal may ask.
    if SILENT.load(Ordering::Relaxed) || tcgetpgrp(&file.fd).ok()? != getpgrp() {
        return None;
    }
    let before = without_lines(file).ok()?;
    let answer = (|| {
        super::output::send(file, b"\x1b[6n").ok()?;
        let mut answer = Vec::new();
        loop {
            if !is_readable(file, 200) {
                SILENT.store(true, Ordering::Relaxed);
                typed().extend(&answer);
                return None;
            }
            let mut bytes = [0u8; 64];
            let got = host::read(file.fd.as_fd(), bytes.as_mut_ptr() as usize, 64, None).ok()?;
            answer.extend_from_slice(&bytes[..got]);
            if let Some((position, start, end)) = position_report(&answer) {
                // What was typed before and after stays typed.
                answer.drain(start..end);
                typed().extend(&answer);
                return Some(position);
            }
        }
    })();
    let _ = tcsetattr(&file.fd, OptionalActions::Now, &before);
    answer
}

/// A report of the cursor's position, `ESC [ row ; column R`, and where in the bytes it is.
fn position_report(bytes: &[u8]) -> Option<((u16, u16), usize, usize)> {
    let start = bytes.windows(2).rposition(|pair| pair == b"\x1b[")?;
    let end = start + bytes[start..].iter().position(|&b| b == b'R')?;
    let body = core::str::from_utf8(&bytes[start + 2..end]).ok()?;
    let (row, column) = body.split_once(';')?;
    let number = |text: &str| text.parse::<u16>().ok()?.checked_sub(1);
    Some(((number(column)?, number(row)?), start, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_keys() {
        let of = |bytes: &[u8]| -> Vec<(u16, u16)> {
            keys(bytes).iter().map(|k| (k.virtual_key, k.character)).collect()
        };
        assert_eq!(of(b"a\r\n"), [(0x41, 97), (13, 13)]);
        assert_eq!(of(b"\x1b[A\x1b[5~"), [(0x26, 0), (0x21, 0)]);
        assert_eq!(of(b"\x1b"), [(27, 27)]);
        assert_eq!(of("é".as_bytes()), [(0, 0xE9)]);
        assert_eq!(keys(b"\x1b[1;5C")[0].control, CONTROL | ENHANCED);
        assert_eq!(keys(b"\x1bx")[0].control, ALT);
        assert_eq!((keys(b"?")[0].virtual_key, keys(b"?")[0].control), (0xBF, SHIFT));
        assert_eq!(
            keys(b"\x03")[0],
            KeyEvent { down: true, virtual_key: 67, character: 3, control: CONTROL }
        );
    }

    #[test]
    fn a_report_is_found_among_keys() {
        assert_eq!(position_report(b"ab\x1b[12;40Rc"), Some(((39, 11), 2, 10)));
        assert_eq!(position_report(b"ab\x1b[12"), None);
    }

    #[test]
    fn characters_are_not_cut() {
        assert_eq!(whole_characters("aé".as_bytes(), 1), (1, vec![97]));
        assert_eq!(whole_characters(&"é".as_bytes()[..1], 9), (0, vec![]));
        assert_eq!(whole_characters("😀".as_bytes(), 1), (0, vec![]));
    }
}

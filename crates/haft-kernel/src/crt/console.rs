//! `_getch`, `_kbhit`, `_putch`: the console itself, wherever the standard streams go.

use super::error::Error;
use crate::io::console::input::{self, KeyEvent};
use crate::io::console::output;
use crate::io::name;
use crate::io::open::{self, OpenRequest};
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_crt::Errno;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

type Opened = OnceLock<Result<Handle, NtStatus>>;

fn opened(place: &'static Opened, device: &str) -> Result<Handle, Error> {
    let handle = *place.get_or_init(|| {
        let access = AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE;
        let request = OpenRequest::existing(name::dos(&wide::from_str(device))?, access);
        Ok(open::open(request)?.0)
    });
    Ok(handle?)
}

fn keyboard() -> Result<Handle, Error> {
    static KEYBOARD: Opened = OnceLock::new();
    opened(&KEYBOARD, "CONIN$")
}

fn screen() -> Result<Handle, Error> {
    static SCREEN: Opened = OnceLock::new();
    opened(&SCREEN, "CONOUT$")
}

/// Values that the next calls give: the rest of a key's, or one that was put back.
struct Waiting {
    bytes: VecDeque<u8>,
    units: VecDeque<u16>,
}

fn waiting() -> MutexGuard<'static, Waiting> {
    static WAITING: Mutex<Waiting> =
        Mutex::new(Waiting { bytes: VecDeque::new(), units: VecDeque::new() });
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a key gives.
enum Key {
    Character(u16),
    Codes([u8; 2]),
}

/// The two values that a key without a character gives (Microsoft: "_getch, _getwch": 0 or 0xE0,
/// then the key code); `None` for one that gives nothing.
fn codes(virtual_key: u16) -> Option<[u8; 2]> {
    Some(match virtual_key {
        // F1 to F10.
        0x70..=0x79 => [0, 0x3B + (virtual_key - 0x70) as u8],
        0x7A..=0x7B => [0xE0, 0x85 + (virtual_key - 0x7A) as u8],
        0x24 => [0xE0, 0x47],
        0x26 => [0xE0, 0x48],
        0x21 => [0xE0, 0x49],
        0x25 => [0xE0, 0x4B],
        0x27 => [0xE0, 0x4D],
        0x23 => [0xE0, 0x4F],
        0x28 => [0xE0, 0x50],
        0x22 => [0xE0, 0x51],
        0x2D => [0xE0, 0x52],
        0x2E => [0xE0, 0x53],
        _ => return None,
    })
}

/// What an event gives; nothing for a key that goes up, or Shift alone.
fn key_of(event: &KeyEvent) -> Option<Key> {
    match event {
        KeyEvent { down: false, .. } => None,
        KeyEvent { character: 0, virtual_key, .. } => codes(*virtual_key).map(Key::Codes),
        KeyEvent { character, .. } => Some(Key::Character(*character)),
    }
}

fn next_key() -> Result<Key, Error> {
    let keyboard = keyboard()?;
    loop {
        let events = input::keys_waiting(keyboard, 1, true)?;
        let event = events.first().ok_or(Errno::EIO)?;
        if let Some(key) = key_of(event) {
            return Ok(key);
        }
    }
}

/// The next key's value (`_getwch`, with `echo` `_getwche`): its character, or 0 or 0xE0 and with
/// the call after that the key's code.
///
/// # Errors
/// Those of opening the console, `EIO` when the terminal is gone.
pub fn get(echo: bool) -> Result<u16, Error> {
    if let Some(unit) = waiting().units.pop_front() {
        return Ok(unit);
    }
    match next_key()? {
        Key::Character(unit) => {
            if echo {
                put(&[unit])?;
            }
            Ok(unit)
        }
        Key::Codes([first, second]) => {
            waiting().units.push_back(second.into());
            Ok(first.into())
        }
    }
}

/// [`get`] a byte at a time (`_getch`, `_getche`): a character beyond ASCII gives the bytes of its
/// UTF-8.
///
/// # Errors
/// As for [`get`].
pub fn get_byte(echo: bool) -> Result<u8, Error> {
    if let Some(byte) = waiting().bytes.pop_front() {
        return Ok(byte);
    }
    let (first, rest) = match next_key()? {
        Key::Codes([first, second]) => (first, vec![second]),
        Key::Character(unit) => {
            let mut units = vec![unit];
            if (0xD800..0xDC00).contains(&unit)
                && let Key::Character(second) = next_key()?
            {
                units.push(second);
            }
            if echo {
                put(&units)?;
            }
            let mut bytes = wide::to_string(&units).into_bytes();
            (bytes.remove(0), bytes)
        }
    };
    waiting().bytes.extend(rest);
    Ok(first)
}

/// Puts a value back, which the next [`get`] gives (`_ungetwch`).
///
/// # Errors
/// `EINVAL` when one was put back already.
pub fn put_back(unit: u16) -> Result<u16, Error> {
    let units = &mut waiting().units;
    if !units.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    units.push_back(unit);
    Ok(unit)
}

/// Puts a byte back, which the next [`get_byte`] gives (`_ungetch`).
///
/// # Errors
/// `EINVAL` when one was put back already.
pub fn put_byte_back(byte: u8) -> Result<u8, Error> {
    let bytes = &mut waiting().bytes;
    if !bytes.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    bytes.push_back(byte);
    Ok(byte)
}

/// Whether a key waits (`_kbhit`).
///
/// # Errors
/// Those of opening the console.
pub fn is_hit() -> Result<bool, Error> {
    let waiting = waiting();
    if !waiting.bytes.is_empty() || !waiting.units.is_empty() {
        return Ok(true);
    }
    drop(waiting);
    let events = input::keys_waiting(keyboard()?, usize::MAX, false)?;
    Ok(events.iter().any(|event| key_of(event).is_some()))
}

/// Shows text (`_cputws`).
///
/// # Errors
/// Those of opening the console and of writing to it.
pub fn put(text: &[u16]) -> Result<(), Error> {
    Ok(output::write(screen()?, text)?)
}

/// Shows bytes, which are UTF-8 (`_cputs`).
///
/// # Errors
/// As for [`put`].
pub fn put_bytes(text: &[u8]) -> Result<(), Error> {
    let file = crate::io::console::screen(screen()?)?;
    Ok(output::send(&file, text)?)
}

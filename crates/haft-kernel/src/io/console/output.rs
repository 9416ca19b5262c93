//! What a program shows (Microsoft: "Console Functions").

use super::screen;
use crate::io::file::FileObject;
use crate::io::rights::{FILE_APPEND_DATA, FILE_WRITE_DATA};
use haft_abi::{Handle, NtStatus, wide};
use haft_host::file::{self as host, status};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::termios::tcgetwinsize;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};

/// The first half of a character whose second half is in the next call (zero: none).
static HALF: AtomicU16 = AtomicU16::new(0);

/// The attributes that text is shown with: light grey on black, as a new console has.
static ATTRIBUTES: AtomicU16 = AtomicU16::new(7);

/// The size of the cursor in percent, and whether it is shown.
static CURSOR_SIZE: AtomicU32 = AtomicU32::new(25);
static CURSOR_SHOWN: AtomicBool = AtomicBool::new(true);

/// Shows text (Microsoft: "WriteConsole function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's screen.
pub fn write(handle: Handle, text: &[u16]) -> Result<(), NtStatus> {
    let (object, _file) = crate::io::file::by_handle(handle, haft_abi::AccessMask::NONE)?;
    if !object.access().any(FILE_WRITE_DATA | FILE_APPEND_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let file = screen(handle)?;
    let mut units = Vec::with_capacity(text.len() + 1);
    match HALF.swap(0, Ordering::Relaxed) {
        0 => {}
        half => units.push(half),
    }
    units.extend_from_slice(text);
    if let Some(&half @ 0xD800..=0xDBFF) = units.last() {
        HALF.store(half, Ordering::Relaxed);
        units.pop();
    }
    // What is half a character for good shows as the sign for that.
    send(&file, wide::to_string(&units).as_bytes())
}

/// Sends bytes to the terminal, escape sequences among them.
///
/// # Errors
/// Those of write(2).
pub fn send(file: &FileObject, bytes: &[u8]) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < bytes.len() {
        let rest = &bytes[done..];
        done += host::write(file.fd.as_fd(), rest.as_ptr() as usize, rest.len(), None)?;
    }
    Ok(())
}

/// What the screen is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The attributes that text is shown with.
    pub attributes: u16,
    /// Column and row of the cursor, from 0.
    pub cursor: (u16, u16),
}

/// What the screen is like (Microsoft: "GetConsoleScreenBufferInfo function"). The buffer is what
/// the terminal shows, no more.
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's screen.
pub fn information(handle: Handle) -> Result<Screen, NtStatus> {
    let file = screen(handle)?;
    let size = size(handle)?;
    let cursor = super::input::cursor_position(&file).unwrap_or_default();
    Ok(Screen {
        size,
        attributes: ATTRIBUTES.load(Ordering::Relaxed),
        cursor: (cursor.0.min(size.0 - 1), cursor.1.min(size.1 - 1)),
    })
}

/// The screen's columns and rows.
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's screen.
pub fn size(handle: Handle) -> Result<(u16, u16), NtStatus> {
    let size = tcgetwinsize(&screen(handle)?.fd).map_err(status)?;
    // A terminal that does not tell its size is as large as terminals were.
    let or = |n: u16, usual| if n == 0 { usual } else { n };
    Ok((or(size.ws_col, 80), or(size.ws_row, 25)))
}

/// The escape sequence that shows text with these attributes.
fn colours(attributes: u16) -> String {
    // Windows counts blue, green, red; terminals red, green, blue.
    let colour = |bits: u16| (bits & 1) << 2 | bits & 2 | (bits & 4) >> 2;
    let mut sequence = String::from("\x1b[0");
    let foreground = colour(attributes);
    let background = colour(attributes >> 4);
    if attributes & 0xFF != 7 {
        let base = if attributes & 8 == 0 { 30 } else { 90 };
        sequence += &format!(";{}", base + foreground);
        if attributes & 0xF0 != 0 {
            let base = if attributes & 0x80 == 0 { 40 } else { 100 };
            sequence += &format!(";{}", base + background);
        }
    }
    if attributes & 0x4000 != 0 {
        sequence += ";7";
    }
    if attributes & 0x8000 != 0 {
        sequence += ";4";
    }
    sequence + "m"
}

/// Shows what follows with these attributes (Microsoft: "SetConsoleTextAttribute function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no console's screen.
pub fn set_attributes(handle: Handle, attributes: u16) -> Result<(), NtStatus> {
    let file = screen(handle)?;
    ATTRIBUTES.store(attributes, Ordering::Relaxed);
    send(&file, colours(attributes).as_bytes())
}

/// Moves the cursor (Microsoft: "SetConsoleCursorPosition function").
///
/// # Errors
/// `INVALID_HANDLE`; `INVALID_PARAMETER` outside the screen.
pub fn set_cursor(handle: Handle, column: i16, row: i16) -> Result<(), NtStatus> {
    let file = screen(handle)?;
    if column < 0 || row < 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    send(&file, format!("\x1b[{};{}H", row + 1, column + 1).as_bytes())
}

/// Shows text at a place, and puts the cursor back (Microsoft: "WriteConsoleOutputCharacter
/// function"). `attributes` are those of the text, where it has its own.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn write_at(
    handle: Handle,
    (column, row): (i16, i16),
    text: &[u16],
    attributes: Option<u16>,
) -> Result<(), NtStatus> {
    let file = screen(handle)?;
    let mut bytes = format!("\x1b7\x1b[{};{}H", row.max(0) + 1, column.max(0) + 1);
    if let Some(attributes) = attributes {
        bytes += &colours(attributes);
    }
    bytes += &wide::to_string(text);
    if attributes.is_some() {
        bytes += &colours(ATTRIBUTES.load(Ordering::Relaxed));
    }
    bytes += "\x1b8";
    send(&file, bytes.as_bytes())
}

/// Shows a character from a place on, as far as the screen goes: how often (Microsoft:
/// "FillConsoleOutputCharacter function").
///
/// # Errors
/// `INVALID_HANDLE`; `INVALID_PARAMETER` outside the screen.
pub fn fill(handle: Handle, place: (i16, i16), unit: u16, count: u32) -> Result<u32, NtStatus> {
    let room = room_from(size(handle)?, place).ok_or(NtStatus::INVALID_PARAMETER)?;
    let text = vec![unit; count.min(room) as usize];
    write_at(handle, place, &text, None)?;
    Ok(text.len() as u32)
}

/// So many cells there are from a place to the end of the screen.
fn room_from((columns, rows): (u16, u16), (column, row): (i16, i16)) -> Option<u32> {
    let (column, row) = (u16::try_from(column).ok()?, u16::try_from(row).ok()?);
    if column >= columns || row >= rows {
        return None;
    }
    Some(u32::from(columns) * u32::from(rows - row) - u32::from(column))
}

/// A rectangle of the screen: its first and last column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// First column.
    pub left: i16,
    /// First row.
    pub top: i16,
    /// Last column.
    pub right: i16,
    /// Last row.
    pub bottom: i16,
}

/// Moves whole lines up or down; blanks with `attributes` come where they were (Microsoft:
/// "ScrollConsoleScreenBuffer function").
///
/// # Errors
/// `INVALID_HANDLE`; `NOT_IMPLEMENTED` for what a terminal cannot do: to move a part of a line, to
/// move across lines that stay, or to leave anything but blanks.
pub fn scroll(
    handle: Handle,
    moved: Rectangle,
    clip: Option<Rectangle>,
    to: (i16, i16),
    (blank, attributes): (u16, u16),
) -> Result<(), NtStatus> {
    let file = screen(handle)?;
    let (columns, rows) = size(handle)?;
    let covers = |r: Rectangle| {
        r.left <= 0 && r.top <= 0 && r.right >= columns as i16 - 1 && r.bottom >= rows as i16 - 1
    };
    let whole_lines = moved.left <= 0 && moved.right >= columns as i16 - 1 && to.0 == moved.left;
    if !whole_lines || !clip.is_none_or(covers) || blank != u16::from(b' ') {
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    let lines = (moved.top, moved.bottom.min(rows as i16 - 1));
    let Some(Lines { first, last, by }) = lines_moved(lines, to.1, rows as i16)? else {
        return Ok(());
    };
    let direction = if by < 0 { 'S' } else { 'T' };
    let mut sequence = String::from("\x1b7") + &colours(attributes);
    sequence += &format!("\x1b[{};{}r", first + 1, last + 1);
    sequence += &format!("\x1b[{}{direction}\x1b[r", by.unsigned_abs());
    sequence += &colours(ATTRIBUTES.load(Ordering::Relaxed));
    sequence += "\x1b8";
    send(&file, sequence.as_bytes())
}

/// Lines of the screen, and by how much they move: down, or up if it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lines {
    first: i16,
    last: i16,
    by: i16,
}

/// The lines that move when `top` to `bottom` go to `to`, with those that they push off. None if
/// nothing moves.
fn lines_moved((top, bottom): (i16, i16), to: i16, rows: i16) -> Result<Option<Lines>, NtStatus> {
    let by = i32::from(to) - i32::from(top);
    if by == 0 || top > bottom || top < 0 {
        return Ok(None);
    }
    let height = i32::from(bottom - top) + 1;
    // Gone altogether, or next to or across where they were.
    let gone = i32::from(to) + height <= 0 || to >= rows;
    if gone {
        let by = if by < 0 { -height } else { height };
        return Ok(Some(Lines { first: top, last: bottom, by: by as i16 }));
    }
    if by.abs() > height {
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    let first = top.min(to).max(0);
    let last = i32::from(bottom).max(i32::from(bottom) + by).min(i32::from(rows) - 1);
    Ok(Some(Lines { first, last: last as i16, by: by as i16 }))
}

/// The cursor's size in percent of a character, and whether it is shown.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn cursor(handle: Handle) -> Result<(u32, bool), NtStatus> {
    screen(handle)?;
    Ok((CURSOR_SIZE.load(Ordering::Relaxed), CURSOR_SHOWN.load(Ordering::Relaxed)))
}

/// Sets the cursor's size and whether it is shown (Microsoft: "SetConsoleCursorInfo function").
///
/// # Errors
/// `INVALID_HANDLE`; `INVALID_PARAMETER` for a size that is none.
pub fn set_cursor_shape(handle: Handle, size: u32, shown: bool) -> Result<(), NtStatus> {
    let file = screen(handle)?;
    if !(1..=100).contains(&size) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    CURSOR_SIZE.store(size, Ordering::Relaxed);
    CURSOR_SHOWN.store(shown, Ordering::Relaxed);
    send(&file, if shown { b"\x1b[?25h" } else { b"\x1b[?25l" })
}

#[cfg(test)]
mod tests {
    use super::{Lines, NtStatus, colours, lines_moved, room_from};

    #[test]
    fn colours_are_the_terminals_own() {
        assert_eq!(colours(7), "\x1b[0m");
        assert_eq!(colours(0xC), "\x1b[0;91m");
        assert_eq!(colours(0x1F), "\x1b[0;97;44m");
    }

    #[test]
    fn text_ends_with_the_screen() {
        assert_eq!(room_from((80, 25), (0, 0)), Some(2000));
        assert_eq!(room_from((80, 25), (79, 24)), Some(1));
        assert_eq!(room_from((80, 25), (80, 0)), None);
        assert_eq!(room_from((80, 25), (0, -1)), None);
    }

    #[test]
    fn lines_move_with_what_they_push_off() {
        let moved = |first, last, by| Ok(Some(Lines { first, last, by }));
        // Everything, off the screen.
        assert_eq!(lines_moved((0, 24), -25, 25), moved(0, 24, -25));
        // All but the first line, up by one.
        assert_eq!(lines_moved((1, 24), 0, 25), moved(0, 24, -1));
        // The first ten lines down by two.
        assert_eq!(lines_moved((0, 9), 2, 25), moved(0, 11, 2));
        assert_eq!(lines_moved((20, 24), 23, 25), moved(20, 24, 3));
        assert_eq!(lines_moved((3, 4), 3, 25), Ok(None));
        assert_eq!(lines_moved((10, 12), 0, 25), Err(NtStatus::NOT_IMPLEMENTED));
    }
}

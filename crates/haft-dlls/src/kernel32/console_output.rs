//! The console's screen.

use crate::abi::{Charset, In, Out, Ptr, SetIfSome as _};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::io::console::output;
use haft_macros::export;
use windows_sys::Win32::System::Console::{
    CONSOLE_CURSOR_INFO, CONSOLE_SCREEN_BUFFER_INFO, COORD, SMALL_RECT,
};

/// Shows text. (Microsoft: "WriteConsole function")
#[export(kernel32, charset)]
fn WriteConsole<C: Charset>(
    hConsoleOutput: Handle,
    lpBuffer: Ptr<u8>,
    nNumberOfCharsToWrite: u32,
    lpNumberOfCharsWritten: Option<Out<u32>>,
    lpReserved: usize,
) -> Result<(), Win32Error> {
    let _ = lpReserved;
    let text = C::read_n(lpBuffer.addr(), nNumberOfCharsToWrite as usize)?;
    output::write(hConsoleOutput, &text)?;
    Ok(lpNumberOfCharsWritten.set(nNumberOfCharsToWrite)?)
}

fn information(screen: &output::Screen) -> CONSOLE_SCREEN_BUFFER_INFO {
    let (columns, rows) = (screen.size.0 as i16, screen.size.1 as i16);
    CONSOLE_SCREEN_BUFFER_INFO {
        dwSize: COORD { X: columns, Y: rows },
        dwCursorPosition: COORD { X: screen.cursor.0 as i16, Y: screen.cursor.1 as i16 },
        wAttributes: screen.attributes,
        srWindow: SMALL_RECT { Left: 0, Top: 0, Right: columns - 1, Bottom: rows - 1 },
        dwMaximumWindowSize: COORD { X: columns, Y: rows },
    }
}

/// Gets the screen's size, cursor and attributes. (Microsoft: "GetConsoleScreenBufferInfo
/// function")
#[export(kernel32)]
fn GetConsoleScreenBufferInfo(
    hConsoleOutput: Handle,
    lpConsoleScreenBufferInfo: Out<CONSOLE_SCREEN_BUFFER_INFO>,
) -> Result<(), Win32Error> {
    let screen = output::information(hConsoleOutput)?;
    Ok(lpConsoleScreenBufferInfo.set(information(&screen))?)
}

haft_host::plain! {
    /// Microsoft: "CONSOLE_SCREEN_BUFFER_INFOEX structure", in 16-bit words.
    struct ScreenBufferInfoEx {
        size: u32,
        words: [u16; 11],
        popup: u16,
        full_screen: u32,
        colours: [u32; 16],
    }
}

/// The sixteen colours, as a new console has them.
const COLOURS: [u32; 16] = [
    0x0C0C0C, 0xDA3700, 0x0EA113, 0xDD963A, 0x1F0FC5, 0x981788, 0x009CC1, 0xCCCCCC, 0x767676,
    0xFF783B, 0x0CC616, 0xD6D661, 0x5648E7, 0x9E00B4, 0xA5F1F9, 0xF2F2F2,
];

/// Gets the screen's size, cursor, attributes and colours. (Microsoft:
/// "GetConsoleScreenBufferInfoEx function")
#[export(kernel32)]
fn GetConsoleScreenBufferInfoEx(
    hConsoleOutput: Handle,
    lpConsoleScreenBufferInfoEx: crate::abi::InOut<ScreenBufferInfoEx>,
) -> Result<(), Win32Error> {
    let size = size_of::<ScreenBufferInfoEx>() as u32;
    if lpConsoleScreenBufferInfoEx.get().size != size {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let screen = output::information(hConsoleOutput)?;
    let (columns, rows) = screen.size;
    let (column, row) = screen.cursor;
    Ok(lpConsoleScreenBufferInfoEx.set(ScreenBufferInfoEx {
        size,
        words: [
            columns,
            rows,
            column,
            row,
            screen.attributes,
            0,
            0,
            columns - 1,
            rows - 1,
            columns,
            rows,
        ],
        popup: 0xF5,
        full_screen: 0,
        colours: COLOURS,
    })?)
}

/// Shows what follows with these attributes. (Microsoft: "SetConsoleTextAttribute function")
#[export(kernel32)]
fn SetConsoleTextAttribute(hConsoleOutput: Handle, wAttributes: u16) -> Result<(), Win32Error> {
    Ok(output::set_attributes(hConsoleOutput, wAttributes)?)
}

/// Moves the cursor. (Microsoft: "SetConsoleCursorPosition function")
#[export(kernel32)]
fn SetConsoleCursorPosition(
    hConsoleOutput: Handle,
    dwCursorPosition: COORD,
) -> Result<(), Win32Error> {
    Ok(output::set_cursor(hConsoleOutput, dwCursorPosition.X, dwCursorPosition.Y)?)
}

/// Gets the cursor's size, and whether it is shown. (Microsoft: "GetConsoleCursorInfo function")
#[export(kernel32)]
fn GetConsoleCursorInfo(
    hConsoleOutput: Handle,
    lpConsoleCursorInfo: Out<CONSOLE_CURSOR_INFO>,
) -> Result<(), Win32Error> {
    let (size, shown) = output::cursor(hConsoleOutput)?;
    Ok(lpConsoleCursorInfo.set(CONSOLE_CURSOR_INFO { dwSize: size, bVisible: i32::from(shown) })?)
}

/// Sets the cursor's size, and whether it is shown. (Microsoft: "SetConsoleCursorInfo function")
#[export(kernel32)]
fn SetConsoleCursorInfo(
    hConsoleOutput: Handle,
    lpConsoleCursorInfo: In<CONSOLE_CURSOR_INFO>,
) -> Result<(), Win32Error> {
    let info = lpConsoleCursorInfo.get();
    Ok(output::set_cursor_shape(hConsoleOutput, info.dwSize, info.bVisible != 0)?)
}

/// Shows one character many times. (Microsoft: "FillConsoleOutputCharacter function")
#[export(kernel32, charset)]
fn FillConsoleOutputCharacter<C: Charset>(
    hConsoleOutput: Handle,
    cCharacter: u16,
    nLength: u32,
    dwWriteCoord: COORD,
    lpNumberOfCharsWritten: Out<u32>,
) -> Result<(), Win32Error> {
    let unit = if C::WIDE { cCharacter } else { cCharacter & 0xFF };
    let place = (dwWriteCoord.X, dwWriteCoord.Y);
    Ok(lpNumberOfCharsWritten.set(output::fill(hConsoleOutput, place, unit, nLength)?)?)
}

/// Moves whole lines of the screen up or down; what else a terminal cannot do fails. (Microsoft:
/// "ScrollConsoleScreenBuffer function")
#[export(kernel32, charset)]
fn ScrollConsoleScreenBuffer<C: Charset>(
    hConsoleOutput: Handle,
    lpScrollRectangle: In<Rectangle>,
    lpClipRectangle: Option<In<Rectangle>>,
    dwDestinationOrigin: COORD,
    lpFill: In<CharInfo>,
) -> Result<(), Win32Error> {
    let fill = lpFill.get();
    let blank = if C::WIDE { fill.character } else { fill.character & 0xFF };
    let moved = lpScrollRectangle.get().into();
    let clip = lpClipRectangle.map(|clip| clip.get().into());
    let to = (dwDestinationOrigin.X, dwDestinationOrigin.Y);
    match output::scroll(hConsoleOutput, moved, clip, to, (blank, fill.attributes)) {
        Err(NtStatus::NOT_IMPLEMENTED) => {
            haft_kernel::log::say_once(
                "a terminal moves whole lines only; ScrollConsoleScreenBuffer fails",
            );
            Err(Win32Error::CALL_NOT_IMPLEMENTED)
        }
        result => Ok(result?),
    }
}

/// Returns the size of the largest window, which is the terminal's: columns in the low word, rows
/// in the high one. (Microsoft: "GetLargestConsoleWindowSize function")
#[export(kernel32)]
fn GetLargestConsoleWindowSize(hConsoleOutput: Handle) -> Result<u32, Win32Error> {
    let (columns, rows) = output::size(hConsoleOutput)?;
    Ok(u32::from(rows) << 16 | u32::from(columns))
}

/// Gives attributes to what is shown, which a terminal does not do: it fails. (Microsoft:
/// "FillConsoleOutputAttribute function")
#[export(kernel32)]
fn FillConsoleOutputAttribute(
    hConsoleOutput: Handle,
    wAttribute: u16,
    nLength: u32,
    dwWriteCoord: COORD,
    lpNumberOfAttrsWritten: Out<u32>,
) -> Result<(), Win32Error> {
    // Only text that is written anew can have other attributes; blank is what programs clear to.
    let plain = output::information(hConsoleOutput)?.attributes == wAttribute;
    let _ = dwWriteCoord;
    if plain {
        return Ok(lpNumberOfAttrsWritten.set(nLength)?);
    }
    haft_kernel::log::say_once(
        "attributes of text that is shown cannot be changed; FillConsoleOutputAttribute fails",
    );
    Err(Win32Error::CALL_NOT_IMPLEMENTED)
}

/// Shows text at a place. (Microsoft: "WriteConsoleOutputCharacter function")
#[export(kernel32, charset)]
fn WriteConsoleOutputCharacter<C: Charset>(
    hConsoleOutput: Handle,
    lpCharacter: Ptr<u8>,
    nLength: u32,
    dwWriteCoord: COORD,
    lpNumberOfCharsWritten: Out<u32>,
) -> Result<(), Win32Error> {
    let text = C::read_n(lpCharacter.addr(), nLength as usize)?;
    output::write_at(hConsoleOutput, (dwWriteCoord.X, dwWriteCoord.Y), &text, None)?;
    Ok(lpNumberOfCharsWritten.set(nLength)?)
}

haft_host::plain! {
    /// Microsoft: "CHAR_INFO structure"
    struct CharInfo {
        character: u16,
        attributes: u16,
    }

    /// Microsoft: "SMALL_RECT structure"
    struct Rectangle {
        left: i16,
        top: i16,
        right: i16,
        bottom: i16,
    }
}

impl From<Rectangle> for output::Rectangle {
    fn from(r: Rectangle) -> Self {
        Self { left: r.left, top: r.top, right: r.right, bottom: r.bottom }
    }
}

/// Shows a rectangle of characters with attributes. (Microsoft: "WriteConsoleOutput function")
#[export(kernel32, charset)]
fn WriteConsoleOutput<C: Charset>(
    hConsoleOutput: Handle,
    lpBuffer: Ptr<CharInfo>,
    dwBufferSize: COORD,
    dwBufferCoord: COORD,
    lpWriteRegion: crate::abi::InOut<Rectangle>,
) -> Result<(), Win32Error> {
    let region = lpWriteRegion.get();
    let mask = if C::WIDE { 0xFFFF } else { 0xFF };
    for row in region.top..=region.bottom {
        let line = i32::from(row - region.top) + i32::from(dwBufferCoord.Y);
        let width = i32::from(region.right - region.left) + 1;
        let width = width.min(i32::from(dwBufferSize.X - dwBufferCoord.X));
        if line >= i32::from(dwBufferSize.Y) || width <= 0 {
            break;
        }
        let start = line * i32::from(dwBufferSize.X) + i32::from(dwBufferCoord.X);
        let cells = lpBuffer.at(start as usize).read_slice(width as usize)?;
        show_cells(hConsoleOutput, (region.left, row), &cells, mask)?;
    }
    Ok(lpWriteRegion.set(region)?)
}

fn show_cells(
    screen: Handle,
    (left, row): (i16, i16),
    cells: &[CharInfo],
    mask: u16,
) -> Result<(), Win32Error> {
    let mut column = left;
    for run in cells.chunk_by(|a, b| a.attributes == b.attributes) {
        let text: Vec<u16> = run.iter().map(|cell| cell.character & mask).collect();
        output::write_at(screen, (column, row), &text, Some(run[0].attributes))?;
        column += run.len() as i16;
    }
    Ok(())
}

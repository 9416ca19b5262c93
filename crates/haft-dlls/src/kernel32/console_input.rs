//! The console's input.

use crate::abi::{Charset, Out, Ptr, SetIfSome as _, TBuf};
use haft_abi::{Handle, Win32Error};
use haft_host::guest::Fault;
use haft_kernel::io::console::input::{self, KeyEvent};
use haft_macros::export;

/// Reads text: a line at a time where lines are edited. (Microsoft: "ReadConsole function")
#[export(kernel32, charset)]
fn ReadConsole<C: Charset>(
    hConsoleInput: Handle,
    lpBuffer: TBuf<C>,
    nNumberOfCharsToRead: u32,
    lpNumberOfCharsRead: Option<Out<u32>>,
    pInputControl: usize,
) -> Result<(), Win32Error> {
    let _ = pInputControl;
    let count = if C::WIDE {
        let units = input::read_text(hConsoleInput, nNumberOfCharsToRead as usize)?;
        lpBuffer.ptr().write_slice(&C::encode(&units))?;
        units.len() as u32
    } else {
        haft_kernel::io::console::keyboard(hConsoleInput)?;
        let address = lpBuffer.addr();
        haft_kernel::io::transfer::read(hConsoleInput, address, nNumberOfCharsToRead, None)?
    };
    Ok(lpNumberOfCharsRead.set(count)?)
}

haft_host::plain! {
    /// An `INPUT_RECORD` that is a key (Microsoft: "KEY_EVENT_RECORD structure").
    struct KeyRecord {
        event_type: u32,
        down: i32,
        repeat: u16,
        virtual_key: u16,
        scan_code: u16,
        character: u16,
        control: u32,
    }
}

const KEY_EVENT: u32 = 1;

fn tell<C: Charset>(keys: &[KeyEvent], place: Ptr<KeyRecord>) -> Result<(), Fault> {
    for (n, key) in keys.iter().enumerate() {
        place.at(n).write(KeyRecord {
            event_type: KEY_EVENT,
            down: i32::from(key.down),
            repeat: 1,
            virtual_key: key.virtual_key,
            scan_code: 0,
            // A key has one unit; what is more in UTF-8 is a question mark.
            character: if C::WIDE || key.character < 0x80 { key.character } else { 0x3F },
            control: key.control,
        })?;
    }
    Ok(())
}

/// Takes key events, and waits for one if there is none. (Microsoft: "ReadConsoleInput function")
#[export(kernel32, charset)]
fn ReadConsoleInput<C: Charset>(
    hConsoleInput: Handle,
    lpBuffer: Ptr<KeyRecord>,
    nLength: u32,
    lpNumberOfEventsRead: Out<u32>,
) -> Result<(), Win32Error> {
    let keys = input::keys_waiting(hConsoleInput, nLength as usize, true)?;
    tell::<C>(&keys, lpBuffer)?;
    Ok(lpNumberOfEventsRead.set(keys.len() as u32)?)
}

/// Looks at the key events that wait. (Microsoft: "PeekConsoleInput function")
#[export(kernel32, charset)]
fn PeekConsoleInput<C: Charset>(
    hConsoleInput: Handle,
    lpBuffer: Ptr<KeyRecord>,
    nLength: u32,
    lpNumberOfEventsRead: Out<u32>,
) -> Result<(), Win32Error> {
    let keys = input::keys_waiting(hConsoleInput, nLength as usize, false)?;
    tell::<C>(&keys, lpBuffer)?;
    Ok(lpNumberOfEventsRead.set(keys.len() as u32)?)
}

/// Queues key events as if they were typed; other events are left out. (Microsoft:
/// "WriteConsoleInput function")
#[export(kernel32, charset)]
fn WriteConsoleInput<C: Charset>(
    hConsoleInput: Handle,
    lpBuffer: Ptr<KeyRecord>,
    nLength: u32,
    lpNumberOfEventsWritten: Out<u32>,
) -> Result<(), Win32Error> {
    let records = lpBuffer.read_slice(nLength as usize)?;
    let keys: Vec<KeyEvent> = records
        .iter()
        .filter(|record| record.event_type & 0xFFFF == KEY_EVENT)
        .map(|record| KeyEvent {
            down: record.down != 0,
            virtual_key: record.virtual_key,
            character: if C::WIDE { record.character } else { record.character & 0xFF },
            control: record.control,
        })
        .collect();
    input::push(hConsoleInput, &keys)?;
    Ok(lpNumberOfEventsWritten.set(keys.len() as u32)?)
}

/// Gets how many events wait. (Microsoft: "GetNumberOfConsoleInputEvents function")
#[export(kernel32)]
fn GetNumberOfConsoleInputEvents(
    hConsoleInput: Handle,
    lpcNumberOfEvents: Out<u32>,
) -> Result<(), Win32Error> {
    Ok(lpcNumberOfEvents.set(input::count(hConsoleInput)? as u32)?)
}

/// Forgets what is typed. (Microsoft: "FlushConsoleInputBuffer function")
#[export(kernel32)]
fn FlushConsoleInputBuffer(hConsoleInput: Handle) -> Result<(), Win32Error> {
    Ok(input::flush(hConsoleInput)?)
}

/// Gets how many buttons the mouse has: none that a program hears of. (Microsoft:
/// "GetNumberOfConsoleMouseButtons function")
#[export(kernel32)]
fn GetNumberOfConsoleMouseButtons(lpNumberOfMouseButtons: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpNumberOfMouseButtons.set(0)?)
}

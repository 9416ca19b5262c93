//! Console modes (Microsoft: "SetConsoleMode function").

use super::by_handle;
use crate::io::file::FileObject;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, Termios, isatty, tcgetattr, tcsetattr,
};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// `ENABLE_PROCESSED_INPUT`: Ctrl-C is a signal.
pub const PROCESSED_INPUT: u32 = 1;
/// `ENABLE_LINE_INPUT`: reads return at the end of a line.
pub const LINE_INPUT: u32 = 2;
/// `ENABLE_ECHO_INPUT`: what is typed is shown.
pub const ECHO_INPUT: u32 = 4;
/// Every input mode that there is, `ENABLE_VIRTUAL_TERMINAL_INPUT` the last.
const ALL_INPUT: u32 = 0x3FF;
/// Every output mode that there is.
const ALL_OUTPUT: u32 = 0x1F;
/// `ENABLE_VIRTUAL_TERMINAL_INPUT`: keys without a character are read as escape sequences.
const VIRTUAL_TERMINAL_INPUT: u32 = 0x200;
/// `ENABLE_WRAP_AT_EOL_OUTPUT`: text goes on in the next line.
const WRAP_AT_EOL: u32 = 2;
/// `DISABLE_NEWLINE_AUTO_RETURN`: a line feed stays in its column.
const NO_AUTO_RETURN: u32 = 8;

/// What of the input mode the line discipline does not keep; as a new console has it.
static INPUT: AtomicU32 = AtomicU32::new(0x1F0);
/// The output mode: processed, wrapping at the end of a line. Escape sequences are understood in
/// any case, so that bit is only kept.
static OUTPUT: AtomicU32 = AtomicU32::new(3);

/// The line discipline as this process found it, and the terminal.
static FOUND: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);
/// Whether it was ever changed. In a process that was forked a lock is a page to be copied.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// A console's mode.
///
/// # Errors
/// `INVALID_HANDLE` for what is no console.
pub fn get(handle: Handle) -> Result<u32, NtStatus> {
    let file = by_handle(handle, AccessMask::NONE)?;
    if !file.description.console_input {
        return Ok(OUTPUT.load(Ordering::Relaxed));
    }
    let modes = tcgetattr(&file.fd).map_err(status)?.local_modes;
    let bit = |flag, mode| if modes.contains(flag) { mode } else { 0 };
    Ok(INPUT.load(Ordering::Relaxed)
        | bit(LocalModes::ISIG, PROCESSED_INPUT)
        | bit(LocalModes::ICANON, LINE_INPUT)
        | bit(LocalModes::ECHO, ECHO_INPUT))
}

/// Whether what is read has the terminal's own codes for keys.
pub(super) fn has_terminal_keys() -> bool {
    INPUT.load(Ordering::Relaxed) & VIRTUAL_TERMINAL_INPUT != 0
}

/// Sets a console's mode.
///
/// # Errors
/// `INVALID_HANDLE` for what is no console, `INVALID_PARAMETER` for unknown flags and for echo
/// without lines.
pub fn set(handle: Handle, mode: u32) -> Result<(), NtStatus> {
    let file = by_handle(handle, AccessMask::NONE)?;
    let all = if file.description.console_input { ALL_INPUT } else { ALL_OUTPUT };
    if mode & !all != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if !file.description.console_input {
        let before = OUTPUT.swap(mode, Ordering::Relaxed);
        if (before ^ mode) & WRAP_AT_EOL != 0 {
            let wraps: &[u8] = if mode & WRAP_AT_EOL == 0 { b"\x1b[?7l" } else { b"\x1b[?7h" };
            super::output::send(&file, wraps)?;
        }
        if (before ^ mode) & NO_AUTO_RETURN == 0 {
            return Ok(());
        }
        return change(&file, |termios| {
            termios.output_modes.set(OutputModes::ONLCR, mode & NO_AUTO_RETURN == 0);
        });
    }
    if mode & ECHO_INPUT != 0 && mode & LINE_INPUT == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    INPUT.store(mode & !(PROCESSED_INPUT | LINE_INPUT | ECHO_INPUT), Ordering::Relaxed);
    change(&file, |termios| {
        termios.local_modes.set(LocalModes::ISIG, mode & PROCESSED_INPUT != 0);
        termios.local_modes.set(LocalModes::ICANON, mode & LINE_INPUT != 0);
        // Where no lines are edited, the keys that edit them and that end them are keys as others.
        termios.local_modes.set(LocalModes::IEXTEN, mode & LINE_INPUT != 0);
        termios.input_modes.set(InputModes::ICRNL | InputModes::IXON, mode & LINE_INPUT != 0);
        termios.local_modes.set(LocalModes::ECHO, mode & ECHO_INPUT != 0);
    })
}

/// Changes the line discipline, which is put back at the end of the process.
pub(super) fn change(file: &FileObject, edit: impl FnOnce(&mut Termios)) -> Result<(), NtStatus> {
    let before = tcgetattr(&file.fd).map_err(status)?;
    let mut after = before.clone();
    edit(&mut after);
    let modes = |t: &Termios| (t.local_modes, t.input_modes, t.output_modes);
    if modes(&after) == modes(&before) {
        return Ok(());
    }
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if found.is_none() {
        let fd = haft_host::spawn::above_standard(&file.fd)?;
        *found = Some((fd, before));
        CHANGED.store(true, Ordering::Release);
    }
    tcsetattr(&file.fd, OptionalActions::Now, &after).map_err(status)
}

/// Puts the line discipline back as it was found.
pub fn restore() {
    if !CHANGED.load(Ordering::Acquire) {
        return;
    }
    // Who holds the lock may be stopped for good at the end of the process.
    let Ok(mut found) = FOUND.try_lock() else { return };
    if let Some((fd, termios)) = found.take()
        && isatty(&fd)
    {
        // A terminal that has gone needs nothing.
        let _ = tcsetattr(&fd, OptionalActions::Now, &termios);
    }
}

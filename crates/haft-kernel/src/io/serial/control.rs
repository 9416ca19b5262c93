//! What a line is told to do at once, and what it says of itself.

use super::line_of;
use crate::io::pending::{self, Direction};
use haft_abi::{Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::io::{Errno, ioctl_fionread, write};
use haft_host::rustix::termios::{Action, QueueSelector, tcflow, tcflush};
use haft_host::serial::{self as host, ModemLines};

/// What is thrown away (`PURGE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge(pub u32);

haft_abi::flags!(Purge);

impl Purge {
    /// Writes under way.
    pub const WRITES: Self = Self(1);
    /// Reads under way.
    pub const READS: Self = Self(2);
    /// What was written and has not gone out.
    pub const TO_SEND: Self = Self(4);
    /// What has come and was not read.
    pub const RECEIVED: Self = Self(8);
}

/// Throws away (Microsoft: "PurgeComm function").
///
/// # Errors
/// `INVALID_PARAMETER` for unknown flags or none, `INVALID_DEVICE_REQUEST` for what is no serial line,
/// and those of the handle.
pub fn purge(handle: Handle, what: Purge) -> Result<(), NtStatus> {
    if what.0 == 0 || what.0 & !0xF != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let file = line_of(handle)?;
    for (flag, direction) in [(Purge::WRITES, Direction::Write), (Purge::READS, Direction::Read)] {
        if what.any(flag) {
            pending::end_direction(&file, direction, NtStatus::CANCELLED);
        }
    }
    if what.any(Purge::TO_SEND) {
        tcflush(&file.fd, QueueSelector::OFlush).map_err(status)?;
    }
    if what.any(Purge::RECEIVED) {
        let mut inner = file.state.line.lock();
        inner.taken += ioctl_fionread(&file.fd).unwrap_or(0);
        tcflush(&file.fd, QueueSelector::IFlush).map_err(status)?;
    }
    Ok(())
}

/// What a line can be told (Microsoft: "EscapeCommFunction function").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Go on as if XOFF had come.
    Xoff,
    /// Go on as if XON had come.
    Xon,
    /// "Request to send", up or down.
    Rts(bool),
    /// "Data terminal ready", up or down.
    Dtr(bool),
    /// A break, until it is ended.
    Break(bool),
}

/// Tells a line something.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line, or a line of Linux that has no lines beside the
/// data; those of the handle.
pub fn escape(handle: Handle, escape: Escape) -> Result<(), NtStatus> {
    let file = line_of(handle)?;
    let fd = &file.fd;
    match escape {
        Escape::Xoff => tcflow(fd, Action::OOff),
        Escape::Xon => tcflow(fd, Action::OOn),
        Escape::Rts(up) => host::set_modem_lines(fd, ModemLines::RTS, up),
        Escape::Dtr(up) => host::set_modem_lines(fd, ModemLines::DTR, up),
        Escape::Break(on) => host::set_break(fd, on),
    }
    .map_err(no_such)
}

fn no_such(error: Errno) -> NtStatus {
    match error {
        Errno::NOTTY | Errno::INVAL => NtStatus::INVALID_DEVICE_REQUEST,
        error => status(error),
    }
}

/// The lines that the other side drives (Microsoft: "GetCommModemStatus function").
///
/// # Errors
/// As for [`escape`].
pub fn modem_lines(handle: Handle) -> Result<ModemLines, NtStatus> {
    host::modem_lines(&line_of(handle)?.fd).map_err(no_such)
}

/// What has gone wrong on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineErrors(pub u32);

haft_abi::flags!(LineErrors);

impl LineErrors {
    /// A byte came that there was no room for.
    pub const NO_ROOM: Self = Self(1);
    /// A byte came before the last was taken from the device.
    pub const OVERRUN: Self = Self(2);
    /// The bit of parity was wrong.
    pub const PARITY: Self = Self(4);
    /// A frame did not end as it should.
    pub const FRAME: Self = Self(8);
    /// The other side made a break.
    pub const BREAK: Self = Self(0x10);
}

/// What has gone wrong since this was last asked (Microsoft: "ClearCommError function"). Linux knows it
/// of devices, not of pseudo-terminals.
///
/// # Errors
/// As for [`queues`].
pub fn take_errors(handle: Handle) -> Result<LineErrors, NtStatus> {
    let file = line_of(handle)?;
    let now = host::error_counts(&file.fd).unwrap_or_default();
    let before = core::mem::replace(&mut file.state.line.lock().told, now);
    let new = [
        (LineErrors::NO_ROOM, before.no_room != now.no_room),
        (LineErrors::OVERRUN, before.overrun != now.overrun),
        (LineErrors::PARITY, before.parity != now.parity),
        (LineErrors::FRAME, before.frame != now.frame),
        (LineErrors::BREAK, before.breaks != now.breaks),
    ];
    let new = new.into_iter().filter(|&(_, new)| new);
    Ok(new.fold(LineErrors(0), |all, (error, _)| all.with(error)))
}

/// How many bytes have come and were not read, and were written and have not gone out (Microsoft:
/// "COMSTAT structure").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line, and those of the handle.
pub fn queues(handle: Handle) -> Result<(u32, u32), NtStatus> {
    let file = line_of(handle)?;
    let unread = ioctl_fionread(&file.fd).map_err(no_such)?;
    Ok((unread as u32, host::bytes_to_send(&file.fd).map_err(no_such)?))
}

/// Sends a byte (Microsoft: "TransmitCommChar function"). It goes behind what waits to go out, since
/// Linux lets nothing pass that.
///
/// # Errors
/// `DEVICE_BUSY` when there is no room, and those of [`queues`].
pub fn transmit(handle: Handle, byte: u8) -> Result<(), NtStatus> {
    let file = line_of(handle)?;
    match write(&file.fd, &[byte]) {
        Ok(_) => Ok(()),
        Err(Errno::AGAIN) => Err(NtStatus::DEVICE_BUSY),
        Err(error) => Err(status(error)),
    }
}

//! Serial lines: what termios does not tell or do.
#![allow(unsafe_code, reason = "ioctls that rustix has no function for")]

use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::ioctl::{Getter, NoArg, Opcode, Setter, ioctl};

/// The lines beside the data, as Linux numbers them (`TIOCM_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModemLines(pub i32);

impl ModemLines {
    /// Data terminal ready, which this side drives.
    pub const DTR: Self = Self(libc::TIOCM_DTR);
    /// Request to send, which this side drives.
    pub const RTS: Self = Self(libc::TIOCM_RTS);
    /// Clear to send.
    pub const CTS: Self = Self(libc::TIOCM_CTS);
    /// Data set ready.
    pub const DSR: Self = Self(libc::TIOCM_DSR);
    /// Ring indicator.
    pub const RING: Self = Self(libc::TIOCM_RNG);
    /// Carrier detected.
    pub const CARRIER: Self = Self(libc::TIOCM_CAR);

    /// Whether one of these is up.
    #[must_use]
    pub const fn any(self, lines: Self) -> bool {
        self.0 & lines.0 != 0
    }
}

/// Which lines are up.
///
/// # Errors
/// `NOTTY` or `INVAL` for a line that has none, such as a pseudo-terminal.
pub fn modem_lines(fd: impl AsFd) -> Result<ModemLines, Errno> {
    // SAFETY: TIOCMGET writes one int.
    let get = unsafe { Getter::<{ libc::TIOCMGET as Opcode }, i32>::new() };
    // SAFETY: the pattern is that of the call.
    unsafe { ioctl(fd, get) }.map(ModemLines)
}

/// Puts lines up or down.
///
/// # Errors
/// As for [`modem_lines`].
pub fn set_modem_lines(fd: impl AsFd, lines: ModemLines, up: bool) -> Result<(), Errno> {
    if up {
        // SAFETY: TIOCMBIS reads one int.
        let set = unsafe { Setter::<{ libc::TIOCMBIS as Opcode }, i32>::new(lines.0) };
        // SAFETY: the pattern is that of the call.
        unsafe { ioctl(fd, set) }
    } else {
        // SAFETY: TIOCMBIC reads one int.
        let set = unsafe { Setter::<{ libc::TIOCMBIC as Opcode }, i32>::new(lines.0) };
        // SAFETY: the pattern is that of the call.
        unsafe { ioctl(fd, set) }
    }
}

/// Begins a break, or ends it.
///
/// # Errors
/// `NOTTY` for what is no terminal.
pub fn set_break(fd: impl AsFd, on: bool) -> Result<(), Errno> {
    if on {
        // SAFETY: TIOCSBRK takes nothing.
        unsafe { ioctl(fd, NoArg::<{ libc::TIOCSBRK as Opcode }>::new()) }
    } else {
        // SAFETY: TIOCCBRK takes nothing.
        unsafe { ioctl(fd, NoArg::<{ libc::TIOCCBRK as Opcode }>::new()) }
    }
}

/// How often something went wrong since Linux started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts {
    /// A byte came before the last was taken from the device.
    pub overrun: u32,
    /// A byte came that there was no room for.
    pub no_room: u32,
    /// A frame did not end as it should.
    pub frame: u32,
    /// The bit of parity was wrong.
    pub parity: u32,
    /// The other side made a break.
    pub breaks: u32,
}

/// How often something went wrong.
///
/// # Errors
/// `NOTTY` for a line that counts nothing, such as a pseudo-terminal.
pub fn error_counts(fd: impl AsFd) -> Result<ErrorCounts, Errno> {
    /// Linux's `struct serial_icounter_struct`: cts, dsr, rng, dcd, rx, tx, frame, overrun, parity, brk,
    /// buf_overrun, and what is reserved.
    type Counts = [i32; 20];
    const TIOCGICOUNT: Opcode = 0x545D;
    // SAFETY: TIOCGICOUNT writes one structure of that layout.
    let get = unsafe { Getter::<TIOCGICOUNT, Counts>::new() };
    // SAFETY: the pattern is that of the call.
    let counts = unsafe { ioctl(fd, get) }?.map(i32::cast_unsigned);
    let [_, _, _, _, _, _, frame, overrun, parity, breaks, no_room, ..] = counts;
    Ok(ErrorCounts { overrun, no_room, frame, parity, breaks })
}

/// How many bytes were written and have not gone out.
///
/// # Errors
/// `NOTTY` for what is no terminal.
pub fn bytes_to_send(fd: impl AsFd) -> Result<u32, Errno> {
    // SAFETY: TIOCOUTQ writes one int.
    let get = unsafe { Getter::<{ libc::TIOCOUTQ as Opcode }, i32>::new() };
    // SAFETY: the pattern is that of the call.
    unsafe { ioctl(fd, get) }.map(i32::cast_unsigned)
}

//! How a line is set up: speed, frame and flow control, as termios has them (Microsoft: "DCB structure").

use super::line_of;
use haft_abi::{Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::termios::{
    ControlModes, InputModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use haft_host::serial::{self as host, ModemLines};

/// The bit beside the data that tells of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// There is none.
    None = 0,
    /// It makes the count of ones odd.
    Odd = 1,
    /// It makes the count of ones even.
    Even = 2,
    /// It is one.
    Mark = 3,
    /// It is zero.
    Space = 4,
}

impl Parity {
    /// By Windows's number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::Odd,
            2 => Self::Even,
            3 => Self::Mark,
            4 => Self::Space,
            _ => return None,
        })
    }
}

/// How a line that this side drives is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// Down.
    Disabled = 0,
    /// Up.
    Enabled = 1,
    /// By how much room there is for what comes in.
    Handshake = 2,
}

/// How a line is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bits a second.
    pub baud: u32,
    /// Bits of data in a frame, 5 to 8.
    pub data_bits: u8,
    /// The bit of parity.
    pub parity: Parity,
    /// Whether there is a second stop bit; with 5 bits of data, half a one.
    pub two_stop_bits: bool,
    /// Whether what is sent waits for "clear to send".
    pub waits_for_cts: bool,
    /// Whether an XOFF that comes in holds up what is sent.
    pub heeds_xoff: bool,
    /// Whether XOFF is sent when there is no more room.
    pub sends_xoff: bool,
    /// "Data terminal ready".
    pub dtr: Drive,
    /// "Request to send".
    pub rts: Drive,
    /// The characters XON and XOFF.
    pub xon_xoff: [u8; 2],
}

const PARITY: ControlModes =
    ControlModes::PARENB.union(ControlModes::PARODD).union(ControlModes::CMSPAR);

const fn parity_modes(parity: Parity) -> ControlModes {
    match parity {
        Parity::None => ControlModes::empty(),
        Parity::Odd => ControlModes::PARENB.union(ControlModes::PARODD),
        Parity::Even => ControlModes::PARENB,
        Parity::Mark => PARITY,
        Parity::Space => ControlModes::PARENB.union(ControlModes::CMSPAR),
    }
}

impl Settings {
    /// From what Linux says of a line; `lines` where it has any beside the data.
    fn of(termios: &Termios, lines: Option<ModemLines>) -> Self {
        let control = termios.control_modes;
        let flow = control.contains(ControlModes::CRTSCTS);
        // A line without them has what it needs.
        let drive = |line| match lines {
            Some(lines) if !lines.any(line) => Drive::Disabled,
            _ => Drive::Enabled,
        };
        let by = [Parity::Odd, Parity::Even, Parity::Mark, Parity::Space];
        Self {
            baud: termios.output_speed(),
            data_bits: match control.intersection(ControlModes::CSIZE) {
                ControlModes::CS5 => 5,
                ControlModes::CS6 => 6,
                ControlModes::CS7 => 7,
                _ => 8,
            },
            parity: by
                .into_iter()
                .find(|&parity| control.intersection(PARITY) == parity_modes(parity))
                .unwrap_or(Parity::None),
            two_stop_bits: control.contains(ControlModes::CSTOPB),
            waits_for_cts: flow,
            heeds_xoff: termios.input_modes.contains(InputModes::IXON),
            sends_xoff: termios.input_modes.contains(InputModes::IXOFF),
            dtr: drive(ModemLines::DTR),
            rts: if flow { Drive::Handshake } else { drive(ModemLines::RTS) },
            xon_xoff: [SpecialCodeIndex::VSTART, SpecialCodeIndex::VSTOP]
                .map(|index| termios.special_codes[index]),
        }
    }

    /// Puts this into what Linux is told; the rest makes the line raw.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for what Linux has no setting for.
    fn put_into(&self, termios: &mut Termios) -> Result<(), NtStatus> {
        let size = match self.data_bits {
            5 => ControlModes::CS5,
            6 => ControlModes::CS6,
            7 => ControlModes::CS7,
            8 => ControlModes::CS8,
            _ => return Err(NtStatus::INVALID_PARAMETER),
        };
        // No speed at all would hang up.
        if self.baud == 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // Linux has these two only together.
        if self.waits_for_cts != (self.rts == Drive::Handshake) || self.dtr == Drive::Handshake {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        make_raw(termios);
        let control = &mut termios.control_modes;
        control.remove(ControlModes::CSIZE | PARITY);
        control.insert(size | parity_modes(self.parity));
        control.set(ControlModes::CSTOPB, self.two_stop_bits);
        control.set(ControlModes::CRTSCTS, self.waits_for_cts);
        termios.input_modes.set(InputModes::INPCK, self.parity != Parity::None);
        termios.input_modes.set(InputModes::IXON, self.heeds_xoff);
        termios.input_modes.set(InputModes::IXOFF, self.sends_xoff);
        termios.special_codes[SpecialCodeIndex::VSTART] = self.xon_xoff[0];
        termios.special_codes[SpecialCodeIndex::VSTOP] = self.xon_xoff[1];
        termios.set_speed(self.baud).map_err(|_| NtStatus::INVALID_PARAMETER)
    }
}

/// A line that is no terminal: bytes as they are, and nobody is signalled by them.
fn make_raw(termios: &mut Termios) {
    termios.make_raw();
    termios.control_modes.insert(ControlModes::CLOCAL | ControlModes::CREAD);
    termios.special_codes[SpecialCodeIndex::VMIN] = 1;
    termios.special_codes[SpecialCodeIndex::VTIME] = 0;
}

/// Makes a line that was opened raw.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line.
pub(super) fn begin(fd: impl AsFd) -> Result<(), NtStatus> {
    let no_line = |_| NtStatus::INVALID_DEVICE_REQUEST;
    let mut termios = tcgetattr(&fd).map_err(no_line)?;
    make_raw(&mut termios);
    tcsetattr(&fd, OptionalActions::Now, &termios).map_err(no_line)
}

fn read(fd: impl AsFd) -> Result<Settings, NtStatus> {
    let termios = tcgetattr(&fd).map_err(status)?;
    Ok(Settings::of(&termios, host::modem_lines(&fd).ok()))
}

/// How a line is set up (Microsoft: "GetCommState function").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line, and those of the handle.
pub fn get(handle: Handle) -> Result<Settings, NtStatus> {
    read(&line_of(handle)?.fd)
}

/// Sets a line up (Microsoft: "SetCommState function").
///
/// # Errors
/// `INVALID_PARAMETER` for what the line cannot do; then it is left as it was. Those of [`get`].
pub fn set(handle: Handle, wanted: Settings) -> Result<(), NtStatus> {
    let file = line_of(handle)?;
    let before = tcgetattr(&file.fd).map_err(status)?;
    let mut termios = before.clone();
    wanted.put_into(&mut termios)?;
    tcsetattr(&file.fd, OptionalActions::Now, &termios).map_err(status)?;
    for (line, drive) in [(ModemLines::DTR, wanted.dtr), (ModemLines::RTS, wanted.rts)] {
        // A line that has none of these stays as if they were up, which the reading shows.
        let _ = match drive {
            Drive::Handshake => Ok(()),
            drive => host::set_modem_lines(&file.fd, line, drive == Drive::Enabled),
        };
    }
    if read(&file.fd)? == wanted {
        return Ok(());
    }
    // Linux takes what a line can do and leaves out the rest in silence.
    tcsetattr(&file.fd, OptionalActions::Now, &before).map_err(status)?;
    Err(NtStatus::INVALID_PARAMETER)
}

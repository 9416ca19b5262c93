//! Serial lines.

use super::overlapped::{self, Overlapped};
use crate::abi::{In, Out, Ptr, SetIfSome as _};
use haft_abi::{Handle, Win32Error};
use haft_host::serial::ModemLines;
use haft_kernel::io::request::Request;
use haft_kernel::io::serial::control::{self, Escape, Purge};
use haft_kernel::io::serial::events::{self, Events};
use haft_kernel::io::serial::settings::{self, Drive, Parity, Settings};
use haft_kernel::io::serial::{self, Timeouts};
use haft_macros::export;
use windows_sys::Win32::Devices::Communication as comm;
use windows_sys::Win32::Devices::Communication::{COMMPROP, COMMTIMEOUTS, COMSTAT, DCB};

// The bit fields of a DCB.
const BINARY: u32 = 1;
const PARITY_CHECK: u32 = 1 << 1;
const WAITS_FOR_CTS: u32 = 1 << 2;
const WAITS_FOR_DSR: u32 = 1 << 3;
const DTR_SHIFT: u32 = 4;
const DSR_SENSITIVITY: u32 = 1 << 6;
const HEEDS_XOFF: u32 = 1 << 8;
const SENDS_XOFF: u32 = 1 << 9;
const REPLACES_ERRORS: u32 = 1 << 10;
const DROPS_NULLS: u32 = 1 << 11;
const RTS_SHIFT: u32 = 12;
const ABORTS_ON_ERROR: u32 = 1 << 14;
/// What Linux has nothing like.
const NOT_THERE: u32 =
    WAITS_FOR_DSR | DSR_SENSITIVITY | REPLACES_ERRORS | DROPS_NULLS | ABORTS_ON_ERROR;

/// The size of Linux's queue of what has come, and of what is to go out.
const QUEUE: u32 = 4096;

const fn drive(bits: u32) -> Result<Drive, Win32Error> {
    match bits & 3 {
        0 => Ok(Drive::Disabled),
        1 => Ok(Drive::Enabled),
        2 => Ok(Drive::Handshake),
        _ => Err(Win32Error::INVALID_PARAMETER),
    }
}

fn to_dcb(settings: &Settings) -> DCB {
    let flag = |on: bool, bit: u32| if on { bit } else { 0 };
    let stop_bits = match (settings.two_stop_bits, settings.data_bits) {
        (false, _) => comm::ONESTOPBIT,
        (true, 5) => comm::ONE5STOPBITS,
        (true, _) => comm::TWOSTOPBITS,
    };
    DCB {
        DCBlength: size_of::<DCB>() as u32,
        BaudRate: settings.baud,
        _bitfield: BINARY
            | flag(settings.parity != Parity::None, PARITY_CHECK)
            | flag(settings.waits_for_cts, WAITS_FOR_CTS)
            | flag(settings.heeds_xoff, HEEDS_XOFF)
            | flag(settings.sends_xoff, SENDS_XOFF)
            | (settings.dtr as u32) << DTR_SHIFT
            | (settings.rts as u32) << RTS_SHIFT,
        // Where Linux's own queue has them.
        XonLim: 128,
        XoffLim: 128,
        ByteSize: settings.data_bits,
        Parity: settings.parity as u8,
        StopBits: stop_bits,
        XonChar: settings.xon_xoff[0].cast_signed(),
        XoffChar: settings.xon_xoff[1].cast_signed(),
        ..DCB::default()
    }
}

fn from_dcb(dcb: &DCB) -> Result<Settings, Win32Error> {
    let flags = dcb._bitfield;
    if dcb.DCBlength as usize != size_of::<DCB>() || flags & BINARY == 0 || flags & NOT_THERE != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let two_stop_bits = match (dcb.StopBits, dcb.ByteSize) {
        (comm::ONESTOPBIT, _) => false,
        (comm::ONE5STOPBITS, 5) => true,
        (comm::TWOSTOPBITS, 6..=8) => true,
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    Ok(Settings {
        baud: dcb.BaudRate,
        data_bits: dcb.ByteSize,
        parity: Parity::from_number(dcb.Parity).ok_or(Win32Error::INVALID_PARAMETER)?,
        two_stop_bits,
        waits_for_cts: flags & WAITS_FOR_CTS != 0,
        heeds_xoff: flags & HEEDS_XOFF != 0,
        sends_xoff: flags & SENDS_XOFF != 0,
        dtr: drive(flags >> DTR_SHIFT)?,
        rts: drive(flags >> RTS_SHIFT)?,
        xon_xoff: [dcb.XonChar, dcb.XoffChar].map(i8::cast_unsigned),
    })
}

/// Tells how a serial line is set up. (Microsoft: "GetCommState function")
#[export(kernel32)]
fn GetCommState(hFile: Handle, lpDCB: Out<DCB>) -> Result<(), Win32Error> {
    Ok(lpDCB.set(to_dcb(&settings::get(hFile)?))?)
}

/// Sets a serial line up; what the line or Linux cannot do is refused. (Microsoft: "SetCommState
/// function")
#[export(kernel32)]
fn SetCommState(hFile: Handle, lpDCB: In<DCB>) -> Result<(), Win32Error> {
    Ok(settings::set(hFile, from_dcb(&lpDCB)?)?)
}

/// Tells how long reads and writes of a serial line wait. (Microsoft: "GetCommTimeouts function")
#[export(kernel32)]
fn GetCommTimeouts(hFile: Handle, lpCommTimeouts: Out<COMMTIMEOUTS>) -> Result<(), Win32Error> {
    let timeouts = serial::timeouts(hFile)?;
    Ok(lpCommTimeouts.set(COMMTIMEOUTS {
        ReadIntervalTimeout: timeouts.read_interval,
        ReadTotalTimeoutMultiplier: timeouts.read_multiplier,
        ReadTotalTimeoutConstant: timeouts.read_constant,
        WriteTotalTimeoutMultiplier: timeouts.write_multiplier,
        WriteTotalTimeoutConstant: timeouts.write_constant,
    })?)
}

/// Changes how long reads and writes of a serial line wait. (Microsoft: "SetCommTimeouts function")
#[export(kernel32)]
fn SetCommTimeouts(hFile: Handle, lpCommTimeouts: In<COMMTIMEOUTS>) -> Result<(), Win32Error> {
    let timeouts = Timeouts {
        read_interval: lpCommTimeouts.ReadIntervalTimeout,
        read_multiplier: lpCommTimeouts.ReadTotalTimeoutMultiplier,
        read_constant: lpCommTimeouts.ReadTotalTimeoutConstant,
        write_multiplier: lpCommTimeouts.WriteTotalTimeoutMultiplier,
        write_constant: lpCommTimeouts.WriteTotalTimeoutConstant,
    };
    Ok(serial::set_timeouts(hFile, timeouts)?)
}

/// Recommends sizes for a serial line's queues, which on Linux have their own. (Microsoft: "SetupComm
/// function")
#[export(kernel32)]
fn SetupComm(hFile: Handle, dwInQueue: u32, dwOutQueue: u32) -> Result<(), Win32Error> {
    let _recommended = (dwInQueue, dwOutQueue);
    control::queues(hFile)?;
    Ok(())
}

/// Throws away what waits on a serial line. (Microsoft: "PurgeComm function")
#[export(kernel32)]
fn PurgeComm(hFile: Handle, dwFlags: u32) -> Result<(), Win32Error> {
    Ok(control::purge(hFile, Purge(dwFlags))?)
}

/// Tells what has gone wrong on a serial line, and what waits there. (Microsoft: "ClearCommError
/// function")
#[export(kernel32)]
fn ClearCommError(
    hFile: Handle,
    lpErrors: Option<Out<u32>>,
    lpStat: Option<Out<COMSTAT>>,
) -> Result<(), Win32Error> {
    let (unread, to_send) = control::queues(hFile)?;
    lpErrors.set(control::take_errors(hFile)?.0)?;
    Ok(lpStat.set(COMSTAT { _bitfield: 0, cbInQue: unread, cbOutQue: to_send })?)
}

/// Tells what a serial line can do. (Microsoft: "GetCommProperties function")
#[export(kernel32)]
fn GetCommProperties(hFile: Handle, lpCommProp: Out<COMMPROP>) -> Result<(), Win32Error> {
    const SERIAL: u32 = 1;
    const RS232: u32 = 1;
    const ANY_BAUD: u32 = 0x1000_0000;
    /// DTR and DSR, RTS and CTS, carrier, parity, XON and XOFF and their characters, both timeouts.
    const CAPABILITIES: u32 = 0xFF;
    /// Parity, baud, data bits, stop bits, handshaking.
    const SETTABLE: u32 = 0x1F;
    /// Every speed that has a name, and any other.
    const SPEEDS: u32 = ANY_BAUD | 0x0007_FFFF;
    const DATA_BITS: u16 = 0xF;
    const STOP_PARITY: u16 = 0x1F07;
    control::queues(hFile)?;
    Ok(lpCommProp.set(COMMPROP {
        wPacketLength: size_of::<COMMPROP>() as u16,
        wPacketVersion: 2,
        dwServiceMask: SERIAL,
        dwMaxTxQueue: QUEUE,
        dwMaxRxQueue: QUEUE,
        dwMaxBaud: ANY_BAUD,
        dwProvSubType: RS232,
        dwProvCapabilities: CAPABILITIES,
        dwSettableParams: SETTABLE,
        dwSettableBaud: SPEEDS,
        wSettableData: DATA_BITS,
        wSettableStopParity: STOP_PARITY,
        dwCurrentTxQueue: QUEUE,
        dwCurrentRxQueue: QUEUE,
        ..COMMPROP::default()
    })?)
}

/// Puts a serial line's own lines up or down, and the like. (Microsoft: "EscapeCommFunction function")
#[export(kernel32)]
fn EscapeCommFunction(hFile: Handle, dwFunc: u32) -> Result<(), Win32Error> {
    let escape = match dwFunc {
        comm::SETXOFF => Escape::Xoff,
        comm::SETXON => Escape::Xon,
        comm::SETRTS => Escape::Rts(true),
        comm::CLRRTS => Escape::Rts(false),
        comm::SETDTR => Escape::Dtr(true),
        comm::CLRDTR => Escape::Dtr(false),
        comm::SETBREAK => Escape::Break(true),
        comm::CLRBREAK => Escape::Break(false),
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    Ok(control::escape(hFile, escape)?)
}

/// Begins a break. (Microsoft: "SetCommBreak function")
#[export(kernel32)]
fn SetCommBreak(hFile: Handle) -> Result<(), Win32Error> {
    Ok(control::escape(hFile, Escape::Break(true))?)
}

/// Ends a break. (Microsoft: "ClearCommBreak function")
#[export(kernel32)]
fn ClearCommBreak(hFile: Handle) -> Result<(), Win32Error> {
    Ok(control::escape(hFile, Escape::Break(false))?)
}

/// Tells which lines the other side has up. (Microsoft: "GetCommModemStatus function")
#[export(kernel32)]
fn GetCommModemStatus(hFile: Handle, lpModemStat: Out<u32>) -> Result<(), Win32Error> {
    let lines = control::modem_lines(hFile)?;
    let status = [
        (ModemLines::CTS, comm::MS_CTS_ON),
        (ModemLines::DSR, comm::MS_DSR_ON),
        (ModemLines::RING, comm::MS_RING_ON),
        (ModemLines::CARRIER, comm::MS_RLSD_ON),
    ];
    let up = status.into_iter().filter(|&(line, _)| lines.any(line));
    Ok(lpModemStat.set(up.fold(0, |all, (_, bit)| all | bit))?)
}

/// Tells what a serial line is watched for. (Microsoft: "GetCommMask function")
#[export(kernel32)]
fn GetCommMask(hFile: Handle, lpEvtMask: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpEvtMask.set(events::mask(hFile)?.0)?)
}

/// Changes what a serial line is watched for. (Microsoft: "SetCommMask function")
#[export(kernel32)]
fn SetCommMask(hFile: Handle, dwEvtMask: u32) -> Result<(), Win32Error> {
    Ok(events::set_mask(hFile, Events(dwEvtMask))?)
}

/// Waits for what a serial line is watched for. (Microsoft: "WaitCommEvent function")
#[export(kernel32)]
fn WaitCommEvent(
    hFile: Handle,
    lpEvtMask: Ptr<u32>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    let request = lpOverlapped.as_ref().map_or(Request::PLAIN, overlapped::request);
    let status = events::start_wait(hFile, lpEvtMask.addr(), &request)?;
    lpOverlapped.map_or(Ok(()), |overlapped| overlapped::outcome(status, &overlapped).map(drop))
}

/// Sends a byte over a serial line. (Microsoft: "TransmitCommChar function")
#[export(kernel32)]
fn TransmitCommChar(hFile: Handle, cChar: u8) -> Result<(), Win32Error> {
    Ok(control::transmit(hFile, cChar)?)
}

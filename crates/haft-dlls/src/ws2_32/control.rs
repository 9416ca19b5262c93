//! Controls of sockets.

use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{In, Out, Ptr, Routine, SetIfSome as _};
use crate::kernel32::overlapped::Overlapped;
use haft_abi::{Handle, NtStatus};
use haft_kernel::io::socket;
use haft_kernel::io::socket::control::{self, KeepAlive};
use haft_kernel::ldr::{self, Procedure};
use haft_macros::export;

const FIONBIO: u32 = 0x8004_667E;
const FIONREAD: u32 = 0x4004_667F;
const SIOCATMARK: u32 = 0x4004_7307;
const SIO_GET_EXTENSION_FUNCTION_POINTER: u32 = 0xC800_0006;
const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
const SIO_BASE_HANDLE: u32 = 0x4800_0022;
const SIO_BSP_HANDLES: [u32; 3] = [0x4800_001B, 0x4800_001C, 0x4800_001D];
const SIO_AF_UNIX_GETPEERPID: u32 = 0x5800_0100;
/// `SIO_UDP_CONNRESET`, `SIO_UDP_NETRESET`: whether a receive tells that an earlier message met
/// nobody. Here only a connected socket hears of that.
const SIO_UDP_RESETS: [u32; 2] = [0x9800_000C, 0x9800_000F];

/// Controls a socket. (Microsoft: "ioctlsocket function")
#[export(ws2_32(ordinal = 10), wsock32(ordinal = 12))]
fn ioctlsocket(s: Handle, cmd: u32, argp: Ptr<u32>) -> Result<OrSocketError, WsaError> {
    started()?;
    match simple(s, cmd, argp, argp)? {
        Some(_) => Ok(OrSocketError),
        None => Err(WsaError::EINVAL),
    }
}

/// The controls that both functions have: how many bytes of answer, or that it is another one.
fn simple(
    socket: Handle,
    command: u32,
    input: Ptr<u32>,
    output: Ptr<u32>,
) -> Result<Option<u32>, WsaError> {
    match command {
        FIONBIO => {
            control::set_nonblocking(socket, input.read()? != 0)?;
            return Ok(Some(0));
        }
        FIONREAD => output.write(control::readable(socket)?)?,
        SIOCATMARK => output.write(control::no_urgent_data(socket)?.into())?,
        _ => {
            socket::kind(socket)?;
            return Ok(None);
        }
    }
    Ok(Some(4))
}

/// The functions that `SIO_GET_EXTENSION_FUNCTION_POINTER` tells, by their identifiers.
const EXTENSIONS: [(u128, &str); 7] = [
    (0xb5367df1_cbac_11cf_95ca_00805f48a192, "AcceptEx"),
    (0xb5367df2_cbac_11cf_95ca_00805f48a192, "GetAcceptExSockaddrs"),
    (0xb5367df0_cbac_11cf_95ca_00805f48a192, "TransmitFile"),
    (0x25a207b9_ddf3_4660_8ee9_76e58c74063e, "ConnectEx"),
    (0x7fda2e11_8630_436f_a031_f536a6eec157, "DisconnectEx"),
    (0xf689d7c8_6f1f_436b_8a53_e54fe351c322, "WSARecvMsg"),
    (0xa441e712_754f_43ca_84a7_0dee44cf606d, "WSASendMsg"),
];

/// A GUID's number, from its bytes as they are in memory.
fn guid(bytes: [u8; 16]) -> u128 {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut ordered = [d, c, b, a, f, e, h, g, 0, 0, 0, 0, 0, 0, 0, 0];
    ordered[8..].copy_from_slice(&rest);
    u128::from_be_bytes(ordered)
}

/// The address of an extension's function.
fn extension(id: u128) -> Result<usize, WsaError> {
    let (_, name) = EXTENSIONS.iter().find(|(own, _)| *own == id).ok_or(WsaError::EINVAL)?;
    let library = haft_abi::wide::from_str("mswsock.dll");
    let module = ldr::load_library(&library).map_err(|_| WsaError::EINVAL)?;
    ldr::procedure_address(module, Procedure::Name(name.as_bytes())).map_err(|_| WsaError::EINVAL)
}

/// Controls a socket. (Microsoft: "WSAIoctl function")
#[export(ws2_32)]
fn WSAIoctl(
    s: Handle,
    dwIoControlCode: u32,
    lpvInBuffer: Ptr<u8>,
    cbInBuffer: u32,
    lpvOutBuffer: Ptr<u8>,
    cbOutBuffer: u32,
    lpcbBytesReturned: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let _ = lpCompletionRoutine;
    let input = Given { place: lpvInBuffer, size: cbInBuffer };
    let output = Given { place: lpvOutBuffer, size: cbOutBuffer };
    let count = run(s, dwIoControlCode, input, output)?;
    lpcbBytesReturned.set(count)?;
    if let Some(overlapped) = lpOverlapped {
        // All of them are done at once.
        socket::control::complete(s, &crate::kernel32::overlapped::request(&overlapped), count)?;
    }
    Ok(OrSocketError)
}

/// A buffer and its size.
#[derive(Clone, Copy)]
struct Given {
    place: Ptr<u8>,
    size: u32,
}

impl Given {
    /// Its place, if it is that large.
    fn room(self, size: u32) -> Result<Ptr<u8>, WsaError> {
        if self.size < size || self.place.is_null() {
            Err(WsaError::EFAULT)
        } else {
            Ok(self.place)
        }
    }
}

/// Does what a control asks; how many bytes the answer has.
fn run(socket: Handle, command: u32, input: Given, output: Given) -> Result<u32, WsaError> {
    let word = |given: Given, is: bool| if is { given.room(4) } else { Ok(Ptr::NULL) };
    let from = word(input, command == FIONBIO)?.cast();
    let to = word(output, matches!(command, FIONREAD | SIOCATMARK))?.cast();
    if let Some(count) = simple(socket, command, from, to)? {
        return Ok(count);
    }
    match command {
        SIO_GET_EXTENSION_FUNCTION_POINTER => {
            let id = guid(input.room(16)?.cast::<[u8; 16]>().read()?);
            output.room(8)?.cast::<usize>().write(extension(id)?)?;
            Ok(8)
        }
        SIO_KEEPALIVE_VALS => {
            let [on, time, interval] = input.room(12)?.cast::<[u32; 3]>().read()?;
            control::keep_alive(socket, KeepAlive { on: on != 0, time, interval })?;
            Ok(0)
        }
        _ if command == SIO_BASE_HANDLE || SIO_BSP_HANDLES.contains(&command) => {
            output.room(8)?.cast::<usize>().write(socket.0)?;
            Ok(8)
        }
        SIO_AF_UNIX_GETPEERPID => {
            output.room(4)?.cast::<u32>().write(control::peer_process(socket)?.0)?;
            Ok(4)
        }
        // Off is what holds here.
        _ if SIO_UDP_RESETS.contains(&command)
            && input.room(4)?.cast::<u32>().read()? == 0
            && !socket::kind(socket)?.is_stream() =>
        {
            Ok(0)
        }
        _ => {
            haft_kernel::log::say_once(&format!(
                "the control {command:#x} of sockets is not implemented; WSAIoctl fails"
            ));
            Err(WsaError::from(NtStatus::NOT_SUPPORTED))
        }
    }
}

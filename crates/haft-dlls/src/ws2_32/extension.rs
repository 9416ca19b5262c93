//! Microsoft's extensions of Winsock, which programs find by `SIO_GET_EXTENSION_FUNCTION_POINTER`
//! (and some of them in mswsock.dll).

use super::startup::started;
use super::transfer::{self, address, request, several, started_as};
use super::{OrSocketError, WsaError};
use crate::abi::{In, InOut, Out, Ptr, Routine};
use crate::kernel32::overlapped::{self, Overlapped};
use haft_abi::{Handle, NtStatus};
use haft_kernel::io::request::Request;
use haft_kernel::io::socket::accept::{self, Output};
use haft_kernel::io::socket::message::Control;
use haft_kernel::io::socket::transfer::{Receive, Send, receive, start_receive};
use haft_kernel::io::socket::transmit::{self, Parts};
use haft_kernel::io::socket::{Buffer, Place, connect};
use haft_macros::export;
use windows_sys::Win32::Networking::WinSock::{TRANSMIT_FILE_BUFFERS, WSAMSG};

/// What a call returns whose result is a `BOOL`.
fn truth(
    status: NtStatus,
    overlapped: &In<Overlapped>,
    count: Option<&Out<u32>>,
) -> Result<(), WsaError> {
    started_as(status, overlapped, count).map(|OrSocketError| ())
}

/// Takes a connection into a socket that is there already. (Microsoft: "AcceptEx function")
#[export(mswsock)]
fn AcceptEx(
    sListenSocket: Handle,
    sAcceptSocket: Handle,
    lpOutputBuffer: Ptr<u8>,
    dwReceiveDataLength: u32,
    dwLocalAddressLength: u32,
    dwRemoteAddressLength: u32,
    lpdwBytesReceived: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), WsaError> {
    started()?;
    let overlapped = lpOverlapped.ok_or(WsaError::_INVALID_PARAMETER)?;
    let output = Output {
        address: lpOutputBuffer.addr(),
        data: dwReceiveDataLength as usize,
        own: dwLocalAddressLength as usize,
        peer: dwRemoteAddressLength as usize,
    };
    let request = overlapped::request(&overlapped);
    let status = accept::start(sListenSocket, sAcceptSocket, output, &request)?;
    truth(status, &overlapped, lpdwBytesReceived.as_ref())
}

/// Tells where AcceptEx has left the addresses. (Microsoft: "GetAcceptExSockaddrs function")
#[export(mswsock)]
fn GetAcceptExSockaddrs(
    lpOutputBuffer: Ptr<u8>,
    dwReceiveDataLength: u32,
    dwLocalAddressLength: u32,
    dwRemoteAddressLength: u32,
    LocalSockaddr: Out<usize>,
    LocalSockaddrLength: Out<i32>,
    RemoteSockaddr: Out<usize>,
    RemoteSockaddrLength: Out<i32>,
) {
    let output = Output {
        address: lpOutputBuffer.addr(),
        data: dwReceiveDataLength as usize,
        own: dwLocalAddressLength as usize,
        peer: dwRemoteAddressLength as usize,
    };
    let [own, peer] = output.addresses().unwrap_or_default();
    let _ = LocalSockaddr.set(own.0).and(LocalSockaddrLength.set(own.1));
    let _ = RemoteSockaddr.set(peer.0).and(RemoteSockaddrLength.set(peer.1));
}

/// Connects a socket and sends the first data. (Microsoft: "LPFN_CONNECTEX callback function")
#[export(mswsock)]
fn ConnectEx(
    s: Handle,
    name: Ptr<u8>,
    namelen: i32,
    lpSendBuffer: Ptr<u8>,
    dwSendDataLength: u32,
    lpdwBytesSent: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), WsaError> {
    started()?;
    let overlapped = lpOverlapped.ok_or(WsaError::_INVALID_PARAMETER)?;
    let length = usize::try_from(namelen).map_err(|_| WsaError::EFAULT)?;
    let first = optional(lpSendBuffer, dwSendDataLength);
    let request = overlapped::request(&overlapped);
    let status = connect::start(s, (name.addr(), length), first, &request)?;
    truth(status, &overlapped, lpdwBytesSent.as_ref())
}

/// A stretch of memory that may be null.
fn optional(address: Ptr<u8>, length: u32) -> Buffer {
    let length = if address.is_null() { 0 } else { length as usize };
    Buffer { address: address.addr(), length }
}

const TF_DISCONNECT: u32 = 1;
const TF_REUSE_SOCKET: u32 = 2;

/// Ends a connection, after which the socket can be used again if that is asked for. (Microsoft:
/// "LPFN_DISCONNECTEX callback function")
#[export(mswsock)]
fn DisconnectEx(
    s: Handle,
    lpOverlapped: Option<In<Overlapped>>,
    dwFlags: u32,
    dwReserved: u32,
) -> Result<(), WsaError> {
    started()?;
    if dwFlags & !TF_REUSE_SOCKET != 0 || dwReserved != 0 {
        return Err(WsaError::EINVAL);
    }
    let reuse = dwFlags & TF_REUSE_SOCKET != 0;
    let request = lpOverlapped.as_ref().map_or(Request::PLAIN, overlapped::request);
    connect::disconnect(s, reuse, &request)?;
    Ok(())
}

/// Sends a file. (Microsoft: "TransmitFile function")
#[export(mswsock)]
fn TransmitFile(
    hSocket: Handle,
    hFile: Handle,
    nNumberOfBytesToWrite: u32,
    nNumberOfBytesPerSend: u32,
    lpOverlapped: Option<In<Overlapped>>,
    lpTransmitBuffers: Option<In<TRANSMIT_FILE_BUFFERS>>,
    dwFlags: u32,
) -> Result<(), WsaError> {
    started()?;
    // Linux decides how much goes at once.
    let _ = nNumberOfBytesPerSend;
    if dwFlags & TF_REUSE_SOCKET != 0 {
        haft_kernel::log::say_once(
            "TransmitFile with TF_REUSE_SOCKET is not implemented; it fails",
        );
        return Err(WsaError::EOPNOTSUPP);
    }
    let none = Buffer { address: 0, length: 0 };
    let (head, tail) = lpTransmitBuffers.map_or((none, none), |given| {
        (
            optional(Ptr::new(given.Head.addr()), given.HeadLength),
            optional(Ptr::new(given.Tail.addr()), given.TailLength),
        )
    });
    let parts = Parts {
        head,
        file: hFile,
        count: nNumberOfBytesToWrite,
        offset: lpOverlapped.as_ref().map(|overlapped| overlapped.position()),
        tail,
        disconnect: dwFlags & TF_DISCONNECT != 0,
    };
    match lpOverlapped {
        None => {
            transmit::start(hSocket, &parts, None)?;
            Ok(())
        }
        Some(overlapped) => {
            let request = overlapped::request(&overlapped);
            let status = transmit::start(hSocket, &parts, Some(&request))?;
            truth(status, &overlapped, None)
        }
    }
}

/// Where the parts of a WSAMSG are that a receive fills.
const NAME_LENGTH: usize = 8;
const CONTROL_LENGTH: usize = 32;
const MESSAGE_FLAGS: usize = 48;

/// Receives a message with control data. (Microsoft: "LPFN_WSARECVMSG callback function")
#[export(mswsock)]
fn WSARecvMsg(
    s: Handle,
    lpMsg: InOut<WSAMSG>,
    lpdwNumberOfBytesRecvd: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let (message, at) = (lpMsg.get(), lpMsg.ptr().addr());
    let incoming = Receive {
        buffers: several(Ptr::new(message.lpBuffers.addr()), message.dwBufferCount)?,
        flags: message.dwFlags,
        from: Place { address: message.name.addr(), length: at + NAME_LENGTH },
        control: Control {
            buffer: Buffer {
                address: message.Control.buf.addr(),
                length: message.Control.len as usize,
            },
            length_place: at + CONTROL_LENGTH,
        },
        flags_place: at + MESSAGE_FLAGS,
    };
    match lpOverlapped {
        None => {
            let arrived = receive(s, &incoming)?;
            lpdwNumberOfBytesRecvd.ok_or(WsaError::EFAULT)?.set(arrived.count as u32)?;
            Ptr::<u32>::new(at + MESSAGE_FLAGS).write(arrived.flags)?;
            match arrived.status {
                NtStatus::SUCCESS => Ok(OrSocketError),
                status => Err(status.into()),
            }
        }
        Some(overlapped) => {
            let request = request(&overlapped, lpCompletionRoutine);
            let status = start_receive(s, incoming, &request)?;
            started_as(status, &overlapped, lpdwNumberOfBytesRecvd.as_ref())
        }
    }
}

/// Sends a message with control data. (Microsoft: "WSASendMsg function")
#[export(ws2_32, mswsock)]
fn WSASendMsg(
    hSocket: Handle,
    lpMsg: In<WSAMSG>,
    dwFlags: u32,
    lpNumberOfBytesSent: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let message = lpMsg.get();
    let send = Send {
        buffers: several(Ptr::new(message.lpBuffers.addr()), message.dwBufferCount)?,
        flags: dwFlags,
        to: address(Ptr::new(message.name.addr()), message.namelen),
        control: Control {
            buffer: Buffer {
                address: message.Control.buf.addr(),
                length: message.Control.len as usize,
            },
            length_place: 0,
        },
    };
    let count = lpNumberOfBytesSent.as_ref();
    transfer::send_several(hSocket, send, count, lpOverlapped, lpCompletionRoutine)
}

/// Receives, and says whether that was all of a message. (Microsoft: "WSARecvEx function")
#[export(mswsock)]
fn WSARecvEx(
    s: Handle,
    buf: Ptr<u8>,
    len: i32,
    flags: InOut<u32>,
) -> Result<crate::abi::OrMinusOne, WsaError> {
    started()?;
    let length = usize::try_from(len).map_err(|_| WsaError::EFAULT)?;
    let buffers = vec![Buffer { address: buf.addr(), length }];
    let arrived = receive(s, &Receive::new(buffers, flags.get()))?;
    flags.set(arrived.flags)?;
    Ok(crate::abi::OrMinusOne(arrived.count as i32))
}

//! Sending and receiving.

use super::connection::place;
use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{In, InOut, OrMinusOne, Out, Ptr, Routine};
use crate::kernel32::overlapped::Overlapped;
use haft_abi::{Handle, NtStatus};
use haft_kernel::io::request::{self, Request};
use haft_kernel::io::socket::Buffer;
use haft_kernel::io::socket::transfer::{self, Receive, Send};
use haft_macros::export;
use windows_sys::Win32::Networking::WinSock::WSABUF;

fn one(address: Ptr<u8>, length: i32) -> Result<Vec<Buffer>, WsaError> {
    let length = usize::try_from(length).map_err(|_| WsaError::EFAULT)?;
    Ok(vec![Buffer { address: address.addr(), length }])
}

/// The buffers of an array of WSABUF.
pub(super) fn several(buffers: Ptr<WSABUF>, count: u32) -> Result<Vec<Buffer>, WsaError> {
    if count == 0 {
        return Err(WsaError::EINVAL);
    }
    let given = buffers.read_slice(count as usize)?;
    Ok(given
        .iter()
        .map(|buffer| Buffer { address: buffer.buf.addr(), length: buffer.len as usize })
        .collect())
}

/// The request that a WSAOVERLAPPED and a completion routine make.
pub(super) fn request(overlapped: &In<Overlapped>, routine: Option<Routine>) -> Request {
    let Some(routine) = routine else { return crate::kernel32::overlapped::request(overlapped) };
    Request {
        routine: Some(request::Routine { address: routine.0, arguments: routine_arguments }),
        event: Handle::NULL,
        context: 0,
        ..crate::kernel32::overlapped::request(overlapped)
    }
}

/// The arguments of a completion routine: `dwError`, `cbTransferred`, `lpOverlapped`, `dwFlags`.
fn routine_arguments(status: NtStatus, information: usize, request: &Request) -> [usize; 4] {
    let error = if status.is_success() { 0 } else { error_of(status).0 };
    let flags = Ptr::<u32>::new(request.status_block + FLAGS).read().unwrap_or(0);
    [error as usize, information, request.status_block, flags as usize]
}

/// The error of an operation that was overlapped.
pub(super) fn error_of(status: NtStatus) -> WsaError {
    match status {
        NtStatus::CANCELLED => WsaError::_OPERATION_ABORTED,
        status => status.into(),
    }
}

/// The WSAOVERLAPPED's `Offset`, which is for the use of Winsock.
pub(super) const FLAGS: usize = 16;

/// Where the flags of an overlapped receive are left.
pub(super) const fn flags_place(overlapped: &In<Overlapped>) -> usize {
    overlapped.ptr().addr() + FLAGS
}

/// What a call returns whose completion the WSAOVERLAPPED tells of.
pub(super) fn started_as(
    status: NtStatus,
    overlapped: &In<Overlapped>,
    count: Option<&Out<u32>>,
) -> Result<OrSocketError, WsaError> {
    match status {
        NtStatus::PENDING => Err(WsaError::_IO_PENDING),
        status => {
            if let Some(count) = count {
                count.set(Ptr::<usize>::new(overlapped.ptr().addr() + 8).read()? as u32)?;
            }
            if status == NtStatus::SUCCESS { Ok(OrSocketError) } else { Err(status.into()) }
        }
    }
}

/// Sends. (Microsoft: "send function")
#[export(ws2_32(ordinal = 19), wsock32(ordinal = 19))]
fn send(s: Handle, buf: Ptr<u8>, len: i32, flags: u32) -> Result<OrMinusOne, WsaError> {
    started()?;
    let send = Send::new(one(buf, len)?, flags);
    Ok(OrMinusOne(transfer::send(s, send)? as i32))
}

/// Sends to an address. (Microsoft: "sendto function")
#[export(ws2_32(ordinal = 20), wsock32(ordinal = 20))]
fn sendto(
    s: Handle,
    buf: Ptr<u8>,
    len: i32,
    flags: u32,
    to: Ptr<u8>,
    tolen: i32,
) -> Result<OrMinusOne, WsaError> {
    started()?;
    let send = Send { to: address(to, tolen), ..Send::new(one(buf, len)?, flags) };
    Ok(OrMinusOne(transfer::send(s, send)? as i32))
}

pub(super) fn address(to: Ptr<u8>, length: i32) -> Option<(usize, usize)> {
    to.non_null().map(|to| (to.addr(), usize::try_from(length).unwrap_or(0)))
}

/// Receives. (Microsoft: "recv function")
#[export(ws2_32(ordinal = 16), wsock32(ordinal = 16))]
fn recv(s: Handle, buf: Ptr<u8>, len: i32, flags: u32) -> Result<OrMinusOne, WsaError> {
    receive_one(s, buf, len, flags, (Ptr::NULL, Ptr::NULL))
}

/// Receives, and tells from whom. (Microsoft: "recvfrom function")
#[export(ws2_32(ordinal = 17), wsock32(ordinal = 17))]
fn recvfrom(
    s: Handle,
    buf: Ptr<u8>,
    len: i32,
    flags: u32,
    from: Ptr<u8>,
    fromlen: Ptr<i32>,
) -> Result<OrMinusOne, WsaError> {
    receive_one(s, buf, len, flags, (from, fromlen))
}

fn receive_one(
    socket: Handle,
    buffer: Ptr<u8>,
    length: i32,
    flags: u32,
    (from, from_length): (Ptr<u8>, Ptr<i32>),
) -> Result<OrMinusOne, WsaError> {
    started()?;
    let from = place(from, from_length);
    let receive = Receive { from, ..Receive::new(one(buffer, length)?, flags) };
    let arrived = transfer::receive(socket, &receive)?;
    match arrived.status {
        NtStatus::SUCCESS => Ok(OrMinusOne(arrived.count as i32)),
        status => Err(status.into()),
    }
}

/// Sends from several buffers, overlapped if told. (Microsoft: "WSASend function")
#[export(ws2_32)]
fn WSASend(
    s: Handle,
    lpBuffers: Ptr<WSABUF>,
    dwBufferCount: u32,
    lpNumberOfBytesSent: Option<Out<u32>>,
    dwFlags: u32,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let send = Send::new(several(lpBuffers, dwBufferCount)?, dwFlags);
    send_several(s, send, lpNumberOfBytesSent.as_ref(), lpOverlapped, lpCompletionRoutine)
}

/// Sends from several buffers to an address, overlapped if told. (Microsoft: "WSASendTo
/// function")
#[export(ws2_32)]
fn WSASendTo(
    s: Handle,
    lpBuffers: Ptr<WSABUF>,
    dwBufferCount: u32,
    lpNumberOfBytesSent: Option<Out<u32>>,
    dwFlags: u32,
    lpTo: Ptr<u8>,
    iTolen: i32,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let buffers = several(lpBuffers, dwBufferCount)?;
    let send = Send { to: address(lpTo, iTolen), ..Send::new(buffers, dwFlags) };
    send_several(s, send, lpNumberOfBytesSent.as_ref(), lpOverlapped, lpCompletionRoutine)
}

pub(super) fn send_several(
    socket: Handle,
    send: Send,
    count: Option<&Out<u32>>,
    overlapped: Option<In<Overlapped>>,
    routine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    match overlapped {
        None => {
            let sent = transfer::send(socket, send)?;
            count.ok_or(WsaError::EFAULT)?.set(sent as u32)?;
            Ok(OrSocketError)
        }
        Some(overlapped) => {
            let request = request(&overlapped, routine);
            started_as(transfer::start_send(socket, send, &request)?, &overlapped, count)
        }
    }
}

/// Receives into several buffers, overlapped if told. (Microsoft: "WSARecv function")
#[export(ws2_32)]
fn WSARecv(
    s: Handle,
    lpBuffers: Ptr<WSABUF>,
    dwBufferCount: u32,
    lpNumberOfBytesRecvd: Option<Out<u32>>,
    lpFlags: InOut<u32>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let receive = Receive::new(several(lpBuffers, dwBufferCount)?, lpFlags.get());
    let count = lpNumberOfBytesRecvd.as_ref();
    receive_several(s, receive, count, &lpFlags, lpOverlapped, lpCompletionRoutine)
}

/// Receives into several buffers and tells from whom, overlapped if told. (Microsoft:
/// "WSARecvFrom function")
#[export(ws2_32)]
fn WSARecvFrom(
    s: Handle,
    lpBuffers: Ptr<WSABUF>,
    dwBufferCount: u32,
    lpNumberOfBytesRecvd: Option<Out<u32>>,
    lpFlags: InOut<u32>,
    lpFrom: Ptr<u8>,
    lpFromlen: Ptr<i32>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let from = place(lpFrom, lpFromlen);
    let receive =
        Receive { from, ..Receive::new(several(lpBuffers, dwBufferCount)?, lpFlags.get()) };
    let count = lpNumberOfBytesRecvd.as_ref();
    receive_several(s, receive, count, &lpFlags, lpOverlapped, lpCompletionRoutine)
}

fn receive_several(
    socket: Handle,
    receive: Receive,
    count: Option<&Out<u32>>,
    flags: &InOut<u32>,
    overlapped: Option<In<Overlapped>>,
    routine: Option<Routine>,
) -> Result<OrSocketError, WsaError> {
    match overlapped {
        None => {
            let arrived = transfer::receive(socket, &receive)?;
            count.ok_or(WsaError::EFAULT)?.set(arrived.count as u32)?;
            flags.set(arrived.flags)?;
            match arrived.status {
                NtStatus::SUCCESS => Ok(OrSocketError),
                status => Err(status.into()),
            }
        }
        Some(overlapped) => {
            let receive = Receive { flags_place: flags_place(&overlapped), ..receive };
            let request = request(&overlapped, routine);
            let status = transfer::start_receive(socket, receive, &request)?;
            if status != NtStatus::PENDING {
                flags.set(Ptr::<u32>::new(flags_place(&overlapped)).read()?)?;
            }
            started_as(status, &overlapped, count)
        }
    }
}

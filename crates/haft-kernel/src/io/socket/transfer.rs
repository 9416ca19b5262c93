//! Sending and receiving.

use super::address::{self, Place};
use super::message::{self, Control};
use super::status::{self, of as failed, winsock};
use super::{
    Address, Buffer, CONNECTED, SHUT_RECEIVE, SHUT_SEND, Socket, SocketKind, by_handle, connection,
    events,
};
use crate::io::blocking;
use crate::io::file::FileObject;
use crate::io::pending::{self, Direction, Operation, Progress, Step, Work};
use crate::io::request::{Request, arm};
use crate::io::rights::{FILE_READ_DATA, FILE_WRITE_DATA};
use haft_abi::{Handle, NtStatus};
use haft_host::guest;
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::Errno;
use haft_host::socket::{self as host, linux};
use std::sync::Arc;

/// `MSG_OOB`, the same on both.
const OUT_OF_BAND: u32 = 1;
/// `MSG_PEEK`, the same on both.
const PEEK: u32 = 2;
/// `MSG_DONTROUTE`, the same on both.
const DONT_ROUTE: u32 = 4;
/// `MSG_WAITALL`.
const WAIT_ALL: u32 = 8;
/// `MSG_PUSH_IMMEDIATE`: nothing here waits for more.
const PUSH_IMMEDIATE: u32 = 0x20;
/// `MSG_PARTIAL`.
const PARTIAL: u32 = 0x8000;
/// `MSG_TRUNC`, of a message with control data.
const TRUNCATED: u32 = 0x100;
/// `MSG_CTRUNC`.
const CONTROL_TRUNCATED: u32 = 0x200;

/// What came of a receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// How many bytes.
    pub count: usize,
    /// `BUFFER_OVERFLOW` for the beginning of a message, of which the rest is lost.
    pub status: NtStatus,
    /// `MSG_*` flags of what came.
    pub flags: u32,
}

/// A receive.
pub struct Receive {
    /// Where the bytes go.
    pub buffers: Vec<Buffer>,
    /// `MSG_*` flags.
    pub flags: u32,
    /// Where the sender's address goes.
    pub from: Place,
    /// Where control data goes.
    pub control: Control,
    /// Where an overlapped one leaves its flags; zero for nowhere.
    pub flags_place: usize,
}

impl Receive {
    /// A receive into these buffers, of nothing but bytes.
    #[must_use]
    pub const fn new(buffers: Vec<Buffer>, flags: u32) -> Self {
        let from = Place { address: 0, length: 0 };
        Self { buffers, flags, from, control: Control::NONE, flags_place: 0 }
    }
}

/// A send.
pub struct Send {
    /// Where the bytes are.
    pub buffers: Vec<Buffer>,
    /// `MSG_*` flags.
    pub flags: u32,
    /// To whom, by address and length in the program's memory; nobody in particular.
    pub to: Option<(usize, usize)>,
    /// Control data that goes along.
    pub control: Control,
}

impl Send {
    /// A send from these buffers, to nobody in particular.
    #[must_use]
    pub const fn new(buffers: Vec<Buffer>, flags: u32) -> Self {
        Self { buffers, flags, to: None, control: Control::NONE }
    }
}

/// How many bytes there is room for.
fn total(buffers: &[Buffer]) -> usize {
    buffers.iter().fold(0, |sum, buffer| sum.saturating_add(buffer.length))
}

/// Takes the first `count` bytes off.
fn skip(buffers: &mut Vec<Buffer>, mut count: usize) {
    let mut done = 0;
    for buffer in buffers.iter_mut() {
        let part = count.min(buffer.length);
        buffer.address += part;
        buffer.length -= part;
        count -= part;
        if buffer.length > 0 {
            break;
        }
        done += 1;
    }
    buffers.drain(..done);
}

/// The failure of a transfer.
fn transfer_failed(file: &FileObject, error: Errno) -> NtStatus {
    let state = &file.state.socket;
    let datagram = file.description.winsock.is_some_and(|kind| !kind.is_stream());
    match error {
        // A message that was sent before met nobody.
        Errno::CONNREFUSED if datagram => NtStatus::CONNECTION_RESET,
        Errno::DESTADDRREQ if datagram => NtStatus::INVALID_CONNECTION,
        Errno::PIPE if state.has(SHUT_SEND) => winsock(status::SHUT_DOWN),
        Errno::PIPE if !state.has(CONNECTED) && host::peer_name(file.fd.as_fd()).is_err() => {
            NtStatus::INVALID_CONNECTION
        }
        error => failed(error),
    }
}

/// The failure of a call that waits for a transfer.
fn wait_failed(file: &FileObject, error: Errno) -> NtStatus {
    match error {
        Errno::AGAIN if connection::is_nonblocking(file) => NtStatus::DEVICE_NOT_READY,
        Errno::AGAIN => NtStatus::IO_TIMEOUT,
        error => transfer_failed(file, error),
    }
}

impl Receive {
    /// What Linux calls the flags.
    fn linux_flags(&self) -> Result<i32, NtStatus> {
        let known = OUT_OF_BAND | PEEK | WAIT_ALL | PUSH_IMMEDIATE | PARTIAL;
        if self.flags & !known != 0 {
            return Err(winsock(status::OPERATION_NOT_SUPPORTED));
        }
        let wait_all = if self.flags & WAIT_ALL != 0 { linux::MSG_WAITALL } else { 0 };
        Ok((self.flags & (OUT_OF_BAND | PEEK)).cast_signed() | wait_all)
    }

    fn begin(&self, socket: &Socket) -> Result<i32, NtStatus> {
        let flags = self.linux_flags()?;
        let state = &socket.file.state.socket;
        if state.has(SHUT_RECEIVE) {
            return Err(winsock(status::SHUT_DOWN));
        }
        self.from.check(socket.kind.family)?;
        if !socket.kind.is_stream() && !connection::is_bound(&socket.file) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        Ok(flags)
    }

    /// Receives once.
    fn once(&self, file: &FileObject, flags: i32) -> Result<(host::Received, Vec<u8>), Errno> {
        let mut control = message::room(self.control);
        let received = host::receive(file.fd.as_fd(), &self.buffers, flags, &mut control)?;
        control.truncate(received.control);
        Ok((received, control))
    }

    /// What the program is told of what came.
    fn arrived(&self, received: &host::Received, control: &[u8]) -> Result<Arrived, NtStatus> {
        self.from.write(&received.from)?;
        let mut cut = received.flags & linux::MSG_CTRUNC != 0;
        if self.wants_control() {
            cut |= message::deliver(self.control, control)?;
        }
        let truncated = received.flags & linux::MSG_TRUNC != 0;
        let urgent = received.flags & linux::MSG_OOB != 0;
        Ok(Arrived {
            count: received.count,
            status: if truncated { NtStatus::BUFFER_OVERFLOW } else { NtStatus::SUCCESS },
            flags: [
                (truncated && self.wants_control(), TRUNCATED),
                (truncated && !self.wants_control(), PARTIAL),
                (cut && self.wants_control(), CONTROL_TRUNCATED),
                (urgent, OUT_OF_BAND),
            ]
            .iter()
            .fold(0, |flags, &(is, flag)| if is { flags | flag } else { flags }),
        })
    }
}

/// Receives, waiting unless the socket does not (Microsoft: "WSARecvFrom function").
///
/// # Errors
/// `DEVICE_NOT_READY`, `IO_TIMEOUT`, `CONNECTION_RESET`, `INVALID_CONNECTION`, the status of
/// `WSAESHUTDOWN`, `ACCESS_VIOLATION`.
pub fn receive(handle: Handle, receive: &Receive) -> Result<Arrived, NtStatus> {
    let socket = by_handle(handle, FILE_READ_DATA)?;
    let flags = receive.begin(&socket)?;
    let result = blocking::wait(
        &socket.file,
        |error| wait_failed(&socket.file, error),
        || receive.once(&socket.file, flags),
    );
    events::received(&socket.file);
    let (received, control) = result?;
    receive.arrived(&received, &control)
}

/// Reads a socket as a file.
pub(in crate::io) fn read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<usize, NtStatus> {
    if file.state.socket.has(SHUT_RECEIVE) {
        return Err(winsock(status::SHUT_DOWN));
    }
    let buffer = [Buffer { address, length }];
    let fd = file.fd.as_fd();
    let receive = || host::receive(fd, &buffer, 0, &mut []);
    blocking::wait(file, |error| wait_failed(file, error), receive).map(|received| received.count)
}

/// Writes a socket as a file.
pub(in crate::io) fn write(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<usize, NtStatus> {
    let buffers = vec![Buffer { address, length }];
    send_all(file, buffers, 0, &Address::NONE, &[])
}

/// Receives as the request says (Microsoft: "WSARecvFrom function", "Overlapped I/O").
///
/// # Errors
/// As for [`receive`], but those of waiting.
pub fn start_receive(
    handle: Handle,
    receive: Receive,
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(handle, FILE_READ_DATA)?;
    let flags = receive.begin(&socket)?;
    let armed = arm(&socket.file, request)?;
    let work = Work::Step(Box::new(PendingReceive { receive, flags }));
    let started = pending::start(&socket.file, Direction::Read, Operation::new(armed, work));
    events::received(&socket.file);
    started
}

struct PendingReceive {
    receive: Receive,
    flags: i32,
}

impl Step for PendingReceive {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        let all = self.flags & linux::MSG_WAITALL != 0;
        let flags = (self.flags & !linux::MSG_WAITALL) | linux::MSG_DONTWAIT;
        loop {
            match self.receive.once(file, flags) {
                Ok((received, control)) => {
                    let arrived = self.receive.arrived(&received, &control)?;
                    *done += arrived.count;
                    skip(&mut self.receive.buffers, arrived.count);
                    if all && received.count > 0 && total(&self.receive.buffers) > 0 {
                        continue;
                    }
                    if self.receive.flags_place != 0 {
                        guest::write(self.receive.flags_place, arrived.flags)?;
                    }
                    return Ok(Progress::Done(arrived.status));
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Progress::Later),
                Err(error) => return Err(transfer_failed(file, error)),
            }
        }
    }
}

/// Whether a socket has a peer.
fn is_connected(file: &FileObject) -> bool {
    file.state.socket.has(CONNECTED) || host::peer_name(file.fd.as_fd()).is_ok()
}

impl Send {
    fn begin(&self, socket: &Socket) -> Result<(i32, Address), NtStatus> {
        let known = OUT_OF_BAND | DONT_ROUTE | PARTIAL;
        if self.flags & !known != 0 {
            return Err(winsock(status::OPERATION_NOT_SUPPORTED));
        }
        if socket.file.state.socket.has(SHUT_SEND) {
            return Err(winsock(status::SHUT_DOWN));
        }
        let to = match self.to {
            // A stream goes where it is connected to.
            Some((address, length)) if !socket.kind.is_stream() => {
                address::read(address, length, socket.kind.family)?
            }
            None if !socket.kind.is_stream() && !is_connected(&socket.file) => {
                return Err(NtStatus::INVALID_CONNECTION);
            }
            _ => Address::NONE,
        };
        Ok(((self.flags & (OUT_OF_BAND | DONT_ROUTE)).cast_signed(), to))
    }
}

/// Sends, waiting until everything is on its way unless the socket does not wait (Microsoft:
/// "WSASendTo function"): how many bytes.
///
/// # Errors
/// As for [`receive`].
pub fn send(handle: Handle, send: Send) -> Result<usize, NtStatus> {
    let socket = by_handle(handle, FILE_WRITE_DATA)?;
    let (flags, to) = send.begin(&socket)?;
    let control = send.along()?;
    let result = send_all(&socket.file, send.buffers, flags, &to, &control);
    events::after_send(&socket, &result);
    result
}

fn send_all(
    file: &FileObject,
    mut buffers: Vec<Buffer>,
    flags: i32,
    to: &Address,
    control: &[u8],
) -> Result<usize, NtStatus> {
    let fd = file.fd.as_fd();
    let stream = file.description.winsock.is_some_and(SocketKind::is_stream);
    let whole = total(&buffers);
    let mut done = 0;
    loop {
        let sent = blocking::wait(
            file,
            |error| wait_failed(file, error),
            || host::send(fd, &buffers, flags, to, control),
        );
        match sent {
            Ok(sent) => {
                done += sent;
                skip(&mut buffers, sent);
            }
            // What has gone is told of first.
            Err(_) if done > 0 => return Ok(done),
            Err(error) => return Err(error),
        }
        if done >= whole || !stream {
            return Ok(done);
        }
    }
}

/// Sends as the request says (Microsoft: "WSASendTo function", "Overlapped I/O").
///
/// # Errors
/// As for [`send`], but those of waiting.
pub fn start_send(handle: Handle, send: Send, request: &Request) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(handle, FILE_WRITE_DATA)?;
    let (flags, to) = send.begin(&socket)?;
    let control = send.along()?;
    let armed = arm(&socket.file, request)?;
    let stream = socket.kind.is_stream();
    let step = PendingSend { buffers: send.buffers, flags, to, control, stream };
    let work = Work::Step(Box::new(step));
    pending::start(&socket.file, Direction::Write, Operation::new(armed, work))
}

struct PendingSend {
    buffers: Vec<Buffer>,
    flags: i32,
    to: Address,
    control: Vec<u8>,
    stream: bool,
}

impl Step for PendingSend {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        let flags = self.flags | linux::MSG_DONTWAIT;
        loop {
            match host::send(file.fd.as_fd(), &self.buffers, flags, &self.to, &self.control) {
                Ok(sent) => {
                    *done += sent;
                    skip(&mut self.buffers, sent);
                    if !self.stream || total(&self.buffers) == 0 {
                        return Ok(Progress::Done(NtStatus::SUCCESS));
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Progress::Later),
                Err(error) => return Err(transfer_failed(file, error)),
            }
        }
    }
}

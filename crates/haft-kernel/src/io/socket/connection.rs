//! Addresses and connections: bind, listen, connect, shut down.

use super::address::{self, Place};
use super::status::{self, of as failed, winsock};
use super::{
    Address, BOUND, CONNECTED, CONNECTING, EXCLUSIVE, REUSE, SHUT_RECEIVE, SHUT_SEND, Socket,
    WAITS_HERE, by_handle, driver, events,
};
use crate::io::blocking;
use crate::io::file::FileObject;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::Errno;
use haft_host::rustix::net::{Shutdown, listen as listen_on, shutdown as shut};
use haft_host::socket::{self as host, linux};

/// Gives a socket its address (Microsoft: "bind function").
///
/// On Windows an address is free when nobody uses it any more, though connections of it may still
/// be remembered; on Linux it must be asked for so.
///
/// # Errors
/// `INVALID_PARAMETER` when it has one, `ADDRESS_ALREADY_EXISTS`, `ACCESS_DENIED`,
/// `INVALID_ADDRESS_COMPONENT`, and those of [`address::read`].
pub fn bind(handle: Handle, address: usize, length: usize) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let wanted = address::read(address, length, socket.kind.family)?;
    let fd = socket.file.fd.as_fd();
    let state = &socket.file.state.socket;
    let mut bound = host::bind(fd, &wanted);
    let lenient = !state.has(EXCLUSIVE | REUSE) && socket.kind.is_tcp();
    if bound == Err(Errno::ADDRINUSE) && lenient {
        let _ = host::set_int_option(fd, linux::SOL_SOCKET, linux::SO_REUSEADDR, 1);
        bound = host::bind(fd, &wanted);
        let _ = host::set_int_option(fd, linux::SOL_SOCKET, linux::SO_REUSEADDR, 0);
    }
    bound.map_err(failed)?;
    state.set(BOUND, true);
    Ok(())
}

/// Whether a socket has an address.
pub(super) fn is_bound(file: &FileObject) -> bool {
    if file.state.socket.has(BOUND) {
        return true;
    }
    let bound = host::own_name(file.fd.as_fd()).is_ok_and(|name| match name.bytes() {
        [_, _, port @ ..] if name.family() != linux::AF_UNIX => {
            port.get(..2).is_some_and(|port| port != [0, 0])
        }
        path => path.len() > 2,
    });
    if bound {
        file.state.socket.set(BOUND, true);
    }
    bound
}

/// Has a socket take connections (Microsoft: "listen function"). A negative backlog is
/// `SOMAXCONN_HINT`.
///
/// # Errors
/// `INVALID_PARAMETER` for a socket without an address, the status of `WSAEISCONN`,
/// `WSAEOPNOTSUPP`; `ADDRESS_ALREADY_EXISTS`.
pub fn listen(handle: Handle, backlog: i32) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !socket.kind.is_stream() {
        return Err(winsock(status::OPERATION_NOT_SUPPORTED));
    }
    if !is_bound(&socket.file) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let fd = socket.file.fd.as_fd();
    if socket.kind.is_tcp() {
        if host::peer_name(fd).is_ok() {
            return Err(winsock(status::IS_CONNECTED));
        }
        // So that the connections which it takes do not keep the address from the next one who
        // binds it as Windows would allow.
        let _ = host::set_int_option(fd, linux::SOL_SOCKET, linux::SO_REUSEADDR, 1);
    }
    listen_on(fd, backlog.saturating_abs()).map_err(failed)?;
    events::accepted(&socket.file);
    driver::began(&socket.file);
    Ok(())
}

/// Whether calls on a socket return at once.
pub(super) fn is_nonblocking(file: &FileObject) -> bool {
    use haft_host::rustix::fs::{OFlags, fcntl_getfl};
    !file.state.socket.has(WAITS_HERE)
        && fcntl_getfl(&file.fd).is_ok_and(|flags| flags.contains(OFlags::NONBLOCK))
}

/// Whether an address is of no host or no port.
pub(super) fn is_nowhere(address: &Address) -> bool {
    match (address.family(), address.bytes()) {
        (linux::AF_INET, [_, _, port @ ..]) => port[..2] == [0, 0] || port[2..6] == [0; 4],
        (linux::AF_INET6, [_, _, port @ ..]) => port[..2] == [0, 0] || port[6..22] == [0; 16],
        _ => false,
    }
}

/// Connects a socket (Microsoft: "WSAConnect function").
///
/// # Errors
/// `DEVICE_NOT_READY` where the call does not wait, and what keeps a connection from being made.
pub fn connect(handle: Handle, address: usize, length: usize) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let wanted = address::read(address, length, socket.kind.family)?;
    if is_nowhere(&wanted) {
        if socket.kind.is_stream() {
            return Err(NtStatus::INVALID_ADDRESS_COMPONENT);
        }
        return dissolve(&socket);
    }
    let fd = socket.file.fd.as_fd();
    let state = &socket.file.state.socket;
    crate::log::flush();
    let connected = match host::connect(fd, &wanted) {
        // Linux goes on with it.
        Err(Errno::INTR) => finish(&socket),
        Ok(()) if state.has(CONNECTING) => Err(winsock(status::IS_CONNECTED)),
        Err(Errno::INPROGRESS) if is_nonblocking(&socket.file) => {
            state.set(CONNECTING, true);
            events::began(&socket.file);
            return Err(NtStatus::DEVICE_NOT_READY);
        }
        // A time limit for sending is one for connecting on Linux.
        Err(Errno::INPROGRESS) => Err(NtStatus::IO_TIMEOUT),
        // A local socket whose listener's queue is full.
        Err(Errno::AGAIN) => Err(NtStatus::CONNECTION_REFUSED),
        result => result.map_err(failed),
    };
    state.set(CONNECTING, false);
    connected?;
    state.connected();
    events::began(&socket.file);
    Ok(())
}

/// Waits for the end of an attempt to connect.
fn finish(socket: &Socket) -> Result<(), NtStatus> {
    let fd = socket.file.fd.as_fd();
    blocking::wait(&socket.file, failed, || poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None))?;
    match take_error(&socket.file) {
        None => Ok(()),
        Some(error) => Err(failed(error)),
    }
}

/// The error that waits in a socket, which has none after.
pub(super) fn take_error(file: &FileObject) -> Option<Errno> {
    match host::int_option(file.fd.as_fd(), linux::SOL_SOCKET, linux::SO_ERROR) {
        Ok(0) => None,
        Ok(error) => Some(Errno::from_raw_os_error(error)),
        Err(error) => Some(error),
    }
}

/// Takes the peer of a datagram socket away.
fn dissolve(socket: &Socket) -> Result<(), NtStatus> {
    let nobody = Address::new(&[0; 16]).unwrap_or(Address::NONE);
    host::connect(socket.file.fd.as_fd(), &nobody).map_err(failed)?;
    socket.file.state.socket.set(CONNECTED, false);
    Ok(())
}

/// Ends sending, receiving or both on a socket (Microsoft: "shutdown function"): `how` is
/// `SD_RECEIVE` 0, `SD_SEND` 1, `SD_BOTH` 2.
///
/// # Errors
/// `INVALID_PARAMETER`, `INVALID_CONNECTION`.
pub fn shutdown(handle: Handle, how: u32) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let (linux_how, flags) = match how {
        0 => (Shutdown::Read, SHUT_RECEIVE),
        1 => (Shutdown::Write, SHUT_SEND),
        2 => (Shutdown::Both, SHUT_RECEIVE | SHUT_SEND),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    match shut(&socket.file.fd, linux_how) {
        Ok(()) => {}
        Err(Errno::NOTCONN) if !socket.kind.is_stream() => {}
        // The connection is gone already, both ways.
        Err(Errno::NOTCONN) if socket.file.state.socket.has(CONNECTED) => {}
        Err(error) => return Err(failed(error)),
    }
    socket.file.state.socket.set(flags, true);
    Ok(())
}

/// Tells a socket's own address (Microsoft: "getsockname function").
///
/// # Errors
/// `INVALID_PARAMETER` for a socket that has none, `ACCESS_VIOLATION` for too little room.
pub fn own_name(handle: Handle, place: Place) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !is_bound(&socket.file) && socket.kind.family != linux::AF_UNIX {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    tell(place, &host::own_name(socket.file.fd.as_fd()).map_err(failed)?)
}

/// Tells the address that a socket is connected to (Microsoft: "getpeername function").
///
/// # Errors
/// `INVALID_CONNECTION`, `ACCESS_VIOLATION` for too little room.
pub fn peer_name(handle: Handle, place: Place) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    tell(place, &host::peer_name(socket.file.fd.as_fd()).map_err(failed)?)
}

fn tell(place: Place, address: &Address) -> Result<(), NtStatus> {
    if place.is_none() { Err(NtStatus::ACCESS_VIOLATION) } else { place.write(address) }
}

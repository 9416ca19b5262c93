//! Controls of sockets (Microsoft: "ioctlsocket function", "Winsock IOCTLs").

use super::status::of as failed;
use super::{WAITS_HERE, accept, by_handle, events, status};
use crate::io::pending;
use crate::io::request::{Request, arm};
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::{ioctl_fionbio, ioctl_fionread};
use haft_host::socket::{self as host, linux};

/// Says whether calls return at once (`FIONBIO`).
///
/// # Errors
/// Those of a socket's handle.
pub fn set_nonblocking(handle: Handle, on: bool) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let state = &socket.file.state.socket;
    if on {
        state.set(WAITS_HERE, false);
    } else if events::are_told(&socket.file) {
        // "The WSAEventSelect function automatically sets socket s to nonblocking mode."
        return Err(NtStatus::INVALID_PARAMETER);
    } else if accept::is_listener(&socket.file)
        && pending::any(&socket.file, pending::Direction::Read)
    {
        state.set(WAITS_HERE, true);
        return Ok(());
    }
    ioctl_fionbio(&socket.file.fd, on).map_err(failed)
}

/// How many bytes one receive would get (`FIONREAD`).
///
/// # Errors
/// Those of a socket's handle.
pub fn readable(handle: Handle) -> Result<u32, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    Ok(u32::try_from(ioctl_fionread(&socket.file.fd).map_err(failed)?).unwrap_or(u32::MAX))
}

/// Whether all urgent data was read (`SIOCATMARK`).
///
/// # Errors
/// Those of a socket's handle.
pub fn no_urgent_data(handle: Handle) -> Result<bool, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !socket.kind.is_tcp() {
        return Err(status::winsock(status::OPERATION_NOT_SUPPORTED));
    }
    // Windows says TRUE when no urgent data is left to be read, Linux at the place where it was.
    Ok(!host::at_mark(socket.file.fd.as_fd()).map_err(failed)?)
}

/// How an idle connection is kept alive (`SIO_KEEPALIVE_VALS`), in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Whether it is.
    pub on: bool,
    /// How long it is idle before that begins.
    pub time: u32,
    /// How long between attempts.
    pub interval: u32,
}

/// Sets how an idle connection is kept alive.
///
/// # Errors
/// The status of `WSAENOPROTOOPT` for what is no TCP socket.
pub fn keep_alive(handle: Handle, wanted: KeepAlive) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !socket.kind.is_tcp() {
        return Err(status::winsock(status::NO_SUCH_OPTION));
    }
    let fd = socket.file.fd.as_fd();
    let set = |level, option, value| host::set_int_option(fd, level, option, value).map_err(failed);
    if wanted.on {
        // Linux counts in seconds, and not below one.
        let seconds = |milliseconds: u32| milliseconds.div_ceil(1000).clamp(1, 32767).cast_signed();
        set(linux::IPPROTO_TCP, linux::TCP_KEEPIDLE, seconds(wanted.time))?;
        set(linux::IPPROTO_TCP, linux::TCP_KEEPINTVL, seconds(wanted.interval))?;
    }
    set(linux::SOL_SOCKET, linux::SO_KEEPALIVE, wanted.on.into())
}

/// The process on the other side of a local socket (`SIO_AF_UNIX_GETPEERPID`).
///
/// # Errors
/// The status of `WSAEOPNOTSUPP` for a socket that is not local, `INVALID_CONNECTION`.
pub fn peer_process(handle: Handle) -> Result<Pid, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if socket.kind.family != linux::AF_UNIX {
        return Err(status::winsock(status::OPERATION_NOT_SUPPORTED));
    }
    let mut credentials = [0; 12];
    let fd = socket.file.fd.as_fd();
    host::option(fd, linux::SOL_SOCKET, linux::SO_PEERCRED, &mut credentials).map_err(failed)?;
    match u32::from_ne_bytes(*credentials.first_chunk().unwrap_or(&[0; 4])) {
        0 => Err(NtStatus::INVALID_CONNECTION),
        pid => Ok(Pid(pid)),
    }
}

/// Tells of a control that was done at once as the request says.
///
/// # Errors
/// Those of the request's event.
pub fn complete(handle: Handle, request: &Request, count: u32) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    arm(&socket.file, request)?.complete(&socket.file, NtStatus::SUCCESS, count as usize, true);
    Ok(())
}

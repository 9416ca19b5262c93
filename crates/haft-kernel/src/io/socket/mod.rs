//! Sockets, as Winsock's driver has them (Microsoft: "Windows Sockets 2"): file objects over Linux
//! sockets.
//!
//! A call that waits is one plain system call, and whether it waits is Linux's own flag of the
//! socket, so every process that has the socket agrees about it. Overlapped calls go through the
//! file's queues, as those of any other file do ([`super::pending`]).

pub mod accept;
pub mod address;
pub mod connect;
pub mod connection;
pub mod control;
pub mod driver;
pub mod duplicate;
pub mod events;
pub mod interface;
pub mod message;
pub mod option;
pub mod poll;
pub mod status;
pub mod transfer;
pub mod transmit;

pub use self::address::Place;
pub use haft_host::socket::{Address, Buffer};

use self::status::{of as failed, winsock};
use super::file::{self, FileDescription, FileKind, FileObject};
use crate::ob::{self, Pinned};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::clock;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::socket as host;
use haft_host::socket::linux;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a socket was created as, by Linux's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketKind {
    /// The address family.
    pub family: i32,
    /// Stream, datagram, raw.
    pub socket_type: i32,
    /// The protocol.
    pub protocol: i32,
}

impl SocketKind {
    /// Whether it is a stream of bytes.
    #[must_use]
    pub const fn is_stream(self) -> bool {
        self.socket_type == linux::SOCK_STREAM
    }

    /// Whether it is TCP.
    #[must_use]
    pub const fn is_tcp(self) -> bool {
        self.is_stream() && self.family != linux::AF_UNIX
    }
}

/// What Winsock knows of a socket and Linux does not, in the process that did it.
#[derive(Default)]
pub(crate) struct SocketState {
    flags: AtomicU32,
    /// When it was connected, in interrupt time; zero for "not yet".
    connected_at: AtomicU64,
    /// The time limits of receiving and sending, in milliseconds, as they were asked for: Linux
    /// rounds them.
    limits: [AtomicU32; 2],
    /// Which events are told of.
    pub(super) events: events::Events,
}

/// It has an address.
pub(crate) const BOUND: u32 = 1;
/// It is being connected, and nobody has waited for that yet.
pub(crate) const CONNECTING: u32 = 2;
/// Nothing is sent any more.
pub(crate) const SHUT_SEND: u32 = 4;
/// Nothing is received any more.
pub(crate) const SHUT_RECEIVE: u32 = 8;
/// `SO_EXCLUSIVEADDRUSE`.
pub(crate) const EXCLUSIVE: u32 = 16;
/// `SO_REUSEADDR`.
pub(crate) const REUSE: u32 = 32;
/// It was connected.
pub(crate) const CONNECTED: u32 = 64;
/// It waits for connections, but Linux's socket does not: an overlapped accept must not block.
pub(crate) const WAITS_HERE: u32 = 128;

impl SocketState {
    pub(crate) fn has(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    pub(crate) fn set(&self, flag: u32, on: bool) {
        if on {
            self.flags.fetch_or(flag, Ordering::AcqRel);
        } else {
            self.flags.fetch_and(!flag, Ordering::AcqRel);
        }
    }

    /// As for a new socket.
    pub(crate) fn reset(&self) {
        self.flags.store(0, Ordering::Release);
    }

    /// Takes note that it is connected.
    pub(crate) fn connected(&self) {
        self.set(CONNECTING, false);
        self.set(BOUND | CONNECTED, true);
        self.connected_at.store(clock::interrupt_time(), Ordering::Relaxed);
    }

    /// The time limit of receiving or sending.
    pub(crate) fn limit(&self, sending: bool) -> &AtomicU32 {
        &self.limits[usize::from(sending)]
    }

    /// For how many seconds it is connected.
    pub(crate) fn connected_for(&self) -> u32 {
        let since = self.connected_at.load(Ordering::Relaxed);
        (clock::interrupt_time().saturating_sub(since) / 10_000_000) as u32
    }
}

/// What a socket's handle may do.
pub const SOCKET_ACCESS: AccessMask = AccessMask::GENERIC_READ
    .with(AccessMask::GENERIC_WRITE)
    .with(AccessMask::SYNCHRONIZE)
    .with(AccessMask(0x0004_0000));

/// The family, type and protocol that Winsock's numbers mean. Zero is "any" for all three, though
/// not all of them at once.
///
/// # Errors
/// The status of `WSAEAFNOSUPPORT`, `WSAESOCKTNOSUPPORT`, `WSAEPROTONOSUPPORT`, `WSAEPROTOTYPE`.
pub fn kind_of(family: i32, socket_type: i32, protocol: i32) -> Result<SocketKind, NtStatus> {
    const TCP: i32 = 6;
    const UDP: i32 = 17;
    let linux_family = match family {
        0 if socket_type == 0 && protocol == 0 => return Err(NtStatus::INVALID_PARAMETER),
        0 => linux::AF_INET,
        _ => address::family_to_linux(family).ok_or(winsock(status::AF_NOT_SUPPORTED))?,
    };
    let socket_type = match socket_type {
        0 if protocol == UDP => linux::SOCK_DGRAM,
        0 => linux::SOCK_STREAM,
        1..=3 => socket_type,
        // Reliably delivered messages and sequenced packets have no protocol here, nor usually
        // on Windows.
        _ => return Err(winsock(status::TYPE_NOT_SUPPORTED)),
    };
    if linux_family == linux::AF_UNIX {
        // Windows has streams alone.
        return match (socket_type, protocol) {
            (linux::SOCK_STREAM, 0) => {
                Ok(SocketKind { family: linux_family, socket_type, protocol })
            }
            (linux::SOCK_STREAM, _) => Err(winsock(status::PROTOCOL_NOT_SUPPORTED)),
            _ => Err(winsock(status::TYPE_NOT_SUPPORTED)),
        };
    }
    let protocol = match (socket_type, protocol) {
        (linux::SOCK_STREAM, 0 | TCP) => TCP,
        (linux::SOCK_DGRAM, 0 | UDP) => UDP,
        (linux::SOCK_RAW, protocol) => protocol,
        (_, TCP | UDP) => return Err(winsock(status::WRONG_PROTOCOL_TYPE)),
        _ => return Err(winsock(status::PROTOCOL_NOT_SUPPORTED)),
    };
    Ok(SocketKind { family: linux_family, socket_type, protocol })
}

/// Creates a socket, and a handle to it (Microsoft: "WSASocketW function"). `overlapped` says
/// whether it can have I/O under way.
///
/// # Errors
/// Those of [`status::of`].
pub fn create(kind: SocketKind, overlapped: bool, inherit: bool) -> Result<Handle, NtStatus> {
    let fd = open(kind)?;
    insert(fd, kind, overlapped, inherit).map(|(handle, _)| handle)
}

/// A new Linux socket, with the options that it has on Windows from the start.
pub(super) fn open(kind: SocketKind) -> Result<OwnedFd, NtStatus> {
    let fd = host::create(kind.family, kind.socket_type, kind.protocol).map_err(failed)?;
    if kind.family == linux::AF_INET6 {
        // An IPv6 socket is for IPv6 alone, unless told (Microsoft: "IPPROTO_IPV6 Socket
        // Options").
        let _ = host::set_int_option(fd.as_fd(), linux::IPPROTO_IPV6, linux::IPV6_V6ONLY, 1);
    }
    Ok(fd)
}

/// Makes the file object of a Linux socket, and a handle to it.
pub(super) fn insert(
    fd: OwnedFd,
    kind: SocketKind,
    overlapped: bool,
    inherit: bool,
) -> Result<(Handle, Pinned), NtStatus> {
    let description = FileDescription {
        synchronous: !overlapped,
        socket: true,
        winsock: Some(kind),
        path: br"\Device\Afd".to_vec(),
        ..FileDescription::plain(FileKind::Socket)
    };
    let object = file::create(FileObject::new(fd, description))?;
    Ok((ob::insert(object.clone(), SOCKET_ACCESS, inherit)?, object))
}

/// A socket that a handle names.
pub(super) struct Socket {
    pub(super) file: Arc<FileObject>,
    pub(super) kind: SocketKind,
    /// Last, so that the file is not in use here when this was the last use of its object.
    _object: Pinned,
}

/// The socket that a handle names, if the handle may do this.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH` for what is no socket, `ACCESS_DENIED`.
pub(super) fn by_handle(handle: Handle, wanted: AccessMask) -> Result<Socket, NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    // What is no socket is told of first.
    let kind = file.description.winsock.ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
    if !object.access().contains(wanted) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok(Socket { file, kind, _object: object })
}

/// Closes a socket's handle (Microsoft: "closesocket function").
///
/// # Errors
/// As for [`by_handle`].
pub fn close(handle: Handle) -> Result<(), NtStatus> {
    drop(by_handle(handle, AccessMask::NONE)?);
    ob::close(handle)
}

/// What a socket was created as.
///
/// # Errors
/// As for [`by_handle`].
pub fn kind(handle: Handle) -> Result<SocketKind, NtStatus> {
    Ok(by_handle(handle, AccessMask::NONE)?.kind)
}

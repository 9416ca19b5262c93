//! Options of sockets (Microsoft: "getsockopt function", "SOL_SOCKET Socket Options", "IPPROTO_IP
//! Socket Options", "IPPROTO_IPV6 Socket Options", "IPPROTO_TCP Socket Options").
//!
//! Windows' numbers and the shapes of the values differ from Linux's, so each option that there is
//! stands in [`find`].

use super::status::{self, of as failed, winsock};
use super::{CONNECTED, EXCLUSIVE, REUSE, Socket, accept, by_handle, connection};
use core::sync::atomic::Ordering;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::fd::AsFd;
use haft_host::socket::{self as host, linux};

/// A group of options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `SOL_SOCKET`.
    Socket,
    /// `IPPROTO_IP`.
    Ip,
    /// `IPPROTO_IPV6`.
    Ipv6,
    /// `IPPROTO_TCP`.
    Tcp,
    /// `IPPROTO_UDP`.
    Udp,
}

impl Level {
    /// The group of Windows' number.
    #[must_use]
    pub const fn new(number: i32) -> Option<Self> {
        match number {
            0xFFFF => Some(Self::Socket),
            0 => Some(Self::Ip),
            41 => Some(Self::Ipv6),
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }

    const fn linux(self) -> i32 {
        match self {
            Self::Socket => linux::SOL_SOCKET,
            Self::Ip => linux::IPPROTO_IP,
            Self::Ipv6 => linux::IPPROTO_IPV6,
            Self::Tcp => linux::IPPROTO_TCP,
            Self::Udp => 17,
        }
    }
}

/// How an option is had here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Linux has it, as a truth value, by this number.
    Flag(i32),
    /// Linux has it, as a number.
    Number(i32),
    /// Linux has it, in the same bytes.
    Bytes(i32, usize),
    /// A size of a buffer, of which Linux tells twice as much.
    BufferSize(i32),
    /// A time limit, in milliseconds.
    TimeLimit(i32),
    /// `SO_LINGER`.
    Linger,
    /// `SO_DONTLINGER`: the opposite of whether lingering is on.
    DontLinger,
    /// `SO_ERROR`.
    Error,
    /// `SO_REUSEADDR`.
    Reuse,
    /// `SO_EXCLUSIVEADDRUSE`.
    Exclusive,
    /// `SO_UPDATE_ACCEPT_CONTEXT`: what it is to bring about holds here as soon as the connection is
    /// taken. Its value is the listening socket.
    AcceptContext,
    /// `SO_UPDATE_CONNECT_CONTEXT`: likewise, without a value.
    ConnectContext,
    /// `SO_TYPE` and others that only tell.
    Constant(u32),
    /// `SO_CONNECT_TIME`.
    ConnectTime,
    /// `IP_DONTFRAGMENT`.
    DontFragment,
    /// It can be told and set, and changes nothing here.
    Fixed(u32),
}

/// `SO_MAX_MSG_SIZE` of UDP over IPv4 and IPv6.
const MAX_DATAGRAM: u32 = 65507;

/// The meaning of Windows' number.
fn find(socket: &Socket, level: Level, name: i32) -> Option<Meaning> {
    use Meaning as M;
    Some(match (level, name) {
        (Level::Socket, 1) => M::Fixed(0), // SO_DEBUG
        (Level::Socket, 2) => M::Flag(linux::SO_ACCEPTCONN),
        (Level::Socket, 4) => M::Reuse,
        (Level::Socket, 8) => M::Flag(linux::SO_KEEPALIVE),
        (Level::Socket, 0x10) => M::Flag(linux::SO_DONTROUTE),
        (Level::Socket, 0x20) if !socket.kind.is_stream() => M::Flag(linux::SO_BROADCAST),
        (Level::Socket, 0x80) if socket.kind.is_stream() => M::Linger,
        (Level::Socket, 0x100) if socket.kind.is_stream() => M::Flag(linux::SO_OOBINLINE),
        (Level::Socket, -129) if socket.kind.is_stream() => M::DontLinger,
        (Level::Socket, -5) => M::Exclusive,
        (Level::Socket, 0x1001) => M::BufferSize(linux::SO_SNDBUF),
        (Level::Socket, 0x1002) => M::BufferSize(linux::SO_RCVBUF),
        (Level::Socket, 0x1005) => M::TimeLimit(linux::SO_SNDTIMEO),
        (Level::Socket, 0x1006) => M::TimeLimit(linux::SO_RCVTIMEO),
        (Level::Socket, 0x1007) => M::Error,
        (Level::Socket, 0x1008) => M::Constant(socket.kind.socket_type.cast_unsigned()),
        (Level::Socket, 0x2003) if !socket.kind.is_stream() => M::Constant(MAX_DATAGRAM),
        (Level::Socket, 0x700B) => M::AcceptContext,
        (Level::Socket, 0x7010) => M::ConnectContext,
        (Level::Socket, 0x700C) => M::ConnectTime,
        (Level::Ip, 2) => M::Flag(linux::IP_HDRINCL),
        (Level::Ip, 3) => M::Number(linux::IP_TOS),
        (Level::Ip, 4) => M::Number(linux::IP_TTL),
        (Level::Ip, 9) => M::Bytes(linux::IP_MULTICAST_IF, 4),
        (Level::Ip, 10) => M::Number(linux::IP_MULTICAST_TTL),
        (Level::Ip, 11) => M::Flag(linux::IP_MULTICAST_LOOP),
        (Level::Ip, 12) => M::Bytes(linux::IP_ADD_MEMBERSHIP, 8),
        (Level::Ip, 13) => M::Bytes(linux::IP_DROP_MEMBERSHIP, 8),
        (Level::Ip, 14) => M::DontFragment,
        (Level::Ip, 19) => M::Flag(linux::IP_PKTINFO),
        (Level::Ip, 21) => M::Flag(linux::IP_RECVTTL),
        (Level::Ip, 40) => M::Flag(linux::IP_RECVTOS),
        (Level::Ip, 73) => M::Number(linux::IP_MTU),
        (Level::Ipv6, 4) => M::Number(linux::IPV6_UNICAST_HOPS),
        (Level::Ipv6, 9) => M::Number(linux::IPV6_MULTICAST_IF),
        (Level::Ipv6, 10) => M::Number(linux::IPV6_MULTICAST_HOPS),
        (Level::Ipv6, 11) => M::Flag(linux::IPV6_MULTICAST_LOOP),
        (Level::Ipv6, 12) => M::Bytes(linux::IPV6_ADD_MEMBERSHIP, 20),
        (Level::Ipv6, 13) => M::Bytes(linux::IPV6_DROP_MEMBERSHIP, 20),
        (Level::Ipv6, 19) => M::Flag(linux::IPV6_RECVPKTINFO),
        (Level::Ipv6, 27) => M::Flag(linux::IPV6_V6ONLY),
        (Level::Ipv6, 40) => M::Flag(linux::IPV6_RECVTCLASS),
        (Level::Tcp, 1) if socket.kind.is_tcp() => M::Flag(linux::TCP_NODELAY),
        (Level::Tcp, 3) if socket.kind.is_tcp() => M::Number(linux::TCP_KEEPIDLE),
        (Level::Tcp, 4) if socket.kind.is_tcp() => M::Number(linux::TCP_MAXSEG),
        (Level::Tcp, 16) if socket.kind.is_tcp() => M::Number(linux::TCP_KEEPCNT),
        (Level::Tcp, 17) if socket.kind.is_tcp() => M::Number(linux::TCP_KEEPINTVL),
        _ => return None,
    })
}

/// A number from the bytes that the program gave, which may be fewer than four.
fn number(value: &[u8]) -> Result<u32, NtStatus> {
    match value {
        [] => Err(NtStatus::ACCESS_VIOLATION),
        [a, b, c, d, ..] => Ok(u32::from_le_bytes([*a, *b, *c, *d])),
        [low, ..] => Ok((*low).into()),
    }
}

fn unknown(level: Level, name: i32) -> NtStatus {
    crate::log::say_once(&format!(
        "the socket option {name:#x} of level {level:?} is not implemented; it fails"
    ));
    winsock(status::NO_SUCH_OPTION)
}

/// Linux's way to write a time limit of so many milliseconds.
fn time_limit(milliseconds: u32) -> [u8; 16] {
    let mut value = [0; 16];
    let seconds = u64::from(milliseconds / 1000);
    let microseconds = u64::from(milliseconds % 1000) * 1000;
    value[..8].copy_from_slice(&seconds.to_ne_bytes());
    value[8..].copy_from_slice(&microseconds.to_ne_bytes());
    value
}

/// Sets an option.
///
/// # Errors
/// The status of `WSAENOPROTOOPT` for one that there is not, `ACCESS_VIOLATION` for a value that is
/// too short, `INVALID_PARAMETER`.
pub fn set(handle: Handle, level: Level, name: i32, value: &[u8]) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let fd = socket.file.fd.as_fd();
    let set =
        |option, value: i32| host::set_int_option(fd, level.linux(), option, value).map_err(failed);
    let state = &socket.file.state.socket;
    match find(&socket, level, name).ok_or_else(|| unknown(level, name))? {
        Meaning::Flag(linux::SO_ACCEPTCONN) if level == Level::Socket => {
            Err(winsock(status::NO_SUCH_OPTION))
        }
        Meaning::Flag(option) => set(option, (number(value)? != 0).into()),
        Meaning::Number(option) | Meaning::BufferSize(option) => {
            set(option, number(value)?.cast_signed())
        }
        Meaning::Bytes(option, size) => {
            let value = value.get(..size).ok_or(NtStatus::ACCESS_VIOLATION)?;
            host::set_option(fd, level.linux(), option, value).map_err(failed)
        }
        Meaning::TimeLimit(option) => {
            let milliseconds = number(value)?;
            let value = time_limit(milliseconds);
            host::set_option(fd, level.linux(), option, &value).map_err(failed)?;
            state.limit(option == linux::SO_SNDTIMEO).store(milliseconds, Ordering::Relaxed);
            Ok(())
        }
        Meaning::Linger => {
            let [on, _, low, high] = *value.first_chunk().ok_or(NtStatus::ACCESS_VIOLATION)?;
            let seconds = u16::from_le_bytes([low, high]);
            linger(&socket, (on != 0).then_some(seconds))
        }
        Meaning::DontLinger => linger(&socket, (number(value)? == 0).then_some(0)),
        Meaning::Reuse | Meaning::Exclusive if connection::is_bound(&socket.file) => {
            Err(NtStatus::INVALID_PARAMETER)
        }
        Meaning::Reuse => {
            let on = number(value)? != 0;
            if on && state.has(EXCLUSIVE) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            state.set(REUSE, on);
            set(linux::SO_REUSEADDR, on.into())?;
            if socket.kind.is_tcp() { set(linux::SO_REUSEPORT, on.into()) } else { Ok(()) }
        }
        Meaning::Exclusive => {
            let on = number(value)? != 0;
            if on && state.has(REUSE) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            state.set(EXCLUSIVE, on);
            Ok(())
        }
        Meaning::AcceptContext => {
            let value = value.first_chunk().ok_or(NtStatus::ACCESS_VIOLATION)?;
            let listener = Handle(u64::from_le_bytes(*value) as usize);
            if accept::is_listening(listener)? { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
        }
        Meaning::ConnectContext if state.has(CONNECTED) => Ok(()),
        Meaning::ConnectContext => Err(NtStatus::INVALID_CONNECTION),
        Meaning::DontFragment => {
            let on = number(value)? != 0;
            let how = if on { linux::IP_PMTUDISC_DO } else { linux::IP_PMTUDISC_DONT };
            set(linux::IP_MTU_DISCOVER, how)
        }
        Meaning::Fixed(only) if number(value)? == only => Ok(()),
        Meaning::Fixed(_) => Err(unknown(level, name)),
        Meaning::Error | Meaning::Constant(_) | Meaning::ConnectTime => {
            Err(winsock(status::NO_SUCH_OPTION))
        }
    }
}

/// Sets how long closing waits for what was sent; `None` for not at all.
fn linger(socket: &Socket, seconds: Option<u16>) -> Result<(), NtStatus> {
    let mut value = [0; 8];
    value[..4].copy_from_slice(&i32::from(seconds.is_some()).to_ne_bytes());
    value[4..].copy_from_slice(&i32::from(seconds.unwrap_or(0)).to_ne_bytes());
    let fd = socket.file.fd.as_fd();
    host::set_option(fd, linux::SOL_SOCKET, linux::SO_LINGER, &value).map_err(failed)
}

/// Whether, and for how many seconds, closing waits for what was sent.
fn lingers(socket: &Socket) -> Result<(bool, u16), NtStatus> {
    let mut value = [0; 8];
    let fd = socket.file.fd.as_fd();
    host::option(fd, linux::SOL_SOCKET, linux::SO_LINGER, &mut value).map_err(failed)?;
    let [on, _, _, _, low, high, ..] = value;
    Ok((on != 0, u16::from_ne_bytes([low, high])))
}

/// Reads an option: its bytes as Windows has them. An error that waits in the socket
/// (`SO_ERROR`) is for the caller to name.
///
/// # Errors
/// The status of `WSAENOPROTOOPT` for one that there is not.
pub fn get(handle: Handle, level: Level, name: i32) -> Result<Value, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let fd = socket.file.fd.as_fd();
    let read = |option| host::int_option(fd, level.linux(), option).map_err(failed);
    let number = |value: u32| Ok(Value::Bytes(value.to_le_bytes().to_vec()));
    let state = &socket.file.state.socket;
    match find(&socket, level, name).ok_or_else(|| unknown(level, name))? {
        Meaning::Flag(option) => number((read(option)? != 0).into()),
        Meaning::Number(option) => number(read(option)?.cast_unsigned()),
        Meaning::BufferSize(option) => number(read(option)?.cast_unsigned() / 2),
        Meaning::Bytes(option, size) => {
            let mut value = vec![0; size];
            let size = host::option(fd, level.linux(), option, &mut value).map_err(failed)?;
            value.truncate(size);
            Ok(Value::Bytes(value))
        }
        Meaning::TimeLimit(option) => {
            let mut value = [0; 16];
            host::option(fd, level.linux(), option, &mut value).map_err(failed)?;
            let [seconds, microseconds] =
                [0, 8].map(|at| u64::from_ne_bytes(*value[at..].first_chunk().unwrap_or(&[0; 8])));
            let rounded = (seconds * 1000 + microseconds / 1000) as u32;
            let asked = state.limit(option == linux::SO_SNDTIMEO).load(Ordering::Relaxed);
            number(if asked <= rounded && asked != 0 { asked } else { rounded })
        }
        Meaning::Linger => {
            let (on, seconds) = lingers(&socket)?;
            let [low, high] = seconds.to_le_bytes();
            Ok(Value::Bytes(vec![on.into(), 0, low, high]))
        }
        Meaning::DontLinger => number((!lingers(&socket)?.0).into()),
        Meaning::Error => Ok(match connection::take_error(&socket.file) {
            None => Value::Bytes(vec![0; 4]),
            Some(error) => Value::Failure(failed(error)),
        }),
        Meaning::Reuse => number(state.has(REUSE).into()),
        Meaning::Exclusive => number(state.has(EXCLUSIVE).into()),
        Meaning::Constant(value) | Meaning::Fixed(value) => number(value),
        Meaning::ConnectTime => number(connected_for(&socket).unwrap_or(u32::MAX)),
        Meaning::DontFragment => {
            number((read(linux::IP_MTU_DISCOVER)? == linux::IP_PMTUDISC_DO).into())
        }
        Meaning::AcceptContext | Meaning::ConnectContext => Err(winsock(status::NO_SUCH_OPTION)),
    }
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// `SO_ERROR`: the error, as a number that the caller makes of it.
    Failure(NtStatus),
}

/// For how many seconds a socket is connected.
fn connected_for(socket: &Socket) -> Option<u32> {
    let connected =
        socket.file.state.socket.has(CONNECTED) || host::peer_name(socket.file.fd.as_fd()).is_ok();
    connected.then(|| socket.file.state.socket.connected_for())
}

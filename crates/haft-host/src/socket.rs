//! Sockets: addresses and options as bytes, and transfers between them and the program's memory.
#![allow(unsafe_code, reason = "buffers are addresses that the program gave; options are bytes")]

use core::mem::{self, MaybeUninit};
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

/// The size of the largest socket address.
pub const ADDRESS_SIZE: usize = size_of::<libc::sockaddr_storage>();

/// A socket address as Linux writes it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Address {
    bytes: [u8; ADDRESS_SIZE],
    length: usize,
}

impl Address {
    /// No address.
    pub const NONE: Self = Self { bytes: [0; ADDRESS_SIZE], length: 0 };

    /// From its bytes, if those are not too many.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut address = Self::NONE;
        address.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        address.length = bytes.len();
        Some(address)
    }

    /// Its bytes; none where there is no address.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.min(ADDRESS_SIZE)]
    }

    /// The family: `AF_INET` and so on, by Linux's numbers.
    #[must_use]
    pub fn family(&self) -> i32 {
        match self.bytes() {
            [low, high, ..] => i32::from(u16::from_ne_bytes([*low, *high])),
            _ => libc::AF_UNSPEC,
        }
    }
}

fn result(value: libc::c_int) -> Result<libc::c_int, Errno> {
    if value >= 0 { Ok(value) } else { Err(last()) }
}

fn count(value: isize) -> Result<usize, Errno> {
    usize::try_from(value).map_err(|_| last())
}

fn last() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// Creates a socket.
///
/// # Errors
/// Those of socket(2).
pub fn create(family: i32, socket_type: i32, protocol: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: the call takes numbers; the descriptor is new and nobody else's.
    unsafe {
        let fd = result(libc::socket(family, socket_type | libc::SOCK_CLOEXEC, protocol))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Gives a socket its address.
///
/// # Errors
/// Those of bind(2).
pub fn bind(fd: BorrowedFd<'_>, address: &Address) -> Result<(), Errno> {
    let length = address.bytes().len() as libc::socklen_t;
    // SAFETY: the bytes are valid for reads of the length.
    let bound = unsafe { libc::bind(fd.as_raw_fd(), address.bytes.as_ptr().cast(), length) };
    result(bound).map(drop)
}

/// Connects a socket.
///
/// # Errors
/// Those of connect(2).
pub fn connect(fd: BorrowedFd<'_>, address: &Address) -> Result<(), Errno> {
    let length = address.bytes().len() as libc::socklen_t;
    // SAFETY: the bytes are valid for reads of the length.
    let connected = unsafe { libc::connect(fd.as_raw_fd(), address.bytes.as_ptr().cast(), length) };
    result(connected).map(drop)
}

type NameCall =
    unsafe extern "C" fn(libc::c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

fn name(fd: BorrowedFd<'_>, call: NameCall) -> Result<Address, Errno> {
    let mut address = Address::NONE;
    let mut length = ADDRESS_SIZE as libc::socklen_t;
    // SAFETY: the address is valid for writes of the length.
    result(unsafe { call(fd.as_raw_fd(), address.bytes.as_mut_ptr().cast(), &raw mut length) })?;
    address.length = (length as usize).min(ADDRESS_SIZE);
    Ok(address)
}

/// The address of a socket.
///
/// # Errors
/// Those of getsockname(2).
pub fn own_name(fd: BorrowedFd<'_>) -> Result<Address, Errno> {
    name(fd, libc::getsockname)
}

/// The address of whom a socket is connected to.
///
/// # Errors
/// Those of getpeername(2).
pub fn peer_name(fd: BorrowedFd<'_>) -> Result<Address, Errno> {
    name(fd, libc::getpeername)
}

/// Takes a connection that came in.
///
/// # Errors
/// Those of accept(2).
pub fn accept(fd: BorrowedFd<'_>) -> Result<(OwnedFd, Address), Errno> {
    let mut address = Address::NONE;
    let mut length = ADDRESS_SIZE as libc::socklen_t;
    let place = address.bytes.as_mut_ptr().cast();
    // SAFETY: the address is valid for writes of the length; the descriptor is new.
    let accepted = unsafe {
        let flags = libc::SOCK_CLOEXEC;
        OwnedFd::from_raw_fd(result(libc::accept4(fd.as_raw_fd(), place, &raw mut length, flags))?)
    };
    address.length = (length as usize).min(ADDRESS_SIZE);
    Ok((accepted, address))
}

/// Reads an option into `value`; how many bytes it has.
///
/// # Errors
/// Those of getsockopt(2).
pub fn option(fd: BorrowedFd<'_>, level: i32, name: i32, value: &mut [u8]) -> Result<usize, Errno> {
    let mut length = value.len() as libc::socklen_t;
    let place = value.as_mut_ptr().cast();
    // SAFETY: the place is valid for writes of the length.
    result(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, place, &raw mut length) })?;
    Ok(length as usize)
}

/// Reads an option that is an `int`.
///
/// # Errors
/// Those of getsockopt(2).
pub fn int_option(fd: BorrowedFd<'_>, level: i32, name: i32) -> Result<i32, Errno> {
    let mut value = [0; 4];
    option(fd, level, name, &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// Sets an option.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> Result<(), Errno> {
    let length = value.len() as libc::socklen_t;
    // SAFETY: the value is valid for reads of the length.
    let set =
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), length) };
    result(set).map(drop)
}

/// Sets an option that is an `int`.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_int_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> Result<(), Errno> {
    set_option(fd, level, name, &value.to_ne_bytes())
}

/// A stretch of the program's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Buffer {
    /// Where it begins.
    pub address: usize,
    /// How many bytes it has.
    pub length: usize,
}

const _: () = assert!(size_of::<Buffer>() == size_of::<libc::iovec>());

/// So many buffers can be given to one call.
pub const MAX_BUFFERS: usize = 1024;

/// What was received.
pub struct Received {
    /// How many bytes.
    pub count: usize,
    /// From whom, where the socket says so.
    pub from: Address,
    /// The `MSG_*` flags of the message, by Linux's numbers.
    pub flags: i32,
    /// How many bytes of control messages there are.
    pub control: usize,
}

/// Receives once into the program's memory.
///
/// # Errors
/// Those of recvmsg(2).
pub fn receive(
    fd: BorrowedFd<'_>,
    buffers: &[Buffer],
    flags: i32,
    control: &mut [u8],
) -> Result<Received, Errno> {
    let mut from = Address::NONE;
    // SAFETY: all zeros are a valid msghdr.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_name = from.bytes.as_mut_ptr().cast();
    message.msg_namelen = ADDRESS_SIZE as libc::socklen_t;
    message.msg_iov = buffers.as_ptr().cast_mut().cast();
    message.msg_iovlen = buffers.len().min(MAX_BUFFERS);
    if !control.is_empty() {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = control.len();
    }
    let flags = flags | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: address and control are valid for writes of their lengths. Linux checks the
    // buffers itself, which are the program's own to have overwritten.
    let count = count(unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, flags) })?;
    from.length = (message.msg_namelen as usize).min(ADDRESS_SIZE);
    let control = if control.is_empty() { 0 } else { message.msg_controllen };
    Ok(Received { count, from, flags: message.msg_flags, control })
}

/// Sends once from the program's memory; how many bytes.
///
/// # Errors
/// Those of sendmsg(2).
pub fn send(
    fd: BorrowedFd<'_>,
    buffers: &[Buffer],
    flags: i32,
    to: &Address,
    control: &[u8],
) -> Result<usize, Errno> {
    // SAFETY: all zeros are a valid msghdr.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    if to.length > 0 {
        message.msg_name = to.bytes.as_ptr().cast_mut().cast();
        message.msg_namelen = to.bytes().len() as libc::socklen_t;
    }
    message.msg_iov = buffers.as_ptr().cast_mut().cast();
    message.msg_iovlen = buffers.len().min(MAX_BUFFERS);
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len();
    }
    let flags = flags | libc::MSG_NOSIGNAL;
    // SAFETY: address and control are valid for reads of their lengths, and Linux writes to
    // nothing. It checks the buffers itself.
    count(unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const message, flags) })
}

/// Whether the next byte of a stream is the one behind urgent data.
///
/// # Errors
/// Those of ioctl(2).
pub fn at_mark(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    const SIOCATMARK: libc::Ioctl = 0x8905;
    let mut answer = MaybeUninit::<libc::c_int>::zeroed();
    // SAFETY: the call writes one int; zero is a valid one.
    unsafe {
        result(libc::ioctl(fd.as_raw_fd(), SIOCATMARK, answer.as_mut_ptr()))?;
        Ok(answer.assume_init() != 0)
    }
}

/// How much of what was sent the other side of a local socket has not read, with what Linux needs
/// for itself.
///
/// # Errors
/// Those of ioctl(2).
pub fn unread(fd: BorrowedFd<'_>) -> Result<usize, Errno> {
    let mut answer = MaybeUninit::<libc::c_int>::zeroed();
    // SAFETY: the call writes one int; zero is a valid one.
    unsafe {
        result(libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, answer.as_mut_ptr()))?;
        Ok(answer.assume_init().max(0) as usize)
    }
}

/// Linux's numbers of families, types, levels, options and flags.
pub mod linux {
    pub use libc::{
        AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_HDRINCL,
        IP_MTU, IP_MTU_DISCOVER, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_PKTINFO,
        IP_PMTUDISC_DO, IP_PMTUDISC_DONT, IP_RECVTOS, IP_RECVTTL, IP_TOS, IP_TTL, IPPROTO_IP,
        IPPROTO_IPV6, IPPROTO_TCP, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, IPV6_HOPLIMIT,
        IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF, IPV6_MULTICAST_LOOP, IPV6_PKTINFO,
        IPV6_RECVPKTINFO, IPV6_RECVTCLASS, IPV6_TCLASS, IPV6_UNICAST_HOPS, IPV6_V6ONLY, MSG_CTRUNC,
        MSG_DONTROUTE, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SO_ACCEPTCONN,
        SO_BROADCAST, SO_DONTROUTE, SO_ERROR, SO_KEEPALIVE, SO_LINGER, SO_OOBINLINE, SO_PEERCRED,
        SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_REUSEPORT, SO_SNDBUF, SO_SNDTIMEO, SO_TYPE,
        SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL,
        TCP_MAXSEG, TCP_NODELAY, TCP_USER_TIMEOUT,
    };
}

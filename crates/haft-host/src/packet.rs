//! Sockets that carry whole packets, by a name that no file stands for: how processes find the
//! executive.

use haft_abi::{NtStatus, Pid};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    accept_with, bind, connect, getsockname, listen, recvmsg, sendmsg, socket_with, socketpair,
    sockopt,
};
use std::mem::MaybeUninit;

/// The most descriptors that a packet has beside it.
const MAX_DESCRIPTORS: usize = 4;

/// Who is at the other end of a socket, as Linux knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The process that connected, or that listens.
    pub pid: Pid,
    /// Its user.
    pub user: u32,
}

impl Peer {
    fn of(seen: &rustix::net::UCred) -> Self {
        Self { pid: Pid(seen.pid.as_raw_nonzero().get().cast_unsigned()), user: seen.uid.as_raw() }
    }
}

/// Why there is no packet, or no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Nobody is there, or nobody any more.
    Disconnected,
    /// There is nothing to read, or no room to write, just now.
    WouldBlock,
    /// What came is no packet of haft's.
    Nonsense,
}

impl From<Gone> for NtStatus {
    fn from(_: Gone) -> Self {
        Self::PORT_DISCONNECTED
    }
}

fn socket() -> Result<OwnedFd, NtStatus> {
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)
}

/// Two connected ends, closed on exec.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`.
pub fn pair() -> Result<(OwnedFd, OwnedFd), NtStatus> {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)
}

fn address(name: &[u8]) -> Result<SocketAddrUnix, NtStatus> {
    SocketAddrUnix::new_abstract_name(name).map_err(|_| NtStatus::OBJECT_NAME_INVALID)
}

/// Listens under a name in Linux's abstract namespace, which is gone with the socket.
///
/// # Errors
/// `OBJECT_NAME_COLLISION` when somebody listens there already, `TOO_MANY_OPENED_FILES`.
pub fn listen_at(name: &[u8]) -> Result<OwnedFd, NtStatus> {
    let socket = socket()?;
    bind(&socket, &address(name)?).map_err(|_| NtStatus::OBJECT_NAME_COLLISION)?;
    listen(&socket, 4096).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    Ok(socket)
}

/// Connects to whoever listens under a name.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` when nobody does, `TOO_MANY_OPENED_FILES`.
pub fn connect_to(name: &[u8]) -> Result<OwnedFd, NtStatus> {
    let socket = socket()?;
    let address = address(name)?;
    loop {
        match connect(&socket, &address) {
            Ok(()) => return Ok(socket),
            Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        }
    }
}

/// [`connect_to`], for so many units of 100 ns at most; so long each packet may take to be sent.
///
/// # Errors
/// As for [`connect_to`]; `IO_TIMEOUT`.
pub fn connect_within(name: &[u8], ticks: u64) -> Result<OwnedFd, NtStatus> {
    let socket = socket()?;
    let longest = std::time::Duration::from_nanos(ticks.saturating_mul(100));
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(longest))
        .map_err(|_| NtStatus::INVALID_PARAMETER)?;
    match connect(&socket, &address(name)?) {
        Ok(()) => Ok(socket),
        Err(Errno::AGAIN) => Err(NtStatus::IO_TIMEOUT),
        Err(_) => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
    }
}

/// The name that a socket listens under, or that [`connect_to`] led to.
#[must_use]
pub fn listens_at(listener: &OwnedFd) -> Vec<u8> {
    let address = rustix::net::getsockname(listener).ok();
    let address = address.and_then(|any| SocketAddrUnix::try_from(any).ok());
    address.and_then(|unix| unix.abstract_name().map(<[u8]>::to_vec)).unwrap_or_default()
}

/// Takes the next connection of a listening socket; `None` when there is none just now.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`: there is one, and no descriptor for it.
pub fn accept_next(listener: &OwnedFd) -> Result<Option<OwnedFd>, NtStatus> {
    loop {
        match accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            Ok(socket) => return Ok(Some(socket)),
            Err(Errno::MFILE | Errno::NFILE) => return Err(NtStatus::TOO_MANY_OPENED_FILES),
            Err(Errno::INTR | Errno::CONNABORTED) => {}
            Err(_) => return Ok(None),
        }
    }
}

/// Makes every operation on a socket one that does not wait.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn never_wait(socket: &OwnedFd) -> Result<(), NtStatus> {
    rustix::io::ioctl_fionbio(socket, true).map_err(|_| NtStatus::INVALID_HANDLE)
}

/// The name in Linux's abstract namespace that a socket listens under; `None` for another socket.
#[must_use]
pub fn own_name(socket: &OwnedFd) -> Option<Vec<u8>> {
    let address = SocketAddrUnix::try_from(getsockname(socket).ok()?).ok()?;
    address.abstract_name().map(<[u8]>::to_vec)
}

/// Waits until a socket has something to read, or its other end is gone, for so many units of
/// 100 ns; whether it has.
#[must_use]
pub fn await_packet(socket: impl AsFd, ticks: u64) -> bool {
    let until = crate::clock::interrupt_time().saturating_add(ticks);
    loop {
        let left = until.saturating_sub(crate::clock::interrupt_time());
        let spec = rustix::time::Timespec {
            tv_sec: (left / 10_000_000) as i64,
            tv_nsec: (left % 10_000_000 * 100) as i64,
        };
        let mut fds = [rustix::event::PollFd::new(&socket, rustix::event::PollFlags::IN)];
        match rustix::event::poll(&mut fds, Some(&spec)) {
            Ok(0) => return false,
            Err(Errno::INTR) => {}
            _ => return true,
        }
    }
}

/// Whether the other end is closed.
#[must_use]
pub fn has_hung_up(socket: impl AsFd) -> bool {
    let now = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut fds = [rustix::event::PollFd::new(&socket, rustix::event::PollFlags::empty())];
    rustix::event::poll(&mut fds, Some(&now)).is_ok_and(|seen| seen > 0)
}

/// Who is at the other end.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub fn peer(socket: impl AsFd) -> Result<Peer, NtStatus> {
    let seen = sockopt::socket_peercred(socket).map_err(|_| NtStatus::PORT_DISCONNECTED)?;
    Ok(Peer::of(&seen))
}

/// Has Linux say who sent what comes at this socket from now on, or no longer.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub fn know_senders(socket: impl AsFd, on: bool) -> Result<(), NtStatus> {
    sockopt::set_socket_passcred(socket, on).map_err(|_| NtStatus::PORT_DISCONNECTED)
}

/// Sends one packet.
///
/// # Errors
/// [`Gone::WouldBlock`] on a socket that never waits.
pub fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(), Gone> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Gone::Nonsense);
    }
    loop {
        match sendmsg(&socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Err(Gone::WouldBlock),
            Err(_) => return Err(Gone::Disconnected),
        }
    }
}

/// Receives one packet into `buffer`: its bytes, and its descriptors, closed on exec.
///
/// # Errors
/// [`Gone::WouldBlock`] on a socket that never waits; [`Gone::Nonsense`] for a packet that is
/// larger than the buffer or has more descriptors than any packet of haft's.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> Result<(&mut [u8], Vec<OwnedFd>), Gone> {
    receive_from(socket, buffer).map(|(bytes, fds, _)| (bytes, fds))
}

/// A packet: its bytes, its descriptors, and who sent it.
pub type Packet<'b> = (&'b mut [u8], Vec<OwnedFd>, Option<Peer>);

/// [`receive`], and who sent the packet, on a socket of which that is to be known ([`know_senders`]).
/// Whoever is at the other end by [`peer`] may have passed the socket on since.
///
/// # Errors
/// As for [`receive`].
pub fn receive_from(socket: impl AsFd, buffer: &mut [u8]) -> Result<Packet<'_>, Gone> {
    const SPACE: usize = rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS), ScmCredentials(1));
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut slices = [IoSliceMut::new(buffer)];
        match recvmsg(&socket, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Ok(got) => break got,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Err(Gone::WouldBlock),
            Err(_) => return Err(Gone::Disconnected),
        }
    };
    let (mut fds, mut sender) = (Vec::new(), None);
    for message in control.drain() {
        match message {
            RecvAncillaryMessage::ScmRights(received) => fds.extend(received),
            RecvAncillaryMessage::ScmCredentials(seen) => sender = Some(Peer::of(&seen)),
            _ => {}
        }
    }
    // The space for them may be for one more.
    let too_much = got.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC);
    if too_much || fds.len() > MAX_DESCRIPTORS {
        return Err(Gone::Nonsense);
    }
    if got.bytes == 0 {
        return Err(Gone::Disconnected);
    }
    Ok((&mut buffer[..got.bytes], fds, sender))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(what: &str) -> Vec<u8> {
        format!("haft-packet-test-{}-{what}", std::process::id()).into_bytes()
    }

    #[test]
    fn who_sends_is_known_where_that_is_asked_for() {
        let (here, there) = pair().unwrap();
        let mut buffer = [0; 16];
        send(&here, b"one", &[]).unwrap();
        assert_eq!(receive_from(&there, &mut buffer).unwrap().2, None);
        know_senders(&there, true).unwrap();
        send(&here, b"two", &[here.as_fd()]).unwrap();
        let (bytes, fds, sender) = receive_from(&there, &mut buffer).unwrap();
        assert_eq!((&*bytes, fds.len()), (&b"two"[..], 1));
        assert_eq!(sender.unwrap().pid.0, std::process::id());
        know_senders(&there, false).unwrap();
        send(&here, b"three", &[]).unwrap();
        assert_eq!(receive_from(&there, &mut buffer).unwrap().2, None);
    }

    #[test]
    fn a_packet_arrives_whole_with_its_descriptors() {
        let name = name("whole");
        let listener = listen_at(&name).unwrap();
        assert_eq!(listens_at(&listener), name);
        assert_eq!(listen_at(&name).err(), Some(NtStatus::OBJECT_NAME_COLLISION));
        let here = connect_to(&name).unwrap();
        let there = accept_next(&listener).unwrap().unwrap();
        assert_eq!(peer(&there).unwrap().pid.0, std::process::id());
        send(&here, b"one", &[here.as_fd(), listener.as_fd()]).unwrap();
        send(&here, b"three", &[]).unwrap();
        let mut buffer = [0; 16];
        let (bytes, fds) = receive(&there, &mut buffer).unwrap();
        assert_eq!((&*bytes, fds.len()), (&b"one"[..], 2));
        // One of them is the other end itself.
        drop(fds);
        let (bytes, fds) = receive(&there, &mut buffer).unwrap();
        assert_eq!((&*bytes, fds.len()), (&b"three"[..], 0));
        assert_eq!(receive(&there, &mut buffer).err(), Some(Gone::WouldBlock));
        drop(here);
        assert_eq!(receive(&there, &mut buffer).err(), Some(Gone::Disconnected));
    }

    #[test]
    fn a_packet_that_is_too_large_is_nonsense() {
        let name = name("large");
        let listener = listen_at(&name).unwrap();
        let here = connect_to(&name).unwrap();
        let there = accept_next(&listener).unwrap().unwrap();
        send(&here, &[7; 17], &[]).unwrap();
        assert_eq!(receive(&there, &mut [0; 16]).err(), Some(Gone::Nonsense));
    }

    #[test]
    fn nobody_listens_under_a_name_that_is_gone() {
        let name = name("gone");
        drop(listen_at(&name).unwrap());
        assert_eq!(connect_to(&name).err(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    }
}

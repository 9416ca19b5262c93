//! Taking connections.

use super::address::{self, Place};
use super::status::{of as failed, winsock};
use super::{BOUND, CONNECTED, Socket, WAITS_HERE, by_handle, connection, events, insert, status};
use crate::io::blocking;
use crate::io::file::{self, FileObject};
use crate::io::pending::{self, Direction, Operation, Progress, Step, Work};
use crate::io::request::{Request, arm};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::{self as host_file, Attempt};
use haft_host::guest;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::{Errno, ioctl_fionbio};
use haft_host::socket::{self as host, linux};
use std::sync::Arc;

/// Whether a socket takes connections.
pub(super) fn is_listener(file: &FileObject) -> bool {
    host::int_option(file.fd.as_fd(), linux::SOL_SOCKET, linux::SO_ACCEPTCONN)
        .is_ok_and(|listens| listens != 0)
}

/// Whether the socket that a handle names takes connections.
///
/// # Errors
/// Those of a socket's handle.
pub fn is_listening(handle: Handle) -> Result<bool, NtStatus> {
    Ok(is_listener(&by_handle(handle, AccessMask::NONE)?.file))
}

/// A failure of a call that takes a connection.
fn refused(file: &FileObject, error: Errno) -> NtStatus {
    match error {
        Errno::AGAIN if connection::is_nonblocking(file) => NtStatus::DEVICE_NOT_READY,
        Errno::AGAIN => NtStatus::IO_TIMEOUT,
        Errno::OPNOTSUPP => winsock(status::OPERATION_NOT_SUPPORTED),
        error => failed(error),
    }
}

/// Takes a connection, waiting for one unless the socket does not; a handle to its socket, which
/// is as the listening one is (Microsoft: "accept function").
///
/// # Errors
/// `INVALID_PARAMETER` for a socket that does not listen, the status of `WSAEOPNOTSUPP` for one
/// that cannot, `DEVICE_NOT_READY`.
pub fn accept(handle: Handle, from: Place) -> Result<Handle, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !socket.kind.is_stream() {
        return Err(winsock(status::OPERATION_NOT_SUPPORTED));
    }
    from.check(socket.kind.family)?;
    let fd = socket.file.fd.as_fd();
    let once = || match host::accept(fd) {
        Err(Errno::AGAIN) if socket.file.state.socket.has(WAITS_HERE) => {
            poll(&mut [PollFd::new(&fd, PollFlags::IN)], None)?;
            // Whoever was quicker has it; this call waits again.
            Err(Errno::INTR)
        }
        result => result,
    };
    let result = blocking::wait(&socket.file, |error| refused(&socket.file, error), once);
    events::accepted(&socket.file);
    let (accepted, address) = result?;
    let new = take(&socket, accepted)?;
    from.write(&address)?;
    Ok(new)
}

/// A handle to a connection's socket.
fn take(listener: &Socket, accepted: OwnedFd) -> Result<Handle, NtStatus> {
    if connection::is_nonblocking(&listener.file) {
        let _ = ioctl_fionbio(&accepted, true);
    }
    let overlapped = !listener.file.is_synchronous();
    let (handle, object) = insert(accepted, listener.kind, overlapped, true)?;
    let file = file::of(&object)?;
    file.state.socket.connected();
    events::inherit(&listener.file, &file);
    Ok(handle)
}

/// Where an overlapped accept leaves what it gets: first the data, then the two addresses.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Where it begins.
    pub address: usize,
    /// Room for the first data; zero waits for none.
    pub data: usize,
    /// Room for the socket's own address.
    pub own: usize,
    /// Room for the other side's.
    pub peer: usize,
}

/// What an address takes more than its own size.
const MORE: usize = 16;

impl Output {
    fn check(&self, family: i32) -> Result<(), NtStatus> {
        // The path of a local address is cut to its room.
        let own_size = if family == linux::AF_UNIX { MORE } else { address::size(family) };
        let needed = own_size + MORE;
        let address_room = self.own.min(self.peer);
        if address_room < needed {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        Ok(guest::probe(self.address, self.data + self.own + self.peer, true)?)
    }

    /// Writes the two addresses: each with its size before it.
    fn write(&self, file: &FileObject) -> Result<(), NtStatus> {
        let fd = file.fd.as_fd();
        let own = host::own_name(fd).map_err(failed)?;
        let peer = host::peer_name(fd).map_err(failed)?;
        let at = self.address + self.data;
        for (address, at, room) in [(own, at, self.own), (peer, at + self.own, self.peer)] {
            let bytes = address::to_windows(&address);
            let length = bytes.len().min(room - 8);
            guest::write(at, length as u64)?;
            guest::copy_out(at + 8, &bytes[..length])?;
        }
        Ok(())
    }

    /// Where the two addresses are, and how long (Microsoft: "GetAcceptExSockaddrs function").
    ///
    /// # Errors
    /// `ACCESS_VIOLATION`.
    pub fn addresses(&self) -> Result<[(usize, i32); 2], NtStatus> {
        let at = self.address + self.data;
        let [own, peer] = [at, at + self.own];
        let length = |at| guest::read::<u64>(at).map(|length| length as i32);
        Ok([(own + 8, length(own)?), (peer + 8, length(peer)?)])
    }
}

/// Takes a connection into a socket that is there already, as the request says (Microsoft:
/// "AcceptEx function").
///
/// # Errors
/// `INVALID_PARAMETER` for a socket that does not listen, for one that is bound or connected
/// already, and for too little room.
pub fn start(
    listener: Handle,
    into: Handle,
    output: Output,
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(listener, AccessMask::NONE)?;
    let into = by_handle(into, AccessMask::NONE)?;
    let used = into.file.state.socket.has(BOUND | CONNECTED);
    if !is_listener(&socket.file) || used || into.kind != socket.kind {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    output.check(socket.kind.family)?;
    if !connection::is_nonblocking(&socket.file) {
        socket.file.state.socket.set(WAITS_HERE, true);
        ioctl_fionbio(&socket.file.fd, true).map_err(failed)?;
    }
    let armed = arm(&socket.file, request)?;
    let step = PendingAccept { into: Arc::clone(&into.file), output, taken: false };
    let operation = Operation::new(armed, Work::Step(Box::new(step)));
    pending::start(&socket.file, Direction::Read, operation)
}

struct PendingAccept {
    into: Arc<FileObject>,
    output: Output,
    /// Whether there is a connection, and only its first data are waited for.
    taken: bool,
}

impl Step for PendingAccept {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        if self.taken {
            let fd = self.into.fd.as_fd();
            return match host_file::try_receive(fd, self.output.address, self.output.data, false)? {
                Attempt::WouldBlock => Ok(Progress::Later),
                Attempt::Done(count) => {
                    *done = count;
                    Ok(Progress::Done(NtStatus::SUCCESS))
                }
            };
        }
        let (accepted, _) = loop {
            match host::accept(file.fd.as_fd()) {
                // One that was given up before it was taken.
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return Ok(Progress::Later),
                Err(error) => return Err(refused(file, error)),
                Ok(accepted) => break accepted,
            }
        };
        if connection::is_nonblocking(&self.into) {
            let _ = ioctl_fionbio(&accepted, true);
        }
        host_file::replace(accepted.as_fd(), self.into.fd.as_fd())?;
        self.into.state.socket.connected();
        self.output.write(&self.into)?;
        self.taken = true;
        if self.output.data == 0 {
            return Ok(Progress::Done(NtStatus::SUCCESS));
        }
        Ok(Progress::Elsewhere(Arc::clone(&self.into), Direction::Read))
    }
}

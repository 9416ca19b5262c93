//! Connecting and disconnecting while the program goes on (Microsoft: "LPFN_CONNECTEX callback
//! function", "LPFN_DISCONNECTEX callback function").

use super::status::{self, of as failed, winsock};
use super::{Buffer, CONNECTED, SHUT_SEND, address, by_handle, connection, open};
use crate::io::file::FileObject;
use crate::io::pending::{self, Direction, Operation, Progress, Step, Work};
use crate::io::request::{Request, arm};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file as host_file;
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::{Errno, ioctl_fionbio};
use haft_host::rustix::net::{Shutdown, shutdown};
use haft_host::socket::{self as host, linux};
use std::sync::Arc;

/// Connects a socket that has an address, and sends the first data, as the request says.
///
/// # Errors
/// `INVALID_PARAMETER` for a socket without an address, the status of `WSAEISCONN`, and what keeps
/// a connection from being made where that shows at once.
pub fn start(
    handle: Handle,
    (address, length): (usize, usize),
    first: Buffer,
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let wanted = address::read(address, length, socket.kind.family)?;
    let state = &socket.file.state.socket;
    if !socket.kind.is_stream() || !connection::is_bound(&socket.file) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if state.has(CONNECTED) {
        return Err(winsock(status::IS_CONNECTED));
    }
    if connection::is_nowhere(&wanted) {
        return Err(NtStatus::INVALID_ADDRESS_COMPONENT);
    }
    let armed = arm(&socket.file, request)?;
    let fd = socket.file.fd.as_fd();
    let waits = !connection::is_nonblocking(&socket.file);
    ioctl_fionbio(fd, true).map_err(failed)?;
    let connected = host::connect(fd, &wanted);
    if waits {
        let _ = ioctl_fionbio(fd, false);
    }
    match connected {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => {
            socket.file.signal();
            return Err(failed(error));
        }
    }
    let step = PendingConnect { first, connected: false };
    let operation = Operation::new(armed, Work::Step(Box::new(step)));
    pending::start(&socket.file, Direction::Write, operation)
}

struct PendingConnect {
    first: Buffer,
    connected: bool,
}

impl Step for PendingConnect {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        let fd = file.fd.as_fd();
        if !self.connected {
            let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
            if poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) != Ok(1) {
                return Ok(Progress::Later);
            }
            if let Some(error) = connection::take_error(file) {
                return Err(failed(error));
            }
            file.state.socket.connected();
            self.connected = true;
        }
        while self.first.length > 0 {
            match host::send(fd, &[self.first], linux::MSG_DONTWAIT, &host::Address::NONE, &[]) {
                Ok(sent) => {
                    self.first.address += sent;
                    self.first.length -= sent;
                    *done += sent;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Progress::Later),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(Progress::Done(NtStatus::SUCCESS))
    }
}

/// Ends a connection; with `reuse` the socket can be connected, or a connection be taken into it,
/// again. What was sent still arrives.
///
/// # Errors
/// `INVALID_CONNECTION`.
pub fn disconnect(handle: Handle, reuse: bool, request: &Request) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let state = &socket.file.state.socket;
    if !socket.kind.is_stream() || !state.has(CONNECTED) {
        return Err(NtStatus::INVALID_CONNECTION);
    }
    let armed = arm(&socket.file, request)?;
    match shutdown(&socket.file.fd, Shutdown::Write) {
        Ok(()) | Err(Errno::NOTCONN) => {}
        Err(error) => return Err(failed(error)),
    }
    if reuse {
        let fresh = open(socket.kind)?;
        if connection::is_nonblocking(&socket.file) {
            let _ = ioctl_fionbio(&fresh, true);
        }
        host_file::replace(fresh.as_fd(), socket.file.fd.as_fd())?;
        state.reset();
    } else {
        state.set(SHUT_SEND, true);
    }
    armed.complete(&socket.file, NtStatus::SUCCESS, 0, true);
    Ok(NtStatus::SUCCESS)
}

//! Waiting for several sockets (Microsoft: "select function", "WSAPoll function").

use super::{CONNECTING, Socket, by_handle};
use crate::io::file::FileObject;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::io::Errno;
use std::time::{Duration, Instant};

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready(pub u8);

haft_abi::flags!(Ready);

impl Ready {
    /// A receive would not wait: there are data, a connection, or the end.
    pub const READ: Self = Self(1);
    /// A send would not wait.
    pub const WRITE: Self = Self(2);
    /// There are urgent data.
    pub const URGENT: Self = Self(4);
    /// It failed; also an attempt to connect.
    pub const ERROR: Self = Self(8);
    /// The other side has sent its last, or the connection is gone.
    pub const HANG_UP: Self = Self(16);
    /// The handle is no socket's.
    pub const INVALID: Self = Self(32);
    /// A failed attempt to connect.
    pub const CONNECT_FAILED: Self = Self(64);

    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A socket that is waited for, and for what; afterwards what it is ready for.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// The socket.
    pub handle: Handle,
    /// What is waited for. An invalid handle is told of anyway.
    pub wanted: Ready,
    /// What is so.
    pub ready: Ready,
}

/// What Linux is asked for.
pub(super) fn interest(wanted: Ready) -> PollFlags {
    let mut flags = PollFlags::empty();
    if wanted.any(Ready::READ) {
        flags |= PollFlags::IN;
    }
    if wanted.any(Ready::WRITE) {
        flags |= PollFlags::OUT;
    }
    if wanted.any(Ready::URGENT) {
        flags |= PollFlags::PRI;
    }
    flags | PollFlags::RDHUP
}

/// What Linux's answer means.
pub(super) fn meaning(file: &FileObject, flags: PollFlags) -> Ready {
    let stream = file.description.winsock.is_some_and(super::SocketKind::is_stream);
    let gone = flags.contains(PollFlags::HUP);
    if stream && gone && !flags.intersects(PollFlags::RDHUP | PollFlags::ERR) {
        // What Linux says of a socket that was never connected; it is ready for nothing.
        return Ready::default();
    }
    let mut ready = Ready::default();
    let mut add = |condition: bool, what: Ready| {
        if condition {
            ready = ready.with(what);
        }
    };
    let failed = flags.contains(PollFlags::ERR);
    let connect_failed = failed && file.state.socket.has(CONNECTING);
    add(connect_failed, Ready::CONNECT_FAILED);
    add(failed, Ready::ERROR);
    add(flags.intersects(PollFlags::IN | PollFlags::RDHUP) && !connect_failed, Ready::READ);
    add(flags.contains(PollFlags::OUT) && !connect_failed, Ready::WRITE);
    add(flags.contains(PollFlags::PRI), Ready::URGENT);
    add(flags.intersects(PollFlags::HUP | PollFlags::RDHUP), Ready::HANG_UP);
    ready
}

/// Waits until one of the sockets is ready for what is wanted of it; how many are. `None` waits
/// for ever.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` for too many.
pub fn wait(sockets: &mut [Watched], timeout: Option<Duration>) -> Result<usize, NtStatus> {
    let found: Vec<Option<Socket>> =
        sockets.iter().map(|watched| by_handle(watched.handle, AccessMask::NONE).ok()).collect();
    for (watched, socket) in sockets.iter_mut().zip(&found) {
        watched.ready = if socket.is_none() { Ready::INVALID } else { Ready::default() };
    }
    let invalid = found.iter().any(Option::is_none);
    let started = Instant::now();
    crate::log::flush();
    loop {
        let mut fds: Vec<PollFd<'_>> = sockets
            .iter()
            .zip(&found)
            .filter_map(|(watched, socket)| Some((watched, socket.as_ref()?)))
            .map(|(watched, socket)| PollFd::new(&socket.file.fd, interest(watched.wanted)))
            .collect();
        let left = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        let left = if invalid { Some(Duration::ZERO) } else { left };
        let limit = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::INSUFFICIENT_RESOURCES),
        }
        let mut answers = fds.iter().map(PollFd::revents);
        let mut heard = false;
        for (watched, socket) in sockets.iter_mut().zip(&found) {
            let Some(socket) = socket else { continue };
            let flags = answers.next().unwrap_or(PollFlags::empty());
            heard |= !flags.is_empty();
            watched.ready = meaning(&socket.file, flags).and(watched.wanted);
        }
        let ready = sockets.iter().filter(|watched| watched.ready != Ready::default()).count();
        if ready > 0 || left.is_some_and(|left| left.is_zero()) {
            return Ok(ready);
        }
        if heard {
            // Only what nobody asked for, which Linux does not wait for.
            std::thread::sleep(left.unwrap_or(IDLE).min(IDLE));
        }
    }
}

/// How often a socket that is not connected is looked at.
const IDLE: Duration = Duration::from_millis(5);

//! The server's end of a pipe: waiting for clients and sending them away.

use super::{Instance, State, lock, sockets};
use crate::io::file::{self, FileObject};
use crate::io::request::{Request, arm};
use crate::io::{blocking, pending};
use crate::ob::Pinned;
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::file as host;
use haft_host::rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::net::{Shutdown, shutdown};
use haft_host::spawn;
use std::sync::Arc;

impl Instance {
    /// Keeps the end of a client that was sent away, until that has closed its own.
    fn keep(&self, old: OwnedFd) {
        let mut kept = lock(&self.sent_away);
        kept.retain(|end| {
            let mut fds = [PollFd::new(end, PollFlags::empty())];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            poll(&mut fds, Some(&now)).is_ok() && !fds[0].revents().contains(PollFlags::HUP)
        });
        kept.push(old);
    }
}

/// The server's end that a handle names.
fn server_end(handle: Handle) -> Result<(Pinned, Arc<FileObject>, Arc<Instance>), NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let instance = file.state.instance.get().cloned();
    match instance {
        Some(instance) => Ok((object, file, instance)),
        None if file.description.pipe.is_some() => Err(NtStatus::INVALID_PARAMETER),
        None => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

fn is_gone(file: &FileObject) -> bool {
    let mut fds = [PollFd::new(&file.fd, PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok()
        && fds[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP)
}

/// Waits for a client (Microsoft: "ConnectNamedPipe function"): `SUCCESS` when one came, or
/// `PENDING`.
///
/// # Errors
/// `PIPE_CONNECTED` when one was there already, `PIPE_CLOSING` when that one has gone,
/// `PIPE_LISTENING` where calls return at once.
pub fn listen(handle: Handle, request: &Request) -> Result<NtStatus, NtStatus> {
    let (_object, file, instance) = server_end(handle)?;
    let mut state = lock(&instance.state);
    match &mut *state {
        State::Connected { .. } if is_gone(&file) => return Err(NtStatus::PIPE_CLOSING),
        State::Connected { noticed, .. } => {
            *noticed = true;
            return Err(NtStatus::PIPE_CONNECTED);
        }
        State::Disconnected => {
            let (server, client) = sockets(instance.pipe.settings.message)?;
            let old = spawn::above_standard(&file.fd)?;
            host::replace(server.as_fd(), file.fd.as_fd())?;
            instance.keep(old);
            *state = State::Listening { client, waiting: None, wake: None };
        }
        State::Listening { waiting, wake, .. } if waiting.is_some() || wake.is_some() => {
            return Err(NtStatus::PIPE_LISTENING);
        }
        State::Listening { .. } => {}
    }
    if file.state.pipe_mode.is_no_wait() {
        return Err(NtStatus::PIPE_LISTENING);
    }
    if file.is_synchronous() {
        let State::Listening { wake, .. } = &mut *state else { return Ok(NtStatus::SUCCESS) };
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(host::status)?);
        *wake = Some(Arc::clone(&bell));
        drop(state);
        let rung = blocking::wait(&file, host::status, || {
            poll(&mut [PollFd::new(&*bell, PollFlags::IN)], None)
        });
        return match &mut *lock(&instance.state) {
            State::Connected { .. } => Ok(NtStatus::SUCCESS),
            State::Listening { wake, .. } => {
                *wake = None;
                rung.and(Err(NtStatus::PIPE_BROKEN))
            }
            State::Disconnected => rung.and(Err(NtStatus::PIPE_BROKEN)),
        };
    }
    let armed = arm(&file, request)?;
    if let State::Listening { waiting, .. } = &mut *state {
        *waiting = Some((Arc::downgrade(&file), armed));
    }
    Ok(NtStatus::PENDING)
}

/// Sends the client away (Microsoft: "DisconnectNamedPipe function").
///
/// # Errors
/// `INVALID_PARAMETER` for the client's end, `PIPE_LISTENING` when there is no client.
pub fn disconnect(handle: Handle) -> Result<(), NtStatus> {
    let (_object, file, instance) = server_end(handle)?;
    let mut state = lock(&instance.state);
    match &*state {
        State::Listening { .. } => return Err(NtStatus::PIPE_LISTENING),
        State::Disconnected => return Err(NtStatus::PIPE_DISCONNECTED),
        State::Connected { .. } => {}
    }
    *state = State::Disconnected;
    drop(state);
    // One way only: by the other the client knows that this was no close.
    let _ = shutdown(&file.fd, Shutdown::Write);
    pending::end_all(&file, NtStatus::PIPE_DISCONNECTED);
    file.state.taken.clear();
    Ok(())
}

/// Cancels a wait for a client; whether there was one.
pub(in crate::io) fn cancel_listen(
    file: &FileObject,
    thread: Option<Tid>,
    status_block: Option<usize>,
) -> bool {
    let Some(instance) = file.state.instance.get() else { return false };
    let taken = {
        let mut state = lock(&instance.state);
        let State::Listening { waiting, .. } = &mut *state else { return false };
        let meant = waiting.as_ref().is_some_and(|(_, armed)| {
            thread.is_none_or(|t| armed.thread.is_some_and(|own| own.tid() == t))
                && status_block.is_none_or(|b| armed.request.status_block == b)
        });
        if meant { waiting.take() } else { None }
    };
    let Some((_, armed)) = taken else { return false };
    armed.complete(file, NtStatus::CANCELLED, 0, false);
    true
}

//! What a pipe's end is like now.

use super::{State, lock};
use crate::io::blocking;
use crate::io::file::{self, FileKind, FileObject, PipeEnd, ReadMode};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file as host;
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::Errno;

/// Whether data can go through a pipe now.
///
/// # Errors
/// `PIPE_LISTENING`, `PIPE_DISCONNECTED` for a server's end without a client.
pub(in crate::io) fn check(file: &FileObject) -> Result<(), NtStatus> {
    let Some(instance) = file.state.instance.get() else {
        return if is_sent_away(file) { Err(NtStatus::PIPE_DISCONNECTED) } else { Ok(()) };
    };
    match *lock(&instance.state) {
        State::Connected { .. } => Ok(()),
        State::Listening { .. } => Err(NtStatus::PIPE_LISTENING),
        State::Disconnected => Err(NtStatus::PIPE_DISCONNECTED),
    }
}

/// Whether the server has sent the client away whose end this is.
fn is_sent_away(file: &FileObject) -> bool {
    if file.description.pipe.is_none_or(|end| end.server) {
        return false;
    }
    let mut fds = [PollFd::new(&file.fd, PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok() && {
        let flags = fds[0].revents();
        flags.contains(PollFlags::RDHUP) && !flags.contains(PollFlags::HUP)
    }
}

/// What a read of a pipe at its end says.
pub(in crate::io) fn end_status(file: &FileObject) -> NtStatus {
    check(file).err().unwrap_or(NtStatus::PIPE_BROKEN)
}

/// An end of a pipe, as `GetNamedPipeInfo` and its relatives tell of it.
#[derive(Clone, Copy, Debug)]
pub struct PipeInformation {
    /// What it was made as; `None` for an anonymous pipe.
    pub end: Option<PipeEnd>,
    /// Whether it is a pipe of messages.
    pub message: bool,
    /// How this handle reads it.
    pub read_mode: ReadMode,
    /// Whether this handle's calls return at once.
    pub no_wait: bool,
    /// How many instances there are now.
    pub current_instances: u32,
}

/// What is known of a pipe's end.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no pipe.
pub fn information(handle: Handle) -> Result<PipeInformation, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if file.description.kind != FileKind::Pipe {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let opened = file.description.message.unwrap_or(ReadMode::Byte);
    let mut end = file.description.pipe;
    let mut current_instances = 1;
    if let Some(instance) = file.state.instance.get() {
        current_instances = lock(&instance.pipe.instances).len() as u32;
        if let (Some(end), State::Connected { process, .. }) = (&mut end, &*lock(&instance.state)) {
            end.client_process = *process;
        }
    }
    Ok(PipeInformation {
        end,
        message: file.description.message.is_some(),
        read_mode: file.state.pipe_mode.read_mode(opened),
        no_wait: file.state.pipe_mode.is_no_wait(),
        current_instances,
    })
}

/// Changes how a handle uses its pipe (Microsoft: "SetNamedPipeHandleState function").
///
/// # Errors
/// `INVALID_PARAMETER` for message mode on a pipe of bytes, `INVALID_DEVICE_REQUEST`.
pub fn set_mode(handle: Handle, read: ReadMode, no_wait: bool) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if file.description.kind != FileKind::Pipe {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    if read == ReadMode::Message && file.description.message.is_none() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    file.state.pipe_mode.set(read, no_wait);
    Ok(())
}

/// Waits until the other side has read everything that was written to a pipe (Microsoft:
/// "FlushFileBuffers function").
///
/// # Errors
/// `PIPE_BROKEN` when the other side has gone without that, and those of [`check`].
pub(in crate::io) fn flush(file: &FileObject) -> Result<(), NtStatus> {
    check(file)?;
    blocking::wait(file, host::status, || {
        if haft_host::socket::unread(file.fd.as_fd())? == 0 {
            return Ok(());
        }
        // Linux tells nobody when it is read.
        let pause = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let mut fds = [PollFd::new(&file.fd, PollFlags::empty())];
        poll(&mut fds, Some(&pause))?;
        let gone = fds[0].revents().contains(PollFlags::HUP);
        // It may have read the rest before it went.
        if gone && haft_host::socket::unread(file.fd.as_fd())? > 0 {
            return Err(Errno::CONNRESET);
        }
        Err(Errno::INTR)
    })
}

//! Pipes of messages (Microsoft: "Named Pipe Type, Read, and Wait Modes").

use super::file::{FileObject, ReadMode};
use haft_abi::NtStatus;
use haft_host::file::{self as host, Attempt};
use haft_host::guest;
use haft_host::rustix::fd::AsFd;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU8, Ordering};

/// How one handle's side of a named pipe is used, where that was changed after it was opened.
#[derive(Debug, Default)]
pub(crate) struct PipeMode {
    read: AtomicU8,
    no_wait: AtomicU8,
}

impl PipeMode {
    /// How it is read.
    pub(crate) fn read_mode(&self, opened: ReadMode) -> ReadMode {
        match self.read.load(Ordering::Relaxed) {
            1 => ReadMode::Byte,
            2 => ReadMode::Message,
            _ => opened,
        }
    }

    /// Whether calls return at once (`PIPE_NOWAIT`).
    pub(crate) fn is_no_wait(&self) -> bool {
        self.no_wait.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn set(&self, read: ReadMode, no_wait: bool) {
        let read = if read == ReadMode::Message { 2 } else { 1 };
        self.read.store(read, Ordering::Relaxed);
        self.no_wait.store(u8::from(no_wait), Ordering::Relaxed);
    }
}

/// Reads from a pipe of messages without waiting. What does not fit of a message is kept; in
/// message mode the status says so (`BUFFER_OVERFLOW`).
pub(crate) fn try_read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<(Attempt, NtStatus), NtStatus> {
    let opened = file.description.message.unwrap_or(ReadMode::Byte);
    let more = match file.state.pipe_mode.read_mode(opened) {
        ReadMode::Message => NtStatus::BUFFER_OVERFLOW,
        ReadMode::Byte => NtStatus::SUCCESS,
    };
    let mut remainder = file.state.remainder.lock().unwrap_or_else(PoisonError::into_inner);
    if remainder.is_empty() {
        let size = match host::next_message(file.fd.as_fd())? {
            Attempt::Done(size @ 1..) => size,
            nothing => return Ok((nothing, NtStatus::SUCCESS)),
        };
        if size <= length {
            let attempt = host::try_receive(file.fd.as_fd(), address, length, false)?;
            return Ok((attempt, NtStatus::SUCCESS));
        }
        let mut whole = vec![0u8; size];
        let at = whole.as_mut_ptr() as usize;
        match host::try_receive(file.fd.as_fd(), at, size, false)? {
            Attempt::Done(got) => whole.truncate(got),
            Attempt::WouldBlock => return Ok((Attempt::WouldBlock, NtStatus::SUCCESS)),
        }
        remainder.extend(whole);
    }
    let taken = remainder.len().min(length);
    let bytes: Vec<u8> = remainder.drain(..taken).collect();
    guest::copy_out(address, &bytes)?;
    let status = if remainder.is_empty() { NtStatus::SUCCESS } else { more };
    Ok((Attempt::Done(taken), status))
}

/// How much of the message that is read next is left.
pub(crate) fn left(file: &FileObject) -> usize {
    let remainder = file.state.remainder.lock().unwrap_or_else(PoisonError::into_inner);
    if !remainder.is_empty() {
        return remainder.len();
    }
    match host::next_message(file.fd.as_fd()) {
        Ok(Attempt::Done(size)) => size,
        _ => 0,
    }
}

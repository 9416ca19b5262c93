//! Pipes of messages (Microsoft: "Named Pipe Type, Read, and Wait Modes").
//!
//! A message is one packet of a Linux socket or, if it is long, several, each with a byte before it
//! that says whether more follow. So an empty message is not the end of the pipe.

use super::file::{FileObject, ReadMode};
use haft_abi::NtStatus;
use haft_host::file as host_file;
use haft_host::guest;
use haft_host::rustix::fd::{AsFd, BorrowedFd};
use haft_host::rustix::io::Errno;
use haft_host::socket::{self as host, Address, Buffer, linux};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Messages that were taken from Linux before the program had room for them.
#[derive(Debug, Default)]
pub(crate) struct Taken(Mutex<Messages>);

#[derive(Debug, Default)]
struct Messages {
    whole: VecDeque<VecDeque<u8>>,
    /// The packets so far of one whose end has not come.
    part: Vec<u8>,
    /// Whether the other side has sent its last.
    ended: bool,
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets them, as a pipe that is disconnected does.
    pub(crate) fn clear(&self) {
        *self.lock() = Messages::default();
    }
}

/// More packets of the message follow.
const MORE: u8 = 1;
/// So much of a message is in one packet.
const PACKET: usize = 0xFFFF;

/// What a call on a pipe of messages came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// So many bytes; whether that is all of the message.
    Done(usize, bool),
    /// There is none yet, or no room for one.
    Later,
    /// The other side has sent its last.
    End,
}

/// Receives into one buffer behind the byte that goes before it.
fn receive(
    socket: BorrowedFd<'_>,
    flag: &mut u8,
    buffer: Buffer,
    flags: i32,
) -> Result<Option<usize>, NtStatus> {
    let first = Buffer { address: core::ptr::from_mut(flag) as usize, length: 1 };
    loop {
        let flags = flags | linux::MSG_DONTWAIT;
        match host::receive(socket, &[first, buffer], flags, &mut []) {
            Ok(received) => return Ok(Some(received.count)),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::CONNRESET) => return Ok(Some(0)),
            Err(error) => return Err(host_file::status(error)),
        }
    }
}

/// The byte before the next packet, and its size; zero with the byte for the end.
fn next(file: &FileObject, flag: &mut u8) -> Result<Option<usize>, NtStatus> {
    let nothing = Buffer { address: 0, length: 0 };
    receive(file.fd.as_fd(), flag, nothing, linux::MSG_PEEK | linux::MSG_TRUNC)
}

/// What the next packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// The last one of a message.
    Last,
    /// One of a message of which more follow.
    More,
    /// None has come.
    Later,
    /// None will come.
    End,
}

/// Takes the next packet of a socket, whose bytes are added to `part`.
///
/// # Errors
/// Those of recvmsg(2).
pub(crate) fn packet(socket: BorrowedFd<'_>, part: &mut Vec<u8>) -> Result<Packet, NtStatus> {
    let mut flag = 0;
    let nothing = Buffer { address: 0, length: 0 };
    let size = match receive(socket, &mut flag, nothing, linux::MSG_PEEK | linux::MSG_TRUNC)? {
        None => return Ok(Packet::Later),
        Some(0) => return Ok(Packet::End),
        Some(size) => size - 1,
    };
    let start = part.len();
    part.resize(start + size, 0);
    let buffer = Buffer { address: part[start..].as_mut_ptr() as usize, length: size };
    let Some(got @ 1..) = receive(socket, &mut flag, buffer, 0)? else {
        // Another process that has the socket was quicker.
        part.truncate(start);
        return Ok(Packet::Later);
    };
    part.truncate(start + got - 1);
    Ok(if flag & MORE == 0 { Packet::Last } else { Packet::More })
}

impl Messages {
    /// Takes the next packet from Linux; whether there was one.
    fn take(&mut self, file: &FileObject) -> Result<bool, NtStatus> {
        match packet(file.fd.as_fd(), &mut self.part)? {
            Packet::Last => self.whole.push_back(core::mem::take(&mut self.part).into()),
            Packet::More => {}
            Packet::Later => return Ok(false),
            Packet::End => {
                self.ended = true;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes all that Linux has.
    fn take_all(&mut self, file: &FileObject) -> Result<(), NtStatus> {
        while self.take(file)? {}
        Ok(())
    }

    fn give(&mut self, address: usize, length: usize) -> Result<Outcome, NtStatus> {
        let Some(first) = self.whole.front_mut() else { return Ok(Outcome::Later) };
        let count = first.len().min(length);
        let (front, back) = first.as_slices();
        let from_front = count.min(front.len());
        guest::copy_out(address, &front[..from_front])?;
        guest::copy_out(address + from_front, &back[..count - from_front])?;
        first.drain(..count);
        let all = first.is_empty();
        if all {
            self.whole.pop_front();
        }
        Ok(Outcome::Done(count, all))
    }
}

/// Reads from a pipe of messages without waiting.
///
/// # Errors
/// `ACCESS_VIOLATION`.
pub(crate) fn try_read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<Outcome, NtStatus> {
    let mut messages = file.state.taken.lock();
    if messages.whole.is_empty() && messages.part.is_empty() {
        let mut flag = 0;
        match next(file, &mut flag)? {
            None => return Ok(Outcome::Later),
            Some(0) => return Ok(Outcome::End),
            // The usual way: straight to where the program wants it.
            Some(size) if flag & MORE == 0 && size - 1 <= length => {
                let buffer = Buffer { address, length };
                return Ok(match receive(file.fd.as_fd(), &mut flag, buffer, 0)? {
                    Some(got @ 1..) => Outcome::Done(got - 1, true),
                    _ => Outcome::Later,
                });
            }
            Some(_) => {}
        }
    }
    while messages.whole.is_empty() && messages.take(file)? {}
    match messages.give(address, length)? {
        Outcome::Later if messages.ended => Ok(Outcome::End),
        outcome => Ok(outcome),
    }
}

/// The status of a read that took so much of a message.
pub(crate) fn read_status(file: &FileObject, all: bool) -> NtStatus {
    let opened = file.description.message.unwrap_or(ReadMode::Byte);
    match file.state.pipe_mode.read_mode(opened) {
        ReadMode::Message if !all => NtStatus::BUFFER_OVERFLOW,
        _ => NtStatus::SUCCESS,
    }
}

/// Writes the next packet of a message of which `done` bytes were written, without waiting.
/// [`Outcome::Done`] says how many bytes are in it.
///
/// # Errors
/// `PIPE_CLOSING` when nobody reads it, `ACCESS_VIOLATION`.
pub(crate) fn try_write(
    file: &FileObject,
    address: usize,
    length: usize,
    done: usize,
) -> Result<Outcome, NtStatus> {
    let size = (length - done).min(PACKET);
    let all = done + size == length;
    let flag = if all { 0 } else { MORE };
    let first = Buffer { address: core::ptr::from_ref(&flag) as usize, length: 1 };
    let rest = Buffer { address: address + done, length: size };
    loop {
        let flags = linux::MSG_DONTWAIT;
        match host::send(file.fd.as_fd(), &[first, rest], flags, &Address::NONE, &[]) {
            Ok(_) => return Ok(Outcome::Done(size, all)),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(Outcome::Later),
            Err(Errno::CONNRESET | Errno::CONNREFUSED) => return Err(NtStatus::PIPE_CLOSING),
            Err(error) => return Err(host_file::status(error)),
        }
    }
}

/// What waits in a pipe of messages: all bytes, and those of the first message, of which up to
/// `length` are copied.
///
/// # Errors
/// `PIPE_BROKEN` when nothing waits and nobody writes, `ACCESS_VIOLATION`.
pub(crate) fn peek(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<super::pipe::Waiting, NtStatus> {
    let mut messages = file.state.taken.lock();
    messages.take_all(file)?;
    let available = messages.whole.iter().map(VecDeque::len).sum::<usize>() + messages.part.len();
    let Some(first) = messages.whole.front_mut() else {
        return if messages.ended && available == 0 {
            Err(super::named_pipe::end_status(file))
        } else {
            Ok(super::pipe::Waiting { available, ..Default::default() })
        };
    };
    let copied = first.len().min(length);
    guest::copy_out(address, &first.make_contiguous()[..copied])?;
    let left_of_message = first.len() - copied;
    Ok(super::pipe::Waiting { copied, available, left_of_message })
}

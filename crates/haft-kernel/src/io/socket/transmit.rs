//! Sending a file (Microsoft: "TransmitFile function").

use super::{Buffer, SHUT_SEND, by_handle, status};
use crate::io::blocking;
use crate::io::file::{self, FileKind, FileObject};
use crate::io::pending::{self, Direction, Operation, Progress, Step, Work};
use crate::io::request::{Request, arm};
use crate::io::rights::{FILE_READ_DATA, FILE_WRITE_DATA};
use haft_abi::{Handle, NtStatus};
use haft_host::file as host_file;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::fs::{SeekFrom, seek, tell};
use haft_host::rustix::io::Errno;
use haft_host::rustix::net::{Shutdown, shutdown};
use haft_host::socket::{self as host, linux};
use std::sync::Arc;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Before the file.
    pub head: Buffer,
    /// The file; null for none.
    pub file: Handle,
    /// How much of it; zero for all that there is.
    pub count: u32,
    /// From where in it; its position, and that moves along, if none is given.
    pub offset: Option<u64>,
    /// After the file.
    pub tail: Buffer,
    /// Whether sending ends then (`TF_DISCONNECT`).
    pub disconnect: bool,
}

/// So much of a file is in memory at once.
const CHUNK: usize = 64 * 1024;

struct Transmit {
    head: Buffer,
    file: Option<Arc<FileObject>>,
    left: u64,
    offset: u64,
    moves: bool,
    chunk: Vec<u8>,
    sent_of_chunk: usize,
    tail: Buffer,
    disconnect: bool,
}

impl Transmit {
    fn new(parts: &Parts) -> Result<Self, NtStatus> {
        let mut transmit = Self {
            head: parts.head,
            file: None,
            left: 0,
            offset: 0,
            moves: false,
            chunk: Vec::new(),
            sent_of_chunk: 0,
            tail: parts.tail,
            disconnect: parts.disconnect,
        };
        if !parts.file.is_null() {
            let (_object, file) = file::by_handle(parts.file, FILE_READ_DATA)?;
            if file.description.kind != FileKind::Disk {
                return Err(NtStatus::INVALID_HANDLE);
            }
            transmit.moves = parts.offset.is_none();
            transmit.offset = match parts.offset {
                Some(offset) => offset,
                None => tell(&file.fd).map_err(host_file::status)?,
            };
            transmit.left = if parts.count == 0 { u64::MAX } else { parts.count.into() };
            transmit.file = Some(file);
        }
        Ok(transmit)
    }

    /// The next stretch to be sent.
    fn next(&mut self) -> Result<Option<Buffer>, NtStatus> {
        if self.head.length > 0 {
            return Ok(Some(self.head));
        }
        if self.sent_of_chunk == self.chunk.len() && self.left > 0 {
            self.read()?;
        }
        let rest = &self.chunk[self.sent_of_chunk..];
        if !rest.is_empty() {
            let buffer = Buffer { address: rest.as_ptr() as usize, length: rest.len() };
            return Ok(Some(buffer));
        }
        Ok((self.tail.length > 0).then_some(self.tail))
    }

    fn read(&mut self) -> Result<(), NtStatus> {
        let Some(file) = &self.file else { return Ok(()) };
        let size = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        self.chunk.resize(size, 0);
        self.sent_of_chunk = 0;
        let at = self.chunk.as_mut_ptr() as usize;
        let got = host_file::read(file.fd.as_fd(), at, size, Some(self.offset))?;
        self.chunk.truncate(got);
        self.offset += got as u64;
        self.left = if got == 0 { 0 } else { self.left.saturating_sub(got as u64) };
        if self.moves {
            let _ = seek(&file.fd, SeekFrom::Start(self.offset));
        }
        Ok(())
    }

    /// Takes off what was sent of the stretch that [`Self::next`] gave.
    fn sent(&mut self, count: usize) {
        if self.head.length > 0 {
            self.head.address += count;
            self.head.length -= count;
        } else if self.sent_of_chunk < self.chunk.len() {
            self.sent_of_chunk += count;
        } else {
            self.tail.address += count;
            self.tail.length -= count;
        }
    }
}

impl Step for Transmit {
    fn step(&mut self, socket: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        let fd = socket.fd.as_fd();
        while let Some(next) = self.next()? {
            match host::send(fd, &[next], linux::MSG_DONTWAIT, &host::Address::NONE, &[]) {
                Ok(sent) => {
                    self.sent(sent);
                    *done += sent;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Progress::Later),
                Err(error) => return Err(status::of(error)),
            }
        }
        if self.disconnect {
            let _ = shutdown(&socket.fd, Shutdown::Write);
            socket.state.socket.set(SHUT_SEND, true);
        }
        Ok(Progress::Done(NtStatus::SUCCESS))
    }
}

/// Sends a file, with what goes before and after it, as the request says; without one it waits.
///
/// # Errors
/// `INVALID_CONNECTION`, `INVALID_HANDLE` for what is no file on a disk.
pub fn start(
    handle: Handle,
    parts: &Parts,
    request: Option<&Request>,
) -> Result<NtStatus, NtStatus> {
    let socket = by_handle(handle, FILE_WRITE_DATA)?;
    if !socket.kind.is_stream() || host::peer_name(socket.file.fd.as_fd()).is_err() {
        return Err(NtStatus::INVALID_CONNECTION);
    }
    let mut transmit = Transmit::new(parts)?;
    let Some(request) = request else {
        let mut done = 0;
        let fd = socket.file.fd.as_fd();
        while matches!(transmit.step(&socket.file, &mut done)?, Progress::Later) {
            blocking::wait(&socket.file, status::of, || {
                poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None)
            })?;
        }
        return Ok(NtStatus::SUCCESS);
    };
    let armed = arm(&socket.file, request)?;
    let operation = Operation::new(armed, Work::Step(Box::new(transmit)));
    pending::start(&socket.file, Direction::Write, operation)
}

//! Reading and writing a line, for as long as its time limits say.

use super::Timeouts;
use super::timeouts::Pace;
use crate::io::blocking;
use crate::io::file::FileObject;
use crate::io::pending::{Direction, Progress, Step, Work};
use haft_abi::NtStatus;
use haft_host::file::{self as host, status};
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::Errno;
use std::sync::Arc;
use std::time::Instant;

/// A read or a write that has begun.
pub(crate) struct Transfer {
    direction: Direction,
    address: usize,
    length: usize,
    pace: Pace,
    begun: Instant,
    /// When the last byte moved.
    last: Instant,
}

impl Transfer {
    /// One that begins now. Its time limits are those of now, too.
    pub(crate) fn new(
        file: &FileObject,
        direction: Direction,
        (address, length): (usize, usize),
    ) -> Self {
        let timeouts: Timeouts = file.state.line.lock().timeouts;
        let pace = match direction {
            Direction::Write => timeouts.of_write(length),
            _ => timeouts.of_read(length),
        };
        let now = Instant::now();
        Self { direction, address, length, pace, begun: now, last: now }
    }

    /// When it ends though bytes are left, if time alone ends it.
    fn deadline(&self, done: usize) -> Option<Instant> {
        self.pace.deadline(self.begun, done, self.last)
    }

    /// Moves what can be moved: a status if that ends it.
    fn advance(
        &mut self,
        file: &FileObject,
        done: &mut usize,
    ) -> Result<Option<NtStatus>, NtStatus> {
        loop {
            if *done >= self.length {
                return Ok(Some(NtStatus::SUCCESS));
            }
            match self.once(file, *done) {
                // Nobody is at the other end.
                Ok(0) | Err(Errno::IO) => return Err(NtStatus::IO_DEVICE_ERROR),
                Ok(moved) => {
                    *done += moved;
                    self.last = Instant::now();
                    if self.direction == Direction::Read {
                        file.state.line.lock().taken += moved as u64;
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let over = self.deadline(*done).is_some_and(|end| end <= Instant::now());
                    return Ok(over.then_some(NtStatus::TIMEOUT));
                }
                Err(error) => return Err(status(error)),
            }
        }
    }

    fn once(&self, file: &FileObject, done: usize) -> Result<usize, Errno> {
        let (address, length) = (self.address + done, self.length - done);
        match self.direction {
            Direction::Write => host::write_once(file.fd.as_fd(), address, length, None),
            _ => host::read_once(file.fd.as_fd(), address, length, None),
        }
    }
}

impl Step for Transfer {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        if let Some(status) = self.advance(file, done)? {
            return Ok(Progress::Done(status));
        }
        file.state.line.bells.of(&file.fd, self.direction)?.set(self.deadline(*done))?;
        Ok(Progress::Later)
    }
}

/// An overlapped read or write.
pub(crate) fn work(file: &FileObject, direction: Direction, buffer: (usize, usize)) -> Work {
    Work::Step(Box::new(Transfer::new(file, direction, buffer)))
}

/// Reads or writes, and waits for it: how many bytes, and `TIMEOUT` where time ended it.
///
/// # Errors
/// `IO_DEVICE_ERROR` when the line is gone, `ACCESS_VIOLATION`, `CANCELLED`.
pub(crate) fn now(
    file: &FileObject,
    direction: Direction,
    buffer: (usize, usize),
) -> Result<(usize, NtStatus), NtStatus> {
    let mut transfer = Transfer::new(file, direction, buffer);
    let ready = if direction == Direction::Write { PollFlags::OUT } else { PollFlags::IN };
    let mut done = 0;
    loop {
        if let Some(status) = transfer.advance(file, &mut done)? {
            return Ok((done, status));
        }
        let left = transfer.deadline(done).map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        blocking::wait(file, status, || poll(&mut [PollFd::new(&file.fd, ready)], left.as_ref()))?;
    }
}

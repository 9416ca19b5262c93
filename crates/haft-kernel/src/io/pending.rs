//! Overlapped I/O that cannot be done at once: it waits in its file's queue until the reactor
//! says that the descriptor is ready.

use super::file::{FileKind, FileObject};
use super::request::Armed;
use super::{changes, message, named_pipe};
use crate::ke::reactor::{self, Interest, Watch};
use haft_abi::{NtStatus, Tid};
use haft_host::file::{self as host, Attempt};
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::AsFd;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What moves where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Into the program's memory.
    Read,
    /// Out of it.
    Write,
}

impl Direction {
    const fn interest(self) -> Interest {
        match self {
            Self::Read => Interest::Readable,
            Self::Write => Interest::Writable,
        }
    }
}

/// One operation.
pub(crate) struct Operation {
    pub(crate) armed: Armed,
    pub(crate) work: Work,
    /// How many bytes were moved.
    pub(crate) done: usize,
}

/// What an operation does.
pub(crate) enum Work {
    /// It moves bytes between the file and the program's memory.
    Bytes { address: usize, length: usize },
    /// Something else.
    Step(Box<dyn Step>),
}

/// A step of an operation that is more than moving bytes.
pub(crate) trait Step: Send {
    /// Does what can be done now, without waiting: a status when the operation is complete.
    fn step(&mut self, file: &FileObject, done: &mut usize) -> Result<Option<NtStatus>, NtStatus>;
}

/// The operations of one direction, the oldest first.
#[derive(Default)]
pub(crate) struct Queue {
    operations: VecDeque<Operation>,
    watch: Option<Watch>,
}

fn queue(file: &FileObject, direction: Direction) -> MutexGuard<'_, Queue> {
    let queue: &Mutex<Queue> = match direction {
        Direction::Read => &file.state.reads,
        Direction::Write => &file.state.writes,
    };
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts an operation: its result if that is there at once, or `PENDING`.
///
/// # Errors
/// Of an operation that fails at once; nobody is told of it otherwise.
pub(crate) fn start(
    file: &Arc<FileObject>,
    direction: Direction,
    mut operation: Operation,
) -> Result<NtStatus, NtStatus> {
    let mut waiting = queue(file, direction);
    if waiting.operations.is_empty() {
        match step(file, direction, &mut operation) {
            Ok(None) => {}
            Ok(Some(status)) => {
                drop(waiting);
                let done = operation.done;
                operation.armed.complete(file, status, done, true);
                return Ok(status);
            }
            Err(error) => {
                drop(waiting);
                file.signal();
                return Err(error);
            }
        }
    }
    waiting.operations.push_back(operation);
    watch(file, direction, &mut waiting)?;
    Ok(NtStatus::PENDING)
}

/// Has the reactor call when there is something to do.
fn watch(
    file: &Arc<FileObject>,
    direction: Direction,
    waiting: &mut Queue,
) -> Result<(), NtStatus> {
    if waiting.watch.is_some() || waiting.operations.is_empty() {
        return Ok(());
    }
    let own = Arc::downgrade(file);
    let action = Box::new(move || {
        if let Some(file) = own.upgrade() {
            queue(&file, direction).watch = None;
            advance(&file, direction);
        }
    });
    let fd = changes::descriptor(file).unwrap_or(file.fd.as_fd());
    waiting.watch = Some(reactor::watch_until(fd, direction.interest(), action)?);
    Ok(())
}

/// Does what can be done now.
pub(crate) fn advance(file: &Arc<FileObject>, direction: Direction) {
    let mut finished = Vec::new();
    let mut waiting = queue(file, direction);
    while let Some(mut operation) = waiting.operations.pop_front() {
        let result = step(file, direction, &mut operation);
        match result {
            Ok(None) => {
                waiting.operations.push_front(operation);
                break;
            }
            Ok(Some(status)) | Err(status) => finished.push((operation, status)),
        }
    }
    if watch(file, direction, &mut waiting).is_err() {
        let rest = waiting.operations.drain(..);
        finished.extend(rest.map(|o| (o, NtStatus::INSUFFICIENT_RESOURCES)));
    }
    drop(waiting);
    for (operation, status) in finished {
        let done = operation.done;
        operation.armed.complete(file, status, done, false);
    }
}

/// Moves what can be moved: a status when the operation is complete.
fn step(
    file: &FileObject,
    direction: Direction,
    operation: &mut Operation,
) -> Result<Option<NtStatus>, NtStatus> {
    let done = &mut operation.done;
    let (address, length) = match &mut operation.work {
        Work::Bytes { address, length } => (*address, *length),
        Work::Step(step) => return step.step(file, done),
    };
    match direction {
        Direction::Read => {
            let (attempt, status) = try_read(file, address, length)?;
            match attempt {
                Attempt::WouldBlock => Ok(None),
                Attempt::Done(0) if length > 0 && status == NtStatus::SUCCESS => end(file),
                Attempt::Done(got) => {
                    *done = got;
                    Ok(Some(status))
                }
            }
        }
        Direction::Write => loop {
            let rest = length - *done;
            match try_write(file, address + *done, rest)? {
                Attempt::WouldBlock => return Ok(None),
                Attempt::Done(put) => *done += put,
            }
            if *done >= length {
                return Ok(Some(NtStatus::SUCCESS));
            }
        },
    }
}

/// What a read says at the end: no byte, where a socket's other side has sent its last.
fn end(file: &FileObject) -> Result<Option<NtStatus>, NtStatus> {
    match file.description.kind {
        FileKind::Socket => Ok(Some(NtStatus::SUCCESS)),
        FileKind::Pipe => Err(named_pipe::end_status(file)),
        _ => Err(NtStatus::END_OF_FILE),
    }
}

fn is_ready(file: &FileObject, flags: PollFlags) -> bool {
    let mut fds = [PollFd::new(&file.fd, flags)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|n| n > 0)
}

fn try_read(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<(Attempt, NtStatus), NtStatus> {
    if file.description.kind == FileKind::Directory {
        return changes::try_read(file, address, length);
    }
    if file.description.message.is_some() {
        return message::try_read(file, address, length);
    }
    let attempt = if file.description.socket {
        host::try_receive(file.fd.as_fd(), address, length, false)?
    } else if is_ready(file, PollFlags::IN) {
        Attempt::Done(host::read(file.fd.as_fd(), address, length, None)?)
    } else {
        Attempt::WouldBlock
    };
    Ok((attempt, NtStatus::SUCCESS))
}

fn try_write(file: &FileObject, address: usize, length: usize) -> Result<Attempt, NtStatus> {
    if file.description.socket {
        return host::try_send(file.fd.as_fd(), address, length);
    }
    if !is_ready(file, PollFlags::OUT) {
        return Ok(Attempt::WouldBlock);
    }
    // A pipe that is ready has room for this much at least.
    let length = length.min(4096);
    Ok(Attempt::Done(host::write(file.fd.as_fd(), address, length, None)?))
}

/// Cancels the operations that are meant; whether there was one (Microsoft: "CancelIoEx
/// function"). `thread` and `status_block` narrow them down.
pub(crate) fn cancel(file: &FileObject, thread: Option<Tid>, status_block: Option<usize>) -> bool {
    let mut cancelled = Vec::new();
    for direction in [Direction::Read, Direction::Write] {
        let mut waiting = queue(file, direction);
        let meant = |operation: &Operation| {
            thread.is_none_or(|t| operation.armed.thread.is_some_and(|own| own.tid() == t))
                && status_block.is_none_or(|b| operation.armed.request.status_block == b)
        };
        let (gone, kept): (Vec<Operation>, Vec<Operation>) =
            waiting.operations.drain(..).partition(meant);
        waiting.operations = kept.into();
        if waiting.operations.is_empty() {
            waiting.watch = None;
        }
        cancelled.extend(gone);
    }
    let any = !cancelled.is_empty();
    for operation in cancelled {
        let done = operation.done;
        operation.armed.complete(file, NtStatus::CANCELLED, done, false);
    }
    named_pipe::cancel_listen(file, thread, status_block) || any
}

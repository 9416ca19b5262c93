//! Overlapped I/O that cannot be done at once: it waits in its file's queue until the reactor
//! says that the descriptor is ready.

use super::file::{FileKind, FileObject};
use super::message::{self, Outcome};
use super::request::Armed;
use super::{changes, named_pipe};
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
    /// Neither: something is waited for.
    Event,
}

impl Direction {
    const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Event];

    const fn interest(self) -> Interest {
        match self {
            Self::Read | Self::Event => Interest::Readable,
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
    /// The file that it was begun on, where it waits in another one's queue.
    pub(crate) begun_on: Option<Arc<FileObject>>,
}

impl Operation {
    pub(crate) const fn new(armed: Armed, work: Work) -> Self {
        Self { armed, work, done: 0, begun_on: None }
    }

    /// Tells of its end, on the file in whose queue it was.
    fn complete(self, file: &Arc<FileObject>, status: NtStatus, inline: bool) {
        let Self { armed, done, begun_on, .. } = self;
        armed.complete(begun_on.as_ref().unwrap_or(file), status, done, inline);
    }
}

/// How far a step came.
pub(crate) enum Progress {
    /// There is nothing to be done now.
    Later,
    /// The operation is complete.
    Done(NtStatus),
    /// It goes on in the queue of another file.
    Elsewhere(Arc<FileObject>, Direction),
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
    /// Does what can be done now, without waiting.
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus>;
}

/// A question to a pipe of messages, and its answer (Microsoft: "TransactNamedPipe function").
pub(crate) struct Transaction {
    /// The question, while it is not written: its address and length.
    pub(crate) question: Option<(usize, usize)>,
    /// Where the answer goes.
    pub(crate) answer: (usize, usize),
}

impl Step for Transaction {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        if let Some((address, length)) = self.question {
            loop {
                match message::try_write(file, address, length, *done)? {
                    Outcome::Done(put, all) => {
                        *done += put;
                        if all {
                            break;
                        }
                    }
                    _ => return Ok(Progress::Later),
                }
            }
            self.question = None;
            *done = 0;
            return Ok(Progress::Elsewhere(Arc::clone(file), Direction::Read));
        }
        let (address, length) = self.answer;
        match message::try_read(file, address, length)? {
            Outcome::Later => Ok(Progress::Later),
            Outcome::End => end(file),
            Outcome::Done(got, all) => {
                *done = got;
                Ok(Progress::Done(message::read_status(file, all)))
            }
        }
    }
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
        Direction::Event => &file.state.events,
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
            Ok(Progress::Later) => {}
            Ok(Progress::Done(status)) => {
                drop(waiting);
                operation.complete(file, status, true);
                return Ok(status);
            }
            Ok(Progress::Elsewhere(other, direction)) => {
                drop(waiting);
                go_on(file, operation, &other, direction);
                return Ok(NtStatus::PENDING);
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
    let (fd, interest) = match file.state.line.bells.descriptor(direction) {
        Some(bell) => (bell, Interest::Readable),
        None => (changes::descriptor(file).unwrap_or(file.fd.as_fd()), direction.interest()),
    };
    waiting.watch = Some(reactor::watch_until(fd, interest, action)?);
    Ok(())
}

/// Does what can be done now.
pub(crate) fn advance(file: &Arc<FileObject>, direction: Direction) {
    let mut finished = Vec::new();
    let mut moved = Vec::new();
    let mut waiting = queue(file, direction);
    while let Some(mut operation) = waiting.operations.pop_front() {
        let result = step(file, direction, &mut operation);
        match result {
            Ok(Progress::Later) => {
                waiting.operations.push_front(operation);
                break;
            }
            Ok(Progress::Elsewhere(other, direction)) => moved.push((operation, other, direction)),
            Ok(Progress::Done(status)) | Err(status) => finished.push((operation, status)),
        }
    }
    if watch(file, direction, &mut waiting).is_err() {
        let rest = waiting.operations.drain(..);
        finished.extend(rest.map(|o| (o, NtStatus::INSUFFICIENT_RESOURCES)));
    }
    drop(waiting);
    for (operation, status) in finished {
        operation.complete(file, status, false);
    }
    for (operation, other, direction) in moved {
        go_on(file, operation, &other, direction);
    }
}

/// Puts an operation into another file's queue.
fn go_on(
    file: &Arc<FileObject>,
    mut operation: Operation,
    other: &Arc<FileObject>,
    direction: Direction,
) {
    operation.begun_on = Some(Arc::clone(file));
    queue(other, direction).operations.push_back(operation);
    advance(other, direction);
}

/// Moves what can be moved: a status when the operation is complete.
fn step(
    file: &Arc<FileObject>,
    direction: Direction,
    operation: &mut Operation,
) -> Result<Progress, NtStatus> {
    let done = &mut operation.done;
    let (address, length) = match &mut operation.work {
        Work::Bytes { address, length } => (*address, *length),
        Work::Step(step) => return step.step(file, done),
    };
    let message = file.description.message.is_some();
    match direction {
        Direction::Read if message => match message::try_read(file, address, length)? {
            Outcome::Later => Ok(Progress::Later),
            Outcome::End => end(file),
            Outcome::Done(got, all) => {
                *done = got;
                Ok(Progress::Done(message::read_status(file, all)))
            }
        },
        Direction::Read | Direction::Event => {
            let (attempt, status) = try_read(file, address, length)?;
            match attempt {
                Attempt::WouldBlock => Ok(Progress::Later),
                Attempt::Done(0) if length > 0 && status == NtStatus::SUCCESS => end(file),
                Attempt::Done(got) => {
                    *done = got;
                    Ok(Progress::Done(status))
                }
            }
        }
        Direction::Write if message => loop {
            match message::try_write(file, address, length, *done)? {
                Outcome::Done(put, all) => {
                    *done += put;
                    if all {
                        return Ok(Progress::Done(NtStatus::SUCCESS));
                    }
                }
                _ => return Ok(Progress::Later),
            }
        },
        Direction::Write => loop {
            let rest = length - *done;
            match try_write(file, address + *done, rest)? {
                Attempt::WouldBlock => return Ok(Progress::Later),
                Attempt::Done(put) => *done += put,
            }
            if *done >= length {
                return Ok(Progress::Done(NtStatus::SUCCESS));
            }
        },
    }
}

/// What a read says at the end: no byte, where a socket's other side has sent its last.
fn end(file: &FileObject) -> Result<Progress, NtStatus> {
    match file.description.kind {
        FileKind::Socket => Ok(Progress::Done(NtStatus::SUCCESS)),
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

/// Whether something is under way in a direction.
pub(crate) fn any(file: &FileObject, direction: Direction) -> bool {
    !queue(file, direction).operations.is_empty()
}

/// Ends every operation on a file with a status.
pub(crate) fn end_all(file: &Arc<FileObject>, status: NtStatus) {
    for direction in Direction::ALL {
        end_direction(file, direction, status);
    }
}

/// Ends every operation in one direction with a status.
pub(crate) fn end_direction(file: &Arc<FileObject>, direction: Direction, status: NtStatus) {
    let ended: Vec<Operation> = {
        let mut waiting = queue(file, direction);
        waiting.watch = None;
        waiting.operations.drain(..).collect()
    };
    for operation in ended {
        operation.complete(file, status, false);
    }
}

/// Cancels the operations that are meant; whether there was one (Microsoft: "CancelIoEx
/// function"). `thread` and `status_block` narrow them down.
pub(crate) fn cancel(
    file: &Arc<FileObject>,
    thread: Option<Tid>,
    status_block: Option<usize>,
) -> bool {
    let mut cancelled = Vec::new();
    for direction in Direction::ALL {
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
        operation.complete(file, NtStatus::CANCELLED, false);
    }
    named_pipe::cancel_listen(file, thread, status_block) || any
}

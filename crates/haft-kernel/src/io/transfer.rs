//! Reading and writing.

use super::file::{self, FileKind, FileObject, ReadMode};
use super::message::{self, Outcome};
use super::pending::{self, Direction, Operation, Transaction, Work};
use super::request::{Armed, Request, arm};
use super::rights::{FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA};
use super::socket::driver;
use super::{blocking, console, mailslot, named_pipe, serial, socket};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::file::{self as host, Attempt};
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::fs::{SeekFrom, seek};
use std::sync::Arc;

/// The offset that stands for the end of the file, in a write.
pub const AT_END: u64 = u64::MAX;
/// The offset that stands for the file's position.
pub const AT_POSITION: u64 = u64::MAX - 1;

/// Reads up to `length` bytes into the program's memory at `address`: from the file's position,
/// or from `offset` where one is given. It waits for them.
///
/// # Errors
/// `END_OF_FILE` at the end of a file, `PIPE_BROKEN` at the end of a pipe, `ACCESS_VIOLATION`
/// for a bad address, `INVALID_PARAMETER` for an overlapped file, and those of
/// [`file::by_handle`].
pub fn read(
    handle: Handle,
    address: usize,
    length: u32,
    offset: Option<u64>,
) -> Result<u32, NtStatus> {
    read_part(handle, address, length, offset).map(|(got, _)| got)
}

/// [`read`], and whether that was all of a message: `BUFFER_OVERFLOW` if not, else `SUCCESS`.
///
/// # Errors
/// As for [`read`].
pub fn read_part(
    handle: Handle,
    address: usize,
    length: u32,
    offset: Option<u64>,
) -> Result<(u32, NtStatus), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    if !file.is_synchronous() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let (got, status) = read_now(&file, address, length as usize, offset)?;
    Ok((got as u32, status))
}

/// Writes `length` bytes of the program's memory at `address`: all of them, waiting where a pipe
/// is full.
///
/// # Errors
/// `PIPE_CLOSING` when nobody reads the pipe, `DISK_FULL`, `ACCESS_VIOLATION`,
/// `INVALID_PARAMETER` for an overlapped file, and those of [`file::by_handle`].
pub fn write(
    handle: Handle,
    address: usize,
    length: u32,
    offset: Option<u64>,
) -> Result<u32, NtStatus> {
    let file = to_write(handle)?;
    if !file.is_synchronous() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    write_now(&file, address, length as usize, offset).map(|put| put as u32)
}

fn to_write(handle: Handle) -> Result<Arc<FileObject>, NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if object.access().any(FILE_WRITE_DATA | FILE_APPEND_DATA) {
        Ok(file)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

/// Whether an offset is one in the file.
fn in_file(offset: Option<u64>) -> Option<u64> {
    offset.filter(|&o| o != AT_POSITION && o != AT_END)
}

fn read_now(
    file: &FileObject,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<(usize, NtStatus), NtStatus> {
    let done = |got| (got, NtStatus::SUCCESS);
    match file.description.kind {
        FileKind::Disk => {
            let offset = in_file(offset);
            if offset.is_some_and(|o| i64::try_from(o).is_err()) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let got = host::read(file.fd.as_fd(), address, length, offset)?;
            if got == 0 && length > 0 {
                return Err(NtStatus::END_OF_FILE);
            }
            if let Some(offset) = offset
                && file.is_synchronous()
            {
                let _ = seek(&file.fd, SeekFrom::Start(offset + got as u64));
            }
            Ok(done(got))
        }
        FileKind::Pipe => read_pipe(file, address, length),
        FileKind::Socket => socket::transfer::read(file, address, length).map(done),
        FileKind::Mailslot => mailslot::read_message(file, address, length).map(done),
        FileKind::Console => console::input::read(file, address, length).map(done),
        FileKind::Serial => serial::transfer::now(file, Direction::Read, (address, length)),
        FileKind::Directory => Err(NtStatus::INVALID_DEVICE_REQUEST),
        FileKind::Character => match blocking::wait(file, host::status, || {
            host::read_once(file.fd.as_fd(), address, length, None)
        })? {
            0 if length > 0 => Err(NtStatus::END_OF_FILE),
            got => Ok(done(got)),
        },
    }
}

fn read_pipe(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<(usize, NtStatus), NtStatus> {
    let read = || host::read_once(file.fd.as_fd(), address, length, None);
    if file.description.pipe.is_none() {
        let got = blocking::wait(file, host::status, read)?;
        return if got == 0 && length > 0 {
            Err(NtStatus::PIPE_BROKEN)
        } else {
            Ok((got, NtStatus::SUCCESS))
        };
    }
    named_pipe::check(file)?;
    let no_wait = file.state.pipe_mode.is_no_wait();
    if file.description.message.is_none() && !no_wait {
        let got = blocking::wait(file, host::status, read)?;
        return if got == 0 && length > 0 {
            Err(named_pipe::end_status(file))
        } else {
            Ok((got, NtStatus::SUCCESS))
        };
    }
    loop {
        let outcome = if file.description.message.is_some() {
            message::try_read(file, address, length)?
        } else {
            match host::try_receive(file.fd.as_fd(), address, length, false)? {
                Attempt::Done(0) if length > 0 => Outcome::End,
                Attempt::Done(got) => Outcome::Done(got, true),
                Attempt::WouldBlock => Outcome::Later,
            }
        };
        match outcome {
            Outcome::End => return Err(named_pipe::end_status(file)),
            Outcome::Done(got, all) => return Ok((got, message::read_status(file, all))),
            Outcome::Later if no_wait => return Err(NtStatus::PIPE_EMPTY),
            Outcome::Later => wait_for(file, PollFlags::IN)?,
        }
    }
}

/// Waits until something can be done.
fn wait_for(file: &FileObject, what: PollFlags) -> Result<(), NtStatus> {
    blocking::wait(file, host::status, || poll(&mut [PollFd::new(&file.fd, what)], None))?;
    Ok(())
}

/// Writes a message.
fn write_message(file: &FileObject, address: usize, length: usize) -> Result<usize, NtStatus> {
    let mut done = 0;
    loop {
        match message::try_write(file, address, length, done)? {
            Outcome::Done(put, all) => {
                done += put;
                if all {
                    return Ok(done);
                }
            }
            // Nothing of it, or the program would not know how much is there.
            _ if file.state.pipe_mode.is_no_wait() && done == 0 => return Ok(0),
            _ => wait_for(file, PollFlags::OUT)?,
        }
    }
}

fn write_now(
    file: &FileObject,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, NtStatus> {
    match file.description.kind {
        FileKind::Directory => return Err(NtStatus::INVALID_DEVICE_REQUEST),
        FileKind::Socket => return socket::transfer::write(file, address, length),
        FileKind::Serial => {
            let (put, _) = serial::transfer::now(file, Direction::Write, (address, length))?;
            return Ok(put);
        }
        FileKind::Mailslot => {
            let longest = file.description.mailslot.unwrap_or(0) as usize;
            if longest != 0 && length > longest {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            return write_message(file, address, length);
        }
        FileKind::Pipe if file.description.pipe.is_some() => {
            named_pipe::check(file)?;
            if file.description.message.is_some() {
                return write_message(file, address, length);
            }
            if file.state.pipe_mode.is_no_wait() {
                return match host::try_send(file.fd.as_fd(), address, length)? {
                    Attempt::Done(put) => Ok(put),
                    Attempt::WouldBlock => Ok(0),
                };
            }
        }
        _ => {}
    }
    let disk = file.description.kind == FileKind::Disk;
    let at_end = disk && offset == Some(AT_END);
    let offset = if disk { in_file(offset) } else { None };
    if offset.is_some_and(|o| i64::try_from(o).is_err()) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut done = 0;
    while done < length {
        let (from, rest) = (address + done, length - done);
        let fd = file.fd.as_fd();
        done += if at_end {
            host::append(fd, from, rest)?
        } else if disk {
            host::write(fd, from, rest, offset.map(|o| o + done as u64))?
        } else {
            blocking::wait(file, host::status, || host::write_once(fd, from, rest, None))?
        };
    }
    if file.is_synchronous() {
        if let Some(offset) = offset {
            let _ = seek(&file.fd, SeekFrom::Start(offset + length as u64));
        } else if at_end {
            let _ = seek(&file.fd, SeekFrom::End(0));
        }
    }
    Ok(length)
}

/// Reads, and tells of it as the request says (Microsoft: "ReadFile function", "NtReadFile
/// function"): `SUCCESS`, `BUFFER_OVERFLOW` for a part of a message, or `PENDING`. Of a failure
/// that is there at once, only the result tells.
///
/// # Errors
/// As for [`read`]; `INVALID_PARAMETER` for an overlapped disk file without an offset.
pub fn start_read(
    handle: Handle,
    address: usize,
    length: u32,
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    let armed = begin(&file, request)?;
    if !file.is_synchronous() && has_queues(&file) {
        named_pipe::check(&file).inspect_err(|_| file.signal())?;
        let work = work(&file, Direction::Read, (address, length as usize));
        let operation = Operation::new(armed, work);
        return pending::start(&file, Direction::Read, operation);
    }
    finish(&file, armed, read_now(&file, address, length as usize, request.offset))
}

/// Writes, and tells of it as the request says (Microsoft: "WriteFile function", "NtWriteFile
/// function"): `SUCCESS` or `PENDING`.
///
/// # Errors
/// As for [`write`]; `INVALID_PARAMETER` for an overlapped disk file without an offset.
pub fn start_write(
    handle: Handle,
    address: usize,
    length: u32,
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let file = to_write(handle)?;
    let armed = begin(&file, request)?;
    if !file.is_synchronous() && has_queues(&file) {
        named_pipe::check(&file).inspect_err(|_| file.signal())?;
        let work = work(&file, Direction::Write, (address, length as usize));
        let operation = Operation::new(armed, work);
        return pending::start(&file, Direction::Write, operation);
    }
    let put = write_now(&file, address, length as usize, request.offset);
    finish(&file, armed, put.map(|put| (put, NtStatus::SUCCESS)))
}

/// What an overlapped read or write does.
fn work(file: &FileObject, direction: Direction, buffer: (usize, usize)) -> Work {
    match file.description.kind {
        FileKind::Serial => serial::transfer::work(file, direction, buffer),
        _ => Work::Bytes { address: buffer.0, length: buffer.1 },
    }
}

/// Whether overlapped calls on a file may be under way for long.
fn has_queues(file: &FileObject) -> bool {
    matches!(file.description.kind, FileKind::Pipe | FileKind::Socket | FileKind::Serial)
}

fn begin(file: &FileObject, request: &Request) -> Result<Armed, NtStatus> {
    let needs_offset = file.description.kind == FileKind::Disk
        && !file.is_synchronous()
        && request.offset.is_none_or(|o| o == AT_POSITION);
    if needs_offset {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    arm(file, request)
}

fn finish(
    file: &FileObject,
    armed: Armed,
    result: Result<(usize, NtStatus), NtStatus>,
) -> Result<NtStatus, NtStatus> {
    match result {
        Ok((done, status)) => {
            armed.complete(file, status, done, true);
            Ok(status)
        }
        Err(error) => {
            file.signal();
            Err(error)
        }
    }
}

/// Writes a question to a pipe of messages and waits for the answer: how many bytes, and whether
/// that is all of it.
///
/// # Errors
/// As for [`start_transaction`]; `INVALID_PARAMETER` for an overlapped pipe.
pub fn transact(
    handle: Handle,
    question: (usize, u32),
    answer: (usize, u32),
) -> Result<(u32, NtStatus), NtStatus> {
    let file = to_write(handle)?;
    if named_pipe::information(handle)?.read_mode != ReadMode::Message {
        return Err(NtStatus::INVALID_PIPE_STATE);
    }
    if !file.is_synchronous() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    write(handle, question.0, question.1, None)?;
    read_part(handle, answer.0, answer.1, None)
}

/// Writes a question to a pipe of messages and reads the answer, as the request says (Microsoft:
/// "TransactNamedPipe function").
///
/// # Errors
/// `INVALID_PIPE_STATE` for a pipe that is not read message by message, and those of reading and
/// writing.
pub fn start_transaction(
    handle: Handle,
    question: (usize, u32),
    answer: (usize, u32),
    request: &Request,
) -> Result<NtStatus, NtStatus> {
    let (object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    if !object.access().any(FILE_WRITE_DATA | FILE_APPEND_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    if named_pipe::information(handle)?.read_mode != ReadMode::Message {
        return Err(NtStatus::INVALID_PIPE_STATE);
    }
    named_pipe::check(&file)?;
    if file.is_synchronous() {
        write_message(&file, question.0, question.1 as usize)?;
        let armed = arm(&file, request)?;
        let result = read_now(&file, answer.0, answer.1 as usize, None);
        return finish(&file, armed, result);
    }
    let armed = arm(&file, request)?;
    let transaction = Transaction {
        question: Some((question.0, question.1 as usize)),
        answer: (answer.0, answer.1 as usize),
    };
    let operation = Operation::new(armed, Work::Step(Box::new(transaction)));
    pending::start(&file, Direction::Write, operation)
}

/// Cancels I/O under way on a file: of one thread, of one status block, or all (Microsoft:
/// "CancelIoEx function").
///
/// # Errors
/// `NOT_FOUND` when there is none.
pub fn cancel(
    handle: Handle,
    thread: Option<Tid>,
    status_block: Option<usize>,
) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let any =
        pending::cancel(&file, thread, status_block) | driver::cancel(&file, thread, status_block);
    if any { Ok(()) } else { Err(NtStatus::NOT_FOUND) }
}

/// Sets `FILE_SKIP_*` flags of a file (Microsoft: "SetFileCompletionNotificationModes
/// function").
///
/// # Errors
/// `INVALID_PARAMETER` for unknown flags.
pub fn set_completion_modes(handle: Handle, flags: u8) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if flags & !3 != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    file.state.skip.fetch_or(flags, std::sync::atomic::Ordering::Relaxed);
    Ok(())
}

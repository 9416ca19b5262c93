//! Anonymous pipes, and what waits in any pipe.

use super::file::{self, FileDescription, FileKind, FileObject};
use super::rights::FILE_READ_DATA;
use super::{message, named_pipe};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::{self as host, Attempt};
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::ioctl_fionread;
use haft_host::rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, tee};

/// The size of a Linux pipe's buffer.
const USUAL_SIZE: u32 = 0x1_0000;

/// Creates a pipe: handles to read and to write it (Microsoft: "CreatePipe function"). `size` is
/// a wish for its buffer; zero is the system's choice.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`, `INSUFFICIENT_RESOURCES`.
pub fn create(inherit: bool, size: u32) -> Result<(Handle, Handle), NtStatus> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(host::status)?;
    if size > USUAL_SIZE {
        // A wish: the user's limit may refuse it.
        let _ = fcntl_setpipe_size(&write, size as usize);
    }
    let end = |fd: OwnedFd, access| {
        let description = FileDescription::plain(FileKind::Pipe);
        let object = file::create(FileObject::new(fd, description))?;
        ob::insert(object, access, inherit)
    };
    let reader = end(read, AccessMask::GENERIC_READ)?;
    match end(write, AccessMask::GENERIC_WRITE) {
        Ok(writer) => Ok((reader, writer)),
        Err(error) => {
            let _ = ob::close(reader);
            Err(error)
        }
    }
}

/// What waits in a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Bytes that were copied.
    pub copied: usize,
    /// Bytes that wait.
    pub available: usize,
    /// What is left of the first message behind what was copied; zero for a pipe of bytes.
    pub left_of_message: usize,
}

/// Looks at what waits in a pipe, and copies up to `length` bytes of it (Microsoft:
/// "PeekNamedPipe function").
///
/// # Errors
/// `PIPE_BROKEN` when nothing waits and nobody writes, `INVALID_DEVICE_REQUEST` for what is no
/// pipe.
pub fn peek(handle: Handle, address: usize, length: usize) -> Result<Waiting, NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    if file.description.kind != FileKind::Pipe {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    named_pipe::check(&file)?;
    if file.description.message.is_some() {
        return message::peek(&file, address, length);
    }
    let available = ioctl_fionread(&file.fd).map_err(host::status)? as usize;
    if available == 0 {
        return if has_ended(&file) {
            Err(named_pipe::end_status(&file))
        } else {
            Ok(Waiting::default())
        };
    }
    let copied = if length == 0 {
        0
    } else if is_socket(&file) {
        match host::try_receive(file.fd.as_fd(), address, length, true)? {
            Attempt::Done(count) => count,
            Attempt::WouldBlock => 0,
        }
    } else {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).map_err(host::status)?;
        // As much as a pipe surely has room for.
        let count = tee(&file.fd, &writer, length.min(available).min(4096), SpliceFlags::NONBLOCK)
            .map_err(host::status)?;
        host::read(reader.as_fd(), address, count, None)?
    };
    Ok(Waiting { copied, available, left_of_message: 0 })
}

fn is_socket(file: &FileObject) -> bool {
    use haft_host::rustix::fs::FileType;
    file.description.socket
        || file.status().is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Socket)
}

fn has_ended(file: &FileObject) -> bool {
    let mut fds = [PollFd::new(&file.fd, PollFlags::IN | PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok()
        && fds[0].revents().intersects(PollFlags::HUP | PollFlags::RDHUP)
}

//! Reading and writing between descriptors and the program's memory.
#![allow(unsafe_code, reason = "buffers are addresses that the program gave")]

use haft_abi::NtStatus;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// The status of a failed read, write or open.
#[must_use]
pub fn status(error: Errno) -> NtStatus {
    match error {
        Errno::NOENT => NtStatus::OBJECT_NAME_NOT_FOUND,
        Errno::NOTDIR => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::ACCESS | Errno::PERM | Errno::BADF | Errno::ISDIR => NtStatus::ACCESS_DENIED,
        Errno::EXIST => NtStatus::OBJECT_NAME_COLLISION,
        Errno::NOTEMPTY => NtStatus::DIRECTORY_NOT_EMPTY,
        Errno::ROFS => NtStatus::MEDIA_WRITE_PROTECTED,
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => NtStatus::DISK_FULL,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NAMETOOLONG => NtStatus::NAME_TOO_LONG,
        Errno::FAULT => NtStatus::ACCESS_VIOLATION,
        Errno::PIPE => NtStatus::PIPE_CLOSING,
        Errno::CONNRESET => NtStatus::PIPE_BROKEN,
        Errno::NOMEM => NtStatus::NO_MEMORY,
        Errno::INVAL | Errno::SPIPE => NtStatus::INVALID_PARAMETER,
        Errno::XDEV => NtStatus::NOT_SAME_DEVICE,
        Errno::LOOP => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::TXTBSY | Errno::BUSY => NtStatus::SHARING_VIOLATION,
        Errno::IO => NtStatus::IO_DEVICE_ERROR,
        _ => NtStatus::UNSUCCESSFUL,
    }
}

fn once(done: isize) -> Result<usize, Errno> {
    usize::try_from(done)
        .map_err(|_| Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
}

/// Makes a call again for as often as a signal interrupts it.
fn transfer(mut step: impl FnMut() -> Result<usize, Errno>) -> Result<usize, NtStatus> {
    loop {
        match step() {
            Err(Errno::INTR) => {}
            result => return result.map_err(status),
        }
    }
}

/// Reads once into the program's memory; how many bytes, zero at the end.
///
/// # Errors
/// `ACCESS_VIOLATION` for a bad address, and the others of [`status`].
pub fn read(
    fd: BorrowedFd<'_>,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, NtStatus> {
    transfer(|| read_once(fd, address, length, offset))
}

/// [`read`], which a signal may interrupt.
///
/// # Errors
/// Those of read(2).
pub fn read_once(
    fd: BorrowedFd<'_>,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, Errno> {
    let (fd, buffer) = (fd.as_raw_fd(), address as *mut libc::c_void);
    // SAFETY: Linux checks the range itself and gives EFAULT where it cannot be written; the
    // memory is the program's own to have overwritten.
    once(unsafe {
        match offset {
            Some(at) => libc::pread(fd, buffer, length, at as i64),
            None => libc::read(fd, buffer, length),
        }
    })
}

/// Writes once from the program's memory; how many bytes.
///
/// # Errors
/// `ACCESS_VIOLATION` for a bad address, and the others of [`status`].
pub fn write(
    fd: BorrowedFd<'_>,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, NtStatus> {
    transfer(|| write_once(fd, address, length, offset))
}

/// [`write`], which a signal may interrupt.
///
/// # Errors
/// Those of write(2).
pub fn write_once(
    fd: BorrowedFd<'_>,
    address: usize,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, Errno> {
    let (fd, buffer) = (fd.as_raw_fd(), address as *const libc::c_void);
    // SAFETY: Linux checks the range itself and gives EFAULT where it cannot be read.
    once(unsafe {
        match offset {
            Some(at) => libc::pwrite(fd, buffer, length, at as i64),
            None => libc::write(fd, buffer, length),
        }
    })
}

/// Writes once at the end of a file, wherever its position is; how many bytes.
///
/// # Errors
/// As for [`write`].
pub fn append(fd: BorrowedFd<'_>, address: usize, length: usize) -> Result<usize, NtStatus> {
    let buffer = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: length };
    transfer(|| {
        // SAFETY: as for `write`; the vector lives through the call.
        once(unsafe { libc::pwritev2(fd.as_raw_fd(), &raw const buffer, 1, 0, libc::RWF_APPEND) })
    })
}

/// What a transfer that does not wait came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// So many bytes; zero at the end.
    Done(usize),
    /// Nothing could be moved now.
    WouldBlock,
}

fn attempt(step: impl Fn() -> isize) -> Result<Attempt, NtStatus> {
    loop {
        match step() {
            done @ 0.. => return Ok(Attempt::Done(done as usize)),
            _ => match Errno::from_io_error(&std::io::Error::last_os_error()) {
                Some(Errno::INTR) => {}
                Some(Errno::AGAIN) => return Ok(Attempt::WouldBlock),
                Some(Errno::CONNRESET) => return Ok(Attempt::Done(0)),
                Some(error) => return Err(status(error)),
                None => return Err(NtStatus::UNSUCCESSFUL),
            },
        }
    }
}

/// Reads from a socket into the program's memory without waiting. With `peek` what is read
/// stays there.
///
/// # Errors
/// As for [`read`].
pub fn try_receive(
    fd: BorrowedFd<'_>,
    address: usize,
    length: usize,
    peek: bool,
) -> Result<Attempt, NtStatus> {
    let flags = libc::MSG_DONTWAIT | if peek { libc::MSG_PEEK } else { 0 };
    attempt(|| {
        // SAFETY: as for `read`.
        unsafe { libc::recv(fd.as_raw_fd(), address as *mut libc::c_void, length, flags) }
    })
}

/// Writes to a socket from the program's memory without waiting.
///
/// # Errors
/// As for [`write`].
pub fn try_send(fd: BorrowedFd<'_>, address: usize, length: usize) -> Result<Attempt, NtStatus> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    attempt(|| {
        // SAFETY: as for `write`.
        unsafe { libc::send(fd.as_raw_fd(), address as *const libc::c_void, length, flags) }
    })
}

/// The size of the next message of a socket that has messages, without taking it.
///
/// # Errors
/// As for [`read`].
pub fn next_message(fd: BorrowedFd<'_>) -> Result<Attempt, NtStatus> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_PEEK | libc::MSG_TRUNC;
    let mut byte = 0u8;
    let at = &raw mut byte;
    attempt(|| {
        // SAFETY: one byte is written at most; MSG_TRUNC has the true length returned.
        unsafe { libc::recv(fd.as_raw_fd(), at.cast(), 1, flags) }
    })
}

/// Makes `target` another descriptor of what `source` is open on, in one step.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn replace(source: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<(), NtStatus> {
    // SAFETY: both are open; the number stays the target's owner's to close.
    let r = unsafe { libc::dup3(source.as_raw_fd(), target.as_raw_fd(), libc::O_CLOEXEC) };
    if r < 0 { Err(NtStatus::INVALID_HANDLE) } else { Ok(()) }
}

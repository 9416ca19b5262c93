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
        Errno::NOMEM => NtStatus::NO_MEMORY,
        Errno::INVAL | Errno::SPIPE => NtStatus::INVALID_PARAMETER,
        Errno::XDEV => NtStatus::NOT_SAME_DEVICE,
        Errno::LOOP => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::TXTBSY | Errno::BUSY => NtStatus::SHARING_VIOLATION,
        Errno::IO => NtStatus::IO_DEVICE_ERROR,
        _ => NtStatus::UNSUCCESSFUL,
    }
}

fn transfer(step: impl Fn() -> isize) -> Result<usize, NtStatus> {
    loop {
        match step() {
            done @ 0.. => return Ok(done as usize),
            _ => match Errno::from_io_error(&std::io::Error::last_os_error()) {
                Some(Errno::INTR) => {}
                Some(error) => return Err(status(error)),
                None => return Err(NtStatus::UNSUCCESSFUL),
            },
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
    let (fd, buffer) = (fd.as_raw_fd(), address as *mut libc::c_void);
    transfer(|| {
        // SAFETY: Linux checks the range itself and gives EFAULT where it cannot be written;
        // the memory is the program's own to have overwritten.
        unsafe {
            match offset {
                Some(at) => libc::pread(fd, buffer, length, at as i64),
                None => libc::read(fd, buffer, length),
            }
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
    let (fd, buffer) = (fd.as_raw_fd(), address as *const libc::c_void);
    transfer(|| {
        // SAFETY: Linux checks the range itself and gives EFAULT where it cannot be read.
        unsafe {
            match offset {
                Some(at) => libc::pwrite(fd, buffer, length, at as i64),
                None => libc::write(fd, buffer, length),
            }
        }
    })
}

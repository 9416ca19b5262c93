//! Reading and writing.

use super::file;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file as host;
use haft_host::rustix::fd::AsFd;

/// The right to read a file's data (`FILE_READ_DATA`).
pub const FILE_READ_DATA: AccessMask = AccessMask(1);
/// The right to write a file's data (`FILE_WRITE_DATA`).
pub const FILE_WRITE_DATA: AccessMask = AccessMask(2);
/// The right to write at a file's end (`FILE_APPEND_DATA`).
pub const FILE_APPEND_DATA: AccessMask = AccessMask(4);

/// Reads up to `length` bytes into the program's memory at `address`: from the file's position,
/// or from `offset` where one is given.
///
/// # Errors
/// `END_OF_FILE` at the end of a file, `PIPE_BROKEN` at the end of a pipe, `ACCESS_VIOLATION`
/// for a bad address, and those of [`file::by_handle`].
pub fn read(
    handle: Handle,
    address: usize,
    length: u32,
    offset: Option<u64>,
) -> Result<u32, NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    let got = host::read(file.fd.as_fd(), address, length as usize, offset)?;
    match (got, length, file.description.kind) {
        (0, 1.., file::FileKind::Pipe) => Err(NtStatus::PIPE_BROKEN),
        (0, 1.., file::FileKind::Console) => Ok(0),
        (0, 1.., _) => Err(NtStatus::END_OF_FILE),
        (got, ..) => Ok(got as u32),
    }
}

/// Writes `length` bytes of the program's memory at `address`: all of them, waiting where a pipe
/// is full.
///
/// # Errors
/// `PIPE_CLOSING` when nobody reads the pipe, `DISK_FULL`, `ACCESS_VIOLATION`, and those of
/// [`file::by_handle`].
pub fn write(
    handle: Handle,
    address: usize,
    length: u32,
    offset: Option<u64>,
) -> Result<u32, NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if !object.access().intersects(FILE_WRITE_DATA | FILE_APPEND_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let mut done = 0;
    while done < length as usize {
        let at = offset.map(|o| o + done as u64);
        done += host::write(file.fd.as_fd(), address + done, length as usize - done, at)?;
    }
    Ok(length)
}

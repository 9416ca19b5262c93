//! Low-level input and output.

use crate::abi::{ErrorCode, OrZero, Out, Ptr};
use haft_abi::Handle;
use haft_kernel::crt::{Error, descriptor};
use haft_macros::export;

/// Reads from a descriptor. (Microsoft: "_read")
#[export(msvcrt, ucrtbase, also = "read")]
fn _read(fd: i32, buffer: Ptr<u8>, buffer_size: u32) -> Result<i32, Error> {
    Ok(descriptor::get(fd)?.read(buffer.addr(), buffer_size as usize)? as i32)
}

/// Writes to a descriptor. (Microsoft: "_write")
#[export(msvcrt, ucrtbase, also = "write")]
fn _write(fd: i32, buffer: Ptr<u8>, count: u32) -> Result<i32, Error> {
    Ok(descriptor::get(fd)?.write(buffer.addr(), count as usize)? as i32)
}

/// Closes a descriptor. (Microsoft: "_close")
#[export(msvcrt, ucrtbase, also = "close")]
fn _close(fd: i32) -> Result<(), Error> {
    descriptor::close(fd)
}

/// Moves the position of a descriptor. (Microsoft: "_lseek, _lseeki64")
#[export(msvcrt, ucrtbase, also = "lseek")]
fn _lseek(fd: i32, offset: i32, origin: i32) -> Result<i32, Error> {
    Ok(descriptor::get(fd)?.seek(offset.into(), origin)? as i32)
}

/// Moves the position of a descriptor. (Microsoft: "_lseek, _lseeki64")
#[export(msvcrt, ucrtbase)]
fn _lseeki64(fd: i32, offset: i64, origin: i32) -> Result<i64, Error> {
    descriptor::get(fd)?.seek(offset, origin)
}

/// Gives the position of a descriptor. (Microsoft: "_tell, _telli64")
#[export(msvcrt, ucrtbase, also = "tell")]
fn _tell(handle: i32) -> Result<i32, Error> {
    Ok(descriptor::get(handle)?.seek(0, 1)? as i32)
}

/// Gives the position of a descriptor. (Microsoft: "_tell, _telli64")
#[export(msvcrt, ucrtbase)]
fn _telli64(handle: i32) -> Result<i64, Error> {
    descriptor::get(handle)?.seek(0, 1)
}

/// Makes a second descriptor of a file. (Microsoft: "_dup, _dup2")
#[export(msvcrt, ucrtbase, also = "dup")]
fn _dup(fd: i32) -> Result<i32, Error> {
    descriptor::duplicate(fd)
}

/// Makes a descriptor one of another's file. (Microsoft: "_dup, _dup2")
#[export(msvcrt, ucrtbase, also = "dup2")]
fn _dup2(fd1: i32, fd2: i32) -> Result<(), Error> {
    descriptor::duplicate_to(fd1, fd2)
}

/// Tells whether a descriptor is of a character device. (Microsoft: "_isatty")
#[export(msvcrt, ucrtbase, also = "isatty")]
fn _isatty(fd: i32) -> Result<OrZero, Error> {
    Ok(OrZero(descriptor::get(fd)?.is_device().into()))
}

/// Gives the handle of a descriptor. (Microsoft: "_get_osfhandle")
#[export(msvcrt, ucrtbase)]
fn _get_osfhandle(fd: i32) -> Result<isize, Error> {
    Ok(descriptor::get(fd)?.os_handle())
}

/// Makes a descriptor of a handle. (Microsoft: "_open_osfhandle")
#[export(msvcrt, ucrtbase)]
fn _open_osfhandle(osfhandle: Handle, flags: i32) -> Result<i32, Error> {
    descriptor::adopt(osfhandle, flags)
}

/// Sets whether line ends are translated; how it was. (Microsoft: "_setmode")
#[export(msvcrt, ucrtbase, also = "setmode")]
fn _setmode(fd: i32, mode: i32) -> Result<i32, Error> {
    descriptor::set_mode(fd, mode)
}

/// Has the disk take what was written. (Microsoft: "_commit")
#[export(msvcrt, ucrtbase)]
fn _commit(fd: i32) -> Result<(), Error> {
    descriptor::get(fd)?.commit()
}

/// Tells whether a descriptor is at its end. (Microsoft: "_eof")
#[export(msvcrt, ucrtbase, also = "eof")]
fn _eof(fd: i32) -> Result<i32, Error> {
    Ok(descriptor::get(fd)?.at_end()?.into())
}

/// Gives the length of a file. (Microsoft: "_filelength, _filelengthi64")
#[export(msvcrt, ucrtbase, also = "filelength")]
fn _filelength(fd: i32) -> Result<i32, Error> {
    Ok(descriptor::get(fd)?.length()? as i32)
}

/// Gives the length of a file. (Microsoft: "_filelength, _filelengthi64")
#[export(msvcrt, ucrtbase)]
fn _filelengthi64(fd: i32) -> Result<i64, Error> {
    descriptor::get(fd)?.length()
}

/// Sets the length of a file. (Microsoft: "_chsize")
#[export(msvcrt, ucrtbase, also = "chsize")]
fn _chsize(fd: i32, size: i32) -> Result<(), Error> {
    descriptor::get(fd)?.set_length(size.into())
}

/// Sets the length of a file. (Microsoft: "_chsize_s")
#[export(msvcrt, ucrtbase)]
fn _chsize_s(fd: i32, size: i64) -> ErrorCode {
    ErrorCode(descriptor::get(fd).and_then(|d| d.set_length(size)))
}

/// Makes a pipe; Linux chooses its size. (Microsoft: "_pipe")
#[export(msvcrt, ucrtbase)]
fn _pipe(pfds: Out<[i32; 2]>, psize: u32, textmode: i32) -> Result<(), Error> {
    let _ = psize;
    Ok(pfds.set(descriptor::pipe(textmode)?)?)
}

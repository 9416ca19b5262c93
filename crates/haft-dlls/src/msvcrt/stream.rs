//! Streams.

use crate::abi::{ErrorCode, In, OrNone, OrZero, Out, Ptr, SetIfSome as _};
use haft_crt::stdio::share::{DENYNO as SHARED, SECURE};
use haft_kernel::crt::{Error, stream as streams};
use haft_macros::export;

/// The buffer that `setbuf` is given has this size.
const BUFSIZ: usize = 512;

/// Gives the array of the standard streams. (Microsoft: "__iob_func")
#[export(msvcrt)]
fn __iob_func() -> Ptr<u8> {
    Ptr::new(streams::standard(0))
}

/// Opens a file. (Microsoft: "fopen, _wfopen")
#[export(msvcrt, ucrtbase)]
fn fopen(filename: Ptr<u8>, mode: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::open::<u8>(filename.addr(), mode.addr(), SHARED).map(Ptr::new)
}

/// Opens a file. (Microsoft: "fopen, _wfopen")
#[export(msvcrt, ucrtbase)]
fn _wfopen(filename: Ptr<u16>, mode: Ptr<u16>) -> Result<Ptr<u8>, Error> {
    streams::open::<u16>(filename.addr(), mode.addr(), SHARED).map(Ptr::new)
}

/// Opens a file and says what others may do. (Microsoft: "_fsopen, _wfsopen")
#[export(msvcrt, ucrtbase)]
fn _fsopen(filename: Ptr<u8>, mode: Ptr<u8>, shflag: i32) -> Result<Ptr<u8>, Error> {
    streams::open::<u8>(filename.addr(), mode.addr(), shflag).map(Ptr::new)
}

/// Opens a file and says what others may do. (Microsoft: "_fsopen, _wfsopen")
#[export(msvcrt, ucrtbase)]
fn _wfsopen(filename: Ptr<u16>, mode: Ptr<u16>, shflag: i32) -> Result<Ptr<u8>, Error> {
    streams::open::<u16>(filename.addr(), mode.addr(), shflag).map(Ptr::new)
}

/// Opens a file. (Microsoft: "fopen_s, _wfopen_s")
#[export(msvcrt, ucrtbase)]
fn fopen_s(pFile: Out<usize>, filename: Ptr<u8>, mode: Ptr<u8>) -> ErrorCode {
    ErrorCode(
        streams::open::<u8>(filename.addr(), mode.addr(), SECURE)
            .and_then(|file| Ok(pFile.set(file)?)),
    )
}

/// Opens a file. (Microsoft: "fopen_s, _wfopen_s")
#[export(msvcrt, ucrtbase)]
fn _wfopen_s(pFile: Out<usize>, filename: Ptr<u16>, mode: Ptr<u16>) -> ErrorCode {
    ErrorCode(
        streams::open::<u16>(filename.addr(), mode.addr(), SECURE)
            .and_then(|file| Ok(pFile.set(file)?)),
    )
}

/// Opens another file in place of a stream's. (Microsoft: "freopen, _wfreopen")
#[export(msvcrt, ucrtbase)]
fn freopen(path: Ptr<u8>, mode: Ptr<u8>, stream: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::reopen::<u8>(path.addr(), mode.addr(), stream.addr()).map(|()| stream)
}

/// Opens another file in place of a stream's. (Microsoft: "freopen, _wfreopen")
#[export(msvcrt, ucrtbase)]
fn _wfreopen(path: Ptr<u16>, mode: Ptr<u16>, stream: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::reopen::<u16>(path.addr(), mode.addr(), stream.addr()).map(|()| stream)
}

/// Opens another file in place of a stream's. (Microsoft: "freopen_s, _wfreopen_s")
#[export(msvcrt, ucrtbase)]
fn freopen_s(
    stream: Out<usize>,
    fileName: Ptr<u8>,
    mode: Ptr<u8>,
    oldStream: Ptr<u8>,
) -> ErrorCode {
    ErrorCode(
        streams::reopen::<u8>(fileName.addr(), mode.addr(), oldStream.addr())
            .and_then(|()| Ok(stream.set(oldStream.addr())?)),
    )
}

/// Opens another file in place of a stream's. (Microsoft: "freopen_s, _wfreopen_s")
#[export(msvcrt, ucrtbase)]
fn _wfreopen_s(
    stream: Out<usize>,
    fileName: Ptr<u16>,
    mode: Ptr<u16>,
    oldStream: Ptr<u8>,
) -> ErrorCode {
    ErrorCode(
        streams::reopen::<u16>(fileName.addr(), mode.addr(), oldStream.addr())
            .and_then(|()| Ok(stream.set(oldStream.addr())?)),
    )
}

/// Makes a stream of a descriptor. (Microsoft: "_fdopen, _wfdopen")
#[export(msvcrt, ucrtbase, also = "fdopen")]
fn _fdopen(fd: i32, mode: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::of_descriptor::<u8>(fd, mode.addr()).map(Ptr::new)
}

/// Makes a stream of a descriptor. (Microsoft: "_fdopen, _wfdopen")
#[export(msvcrt, ucrtbase)]
fn _wfdopen(fd: i32, mode: Ptr<u16>) -> Result<Ptr<u8>, Error> {
    streams::of_descriptor::<u16>(fd, mode.addr()).map(Ptr::new)
}

/// Closes a stream. (Microsoft: "fclose, _fcloseall")
#[export(msvcrt, ucrtbase, also = "_fclose_nolock")]
fn fclose(stream: Ptr<u8>) -> Result<(), Error> {
    streams::close(stream.addr())
}

/// Closes all streams but the standard ones. (Microsoft: "fclose, _fcloseall")
#[export(msvcrt, ucrtbase)]
fn _fcloseall() -> i32 {
    streams::close_all()
}

/// Writes what a stream holds; for null, what all hold. (Microsoft: "fflush")
#[export(msvcrt, ucrtbase, also = "_fflush_nolock")]
fn fflush(stream: Ptr<u8>) -> Result<(), Error> {
    streams::flush(stream.addr())
}

/// Writes what all streams hold; how many are open. (Microsoft: "_flushall")
#[export(msvcrt, ucrtbase)]
fn _flushall() -> i32 {
    streams::flush_all()
}

/// Writes elements to a stream; how many. (Microsoft: "fwrite")
#[export(msvcrt, ucrtbase, also = "_fwrite_nolock")]
fn fwrite(buffer: Ptr<u8>, size: usize, count: usize, stream: Ptr<u8>) -> Result<OrNone, Error> {
    streams::write(stream.addr(), buffer.addr(), size, count).map(OrNone)
}

/// Reads elements from a stream; how many. (Microsoft: "fread")
#[export(msvcrt, ucrtbase, also = "_fread_nolock")]
fn fread(buffer: Ptr<u8>, size: usize, count: usize, stream: Ptr<u8>) -> Result<OrNone, Error> {
    streams::read(stream.addr(), buffer.addr(), size, count).map(OrNone)
}

/// Reads elements from a stream to a buffer of a size; how many. (Microsoft: "fread_s")
#[export(ucrtbase)]
fn fread_s(
    buffer: Ptr<u8>,
    bufferSize: usize,
    elementSize: usize,
    count: usize,
    stream: Ptr<u8>,
) -> Result<OrNone, Error> {
    streams::read_within(stream.addr(), buffer.addr(), bufferSize, elementSize, count).map(OrNone)
}

/// Moves the position of a stream. (Microsoft: "fseek, _fseeki64")
#[export(msvcrt, ucrtbase, also = "_fseek_nolock")]
fn fseek(stream: Ptr<u8>, offset: i32, origin: i32) -> Result<(), Error> {
    streams::with(stream.addr(), |s| s.seek(offset.into(), origin))
}

/// Moves the position of a stream. (Microsoft: "fseek, _fseeki64")
#[export(msvcrt, ucrtbase, also = "_fseeki64_nolock")]
fn _fseeki64(stream: Ptr<u8>, offset: i64, origin: i32) -> Result<(), Error> {
    streams::with(stream.addr(), |s| s.seek(offset, origin))
}

/// Gives the position of a stream. (Microsoft: "ftell, _ftelli64")
#[export(msvcrt, ucrtbase, also = "_ftell_nolock")]
fn ftell(stream: Ptr<u8>) -> Result<i32, Error> {
    streams::position32(stream.addr())
}

/// Gives the position of a stream. (Microsoft: "ftell, _ftelli64")
#[export(msvcrt, ucrtbase, also = "_ftelli64_nolock")]
fn _ftelli64(stream: Ptr<u8>) -> Result<i64, Error> {
    streams::with(stream.addr(), |s| s.position())
}

/// Gives the position of a stream. (Microsoft: "fgetpos")
#[export(msvcrt, ucrtbase)]
fn fgetpos(stream: Ptr<u8>, pos: Out<i64>) -> Result<(), Error> {
    Ok(pos.set(streams::with(stream.addr(), |s| s.position())?)?)
}

/// Sets the position of a stream. (Microsoft: "fsetpos")
#[export(msvcrt, ucrtbase)]
fn fsetpos(stream: Ptr<u8>, pos: In<i64>) -> Result<(), Error> {
    streams::with(stream.addr(), |s| s.seek(pos.get(), 0))
}

/// Moves a stream to its start and forgets its error. (Microsoft: "rewind")
#[export(msvcrt, ucrtbase)]
fn rewind(stream: Ptr<u8>) -> Result<(), Error> {
    streams::rewind(stream.addr())
}

/// Sets the size of a stream's buffer; haft uses one of its own. (Microsoft: "setvbuf")
#[export(msvcrt, ucrtbase)]
fn setvbuf(stream: Ptr<u8>, buffer: Ptr<u8>, mode: i32, size: usize) -> Result<(), Error> {
    let _ = buffer;
    streams::set_buffer(stream.addr(), mode, size)
}

/// Has a stream use a buffer or none. (Microsoft: "setbuf")
#[export(msvcrt, ucrtbase)]
fn setbuf(stream: Ptr<u8>, buffer: Option<Ptr<u8>>) -> Result<(), Error> {
    streams::with(stream.addr(), |s| s.set_buffer(if buffer.is_some() { BUFSIZ } else { 0 }))
}

/// Tells whether the end was reached. (Microsoft: "feof")
#[export(msvcrt, ucrtbase)]
fn feof(stream: Ptr<u8>) -> Result<OrZero, Error> {
    streams::with(stream.addr(), |s| Ok(OrZero(s.at_end().into())))
}

/// Tells whether there was an error. (Microsoft: "ferror")
#[export(msvcrt, ucrtbase)]
fn ferror(stream: Ptr<u8>) -> Result<OrZero, Error> {
    streams::with(stream.addr(), |s| Ok(OrZero(s.has_error().into())))
}

/// Forgets a stream's error and end. (Microsoft: "clearerr")
#[export(msvcrt, ucrtbase)]
fn clearerr(stream: Ptr<u8>) -> Result<(), Error> {
    streams::with(stream.addr(), |s| {
        s.clear();
        Ok(())
    })
}

/// Forgets a stream's error and end. (Microsoft: "clearerr_s")
#[export(msvcrt, ucrtbase)]
fn clearerr_s(stream: Ptr<u8>) -> ErrorCode {
    ErrorCode(streams::with(stream.addr(), |s| {
        s.clear();
        Ok(())
    }))
}

/// Gives a stream's descriptor. (Microsoft: "_fileno")
#[export(msvcrt, ucrtbase, also = "fileno")]
fn _fileno(stream: Ptr<u8>) -> Result<i32, Error> {
    streams::number(stream.addr())
}

/// Gives the places of what a program may read of a stream's buffer: it has none in the program's
/// memory, so there is nothing. (Microsoft: "_get_stream_buffer_pointers")
#[export(ucrtbase)]
fn _get_stream_buffer_pointers(
    stream: Ptr<u8>,
    base: Option<Out<usize>>,
    pointer: Option<Out<usize>>,
    count: Option<Out<usize>>,
) -> ErrorCode {
    ErrorCode(streams::buffer_fields(stream.addr()).and_then(|[base_at, next_at, count_at]| {
        base.set(base_at)?;
        pointer.set(next_at)?;
        Ok(count.set(count_at)?)
    }))
}

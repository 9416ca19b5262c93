//! Streams.

use crate::abi::{OrNone, Ptr};
use haft_kernel::crt::{Error, stream as streams};
use haft_macros::export;

/// Gives the array of the standard streams. (Microsoft: "__iob_func")
#[export(msvcrt)]
fn __iob_func() -> Ptr<u8> {
    Ptr::new(streams::standard(0))
}

/// Writes elements to a stream; how many. (Microsoft: "fwrite")
#[export(msvcrt, ucrtbase, also = "_fwrite_nolock")]
fn fwrite(buffer: Ptr<u8>, size: usize, count: usize, stream: Ptr<u8>) -> Result<OrNone, Error> {
    streams::write(stream.addr(), buffer.addr(), size, count).map(OrNone)
}

/// Writes a character to a stream. (Microsoft: "fputc, fputwc")
#[export(msvcrt, ucrtbase, also = "putc", also = "_fputc_nolock", also = "_putc_nolock")]
fn fputc(c: i32, stream: Ptr<u8>) -> Result<i32, Error> {
    streams::with(stream.addr(), |s| s.put(&[c as u8]))?;
    Ok(i32::from(c as u8))
}

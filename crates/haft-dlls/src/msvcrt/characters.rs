//! Characters and lines of streams.

use crate::abi::Ptr;
use haft_kernel::crt::{Error, characters as streams};
use haft_macros::export;

/// Reads a character. (Microsoft: "fgetc, fgetwc")
#[export(msvcrt, ucrtbase, also = "getc", also = "_fgetc_nolock", also = "_getc_nolock")]
fn fgetc(stream: Ptr<u8>) -> Result<i32, Error> {
    streams::get(stream.addr())
}

/// Reads a character for a macro that found the buffer empty. (Microsoft: "_filbuf")
#[export(msvcrt)]
fn _filbuf(stream: Ptr<u8>) -> Result<i32, Error> {
    streams::get(stream.addr())
}

/// Reads a character from standard input. (Microsoft: "getchar, getwchar")
#[export(msvcrt, ucrtbase, also = "_fgetchar")]
fn getchar() -> Result<i32, Error> {
    streams::get(streams::standard(0))
}

/// Puts a character back. (Microsoft: "ungetc, ungetwc")
#[export(msvcrt, ucrtbase, also = "_ungetc_nolock")]
fn ungetc(c: i32, stream: Ptr<u8>) -> Result<i32, Error> {
    streams::unget(c, stream.addr())
}

/// Writes a character. (Microsoft: "fputc, fputwc")
#[export(msvcrt, ucrtbase, also = "putc", also = "_fputc_nolock", also = "_putc_nolock")]
fn fputc(c: i32, stream: Ptr<u8>) -> Result<i32, Error> {
    streams::put(c, stream.addr())
}

/// Writes a character for a macro that found the buffer full. (Microsoft: "_flsbuf")
#[export(msvcrt)]
fn _flsbuf(c: i32, stream: Ptr<u8>) -> Result<i32, Error> {
    streams::put(c, stream.addr())
}

/// Writes a character to standard output. (Microsoft: "putchar, putwchar")
#[export(msvcrt, ucrtbase, also = "_fputchar")]
fn putchar(c: i32) -> Result<i32, Error> {
    streams::put(c, streams::standard(1))
}

/// Reads a line. (Microsoft: "fgets, fgetws")
#[export(msvcrt, ucrtbase)]
fn fgets(str: Ptr<u8>, numChars: i32, stream: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::get_line(str.addr(), numChars, stream.addr()).map(Ptr::new)
}

/// Reads a line from standard input. (Microsoft: "gets, _getws")
#[export(msvcrt, ucrtbase)]
fn gets(buffer: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    streams::get_input_line(buffer.addr(), None).map(Ptr::new)
}

/// Reads a line from standard input. (Microsoft: "gets_s, _getws_s")
#[export(msvcrt, ucrtbase)]
fn gets_s(buffer: Ptr<u8>, sizeInCharacters: usize) -> Result<Ptr<u8>, Error> {
    streams::get_input_line(buffer.addr(), Some(sizeInCharacters)).map(Ptr::new)
}

/// Writes a string. (Microsoft: "fputs, fputws")
#[export(msvcrt, ucrtbase)]
fn fputs(str: Ptr<u8>, stream: Ptr<u8>) -> Result<(), Error> {
    streams::put_string(str.addr(), stream.addr(), false)
}

/// Writes a string and a line feed to standard output. (Microsoft: "puts, _putws")
#[export(msvcrt, ucrtbase)]
fn puts(str: Ptr<u8>) -> Result<(), Error> {
    streams::put_string(str.addr(), streams::standard(1), true)
}

/// Reads an integer. (Microsoft: "_getw")
#[export(msvcrt, ucrtbase)]
fn _getw(stream: Ptr<u8>) -> Result<i32, Error> {
    streams::get_integer(stream.addr())
}

/// Writes an integer. (Microsoft: "_putw")
#[export(msvcrt, ucrtbase)]
fn _putw(binint: i32, stream: Ptr<u8>) -> Result<i32, Error> {
    streams::put_integer(binint, stream.addr())
}

/// Reads a wide character. (Microsoft: "fgetc, fgetwc")
#[export(msvcrt, ucrtbase, also = "getwc", also = "_fgetwc_nolock", also = "_getwc_nolock")]
fn fgetwc(stream: Ptr<u8>) -> Result<u16, Error> {
    streams::get_wide(stream.addr())
}

/// Reads a wide character from standard input. (Microsoft: "getchar, getwchar")
#[export(msvcrt, ucrtbase, also = "_fgetwchar")]
fn getwchar() -> Result<u16, Error> {
    streams::get_wide(streams::standard(0))
}

/// Puts a wide character back. (Microsoft: "ungetc, ungetwc")
#[export(msvcrt, ucrtbase, also = "_ungetwc_nolock")]
fn ungetwc(c: u16, stream: Ptr<u8>) -> Result<u16, Error> {
    streams::unget_wide(c, stream.addr())
}

/// Writes a wide character. (Microsoft: "fputc, fputwc")
#[export(msvcrt, ucrtbase, also = "putwc", also = "_fputwc_nolock", also = "_putwc_nolock")]
fn fputwc(c: u16, stream: Ptr<u8>) -> Result<u16, Error> {
    streams::put_wide(c, stream.addr())
}

/// Writes a wide character to standard output. (Microsoft: "putchar, putwchar")
#[export(msvcrt, ucrtbase, also = "_fputwchar")]
fn putwchar(c: u16) -> Result<u16, Error> {
    streams::put_wide(c, streams::standard(1))
}

/// Reads a wide line. (Microsoft: "fgets, fgetws")
#[export(msvcrt, ucrtbase)]
fn fgetws(str: Ptr<u16>, numChars: i32, stream: Ptr<u8>) -> Result<Ptr<u16>, Error> {
    streams::get_wide_line(str.addr(), numChars, stream.addr()).map(Ptr::new)
}

/// Reads a wide line from standard input. (Microsoft: "gets, _getws")
#[export(msvcrt, ucrtbase)]
fn _getws(buffer: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    streams::get_wide_input_line(buffer.addr(), None).map(Ptr::new)
}

/// Reads a wide line from standard input. (Microsoft: "gets_s, _getws_s")
#[export(msvcrt, ucrtbase)]
fn _getws_s(buffer: Ptr<u16>, sizeInCharacters: usize) -> Result<Ptr<u16>, Error> {
    streams::get_wide_input_line(buffer.addr(), Some(sizeInCharacters)).map(Ptr::new)
}

/// Writes a wide string. (Microsoft: "fputs, fputws")
#[export(msvcrt, ucrtbase)]
fn fputws(str: Ptr<u16>, stream: Ptr<u8>) -> Result<(), Error> {
    streams::put_wide_string(str.addr(), stream.addr(), false)
}

/// Writes a wide string and a line feed to standard output. (Microsoft: "puts, _putws")
#[export(msvcrt, ucrtbase)]
fn _putws(str: Ptr<u16>) -> Result<(), Error> {
    streams::put_wide_string(str.addr(), streams::standard(1), true)
}

//! Characters, lines and strings of streams: `fgetc`, `fgets`, `puts` and their kin. A stream is
//! named by the address of its `FILE`.

use super::error::Error;
use super::stream::{self, with};
use super::text;
use haft_crt::Errno;
use haft_host::guest;

pub use super::stream::standard;

/// `EOF`.
const EOF: i32 = -1;
/// `WEOF`.
const WEOF: u16 = 0xFFFF;

/// `fgetc`.
///
/// # Errors
/// Those of [`super::stream_data::Stream::get`].
pub fn get(file: usize) -> Result<i32, Error> {
    with(file, |stream| Ok(stream.get()?.map_or(EOF, i32::from)))
}

/// `ungetc`; `EOF` puts nothing back.
///
/// # Errors
/// Those of [`super::stream_data::Stream::unget`].
pub fn unget(c: i32, file: usize) -> Result<i32, Error> {
    if c == EOF {
        return Ok(EOF);
    }
    with(file, |stream| stream.unget(c as u8))?;
    Ok(i32::from(c as u8))
}

/// `fputc`.
///
/// # Errors
/// Those of [`super::stream_data::Stream::put`].
pub fn put(c: i32, file: usize) -> Result<i32, Error> {
    with(file, |stream| stream.put(&[c as u8]))?;
    Ok(i32::from(c as u8))
}

/// `fgets`: the buffer, or null at the end.
///
/// # Errors
/// `EINVAL` for no room; those of reading.
pub fn get_line(buffer: usize, room: i32, file: usize) -> Result<usize, Error> {
    let room =
        usize::try_from(room).ok().filter(|&room| room > 0).ok_or(Error::Invalid(Errno::EINVAL))?;
    let line = with(file, |stream| stream.line(room - 1))?;
    finish(buffer, line)
}

fn finish(buffer: usize, line: Option<Vec<u8>>) -> Result<usize, Error> {
    let Some(line) = line else { return Ok(0) };
    text::write_z(buffer, &line)?;
    Ok(buffer)
}

/// `gets`: a line of standard input without its line feed; with `room`, only one that fits.
///
/// # Errors
/// `ERANGE` for one that does not fit; those of reading.
pub fn get_input_line(buffer: usize, room: Option<usize>) -> Result<usize, Error> {
    let mut line = with(standard(0), |stream| stream.line(usize::MAX))?;
    if let Some(line) = &mut line {
        line.pop_if(|last| *last == b'\n');
        if room.is_some_and(|room| line.len() >= room) {
            guest::write(buffer, 0u8)?;
            return Err(Error::Invalid(Errno::ERANGE));
        }
    }
    finish(buffer, line)
}

/// `fputs`, and with `line_feed` `puts`.
///
/// # Errors
/// Those of writing.
pub fn put_string(string: usize, file: usize, line_feed: bool) -> Result<(), Error> {
    let mut bytes = text::read::<u8>(string)?;
    if line_feed {
        bytes.push(b'\n');
    }
    with(file, |stream| stream.put(&bytes))
}

/// `_getw`.
///
/// # Errors
/// Those of reading.
pub fn get_integer(file: usize) -> Result<i32, Error> {
    with(file, |stream| {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            match stream.get()? {
                Some(got) => *byte = got,
                None => return Ok(EOF),
            }
        }
        Ok(i32::from_le_bytes(bytes))
    })
}

/// `_putw`.
///
/// # Errors
/// Those of writing.
pub fn put_integer(value: i32, file: usize) -> Result<i32, Error> {
    with(file, |stream| stream.put(&value.to_le_bytes()))?;
    Ok(value)
}

/// `fgetwc`.
///
/// # Errors
/// Those of [`super::stream_data::Stream::get_wide`].
pub fn get_wide(file: usize) -> Result<u16, Error> {
    with(file, |stream| Ok(stream.get_wide()?.unwrap_or(WEOF)))
}

/// `ungetwc`; `WEOF` puts nothing back.
///
/// # Errors
/// Those of [`super::stream_data::Stream::unget_wide`].
pub fn unget_wide(c: u16, file: usize) -> Result<u16, Error> {
    if c != WEOF {
        with(file, |stream| stream.unget_wide(c))?;
    }
    Ok(c)
}

/// `fputwc`.
///
/// # Errors
/// Those of [`super::stream_data::Stream::put_wide`].
pub fn put_wide(c: u16, file: usize) -> Result<u16, Error> {
    with(file, |stream| stream.put_wide(&[c]))?;
    Ok(c)
}

fn wide_line(file: usize, max: usize) -> Result<Option<Vec<u16>>, Error> {
    with(file, |stream| {
        let mut line = Vec::new();
        while line.len() < max {
            match stream.get_wide()? {
                Some(unit) => {
                    line.push(unit);
                    if unit == u16::from(b'\n') {
                        break;
                    }
                }
                None if line.is_empty() => return Ok(None),
                None => break,
            }
        }
        Ok(Some(line))
    })
}

fn finish_wide(buffer: usize, line: Option<Vec<u16>>) -> Result<usize, Error> {
    let Some(line) = line else { return Ok(0) };
    text::write_z(buffer, &line)?;
    Ok(buffer)
}

/// `fgetws`: the buffer, or null at the end.
///
/// # Errors
/// `EINVAL` for no room; those of reading.
pub fn get_wide_line(buffer: usize, room: i32, file: usize) -> Result<usize, Error> {
    let room =
        usize::try_from(room).ok().filter(|&room| room > 0).ok_or(Error::Invalid(Errno::EINVAL))?;
    finish_wide(buffer, wide_line(file, room - 1)?)
}

/// `_getws`: a line of standard input without its line feed; with `room`, only one that fits.
///
/// # Errors
/// `ERANGE` for one that does not fit; those of reading.
pub fn get_wide_input_line(buffer: usize, room: Option<usize>) -> Result<usize, Error> {
    let mut line = wide_line(standard(0), usize::MAX)?;
    if let Some(line) = &mut line {
        line.pop_if(|last| *last == u16::from(b'\n'));
        if room.is_some_and(|room| line.len() >= room) {
            guest::write(buffer, 0u16)?;
            return Err(Error::Invalid(Errno::ERANGE));
        }
    }
    finish_wide(buffer, line)
}

/// `fputws`, and with `line_feed` `_putws`.
///
/// # Errors
/// Those of writing.
pub fn put_wide_string(string: usize, file: usize, line_feed: bool) -> Result<(), Error> {
    let mut units = text::read::<u16>(string)?;
    if line_feed {
        units.push(b'\n'.into());
    }
    stream::with(file, |stream| stream.put_wide(&units))
}

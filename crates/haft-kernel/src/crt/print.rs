//! `printf`: the engine of `haft-crt` over the program's memory and streams.

use super::error::Error;
use super::stream_data::Stream;
use super::text::{self, GuestUnit};
use super::{locale, stream};
use haft_crt::Errno;
use haft_crt::printf::{self, Args, BadAddress, FormatError, Options, Overflow, Sink, WriteFailed};
use haft_host::guest;
use std::borrow::Cow;

/// The arguments behind a format: slots of eight bytes from an address on.
struct GuestArgs {
    first: usize,
}

fn bad(address: u64) -> BadAddress {
    BadAddress(address)
}

impl Args for GuestArgs {
    fn slot(&mut self, index: usize) -> u64 {
        // A list that ends early is the program's mistake; it reads zeroes.
        guest::read(self.first.wrapping_add(index * 8)).unwrap_or(0)
    }

    fn narrow_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u8]>, BadAddress> {
        let string = guest::read_bytes_z(address as usize, max);
        string.map(Cow::Owned).map_err(|_| bad(address))
    }

    fn wide_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u16]>, BadAddress> {
        let string = guest::read_wide_z(address as usize, max);
        string.map(Cow::Owned).map_err(|_| bad(address))
    }

    fn counted_string(&self, address: u64) -> Result<(u16, u64), BadAddress> {
        let length = guest::read(address as usize).map_err(|_| bad(address))?;
        let buffer = guest::read(address as usize + 8).map_err(|_| bad(address))?;
        Ok((length, buffer))
    }

    fn write_count(&mut self, address: u64, count: u64, size: usize) -> Result<(), BadAddress> {
        let bytes = &count.to_le_bytes()[..size.min(8)];
        guest::copy_out(address as usize, bytes).map_err(|_| bad(address))
    }
}

/// The failure of a call whose format could not be carried out.
fn failure(error: FormatError, written: Option<Error>) -> Error {
    match error {
        FormatError::Write => written.unwrap_or(Error::Errno(Errno::EIO)),
        // A bad string is the program's access violation.
        FormatError::BadAddress(BadAddress(address)) => {
            Error::Fault(guest::Fault { address: address as usize, write: false })
        }
        other => Error::Errno(other.errno().unwrap_or(Errno::EINVAL)),
    }
}

fn in_locale(options: Options) -> Options {
    Options { charset: locale::charset(), ..options }
}

/// A stream as a sink of units of one kind.
struct StreamSink<'a> {
    stream: &'a mut Stream,
    error: Option<Error>,
}

impl<U: GuestUnit> Sink<U> for StreamSink<'_> {
    fn write(&mut self, units: &[U]) -> Result<(), WriteFailed> {
        let put = if U::WIDE {
            let wide: Vec<u16> = units.iter().map(|&unit| unit.into() as u16).collect();
            self.stream.put_wide(&wide)
        } else {
            let bytes: Vec<u8> = units.iter().map(|&unit| unit.into() as u8).collect();
            self.stream.put(&bytes)
        };
        put.map_err(|error| {
            self.error = Some(error);
            WriteFailed
        })
    }
}

/// Formats to a stream; how many units were written.
///
/// # Errors
/// Those of the format and of the stream.
pub fn to_stream<U: GuestUnit>(
    file: usize,
    format: usize,
    first_argument: usize,
    options: Options,
) -> Result<i32, Error> {
    let format = text::read::<U>(format)?;
    stream::with(file, |stream| {
        let mut sink = StreamSink { stream, error: None };
        let mut args = GuestArgs { first: first_argument };
        let count = printf::format::<U, _, _>(&mut sink, &format, &mut args, &in_locale(options));
        count.map(|count| count as i32).map_err(|error| failure(error, sink.error))
    })
}

/// Formats to text.
///
/// # Errors
/// Those of the format.
pub fn to_text<U: GuestUnit>(
    format: usize,
    first_argument: usize,
    options: Options,
) -> Result<Vec<U>, Error> {
    let format = text::read::<U>(format)?;
    let mut out = Vec::<U>::new();
    let mut args = GuestArgs { first: first_argument };
    printf::format(&mut out, &format, &mut args, &in_locale(options))
        .map_err(|error| failure(error, None))?;
    Ok(out)
}

/// Formats to a buffer of `size` units, terminator included; the function's result.
///
/// # Errors
/// Those of the format.
pub fn to_buffer<U: GuestUnit>(
    buffer: usize,
    size: usize,
    format: usize,
    first_argument: usize,
    options: Options,
    overflow: Overflow,
) -> Result<i32, Error> {
    let text = to_text::<U>(format, first_argument, options)?;
    let room = (buffer != 0).then_some(size);
    let outcome = printf::outcome(text.len(), room, overflow);
    if room.is_some() {
        guest::write_slice(buffer, &text[..text.len().min(size)])?;
        if let Some(at) = outcome.terminator {
            guest::write(buffer + at * size_of::<U>(), U::default())?;
        }
    }
    Ok(outcome.result)
}

/// `sprintf_s`, `_snprintf_s`: as [`to_buffer`], but a text that does not fit makes the buffer
/// empty and is an invalid parameter, unless `count` cuts it first; `count` of `usize::MAX`
/// (`_TRUNCATE`) cuts at the size.
///
/// # Errors
/// `EINVAL` for no buffer, `ERANGE` for a text that does not fit; those of the format.
pub fn to_buffer_secure<U: GuestUnit>(
    buffer: usize,
    size: usize,
    count: Option<usize>,
    format: usize,
    first_argument: usize,
    options: Options,
) -> Result<i32, Error> {
    if buffer == 0 || size == 0 || format == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let text = match to_text::<U>(format, first_argument, options) {
        Ok(text) => text,
        Err(error) => {
            guest::write(buffer, U::default())?;
            return Err(error);
        }
    };
    let wanted = text.len().min(count.unwrap_or(usize::MAX));
    if wanted >= size && count != Some(usize::MAX) {
        guest::write(buffer, U::default())?;
        return Err(Error::Invalid(Errno::ERANGE));
    }
    let kept = wanted.min(size - 1);
    text::write_z(buffer, &text[..kept])?;
    Ok(if kept < text.len() { -1 } else { kept as i32 })
}

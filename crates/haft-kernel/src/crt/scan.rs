//! `scanf`: the engine of `haft-crt` over the program's memory and streams.

use super::error::Error;
use super::stream_data::Stream;
use super::text::{self, GuestUnit};
use super::{locale, stream};
use haft_crt::Errno;
use haft_crt::printf::BadAddress;
use haft_crt::scanf::{self, Options, ScanError, Scanned, Source, Targets, Text};
use haft_host::guest;

/// The pointers behind a format: slots of eight bytes from an address on.
struct GuestTargets {
    first: usize,
}

impl Targets for GuestTargets {
    fn slot(&mut self, index: usize) -> u64 {
        // A list that ends early is the program's mistake; it reads null pointers.
        guest::read(self.first.wrapping_add(index * 8)).unwrap_or(0)
    }

    fn store(&mut self, address: u64, value: u64, size: usize) -> Result<(), BadAddress> {
        let bytes = &value.to_le_bytes()[..size.min(8)];
        guest::copy_out(address as usize, bytes).map_err(|_| BadAddress(address))
    }
}

fn outcome(scanned: Result<Scanned, ScanError>) -> Result<i32, Error> {
    match scanned {
        Ok(scanned) => {
            if scanned.too_small {
                super::error::set_errno(Errno::ENOMEM);
            }
            Ok(scanned.result)
        }
        Err(ScanError::BadAddress(BadAddress(address))) => {
            Err(Error::Fault(guest::Fault { address: address as usize, write: true }))
        }
        Err(error) => Err(error.errno().into()),
    }
}

fn in_locale(options: Options) -> Options {
    Options { charset: locale::charset(), ..options }
}

struct StreamSource<'a> {
    stream: &'a mut Stream,
    error: Option<Error>,
}

impl<U: GuestUnit> Source<U> for StreamSource<'_> {
    fn get(&mut self) -> Option<U> {
        let unit = if U::WIDE {
            self.stream.get_wide().map(|unit| unit.map(|unit| U::truncate(unit.into())))
        } else {
            self.stream.get().map(|byte| byte.map(|byte| U::truncate(byte.into())))
        };
        unit.unwrap_or_else(|error| {
            self.error = Some(error);
            None
        })
    }

    fn unget(&mut self, unit: U) {
        let unit: u32 = unit.into();
        let put = if U::WIDE {
            self.stream.unget_wide(unit as u16)
        } else {
            self.stream.unget(unit as u8)
        };
        if let Err(error) = put {
            self.error = Some(error);
        }
    }
}

/// Scans a stream; how many fields were stored.
///
/// # Errors
/// Those of the format and of the stream.
pub fn from_stream<U: GuestUnit>(
    file: usize,
    format: usize,
    first_target: usize,
    options: Options,
) -> Result<i32, Error> {
    let format = text::read::<U>(format)?;
    stream::with(file, |stream| {
        let mut source = StreamSource { stream, error: None };
        let mut targets = GuestTargets { first: first_target };
        outcome(scanf::scan(&mut source, &format, &mut targets, &in_locale(options)))
    })
}

/// Scans a string, at most `max` units of it; how many fields were stored.
///
/// # Errors
/// Those of the format.
pub fn from_string<U: GuestUnit>(
    string: usize,
    max: usize,
    format: usize,
    first_target: usize,
    options: Options,
) -> Result<i32, Error> {
    let (format, units) = (text::read::<U>(format)?, text::read_z::<U>(string, max)?);
    let mut targets = GuestTargets { first: first_target };
    let mut source = Text::new(&units);
    outcome(scanf::scan(&mut source, &format, &mut targets, &in_locale(options)))
}

//! Numbers from and to strings of the program.

use super::error::{self, Error};
use super::text::{self, GuestUnit};
use haft_crt::convert::{self, Float, Integer, NumberText};
use haft_crt::{Dialect, Errno};
use haft_host::guest;

/// Converts the beginning of a string. Only as much of it is read as the number may need, so
/// that taking numbers off a long text one by one stays cheap.
fn scan<U: GuestUnit, T>(
    address: usize,
    convert: impl Fn(&[U]) -> (T, usize),
) -> Result<(T, usize), Error> {
    /// More than a conversion looks ahead.
    const MARGIN: usize = 16;
    let mut room = 64;
    loop {
        let text = text::read_z::<U>(address, room)?;
        let (value, end) = convert(&text);
        let blank = || text.iter().all(|unit| unit.is_space());
        if text.len() < room || (end + MARGIN < room && !blank()) {
            return Ok((value, end));
        }
        room *= 8;
    }
}

fn finish<U: GuestUnit, T>(
    (value, end, errno): (T, usize, Option<Errno>),
    address: usize,
    end_at: usize,
) -> Result<T, Error> {
    if end_at != 0 {
        guest::write(end_at, address + end * size_of::<U>())?;
    }
    if let Some(errno) = errno {
        error::set_errno(errno);
    }
    Ok(value)
}

/// The integer at the beginning of a string (`strtol` and its kin, as `convert` says); where it
/// ends is stored at `end_at`, unless that is null. `errno` is set where it must be.
///
/// # Errors
/// A fault for a bad address.
pub fn integer<U: GuestUnit, T>(
    address: usize,
    end_at: usize,
    convert: impl Fn(&[U]) -> Integer<T>,
) -> Result<T, Error> {
    let found = scan(address, |text: &[U]| {
        let number = convert(text);
        ((number.value, number.errno), number.end)
    });
    let ((value, errno), end) = found?;
    finish::<U, T>((value, end, errno), address, end_at)
}

/// The number at the beginning of a string (`strtod` and its kin, as `convert` says).
///
/// # Errors
/// A fault for a bad address.
pub fn float<U: GuestUnit, T>(
    address: usize,
    end_at: usize,
    convert: impl Fn(&[U]) -> Float<T>,
) -> Result<T, Error> {
    let found = scan(address, |text: &[U]| {
        let number = convert(text);
        ((number.value, number.errno), number.end)
    });
    let ((value, errno), end) = found?;
    finish::<U, T>((value, end, errno), address, end_at)
}

/// `strtod`.
///
/// # Errors
/// A fault for a bad address.
pub fn strtod<U: GuestUnit>(address: usize, end_at: usize, dialect: Dialect) -> Result<f64, Error> {
    float(address, end_at, |text: &[U]| convert::strtod(text, dialect, b'.'))
}

/// `strtof`.
///
/// # Errors
/// A fault for a bad address.
pub fn strtof<U: GuestUnit>(address: usize, end_at: usize, dialect: Dialect) -> Result<f32, Error> {
    float(address, end_at, |text: &[U]| convert::strtof(text, dialect, b'.'))
}

/// Stores the text of a number, whatever room there is (`_itoa`); the buffer.
///
/// # Errors
/// `EINVAL` for a radix that is none.
pub fn store<U: GuestUnit>(buffer: usize, text: Option<NumberText<U>>) -> Result<usize, Error> {
    let text = text.ok_or(Error::Invalid(Errno::EINVAL))?;
    text::write_z(buffer, text.as_units())?;
    Ok(buffer)
}

/// Stores the text of a number in `size` units (`_itoa_s`).
///
/// # Errors
/// `EINVAL` for no buffer or a radix that is none, `ERANGE` if it does not fit: the buffer is
/// then empty.
pub fn store_within<U: GuestUnit>(
    buffer: usize,
    size: usize,
    text: Option<NumberText<U>>,
) -> Result<(), Error> {
    if buffer == 0 || size == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    guest::write(buffer, U::default())?;
    let text = text.ok_or(Error::Invalid(Errno::EINVAL))?;
    if text.as_units().len() >= size {
        return Err(Error::Invalid(Errno::ERANGE));
    }
    Ok(text::write_z(buffer, text.as_units())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_behind_much_space_is_found() {
        let text = format!("{}12345x", " ".repeat(1000));
        let text = std::ffi::CString::new(text).unwrap();
        let at = text.as_ptr().expose_provenance();
        let mut end = 0usize;
        let end_at = (&raw mut end).expose_provenance();
        let value = integer(at, end_at, |text: &[u8]| convert::strtol(text, 10));
        assert_eq!(value, Ok(12345));
        assert_eq!(guest::read::<usize>(end_at), Ok(at + 1005));
    }
}

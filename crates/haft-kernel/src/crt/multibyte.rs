//! Multibyte characters and wide ones: `mbtowc`, `mbstowcs` and their kin.

use super::error::Error;
use super::text;
use haft_crt::Errno;
use haft_crt::charset::{Charset, Unconvertible};
use haft_host::guest;

fn illegal(_: Unconvertible) -> Error {
    Error::Errno(Errno::EILSEQ)
}

/// Up to four bytes at an address, no more than `max` and not beyond a null.
fn bytes_at(address: usize, max: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = text::read_z::<u8>(address, max.min(4))?;
    if bytes.len() < max.min(4) {
        bytes.push(0);
    }
    Ok(bytes)
}

/// `mbtowc`, `mblen`: stores the character at `target` unless that is null; how many bytes it
/// takes, 0 for a null.
///
/// # Errors
/// `EILSEQ`.
pub fn to_wide(
    target: usize,
    address: usize,
    max: usize,
    charset: Charset,
) -> Result<usize, Error> {
    if address == 0 || max == 0 {
        return Ok(0);
    }
    let wide = charset.decode(&bytes_at(address, max)?).map_err(illegal)?;
    let first = wide.as_units().first().copied().unwrap_or(0);
    if target != 0 {
        guest::write(target, first)?;
    }
    Ok(if first == 0 { 0 } else { wide.consumed })
}

/// `wctomb`: stores the bytes of a character; how many.
///
/// # Errors
/// `EILSEQ`.
pub fn from_wide(target: usize, unit: u16, charset: Charset) -> Result<usize, Error> {
    let (bytes, _) = charset.encode(&[unit]).map_err(illegal)?;
    if target != 0 {
        guest::copy_out(target, bytes.as_bytes())?;
    }
    Ok(bytes.as_bytes().len())
}

haft_host::plain! {
    /// `mbstate_t`: a character begun.
    struct State {
        /// Its bytes, or the half of a pair that is left.
        pending: u32,
        /// How many bytes; [`PAIR`] for the half of a pair.
        count: u16,
        reserved: u16,
    }
}

const PAIR: u16 = 0x100;

/// `mbrtowc`: as C11, with what is begun in the state. -1 (`usize::MAX`) is the `EILSEQ`
/// failure, -2 an incomplete character.
///
/// # Errors
/// `EILSEQ`.
pub fn restartable_to_wide(
    target: usize,
    address: usize,
    max: usize,
    state_at: usize,
    charset: Charset,
) -> Result<usize, Error> {
    let mut state = if state_at == 0 {
        State { pending: 0, count: 0, reserved: 0 }
    } else {
        guest::read::<State>(state_at)?
    };
    if address == 0 {
        if state_at != 0 {
            guest::write(state_at, State { pending: 0, count: 0, reserved: 0 })?;
        }
        return Ok(0);
    }
    if max == 0 {
        return Ok(usize::MAX - 1);
    }
    let kept = usize::from(state.count.min(3));
    let mut bytes = state.pending.to_le_bytes()[..kept].to_vec();
    let mut taken = 0;
    while taken < max {
        bytes.push(guest::read(address + taken)?);
        taken += 1;
        if let Ok(wide) = charset.decode(&bytes) {
            let first = wide.as_units().first().copied().unwrap_or(0);
            if target != 0 {
                guest::write(target, first)?;
            }
            if state_at != 0 {
                guest::write(state_at, State { pending: 0, count: 0, reserved: 0 })?;
            }
            return Ok(if first == 0 { 0 } else { taken });
        }
        if !may_go_on(&bytes) {
            return Err(Errno::EILSEQ.into());
        }
    }
    let mut pending = [0; 4];
    pending[..bytes.len()].copy_from_slice(&bytes);
    state.pending = u32::from_le_bytes(pending);
    state.count = bytes.len() as u16;
    if state_at != 0 {
        guest::write(state_at, state)?;
    }
    Ok(usize::MAX - 1)
}

/// Whether more bytes could make these a character.
fn may_go_on(bytes: &[u8]) -> bool {
    bytes.len() < 4
        && core::str::from_utf8(bytes)
            .is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
}

/// `wcrtomb`: a pair's first half is kept in the state and gives 0 bytes.
///
/// # Errors
/// `EILSEQ`.
pub fn restartable_from_wide(
    target: usize,
    unit: u16,
    state_at: usize,
    charset: Charset,
) -> Result<usize, Error> {
    if target == 0 {
        return Ok(1);
    }
    if state_at != 0 && charset == Charset::Utf8 {
        let state: State = guest::read(state_at)?;
        if state.count == PAIR {
            guest::write(state_at, State { pending: 0, count: 0, reserved: 0 })?;
            let (bytes, _) = charset.encode(&[state.pending as u16, unit]).map_err(illegal)?;
            guest::copy_out(target, bytes.as_bytes())?;
            return Ok(bytes.as_bytes().len());
        }
        if (0xD800..0xDC00).contains(&unit) {
            guest::write(state_at, State { pending: unit.into(), count: PAIR, reserved: 0 })?;
            return Ok(0);
        }
    }
    from_wide(target, unit, charset)
}

/// `mbstowcs`: at most `count` units to `target`, with a null if there is room; how many without
/// it. A null target only counts.
///
/// # Errors
/// `EILSEQ`.
pub fn string_to_wide(
    target: usize,
    address: usize,
    count: usize,
    charset: Charset,
) -> Result<usize, Error> {
    let bytes = text::read::<u8>(address)?;
    let wide = charset.decode_all(&bytes).map_err(illegal)?;
    if target == 0 {
        return Ok(wide.len());
    }
    let fits = wide.len().min(count);
    guest::write_slice(target, &wide[..fits])?;
    if fits < count {
        guest::write(target + fits * 2, 0u16)?;
    }
    Ok(fits)
}

/// `wcstombs`: at most `count` bytes of whole characters to `target`, with a null if there is
/// room; how many without it. A null target only counts.
///
/// # Errors
/// `EILSEQ`.
pub fn string_from_wide(
    target: usize,
    address: usize,
    count: usize,
    charset: Charset,
) -> Result<usize, Error> {
    let wide = text::read::<u16>(address)?;
    if target == 0 {
        return Ok(charset.encode_all(&wide).map_err(illegal)?.len());
    }
    let (mut bytes, mut rest) = (Vec::new(), wide.as_slice());
    while !rest.is_empty() && bytes.len() < count {
        let (character, used) = charset.encode(rest).map_err(illegal)?;
        if bytes.len() + character.as_bytes().len() > count {
            break;
        }
        bytes.extend_from_slice(character.as_bytes());
        rest = &rest[used..];
    }
    guest::copy_out(target, &bytes)?;
    if bytes.len() < count {
        guest::write(target + bytes.len(), 0u8)?;
    }
    Ok(bytes.len())
}

/// What `mbsrtowcs` and `wcsrtombs` do to the place of their source: null if all was taken.
///
/// # Errors
/// A fault for a bad place.
pub fn advance(source_at: usize, target: usize, taken: usize, all: bool) -> Result<(), Error> {
    if target != 0 {
        let source: usize = guest::read(source_at)?;
        guest::write(source_at, if all { 0 } else { source + taken })?;
    }
    Ok(())
}

/// `mbsrtowcs`.
///
/// # Errors
/// `EILSEQ`.
pub fn strings_to_wide(
    target: usize,
    source_at: usize,
    count: usize,
    charset: Charset,
) -> Result<usize, Error> {
    let source: usize = guest::read(source_at)?;
    let length = text::read::<u8>(source)?.len();
    let done = string_to_wide(target, source, count, charset)?;
    let whole = done < count;
    let taken = if whole {
        length
    } else {
        let wide: Vec<u16> =
            if target == 0 { Vec::new() } else { guest::read_slice(target, done)? };
        charset.encode_all(&wide).map_err(illegal)?.len()
    };
    advance(source_at, target, taken, whole)?;
    Ok(done)
}

/// `wcsrtombs`.
///
/// # Errors
/// `EILSEQ`.
pub fn strings_from_wide(
    target: usize,
    source_at: usize,
    count: usize,
    charset: Charset,
) -> Result<usize, Error> {
    let source: usize = guest::read(source_at)?;
    let wide = text::read::<u16>(source)?;
    let all = charset.encode_all(&wide).map_err(illegal)?.len();
    let done = string_from_wide(target, source, count, charset)?;
    let whole = target == 0 || (done == all && done < count);
    let taken = if whole {
        wide.len()
    } else {
        let bytes: Vec<u8> = guest::read_slice(target, done)?;
        charset.decode_all(&bytes).map_err(illegal)?.len()
    };
    advance(source_at, target, taken * 2, whole)?;
    Ok(done)
}

/// `mbstowcs_s`, `wcstombs_s`: what is stored ends in a null; `converted_at` gets how many
/// units, with the null.
///
/// # Errors
/// `EINVAL` for no target with a size, `ERANGE` if it does not fit (unless `count` is
/// `_TRUNCATE`, then `STRUNCATE`), `EILSEQ`; the target is then empty.
pub fn string_secure<U: text::GuestUnit>(
    converted_at: usize,
    target: usize,
    size: usize,
    units: Result<Vec<U>, Error>,
    count: usize,
) -> Result<(), Error> {
    let report = |value: usize| -> Result<(), Error> {
        if converted_at != 0 {
            guest::write(converted_at, value)?;
        }
        Ok(())
    };
    if (target == 0) != (size == 0) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let empty = || -> Result<(), Error> {
        if target != 0 {
            guest::write(target, U::default())?;
        }
        report(0)
    };
    let units = match units {
        Ok(units) => units,
        Err(error) => {
            empty()?;
            return Err(error);
        }
    };
    if target == 0 {
        return report(units.len() + 1);
    }
    let truncate = count == usize::MAX;
    let wanted = units.len().min(count);
    if wanted < size {
        text::write_z(target, &units[..wanted])?;
        return report(wanted + 1);
    }
    if !truncate {
        empty()?;
        return Err(Error::Invalid(Errno::ERANGE));
    }
    text::write_z(target, &units[..size - 1])?;
    report(size)?;
    Err(Errno::STRUNCATE.into())
}

/// The units of a multibyte string.
///
/// # Errors
/// `EILSEQ`.
pub fn decoded(address: usize, charset: Charset) -> Result<Vec<u16>, Error> {
    charset.decode_all(&text::read::<u8>(address)?).map_err(illegal)
}

/// The bytes of a wide string.
///
/// # Errors
/// `EILSEQ`.
pub fn encoded(address: usize, charset: Charset) -> Result<Vec<u8>, Error> {
    charset.encode_all(&text::read::<u16>(address)?).map_err(illegal)
}

/// `wctomb_s`: how many bytes.
///
/// # Errors
/// `EILSEQ`, `ERANGE` if it does not fit.
pub fn from_wide_secure(
    target: usize,
    size: usize,
    unit: u16,
    charset: Charset,
) -> Result<usize, Error> {
    if from_wide(0, unit, charset)? > size && target != 0 {
        return Err(Error::Invalid(Errno::ERANGE));
    }
    from_wide(target, unit, charset)
}

/// `btowc`: `WEOF` for what is no character.
#[must_use]
pub fn byte_to_wide(c: i32, charset: Charset) -> u16 {
    let wide = u8::try_from(c).ok().and_then(|byte| charset.decode(&[byte]).ok());
    wide.and_then(|wide| wide.as_units().first().copied()).unwrap_or(0xFFFF)
}

/// `wctob`: `EOF` for what is not one byte.
#[must_use]
pub fn wide_to_byte(c: u32, charset: Charset) -> i32 {
    let bytes = u16::try_from(c).ok().and_then(|unit| charset.encode(&[unit]).ok());
    match bytes.as_ref().map(|(bytes, _)| bytes.as_bytes()) {
        Some(&[byte]) => byte.into(),
        _ => -1,
    }
}

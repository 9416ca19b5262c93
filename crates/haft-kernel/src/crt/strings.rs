//! Checked string functions, duplicates and tokens: `strcpy_s`, `_strdup`, `strtok`.

use super::error::Error;
use super::text::{self, GuestUnit};
use super::{heap, thread_state};
use haft_crt::Errno;
use haft_crt::ctype::Casing;
use haft_crt::string::{CopyPlan, strcat_s, strcpy_s, strncat_s, strncpy_s};
use haft_host::guest;

/// `_strdup`: a copy on the C heap; null for null.
///
/// # Errors
/// `ENOMEM`.
pub fn duplicate<U: GuestUnit>(string: usize) -> Result<usize, Error> {
    if string == 0 {
        return Ok(0);
    }
    let size = (U::len(string, usize::MAX)? + 1) * size_of::<U>();
    let copy = heap::allocate(size)?;
    guest::copy_within(copy, string, size)?;
    Ok(copy)
}

fn carry_out<U: GuestUnit>(plan: &CopyPlan, target: usize, source: usize) -> Result<(), Error> {
    if target != 0 {
        guest::copy_within(target + plan.at * size_of::<U>(), source, plan.count * size_of::<U>())?;
        if let Some(at) = plan.terminator {
            guest::write(target + at * size_of::<U>(), U::default())?;
        }
    }
    match plan.errno {
        None => Ok(()),
        // What is cut is cut because the program asked for it.
        Some(Errno::STRUNCATE) => Err(Errno::STRUNCATE.into()),
        Some(errno) => Err(Error::Invalid(errno)),
    }
}

/// At most one unit more than the destination has room for: enough to tell that it is too long.
fn source<U: GuestUnit>(address: usize, max: usize) -> Result<Option<Vec<U>>, Error> {
    Ok(if address == 0 { None } else { Some(text::read_z(address, max)?) })
}

fn usable(target: usize, size: usize) -> usize {
    if target == 0 { 0 } else { size }
}

/// `strcpy_s`.
///
/// # Errors
/// `EINVAL` for null pointers, `ERANGE` if it does not fit.
pub fn copy<U: GuestUnit>(target: usize, size: usize, from: usize) -> Result<(), Error> {
    let text = source::<U>(from, size.saturating_add(1))?;
    carry_out::<U>(&strcpy_s(usable(target, size), text.as_deref()), target, from)
}

/// `strncpy_s`.
///
/// # Errors
/// `EINVAL` for null pointers, `ERANGE` if it does not fit, `STRUNCATE` if `_TRUNCATE` cut it.
pub fn copy_n<U: GuestUnit>(
    target: usize,
    size: usize,
    from: usize,
    count: usize,
) -> Result<(), Error> {
    if target == 0 && size == 0 && count == 0 {
        return Ok(());
    }
    let text = source::<U>(from, count.min(size.saturating_add(1)))?;
    carry_out::<U>(&strncpy_s(usable(target, size), text.as_deref(), count), target, from)
}

fn target_units<U: GuestUnit>(target: usize, size: usize) -> Result<Vec<U>, Error> {
    if target == 0 {
        return Ok(Vec::new());
    }
    let mut units = text::read_z::<U>(target, size)?;
    // The plan looks for the null and the size only.
    units.resize(size, if units.len() < size { U::default() } else { U::from_ascii(b'x') });
    Ok(units)
}

/// `strcat_s`.
///
/// # Errors
/// `EINVAL` for null pointers or a destination without a null, `ERANGE` if it does not fit.
pub fn append<U: GuestUnit>(target: usize, size: usize, from: usize) -> Result<(), Error> {
    let text = source::<U>(from, size.saturating_add(1))?;
    let plan = strcat_s(&target_units::<U>(target, size)?, text.as_deref());
    carry_out::<U>(&plan, target, from)
}

/// `strncat_s`.
///
/// # Errors
/// As for [`append`], and `STRUNCATE` if `_TRUNCATE` cut it.
pub fn append_n<U: GuestUnit>(
    target: usize,
    size: usize,
    from: usize,
    count: usize,
) -> Result<(), Error> {
    let text = source::<U>(from, count.min(size.saturating_add(1)))?;
    let plan = strncat_s(&target_units::<U>(target, size)?, text.as_deref(), count);
    carry_out::<U>(&plan, target, from)
}

/// `memcpy_s`, `memmove_s`.
///
/// # Errors
/// `EINVAL` for null pointers, `ERANGE` if it does not fit; the destination is then zeroed.
pub fn copy_memory(target: usize, size: usize, from: usize, count: usize) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    if target == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    if from == 0 || count > size {
        guest::fill(target, 0, size)?;
        let errno = if from == 0 { Errno::EINVAL } else { Errno::ERANGE };
        return Err(Error::Invalid(errno));
    }
    Ok(guest::copy_within(target, from, count)?)
}

/// `memmove_s`, which leaves the destination alone when it fails.
///
/// # Errors
/// `EINVAL` for null pointers, `ERANGE` if it does not fit.
pub fn move_memory(target: usize, size: usize, from: usize, count: usize) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    if target == 0 || from == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    if count > size {
        return Err(Error::Invalid(Errno::ERANGE));
    }
    Ok(guest::copy_within(target, from, count)?)
}

/// `strtok`: the next token, or null.
///
/// # Errors
/// A fault for a bad address.
pub fn token<U: GuestUnit>(string: usize, delimiters: usize) -> Result<usize, Error> {
    let from = if string == 0 { thread_state::next_token(U::WIDE) } else { string };
    if from == 0 {
        return Ok(0);
    }
    let delimiters = text::read::<U>(delimiters)?;
    let unit_at = |address: usize| guest::read::<U>(address);
    let mut start = from;
    loop {
        let unit = unit_at(start)?;
        if unit == U::default() {
            thread_state::set_next_token(U::WIDE, start);
            return Ok(0);
        }
        if !delimiters.contains(&unit) {
            break;
        }
        start += size_of::<U>();
    }
    let mut end = start;
    loop {
        let unit = unit_at(end)?;
        if unit == U::default() {
            thread_state::set_next_token(U::WIDE, end);
            return Ok(start);
        }
        if delimiters.contains(&unit) {
            guest::write(end, U::default())?;
            thread_state::set_next_token(U::WIDE, end + size_of::<U>());
            return Ok(start);
        }
        end += size_of::<U>();
    }
}

/// `strxfrm`: in the C order a string is its own key. How many units it has.
///
/// # Errors
/// A fault for a bad address.
pub fn transform<U: GuestUnit>(target: usize, from: usize, count: usize) -> Result<usize, Error> {
    let text = text::read::<U>(from)?;
    if target != 0 && count > 0 {
        let kept = text.len().min(count);
        guest::write_slice(target, &text[..kept])?;
        if kept < count {
            guest::write(target + kept * size_of::<U>(), U::default())?;
        }
    }
    Ok(text.len())
}

/// Stores text in a buffer of `size` units.
///
/// # Errors
/// `EINVAL` for no buffer, `ERANGE` if it does not fit; the buffer is then empty.
pub fn store<U: GuestUnit>(target: usize, size: usize, text: &[U]) -> Result<(), Error> {
    if target == 0 || size == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    if text.len() >= size {
        guest::write(target, U::default())?;
        return Err(Error::Invalid(Errno::ERANGE));
    }
    Ok(text::write_z(target, text)?)
}

/// `_strlwr_s`, `_strupr_s`: changes each unit of a string by `map`.
///
/// # Errors
/// `EINVAL` for no string or one without a null in `size` units.
pub fn map<U: GuestUnit>(
    string: usize,
    size: usize,
    map: impl Fn(U, Casing) -> U,
) -> Result<(), Error> {
    if string == 0 || size == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let mut units = text::read_z::<U>(string, size)?;
    if units.len() == size {
        guest::write(string, U::default())?;
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let casing = super::locale::casing();
    for unit in &mut units {
        *unit = map(*unit, casing);
    }
    Ok(guest::write_slice(string, &units)?)
}

/// `_swab`.
///
/// # Errors
/// A fault for a bad address.
pub fn swap_bytes(from: usize, to: usize, count: i32) -> Result<(), Error> {
    let mut bytes: Vec<u8> = guest::read_slice(from, usize::try_from(count).unwrap_or(0) & !1)?;
    for pair in bytes.chunks_exact_mut(2) {
        pair.swap(0, 1);
    }
    Ok(guest::copy_out(to, &bytes)?)
}

/// Stores what fits of a text in a buffer of `size` units, always with a null (`strerror_s`).
///
/// # Errors
/// `EINVAL` for no buffer.
pub fn store_truncated<U: GuestUnit>(target: usize, size: usize, text: &[U]) -> Result<(), Error> {
    if target == 0 || size == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    Ok(text::write_z(target, &text[..text.len().min(size - 1)])?)
}

//! The environment as C sees it: an array of `name=value` strings that `getenv` reads.
//!
//! It is copied from the process's environment when it is first asked for; `_putenv` changes
//! both, `SetEnvironmentVariable` changes the process's alone, as on Windows.

use super::error::Error;
use super::heap;
use super::text::{self, GuestUnit};
use crate::ex::environment;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::NtStatus;
use haft_crt::Errno;
use haft_crt::ctype::Casing;
use haft_crt::string::lower;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One of the two copies.
struct Copy {
    strings: Vec<Vec<u16>>,
    addresses: Vec<usize>,
    array: usize,
}

struct Copies {
    narrow: Option<Copy>,
    wide: Option<Copy>,
}

static COPIES: Mutex<Copies> = Mutex::new(Copies { narrow: None, wide: None });

fn copies() -> MutexGuard<'static, Copies> {
    COPIES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn place<U: GuestUnit>(string: &[u16]) -> Result<usize, Error> {
    let mut units = text::from_wide::<U>(string);
    units.push(U::default());
    heap::place(&units)
}

impl Copy {
    fn new<U: GuestUnit>() -> Result<Self, Error> {
        let block = environment::block();
        let strings: Vec<Vec<u16>> = block
            .split(|&unit| unit == 0)
            // `=C:=...`, the current directory of a drive, is no variable of C.
            .filter(|string| !string.is_empty() && string[0] != u16::from(b'='))
            .map(<[u16]>::to_vec)
            .collect();
        // All in one piece: most are never replaced, and those that are stay where they are.
        let mut units = Vec::new();
        let mut starts = Vec::with_capacity(strings.len());
        for string in &strings {
            starts.push(size_of_val(units.as_slice()));
            units.extend(text::from_wide::<U>(string));
            units.push(U::default());
        }
        let at = heap::place(&units)?;
        let addresses = starts.into_iter().map(|start| at + start).collect();
        let mut copy = Self { strings, addresses, array: 0 };
        copy.lay_out()?;
        Ok(copy)
    }

    /// Makes the array. The old one stays: the program may walk it still.
    fn lay_out(&mut self) -> Result<(), Error> {
        self.array = heap::place(&[self.addresses.as_slice(), &[0]].concat())?;
        Ok(())
    }

    fn find(&self, name: &[u16]) -> Option<usize> {
        self.strings.iter().position(|string| {
            string.get(name.len()) == Some(&u16::from(b'='))
                && string[..name.len()]
                    .iter()
                    .zip(name)
                    .all(|(&a, &b)| lower(a, Casing::Unicode) == lower(b, Casing::Unicode))
        })
    }

    fn set<U: GuestUnit>(&mut self, name: &[u16], value: Option<&[u16]>) -> Result<(), Error> {
        let old = self.find(name);
        match (value, old) {
            (None, None) => return Ok(()),
            (None, Some(at)) => {
                self.strings.remove(at);
                self.addresses.remove(at);
            }
            (Some(value), old) => {
                let string = [name, &[u16::from(b'=')], value].concat();
                let address = place::<U>(&string)?;
                match old {
                    Some(at) => (self.strings[at], self.addresses[at]) = (string, address),
                    None => {
                        self.strings.push(string);
                        self.addresses.push(address);
                    }
                }
            }
        }
        self.lay_out()
    }
}

impl Copies {
    fn of<U: GuestUnit>(&mut self) -> Result<&mut Copy, Error> {
        let slot = if U::WIDE { &mut self.wide } else { &mut self.narrow };
        match slot {
            Some(copy) => Ok(copy),
            None => Ok(slot.insert(Copy::new::<U>()?)),
        }
    }
}

/// The address of the array (`_environ`).
///
/// # Errors
/// `ENOMEM`.
pub fn array<U: GuestUnit>() -> Result<usize, Error> {
    Ok(copies().of::<U>()?.array)
}

/// The address of the array if it was made.
#[must_use]
pub fn array_if_made<U: GuestUnit>() -> Option<usize> {
    let copies = copies();
    let copy = if U::WIDE { &copies.wide } else { &copies.narrow };
    copy.as_ref().map(|copy| copy.array)
}

/// The address of the variable that points at the array, for the UCRT, which has no variable that
/// programs link to.
///
/// # Errors
/// `ENOMEM`.
pub fn variable<U: GuestUnit>() -> Result<usize, Error> {
    static VARIABLES: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let variable = &VARIABLES[usize::from(U::WIDE)];
    variable.store(array::<U>()?, Ordering::Relaxed);
    Ok(variable.as_ptr().expose_provenance())
}

/// The address of a variable's value (`getenv`).
///
/// # Errors
/// `ENOMEM`.
pub fn get<U: GuestUnit>(name: &[u16]) -> Result<Option<usize>, Error> {
    let mut copies = copies();
    let copy = copies.of::<U>()?;
    Ok(copy.find(name).map(|at| {
        let skipped = text::from_wide::<U>(&copy.strings[at][..=name.len()]).len();
        copy.addresses[at] + skipped * size_of::<U>()
    }))
}

/// Sets a variable, or removes it with an empty value (`_putenv_s`).
///
/// # Errors
/// `EINVAL` for an empty name or one with `=`.
pub fn put(name: &[u16], value: &[u16]) -> Result<(), Error> {
    if name.is_empty() || name.contains(&u16::from(b'=')) {
        return Err(Errno::EINVAL.into());
    }
    let value = Some(value).filter(|value| !value.is_empty());
    match environment::set(name, value) {
        Ok(()) => {}
        Err(NtStatus::VARIABLE_NOT_FOUND) if value.is_none() => {}
        Err(status) => return Err(status.into()),
    }
    let mut copies = copies();
    copies.of::<u8>()?.set::<u8>(name, value)?;
    if let Some(wide) = &mut copies.wide {
        wide.set::<u16>(name, value)?;
    }
    Ok(())
}

/// `_putenv` of `name=value`.
///
/// # Errors
/// `EINVAL` without a `=`, or as for [`put`].
pub fn put_string(string: &[u16]) -> Result<(), Error> {
    let end = string.iter().position(|&unit| unit == u16::from(b'=')).ok_or(Errno::EINVAL)?;
    put(&string[..end], &string[end + 1..])
}

/// A copy of the whole environment for a child process, from the program's own array.
///
/// # Errors
/// A fault for a bad array.
pub fn block_of<U: GuestUnit>(mut array: usize) -> Result<Vec<u16>, Error> {
    let mut block = Vec::new();
    loop {
        let string: usize = haft_host::guest::read(array)?;
        if string == 0 {
            break;
        }
        block.extend(text::read_wide::<U>(string)?);
        block.push(0);
        array += size_of::<usize>();
    }
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    Ok(block)
}

fn value<U: GuestUnit>(name: &[u16]) -> Result<Option<Vec<U>>, Error> {
    match get::<U>(name)? {
        Some(at) => Ok(Some(text::read(at)?)),
        None => Ok(None),
    }
}

/// `getenv_s`: how many units the value has with its null goes to `needed_at`, 0 if there is no
/// such variable.
///
/// # Errors
/// `ERANGE` if it does not fit `size` units; a size of 0 only asks.
pub fn get_secure<U: GuestUnit>(
    needed_at: usize,
    buffer: usize,
    size: usize,
    name: &[u16],
) -> Result<(), Error> {
    let value = value::<U>(name)?;
    let needed = value.as_ref().map_or(0, |value| value.len() + 1);
    haft_host::guest::write(needed_at, needed)?;
    if size == 0 {
        return Ok(());
    }
    if needed > size {
        // Not an invalid parameter: the caller may try again with more room.
        return Err(Errno::ERANGE.into());
    }
    super::strings::store(buffer, size, value.as_deref().unwrap_or(&[]))
}

/// `_dupenv_s`: a copy of a value on the heap and its units with the null; null and 0 if there
/// is no such variable.
///
/// # Errors
/// `ENOMEM`.
pub fn duplicate<U: GuestUnit>(name: &[u16]) -> Result<(usize, usize), Error> {
    let Some(mut value) = value::<U>(name)? else { return Ok((0, 0)) };
    value.push(U::default());
    Ok((heap::place(&value)?, value.len()))
}

//! `argc` and `argv`.

use super::error::Error;
use super::heap;
use super::text::{self, GuestUnit};
use crate::ex::start_info;
use crate::io::path;
use haft_crt::string::argv::{Argument, Rule, parse_arguments};
use haft_crt::string::wildcard;
use std::sync::Mutex;

/// The arguments as C sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// `argc`.
    pub count: i32,
    /// The address of `argv`.
    pub values: usize,
}

static NARROW: Mutex<Option<Arguments>> = Mutex::new(None);
static WIDE: Mutex<Option<Arguments>> = Mutex::new(None);

/// The names in a folder, as a program writes it (empty: the current one).
fn names(folder: &[u16]) -> Vec<Vec<u16>> {
    let full = path::full(if folder.is_empty() { &[b'.' as u16] } else { folder });
    let Some(entries) = path::find(&full).and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        use std::os::unix::ffi::OsStrExt;
        Some(haft_abi::wide::from_bytes(entry.ok()?.file_name().as_bytes()))
    };
    entries.filter_map(name).collect()
}

fn parsed(rule: Rule, expand: bool) -> Result<Vec<Vec<u16>>, Error> {
    let line: Vec<u16> = text::read(start_info::command_line()?)?;
    let arguments: Vec<Argument<u16>> = parse_arguments(&line, rule);
    Ok(if expand {
        wildcard::expand(arguments, names)
    } else {
        arguments.into_iter().map(|argument| argument.text).collect()
    })
}

/// An array of strings that ends in null, on the C heap.
///
/// # Errors
/// `ENOMEM`.
pub fn place<U: GuestUnit>(strings: &[Vec<u16>]) -> Result<usize, Error> {
    let mut addresses = Vec::with_capacity(strings.len() + 1);
    for string in strings {
        let mut units = text::from_wide::<U>(string);
        units.push(U::default());
        addresses.push(heap::place(&units)?);
    }
    addresses.push(0);
    heap::place(&addresses)
}

fn slot<U: GuestUnit>() -> &'static Mutex<Option<Arguments>> {
    if U::WIDE { &WIDE } else { &NARROW }
}

/// The arguments: taken from the command line at the first call, then the same.
///
/// # Errors
/// `ENOMEM`.
pub fn get<U: GuestUnit>(rule: Rule, expand: bool) -> Result<Arguments, Error> {
    let mut slot = slot::<U>().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(arguments) = *slot {
        return Ok(arguments);
    }
    let strings = parsed(rule, expand)?;
    let arguments = Arguments { count: strings.len() as i32, values: place::<U>(&strings)? };
    *slot = Some(arguments);
    Ok(arguments)
}

//! What the UCRT has functions for where msvcrt.dll has variables: the arguments of `main`, and
//! settings of the process.

use super::arguments;
use super::error::Error;
use super::text::GuestUnit;
use super::variable::Variable;
use super::{heap, invalid, locale};
use crate::ex::start_info;
use crate::ps;
use core::mem::offset_of;
use core::sync::atomic::{AtomicI32, AtomicU8, AtomicUsize, Ordering};
use haft_abi::nt::{ProcessParameters, UnicodeString};
use haft_crt::Errno;
use haft_crt::string::argv::Rule;
use haft_host::guest;
use std::sync::OnceLock;

/// Addresses of the variables of the UCRT.
#[derive(Clone, Copy, Debug)]
pub struct Variables {
    /// `__argc`.
    pub count: usize,
    /// `__argv`.
    pub narrow: usize,
    /// `__wargv`.
    pub wide: usize,
    /// `_acmdln`.
    pub narrow_line: usize,
    /// `_wcmdln`.
    pub wide_line: usize,
    /// `_pgmptr`.
    pub narrow_program: usize,
    /// `_wpgmptr`.
    pub wide_program: usize,
}

/// The path of the program's file.
///
/// # Errors
/// A fault if the program unmapped its parameters.
pub fn program_path() -> Result<Vec<u16>, Error> {
    let at = ps::process().parameters + offset_of!(ProcessParameters, image_path_name);
    let length: u16 = guest::read(at + offset_of!(UnicodeString, length))?;
    let buffer: u64 = guest::read(at + offset_of!(UnicodeString, buffer))?;
    Ok(guest::read_slice(buffer as usize, usize::from(length / 2))?)
}

/// The variables; the arguments are in them after [`configure`].
///
/// # Errors
/// `ENOMEM`.
pub fn variables() -> Result<Variables, Error> {
    static PLACE: OnceLock<Result<usize, Error>> = OnceLock::new();
    let place = *PLACE.get_or_init(|| {
        let path = program_path()?;
        heap::place(&[
            0usize,
            0,
            0,
            start_info::command_line_bytes()?,
            start_info::command_line()?,
            locale::permanent(&haft_abi::wide::to_bytes(&path))?,
            locale::permanent_wide(&path)?,
        ])
    });
    let at = place?;
    let [count, narrow, wide, narrow_line, wide_line, narrow_program, wide_program] =
        [0, 1, 2, 3, 4, 5, 6].map(|index| at + index * size_of::<usize>());
    Ok(Variables { count, narrow, wide, narrow_line, wide_line, narrow_program, wide_program })
}

/// `_configure_narrow_argv` and `_configure_wide_argv`: 0 has no arguments, 1 those as they are,
/// 2 those with wildcards expanded.
///
/// # Errors
/// `EINVAL` for another mode, `ENOMEM`.
pub fn configure<U: GuestUnit>(mode: i32) -> Result<(), Error> {
    let variables = variables()?;
    let expand = match mode {
        0 => return Ok(()),
        1 => false,
        2 => true,
        _ => return Err(Error::Invalid(Errno::EINVAL)),
    };
    let arguments = arguments::get::<U>(Rule::Current, expand)?;
    guest::write(variables.count, arguments.count)?;
    guest::write(if U::WIDE { variables.wide } else { variables.narrow }, arguments.values)?;
    Ok(())
}

/// The command line behind the program's name: what `WinMain` is given.
///
/// # Errors
/// `ENOMEM`.
pub fn window_command_line<U: GuestUnit>() -> Result<usize, Error> {
    let start =
        if U::WIDE { start_info::command_line()? } else { start_info::command_line_bytes()? };
    let (mut at, mut quoted) = (start, false);
    loop {
        let unit: U = guest::read(at)?;
        if unit.is(b'"') {
            quoted = !quoted;
        }
        if unit.is(0) || (!quoted && unit.into() <= 0x20) {
            break;
        }
        at += size_of::<U>();
    }
    loop {
        let unit: U = guest::read(at)?;
        if unit.is(0) || unit.into() > 0x20 {
            return Ok(at);
        }
        at += size_of::<U>();
    }
}

static APPLICATION_TYPE: AtomicU8 = AtomicU8::new(0);
/// `_commode`.
pub static COMMIT_MODE: Variable = Variable::new([0]);
static NEW_MODE: AtomicI32 = AtomicI32::new(0);
static NEW_HANDLER: AtomicUsize = AtomicUsize::new(0);
static ERROR_MODE: AtomicI32 = AtomicI32::new(0);

/// `_set_app_type`: 1 for a program of the console, 2 for one with windows.
pub fn set_application_type(kind: i32) {
    APPLICATION_TYPE.store(kind as u8, Ordering::Relaxed);
    // Only the start of a program of the UCRT says it.
    invalid::end_if_unhandled();
}

/// `_query_app_type`.
#[must_use]
pub fn application_type() -> i32 {
    APPLICATION_TYPE.load(Ordering::Relaxed).into()
}

/// `_set_new_mode`: 0 or 1; the mode before, or -1 for another.
pub fn set_new_mode(mode: i32) -> i32 {
    if matches!(mode, 0 | 1) { NEW_MODE.swap(mode, Ordering::Relaxed) } else { -1 }
}

/// `_query_new_mode`.
#[must_use]
pub fn new_mode() -> i32 {
    NEW_MODE.load(Ordering::Relaxed)
}

/// `_set_new_handler`: the address of a function that is given the size that is wanted, and says
/// whether to try again; the one before.
pub fn set_new_handler(handler: usize) -> usize {
    NEW_HANDLER.swap(handler, Ordering::AcqRel)
}

/// `_query_new_handler`.
#[must_use]
pub fn new_handler() -> usize {
    NEW_HANDLER.load(Ordering::Acquire)
}

/// `_callnewh`: whether there may be `size` bytes now.
#[must_use]
pub fn call_new_handler(size: usize) -> bool {
    match new_handler() {
        0 => false,
        handler => haft_host::jump::call(handler, [size, 0, 0, 0]) as i32 != 0,
    }
}

/// `_set_error_mode`: 0 to 2 sets it, 3 only asks; the mode before, or -1 for another. haft tells
/// errors on standard error in every mode.
pub fn set_error_mode(mode: i32) -> i32 {
    match mode {
        0..=2 => ERROR_MODE.swap(mode, Ordering::Relaxed),
        3 => ERROR_MODE.load(Ordering::Relaxed),
        _ => -1,
    }
}

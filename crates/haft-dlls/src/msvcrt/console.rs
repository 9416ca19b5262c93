//! The console itself, wherever the standard streams go.

use crate::abi::{OrZero, Ptr, VaList};
use haft_crt::printf::Options;
use haft_kernel::crt::{Error, console, print, text};
use haft_macros::export;

/// Reads a key without showing it. (Microsoft: "_getch, _getwch")
#[export(msvcrt, ucrtbase, also = "_getch_nolock")]
fn _getch() -> Result<i32, Error> {
    console::get_byte(false).map(i32::from)
}

/// Reads a key and shows it. (Microsoft: "_getche, _getwche")
#[export(msvcrt, ucrtbase, also = "_getche_nolock")]
fn _getche() -> Result<i32, Error> {
    console::get_byte(true).map(i32::from)
}

/// Reads a key without showing it. (Microsoft: "_getch, _getwch")
#[export(msvcrt, ucrtbase, also = "_getwch_nolock")]
fn _getwch() -> Result<u16, Error> {
    console::get(false)
}

/// Reads a key and shows it. (Microsoft: "_getche, _getwche")
#[export(msvcrt, ucrtbase, also = "_getwche_nolock")]
fn _getwche() -> Result<u16, Error> {
    console::get(true)
}

/// Puts a key back for the next read. (Microsoft: "_ungetch, _ungetwch, _ungetch_nolock,
/// _ungetwch_nolock")
#[export(msvcrt, ucrtbase, also = "_ungetch_nolock")]
fn _ungetch(c: i32) -> Result<i32, Error> {
    console::put_byte_back(c as u8).map(i32::from)
}

/// Puts a key back for the next read. (Microsoft: "_ungetch, _ungetwch, _ungetch_nolock,
/// _ungetwch_nolock")
#[export(msvcrt, ucrtbase, also = "_ungetwch_nolock")]
fn _ungetwch(c: u16) -> Result<u16, Error> {
    console::put_back(c)
}

/// Tells whether a key waits. (Microsoft: "_kbhit")
#[export(msvcrt, ucrtbase)]
fn _kbhit() -> Result<OrZero, Error> {
    console::is_hit().map(|hit| OrZero(hit.into()))
}

/// Shows a character. (Microsoft: "_putch, _putwch")
#[export(msvcrt, ucrtbase, also = "_putch_nolock")]
fn _putch(c: i32) -> Result<i32, Error> {
    console::put_bytes(&[c as u8]).map(|()| c)
}

/// Shows a character. (Microsoft: "_putch, _putwch")
#[export(msvcrt, ucrtbase, also = "_putwch_nolock")]
fn _putwch(c: u16) -> Result<u16, Error> {
    console::put(&[c]).map(|()| c)
}

/// Shows a string. (Microsoft: "_cputs, _cputws")
#[export(msvcrt, ucrtbase)]
fn _cputs(str: Ptr<u8>) -> Result<(), Error> {
    console::put_bytes(&text::read::<u8>(str.addr())?)
}

/// Shows a string. (Microsoft: "_cputs, _cputws")
#[export(msvcrt, ucrtbase)]
fn _cputws(str: Ptr<u16>) -> Result<(), Error> {
    console::put(&text::read::<u16>(str.addr())?)
}

fn show(format: Ptr<u8>, args: VaList, options: Options) -> Result<i32, Error> {
    let text = print::to_text::<u8>(format.addr(), args.address(), options)?;
    console::put_bytes(&text)?;
    Ok(text.len() as i32)
}

fn show_wide(format: Ptr<u16>, args: VaList, options: Options) -> Result<i32, Error> {
    let text = print::to_text::<u16>(format.addr(), args.address(), options)?;
    console::put(&text)?;
    Ok(text.len() as i32)
}

/// Prints to the console. (Microsoft: "_cprintf, _cprintf_l, _cwprintf, _cwprintf_l")
#[export(msvcrt, variadic, also = "_cprintf_s")]
fn _cprintf(format: Ptr<u8>, args: VaList) -> Result<i32, Error> {
    show(format, args, Options::msvcrt())
}

/// Prints to the console. (Microsoft: "_vcprintf, _vcprintf_l, _vcwprintf, _vcwprintf_l")
#[export(msvcrt, also = "_vcprintf_s")]
fn _vcprintf(format: Ptr<u8>, argptr: VaList) -> Result<i32, Error> {
    show(format, argptr, Options::msvcrt())
}

/// Prints to the console. (Microsoft: "_cprintf, _cprintf_l, _cwprintf, _cwprintf_l")
#[export(msvcrt, variadic, also = "_cwprintf_s")]
fn _cwprintf(format: Ptr<u16>, args: VaList) -> Result<i32, Error> {
    show_wide(format, args, Options::msvcrt())
}

/// Prints to the console. (Microsoft: "_vcprintf, _vcprintf_l, _vcwprintf, _vcwprintf_l")
#[export(msvcrt, also = "_vcwprintf_s")]
fn _vcwprintf(format: Ptr<u16>, argptr: VaList) -> Result<i32, Error> {
    show_wide(format, argptr, Options::msvcrt())
}

//! Decorated names.

use crate::abi::{Ansi, Charset, TBuf, TStr, Wide};
use haft_abi::{Win32Error, wide};
use haft_crt::undecorate;
use haft_macros::export;

fn undecorated<C: Charset>(
    name: &TStr<C>,
    place: TBuf<C>,
    room: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    let text = undecorate::symbol_name(&wide::to_string(name), flags);
    let text = text.ok_or(Win32Error::NOT_SUPPORTED)?;
    let text: Vec<u16> = text.encode_utf16().collect();
    place.fill_truncated(room, &text)?;
    Ok((C::encode(&text).len() as u32).min(room.saturating_sub(1)))
}

/// Makes a decorated name readable, and leaves others as they are. (Microsoft:
/// "UnDecorateSymbolName function")
#[export(dbghelp)]
fn UnDecorateSymbolName(
    name: TStr<Ansi>,
    outputString: TBuf<Ansi>,
    maxStringLength: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    undecorated(&name, outputString, maxStringLength, flags)
}

/// Makes a decorated name readable, and leaves others as they are. (Microsoft:
/// "UnDecorateSymbolNameW function")
#[export(dbghelp)]
fn UnDecorateSymbolNameW(
    name: TStr<Wide>,
    outputString: TBuf<Wide>,
    maxStringLength: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    undecorated(&name, outputString, maxStringLength, flags)
}

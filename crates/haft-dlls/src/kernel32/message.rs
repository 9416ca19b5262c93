//! Message texts and the debugger's output.

use crate::abi::{Charset, Ptr, TBuf, TStr};
use haft_abi::Win32Error;

use haft_kernel::ex::{allocation, message};
use haft_kernel::ldr;
use haft_macros::export;

const ALLOCATE_BUFFER: u32 = 0x100;
const IGNORE_INSERTS: u32 = 0x200;
const FROM_STRING: u32 = 0x400;
const FROM_HMODULE: u32 = 0x800;
const FROM_SYSTEM: u32 = 0x1000;
const ARGUMENT_ARRAY: u32 = 0x2000;

/// The message's text before anything is inserted: from a string, a module's table or the
/// system's.
fn text<C: Charset>(
    flags: u32,
    source: usize,
    id: u32,
    language: u32,
) -> Result<Vec<u16>, Win32Error> {
    if flags & FROM_STRING != 0 {
        return Ok(C::read_z(source, usize::MAX)?);
    }
    // Texts are in US English only.
    if !matches!(language, 0 | 0x409 | 0x400 | 0x800 | 0x9) {
        const ERROR_RESOURCE_LANG_NOT_FOUND: Win32Error = Win32Error(1815);
        return Err(ERROR_RESOURCE_LANG_NOT_FOUND);
    }
    let module = || {
        let base = if source == 0 { ldr::main_module().base } else { source };
        message::module_text(base, id, language as u16)
    };
    match (flags & FROM_HMODULE != 0, flags & FROM_SYSTEM != 0) {
        (true, true) => Ok(module().or_else(|_| message::system(id))?),
        (true, false) => Ok(module()?),
        (false, true) => Ok(message::system(id)?),
        (false, false) => Err(Win32Error::INVALID_PARAMETER),
    }
}

/// Gives a message's text with arguments inserted. (Microsoft: "FormatMessageW function")
#[export(kernel32, charset)]
fn FormatMessage<C: Charset>(
    dwFlags: u32,
    lpSource: usize,
    dwMessageId: u32,
    dwLanguageId: u32,
    lpBuffer: TBuf<C>,
    nSize: u32,
    Arguments: Ptr<usize>,
) -> Result<u32, Win32Error> {
    if lpBuffer.is_null() {
        let allocate = dwFlags & ALLOCATE_BUFFER != 0;
        let error =
            if allocate { Win32Error::NOT_ENOUGH_MEMORY } else { Win32Error::INVALID_PARAMETER };
        return Err(error);
    }
    if dwFlags & ALLOCATE_BUFFER != 0 {
        lpBuffer.ptr().cast::<usize>().write(0)?;
    }
    let text = text::<C>(dwFlags, lpSource, dwMessageId, dwLanguageId)?;
    let slots = if dwFlags & IGNORE_INSERTS != 0 {
        None
    } else {
        let array = Arguments.is_null() || dwFlags & ARGUMENT_ARRAY != 0;
        let address = if array { Arguments.addr() } else { Arguments.read()? };
        Some(message::Slots { address, wide: C::WIDE })
    };
    let units = message::format(&text, slots, message::Lines::from_flags(dwFlags))?;
    if dwFlags & ALLOCATE_BUFFER == 0 {
        return lpBuffer.fill(nSize, &units)?.stored_or(Win32Error::INSUFFICIENT_BUFFER);
    }
    let mut encoded = C::encode(&units);
    let length = encoded.len();
    encoded.resize(length.max(nSize as usize) + 1, C::Unit::default());
    lpBuffer.ptr().cast::<usize>().write(allocation::allocate_slice(&encoded)?)?;
    Ok(length as u32)
}

/// Gives a string to the debugger. Without one Windows drops it too. (Microsoft:
/// "OutputDebugStringW function")
#[export(kernel32, charset)]
fn OutputDebugString<C: Charset>(lpOutputString: Option<TStr<C>>) {
    // The trace line of this call shows the string to whoever asked for a trace.
    drop(lpOutputString);
}

/// Plays a tone: there is no speaker. (Microsoft: "Beep function")
#[export(kernel32)]
fn Beep(dwFreq: u32, _dwDuration: u32) -> Result<(), Win32Error> {
    if (0x25..=0x7FFF).contains(&dwFreq) {
        Err(Win32Error::CALL_NOT_IMPLEMENTED)
    } else {
        Err(Win32Error::INVALID_PARAMETER)
    }
}

/// Multiplies, then divides with rounding; -1 if the result does not fit. (Microsoft: "MulDiv
/// function")
#[export(kernel32)]
fn MulDiv(nNumber: i32, nNumerator: i32, nDenominator: i32) -> i32 {
    if nDenominator == 0 {
        return -1;
    }
    let product = i64::from(nNumber) * i64::from(nNumerator);
    let divisor = i64::from(nDenominator);
    let half = divisor.abs() / 2;
    let rounded = (product.abs() + half) / divisor.abs();
    let signed = if (product < 0) == (divisor < 0) { rounded } else { -rounded };
    i32::try_from(signed).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Param as _, Wide};
    use haft_abi::wide;
    use haft_host::guest;
    use haft_host::guest::testing::handler;

    fn format(flags: u32, source: usize, id: u32, room: &mut [u16]) -> Result<String, Win32Error> {
        handler();
        let at = room.as_mut_ptr() as usize;
        let buffer = TBuf::<Wide>::decode(at).unwrap();
        let length =
            FormatMessage::<Wide>(flags, source, id, 0, buffer, room.len() as u32, Ptr::NULL)?;
        Ok(wide::to_string(&guest::read_slice::<u16>(at, length as usize).unwrap()))
    }

    #[test]
    fn system_messages_come_as_windows_prints_them() {
        let mut room = [0; 100];
        let flags = FROM_SYSTEM | IGNORE_INSERTS;
        let missing = "The system cannot find the file specified.\r\n";
        assert_eq!(format(flags, 0, 2, &mut room).as_deref(), Ok(missing));
        let joined = "The system cannot find the file specified. ";
        assert_eq!(format(flags | 0xFF, 0, 2, &mut room).as_deref(), Ok(joined));
        let image = "%1 is not a valid Win32 application.\r\n";
        assert_eq!(format(flags, 0, 193, &mut room).as_deref(), Ok(image));
        assert_eq!(format(flags, 0, 0xDEAD, &mut room), Err(Win32Error::MR_MID_NOT_FOUND));
        assert_eq!(format(flags, 0, 2, &mut room[..9]), Err(Win32Error::INSUFFICIENT_BUFFER));
        assert_eq!(format(0, 0, 2, &mut room), Err(Win32Error::INVALID_PARAMETER));
    }

    #[test]
    fn a_buffer_is_allocated_on_request() {
        let source = wide::from_str_z("a%%b");
        let mut place = [0u16; 4];
        let flags = FROM_STRING | ALLOCATE_BUFFER;
        let at = place.as_mut_ptr() as usize;
        let buffer = TBuf::<Wide>::decode(at).unwrap();
        let from = source.as_ptr() as usize;
        assert_eq!(FormatMessage::<Wide>(flags, from, 0, 0, buffer, 0, Ptr::NULL), Ok(3));
        let given = guest::read::<usize>(at).unwrap();
        assert_eq!(guest::read_wide_z(given, 9), Ok(wide::from_str("a%b")));
        assert_eq!(allocation::free(given), Ok(()));
    }

    #[test]
    fn quotients_are_rounded_away_from_zero() {
        assert_eq!(MulDiv(7, 3, 2), 11);
        assert_eq!(MulDiv(-7, 3, 2), -11);
        assert_eq!(MulDiv(7, 3, -2), -11);
        assert_eq!(MulDiv(i32::MAX, 2, 1), -1);
        assert_eq!(MulDiv(1, 1, 0), -1);
    }
}

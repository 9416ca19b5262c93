//! Code pages.

use crate::abi::{Bool, Charset, Out, Ptr};
use haft_abi::{Win32Error, wide};
use haft_host::guest::{self, Fault, Pod};
use haft_kernel::ex::nls::code_page::{ACTIVE, CodePage, Decoding};
use haft_macros::export;

const MB_PRECOMPOSED: u32 = 1;
const MB_USEGLYPHCHARS: u32 = 4;
const MB_ERR_INVALID_CHARS: u32 = 8;
const WC_ERR_INVALID_CHARS: u32 = 0x80;
/// `WC_COMPOSITECHECK`, `WC_DISCARDNS`, `WC_SEPCHARS`, `WC_DEFAULTCHAR`,
/// `WC_NO_BEST_FIT_CHARS`: without best fits they change nothing here.
const WC_SINGLE_BYTE_FLAGS: u32 = 0x670;

/// Returns the ANSI code page: always UTF-8. (Microsoft: "GetACP function")
#[export(kernel32)]
fn GetACP() -> u32 {
    ACTIVE
}

/// Returns the OEM code page: always UTF-8. (Microsoft: "GetOEMCP function")
#[export(kernel32)]
fn GetOEMCP() -> u32 {
    ACTIVE
}

/// Whether there is a code page of this number. (Microsoft: "IsValidCodePage function")
#[export(kernel32)]
fn IsValidCodePage(CodePage: u32) -> bool {
    CodePage > 3 && self::CodePage::from_number(CodePage).is_some()
}

/// Whether a byte begins a character of two: in UTF-8 and code pages of single bytes none does.
/// (Microsoft: "IsDBCSLeadByte function")
#[export(kernel32)]
fn IsDBCSLeadByte(_TestChar: u8) -> bool {
    false
}

/// Whether a byte begins a character of two: in no code page that haft has. (Microsoft:
/// "IsDBCSLeadByteEx function")
#[export(kernel32)]
fn IsDBCSLeadByteEx(CodePage: u32, _TestChar: u8) -> Result<Bool, Win32Error> {
    page(CodePage)?;
    Ok(Bool::FALSE)
}

/// Whether file functions take ANSI strings: always, since ANSI and OEM are one. (Microsoft:
/// "AreFileApisANSI function")
#[export(kernel32)]
fn AreFileApisANSI() -> bool {
    true
}

/// Asks file functions to take OEM strings, which are the same as ANSI strings. (Microsoft:
/// "SetFileApisToOEM function")
#[export(kernel32, also = "SetFileApisToANSI")]
fn SetFileApisToOEM() {}

fn page(number: u32) -> Result<CodePage, Win32Error> {
    CodePage::from_number(number).ok_or(Win32Error::INVALID_PARAMETER)
}

haft_host::plain! {
    /// `CPINFO`.
    struct CpInfo {
        max_char_size: u32,
        default_char: [u8; 2],
        lead_byte: [u8; 12],
    }

    /// `CPINFOEX` up to its name.
    struct CpInfoEx {
        max_char_size: u32,
        default_char: [u8; 2],
        lead_byte: [u8; 12],
        unicode_default_char: u16,
        code_page: u32,
    }
}

const _: () = assert!(size_of::<CpInfo>() == 20 && size_of::<CpInfoEx>() == 24);

const DEFAULT_CHAR: [u8; 2] = [b'?', 0];

/// Describes a code page. (Microsoft: "GetCPInfo function")
#[export(kernel32)]
fn GetCPInfo(CodePage: u32, lpCPInfo: Out<CpInfo>) -> Result<(), Win32Error> {
    let max_char_size = page(CodePage)?.max_char_size();
    Ok(lpCPInfo.set(CpInfo { max_char_size, default_char: DEFAULT_CHAR, lead_byte: [0; 12] })?)
}

/// Describes a code page, with its name. (Microsoft: "GetCPInfoExW function")
#[export(kernel32, charset)]
fn GetCPInfoEx<C: Charset>(
    CodePage: u32,
    dwFlags: u32,
    lpCPInfoEx: Out<CpInfoEx>,
) -> Result<(), Win32Error> {
    let page = page(CodePage)?;
    if dwFlags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    lpCPInfoEx.set(CpInfoEx {
        max_char_size: page.max_char_size(),
        default_char: DEFAULT_CHAR,
        lead_byte: [0; 12],
        unicode_default_char: page.unicode_default(),
        code_page: page.number(),
    })?;
    let mut name = C::encode(&wide::from_str(page.name()));
    name.resize(260, C::Unit::default());
    // The name follows the code page's number at once, in either character set.
    Ok(guest::write_slice(lpCPInfoEx.ptr().at(1).addr(), &name)?)
}

/// Reads the source of a conversion: `count` units, or up to and with the null if it is negative.
pub(crate) fn source<T: Pod + PartialEq + Default>(
    at: Ptr<T>,
    count: i32,
) -> Result<Vec<T>, Win32Error> {
    if at.is_null() || count == 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let count = match usize::try_from(count) {
        Ok(count) => count,
        Err(_) => length(at)? + 1,
    };
    Ok(at.read_slice(count)?)
}

fn length<T>(at: Ptr<T>) -> Result<usize, Fault> {
    match size_of::<T>() {
        1 => guest::bytes_len(at.addr(), usize::MAX),
        _ => guest::wide_len(at.addr(), usize::MAX),
    }
}

/// Stores the result of a conversion and returns its length; a `capacity` of 0 only asks for it.
/// What does not fit is cut, as Windows cuts it, and is an error.
pub(crate) fn store<T: Copy + 'static>(
    at: Ptr<T>,
    capacity: i32,
    result: &[T],
) -> Result<i32, Win32Error> {
    let capacity = usize::try_from(capacity).map_err(|_| Win32Error::INVALID_PARAMETER)?;
    if capacity == 0 {
        return Ok(result.len() as i32);
    }
    if at.is_null() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if result.len() > capacity {
        at.write_slice(&result[..capacity])?;
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    at.write_slice(result)?;
    Ok(result.len() as i32)
}

/// Converts bytes of a code page to UTF-16. (Microsoft: "MultiByteToWideChar function")
#[export(kernel32)]
fn MultiByteToWideChar(
    CodePage: u32,
    dwFlags: u32,
    lpMultiByteStr: Ptr<u8>,
    cbMultiByte: i32,
    lpWideCharStr: Ptr<u16>,
    cchWideChar: i32,
) -> Result<i32, Win32Error> {
    let page = page(CodePage)?;
    if lpMultiByteStr.addr() == lpWideCharStr.addr() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    // As with the other direction: UTF-8 by number takes one flag, the ANSI code page takes all.
    let allowed = match CodePage {
        ACTIVE => MB_ERR_INVALID_CHARS,
        _ => MB_PRECOMPOSED | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS,
    };
    if dwFlags & !allowed != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let bytes = source(lpMultiByteStr, cbMultiByte)?;
    let strict = dwFlags & MB_ERR_INVALID_CHARS != 0;
    let how = Decoding { strict, glyphs: dwFlags & MB_USEGLYPHCHARS != 0 };
    let units = page.decode(&bytes, how).map_err(|_| Win32Error::NO_UNICODE_TRANSLATION)?;
    store(lpWideCharStr, cchWideChar, &units)
}

/// Converts UTF-16 to bytes of a code page. (Microsoft: "WideCharToMultiByte function")
#[export(kernel32)]
fn WideCharToMultiByte(
    CodePage: u32,
    dwFlags: u32,
    lpWideCharStr: Ptr<u16>,
    cchWideChar: i32,
    lpMultiByteStr: Ptr<u8>,
    cbMultiByte: i32,
    lpDefaultChar: Ptr<u8>,
    lpUsedDefaultChar: Ptr<u32>,
) -> Result<i32, Win32Error> {
    let page = page(CodePage)?;
    if lpWideCharStr.addr() == lpMultiByteStr.addr() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let utf8 = page == self::CodePage::Utf8;
    // Whoever asks for UTF-8 by number may not ask about the default character; whoever asks for
    // the ANSI code page does not know that it is UTF-8, and is told that it was never needed.
    if utf8 && CodePage == ACTIVE && !(lpDefaultChar.is_null() && lpUsedDefaultChar.is_null()) {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let allowed = match (utf8, CodePage) {
        (_, ACTIVE) => WC_ERR_INVALID_CHARS,
        (true, _) => WC_ERR_INVALID_CHARS | WC_SINGLE_BYTE_FLAGS,
        (false, _) => WC_SINGLE_BYTE_FLAGS,
    };
    if dwFlags & !allowed != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let units = source(lpWideCharStr, cchWideChar)?;
    let (bytes, used_default) = if utf8 {
        let strict = dwFlags & WC_ERR_INVALID_CHARS != 0;
        let bytes = self::CodePage::encode_utf8(&units, strict)
            .map_err(|_| Win32Error::NO_UNICODE_TRANSLATION)?;
        (bytes, false)
    } else {
        let default = lpDefaultChar.non_null().map_or(Ok(b'?'), Ptr::read)?;
        page.encode_single(&units, default)
    };
    lpUsedDefaultChar.write_if_some(u32::from(used_default))?;
    store(lpMultiByteStr, cbMultiByte, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_host::guest::testing::handler;

    fn to_wide(page: u32, flags: u32, bytes: &[u8], room: &mut [u16]) -> Result<i32, Win32Error> {
        handler();
        let (from, count) = (Ptr::new(bytes.as_ptr() as usize), bytes.len() as i32);
        let to = Ptr::new(room.as_mut_ptr() as usize);
        MultiByteToWideChar(page, flags, from, count, to, room.len() as i32)
    }

    #[test]
    fn sizes_terminators_and_errors() {
        let text = b"n\xC3\xA9\0";
        let at = Ptr::new(text.as_ptr() as usize);
        assert_eq!(MultiByteToWideChar(0, 0, at, -1, Ptr::NULL, 0), Ok(3));
        assert_eq!(MultiByteToWideChar(0, 0, at, 3, Ptr::NULL, 0), Ok(2));
        let invalid = Err(Win32Error::INVALID_PARAMETER);
        assert_eq!(MultiByteToWideChar(0, 0, at, 0, Ptr::NULL, 0), invalid);
        assert_eq!(MultiByteToWideChar(0, 0, Ptr::NULL, -1, Ptr::NULL, 0), invalid);
        assert_eq!(MultiByteToWideChar(1200, 0, at, -1, Ptr::NULL, 0), invalid);
        assert_eq!(MultiByteToWideChar(0, 0, at, -1, Ptr::NULL, 1), invalid);
        let mut room = [0; 2];
        assert_eq!(to_wide(0, 0, text, &mut room), Err(Win32Error::INSUFFICIENT_BUFFER));
        assert_eq!(room, [0x6E, 0xE9]);
        assert_eq!(to_wide(65001, 1, text, &mut room), Err(Win32Error::INVALID_FLAGS));
        let bad = to_wide(65001, MB_ERR_INVALID_CHARS, b"\xFF", &mut room);
        assert_eq!(bad, Err(Win32Error::NO_UNICODE_TRANSLATION));
        assert_eq!(to_wide(65001, 0, b"\xFF", &mut room), Ok(1));
        assert_eq!(room[0], 0xFFFD);
    }

    fn to_bytes(page: u32, flags: u32, text: &str, used: bool) -> (Result<i32, Win32Error>, u32) {
        let units = wide::from_str(text);
        let mut flag = 7u32;
        let flag_at = Ptr::new(if used { &raw mut flag as usize } else { 0 });
        let from = Ptr::new(units.as_ptr() as usize);
        let count = units.len() as i32;
        let r = WideCharToMultiByte(page, flags, from, count, Ptr::NULL, 0, Ptr::NULL, flag_at);
        (r, guest::read(&raw const flag as usize).unwrap_or(flag))
    }

    #[test]
    fn the_default_character_is_for_other_code_pages() {
        assert_eq!(to_bytes(1252, 0, "aя", true), (Ok(2), 1));
        assert_eq!(to_bytes(1252, 0, "aé", true), (Ok(2), 0));
        assert_eq!(to_bytes(65001, 0, "é", false), (Ok(2), 7));
        assert_eq!(to_bytes(65001, 0, "é", true).0, Err(Win32Error::INVALID_PARAMETER));
        assert_eq!(to_bytes(0, 0x400, "é", true), (Ok(2), 0));
        assert_eq!(to_bytes(65001, 0x400, "é", false).0, Err(Win32Error::INVALID_FLAGS));
        assert_eq!(
            to_bytes(1252, WC_ERR_INVALID_CHARS, "é", false).0,
            Err(Win32Error::INVALID_FLAGS)
        );
    }
}

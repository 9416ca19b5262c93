//! Characters and their case.

use crate::abi::{Charset, Ptr, TBuf};
use haft_host::guest::{self, Fault};
use haft_kernel::ex::nls::character_type::{self, Kind};
use haft_kernel::ex::nls::mapping::{Case, map_case};
use haft_macros::export;

/// Maps a string in place, or one character given instead of an address.
fn change_case<C: Charset>(text: TBuf<C>, to: Case) -> usize {
    let address = text.addr();
    if address >> 16 == 0 {
        return usize::from(map_case(&[address as u16], to)[0]);
    }
    let change = || -> Result<(), Fault> {
        let old = C::read_z(address, usize::MAX)?;
        let new = C::encode(&map_case(&old, to));
        // A character whose other case has another length in UTF-8 would not fit.
        if new.len() == C::encode(&old).len() {
            guest::write_slice(address, &new)?;
        }
        Ok(())
    };
    crate::hooks::or_fault(change());
    address
}

/// Maps a string, or one character, to upper case. (Microsoft: "CharUpperW function")
#[export(user32, charset)]
fn CharUpper<C: Charset>(lpsz: TBuf<C>) -> usize {
    change_case(lpsz, Case::Upper)
}

/// Maps a string, or one character, to lower case. (Microsoft: "CharLowerW function")
#[export(user32, charset)]
fn CharLower<C: Charset>(lpsz: TBuf<C>) -> usize {
    change_case(lpsz, Case::Lower)
}

fn change_case_of<C: Charset>(text: TBuf<C>, count: u32, to: Case) -> u32 {
    let change = || -> Result<(), Fault> {
        let old = C::read_n(text.addr(), count as usize)?;
        let new = C::encode(&map_case(&old, to));
        if new.len() == count as usize {
            guest::write_slice(text.addr(), &new)?;
        }
        Ok(())
    };
    crate::hooks::or_fault(change());
    count
}

/// Maps so many units to upper case. (Microsoft: "CharUpperBuffW function")
#[export(user32, charset)]
fn CharUpperBuff<C: Charset>(lpsz: TBuf<C>, cchLength: u32) -> u32 {
    change_case_of(lpsz, cchLength, Case::Upper)
}

/// Maps so many units to lower case. (Microsoft: "CharLowerBuffW function")
#[export(user32, charset)]
fn CharLowerBuff<C: Charset>(lpsz: TBuf<C>, cchLength: u32) -> u32 {
    change_case_of(lpsz, cchLength, Case::Lower)
}

/// Returns the address of the next character. (Microsoft: "CharNextW function")
#[export(user32, charset)]
fn CharNext<C: Charset>(lpsz: TBuf<C>) -> usize {
    let at = lpsz.addr();
    let step = || -> Result<usize, Fault> {
        if C::WIDE {
            return Ok(at + if guest::read::<u16>(at)? == 0 { 0 } else { 2 });
        }
        let mut next = at + usize::from(guest::read::<u8>(at)? != 0);
        while next != at && guest::read::<u8>(next)? & 0xC0 == 0x80 {
            next += 1;
        }
        Ok(next)
    };
    crate::hooks::or_fault(step())
}

/// Returns the address of the character before, not before the start. (Microsoft: "CharPrevW
/// function")
#[export(user32, charset)]
fn CharPrev<C: Charset>(lpszStart: TBuf<C>, lpszCurrent: TBuf<C>) -> usize {
    let (start, current) = (lpszStart.addr(), lpszCurrent.addr());
    if current <= start {
        return start;
    }
    if C::WIDE {
        return current - 2;
    }
    let step = || -> Result<usize, Fault> {
        let mut at = current - 1;
        while at > start && guest::read::<u8>(at)? & 0xC0 == 0x80 {
            at -= 1;
        }
        Ok(at)
    };
    crate::hooks::or_fault(step())
}

/// Returns the address of the next character; every code page goes as UTF-8 does. (Microsoft:
/// "CharNextExA function")
#[export(user32)]
fn CharNextExA(_CodePage: u16, lpCurrentChar: TBuf<crate::abi::Ansi>, _dwFlags: u32) -> usize {
    CharNext(lpCurrentChar)
}

/// Returns the address of the character before; every code page goes as UTF-8 does. (Microsoft:
/// "CharPrevExA function")
#[export(user32)]
fn CharPrevExA(
    _CodePage: u16,
    lpStart: TBuf<crate::abi::Ansi>,
    lpCurrentChar: TBuf<crate::abi::Ansi>,
    _dwFlags: u32,
) -> usize {
    CharPrev(lpStart, lpCurrentChar)
}

/// Whether a character has one of some types (`CT_CTYPE1`).
fn has_type(unit: u16, types: u16) -> bool {
    character_type::of(unit, Kind::Ctype1) & types != 0
}

/// Whether a character is a letter. (Microsoft: "IsCharAlphaW function")
#[export(user32)]
fn IsCharAlphaW(ch: u16) -> bool {
    has_type(ch, 0x100)
}

/// Whether a character is a letter or a digit. (Microsoft: "IsCharAlphaNumericW function")
#[export(user32)]
fn IsCharAlphaNumericW(ch: u16) -> bool {
    has_type(ch, 0x104)
}

/// Whether a character is an upper-case letter. (Microsoft: "IsCharUpperW function")
#[export(user32)]
fn IsCharUpperW(ch: u16) -> bool {
    has_type(ch, 1)
}

/// Whether a character is a lower-case letter. (Microsoft: "IsCharLowerW function")
#[export(user32)]
fn IsCharLowerW(ch: u16) -> bool {
    has_type(ch, 2)
}

fn convert(from: Ptr<u8>, to: usize, length: Option<u32>) -> bool {
    // OEM and ANSI are one code page.
    let copy = || {
        let length = match length {
            Some(length) => length as usize,
            None => guest::bytes_len(from.addr(), usize::MAX)? + 1,
        };
        let bytes = from.read_slice(length)?;
        guest::copy_out(to, &bytes)
    };
    copy().is_ok()
}

/// Copies a string from the ANSI to the OEM code page, which are one. (Microsoft: "CharToOemA
/// function")
#[export(user32, also = "OemToCharA")]
fn CharToOemA(pSrc: Ptr<u8>, pDst: Ptr<u8>) -> bool {
    convert(pSrc, pDst.addr(), None)
}

/// Copies bytes from the ANSI to the OEM code page, which are one. (Microsoft: "CharToOemBuffA
/// function")
#[export(user32, also = "OemToCharBuffA")]
fn CharToOemBuffA(lpszSrc: Ptr<u8>, lpszDst: Ptr<u8>, cchDstLength: u32) -> bool {
    convert(lpszSrc, lpszDst.addr(), Some(cchDstLength))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Ansi, Param as _, Wide};
    use haft_host::guest::testing::handler;

    #[test]
    fn characters_are_mapped_in_place_or_by_value() {
        handler();
        let mut text = *b"n\xC3\xA9 \xC3\x9F\0";
        let at = text.as_mut_ptr() as usize;
        let place = |at| TBuf::<Ansi>::decode(at).unwrap();
        assert_eq!(CharUpper(place(at)), at);
        assert_eq!(guest::read_bytes_z(at, 9), Ok("NÉ ß".into()));
        assert_eq!(CharLower(TBuf::<Wide>::decode(0xC9).unwrap()), 0xE9);
        assert_eq!(CharNext(place(at)), at + 1);
        assert_eq!(CharNext(place(at + 1)), at + 3);
        assert_eq!(CharNext(place(at + 6)), at + 6);
        assert_eq!(CharPrev(place(at), place(at + 3)), at + 1);
        assert_eq!(CharPrev(place(at), place(at)), at);
    }
}

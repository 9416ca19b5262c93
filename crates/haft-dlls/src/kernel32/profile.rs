//! Initialization files.

use crate::abi::{Charset, Ptr, TBuf, TStr};
use haft_abi::{Win32Error, wide};
use haft_kernel::ex::profile::{self, Profile};
use haft_macros::export;

/// The file of the functions that name none.
const WIN_INI: &str = "win.ini";

fn file<C: Charset>(name: Option<&TStr<C>>) -> Vec<u16> {
    name.map_or_else(|| wide::from_str(WIN_INI), |name| name.as_wide().to_vec())
}

/// Stores texts, each with its terminator and one more behind the last. What does not fit is cut
/// off; how many units were stored, without the last terminator.
fn put_list<C: Charset>(at: TBuf<C>, size: u32, texts: &[Vec<u16>]) -> Result<u32, Win32Error> {
    let mut units: Vec<C::Unit> = Vec::new();
    for text in texts {
        units.extend(C::encode(text));
        units.push(C::Unit::default());
    }
    let Some(room) = (size as usize).checked_sub(2) else { return Ok(0) };
    let whole = units.len() < size as usize;
    if !whole {
        units.truncate(room);
    }
    let stored = units.len() as u32;
    // Two terminators end a list that was cut, and an empty one too.
    let more = if whole && !units.is_empty() { 1 } else { 2 };
    units.resize(units.len() + more, C::Unit::default());
    at.ptr().write_slice(&units)?;
    Ok(stored)
}

/// Gets a value of an initialization file, or the default; without a name the section's names,
/// without a section the sections'. (Microsoft: "GetPrivateProfileStringW function")
#[export(kernel32, charset)]
fn GetPrivateProfileString<C: Charset>(
    lpAppName: Option<TStr<C>>,
    lpKeyName: Option<TStr<C>>,
    lpDefault: Option<TStr<C>>,
    lpReturnedString: TBuf<C>,
    nSize: u32,
    lpFileName: Option<TStr<C>>,
) -> Result<u32, Win32Error> {
    let profile = Profile::read(&file(lpFileName.as_ref()));
    let Some(section) = lpAppName else {
        return put_list(lpReturnedString, nSize, &profile.sections());
    };
    let Some(name) = lpKeyName else {
        let entries = profile.entries(&section).unwrap_or_default();
        let names: Vec<Vec<u16>> = entries.into_iter().map(|(name, _)| name).collect();
        return put_list(lpReturnedString, nSize, &names);
    };
    let default = || {
        let text = lpDefault.as_ref().map_or(&[][..], |text| text.as_wide());
        let end = text.iter().rposition(|&unit| unit != u16::from(b' ')).map_or(0, |at| at + 1);
        text[..end].to_vec()
    };
    let value = profile.value(&section, &name).unwrap_or_else(default);
    if lpReturnedString.fill_truncated(nSize, &value)? {
        Ok(C::encode(&value).len() as u32)
    } else {
        Ok(nSize.saturating_sub(1))
    }
}

/// Gets a value of win.ini. (Microsoft: "GetProfileStringW function")
#[export(kernel32, charset)]
fn GetProfileString<C: Charset>(
    lpAppName: Option<TStr<C>>,
    lpKeyName: Option<TStr<C>>,
    lpDefault: Option<TStr<C>>,
    lpReturnedString: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    GetPrivateProfileString::<C>(lpAppName, lpKeyName, lpDefault, lpReturnedString, nSize, None)
}

/// The number that a text begins with: decimal, perhaps negative, or hexadecimal after `0x`.
fn number(text: &str) -> u32 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let value = digits
        .chars()
        .map_while(|digit| digit.to_digit(radix))
        .fold(0u32, |value, digit| value.wrapping_mul(radix).wrapping_add(digit));
    if negative { value.wrapping_neg() } else { value }
}

/// Gets a number of an initialization file, or the default. (Microsoft: "GetPrivateProfileIntW
/// function")
#[export(kernel32, charset)]
fn GetPrivateProfileInt<C: Charset>(
    lpAppName: TStr<C>,
    lpKeyName: TStr<C>,
    nDefault: i32,
    lpFileName: Option<TStr<C>>,
) -> u32 {
    let value = Profile::read(&file(lpFileName.as_ref())).value(&lpAppName, &lpKeyName);
    value.map_or(nDefault.cast_unsigned(), |value| number(&wide::to_string(&value)))
}

/// Gets a number of win.ini, or the default. (Microsoft: "GetProfileIntW function")
#[export(kernel32, charset)]
fn GetProfileInt<C: Charset>(lpAppName: TStr<C>, lpKeyName: TStr<C>, nDefault: i32) -> u32 {
    GetPrivateProfileInt::<C>(lpAppName, lpKeyName, nDefault, None)
}

/// Gets the names and values of a section. (Microsoft: "GetPrivateProfileSectionW function")
#[export(kernel32, charset)]
fn GetPrivateProfileSection<C: Charset>(
    lpAppName: TStr<C>,
    lpReturnedString: TBuf<C>,
    nSize: u32,
    lpFileName: Option<TStr<C>>,
) -> Result<u32, Win32Error> {
    let entries = Profile::read(&file(lpFileName.as_ref())).entries(&lpAppName).unwrap_or_default();
    let line =
        |(name, value): (Vec<u16>, Vec<u16>)| [&name[..], &[u16::from(b'=')], &value].concat();
    let lines: Vec<Vec<u16>> = entries.into_iter().map(line).collect();
    put_list(lpReturnedString, nSize, &lines)
}

/// Gets the names of all sections. (Microsoft: "GetPrivateProfileSectionNamesW function")
#[export(kernel32, charset)]
fn GetPrivateProfileSectionNames<C: Charset>(
    lpszReturnBuffer: TBuf<C>,
    nSize: u32,
    lpFileName: Option<TStr<C>>,
) -> Result<u32, Win32Error> {
    put_list(lpszReturnBuffer, nSize, &Profile::read(&file(lpFileName.as_ref())).sections())
}

/// Sets a value of an initialization file; without a value the name is taken out, without a name
/// the section. (Microsoft: "WritePrivateProfileStringW function")
#[export(kernel32, charset)]
fn WritePrivateProfileString<C: Charset>(
    lpAppName: Option<TStr<C>>,
    lpKeyName: Option<TStr<C>>,
    lpString: Option<TStr<C>>,
    lpFileName: Option<TStr<C>>,
) -> Result<(), Win32Error> {
    // With nothing at all it flushes a cache, which there is not.
    let Some(section) = lpAppName else { return Ok(()) };
    profile::change(&file(lpFileName.as_ref()), |profile| match lpKeyName {
        Some(name) => profile.set(&section, &name, lpString.as_ref().map(TStr::as_wide)),
        None => profile.set_section(&section, None),
    })?;
    Ok(())
}

/// Sets a value of win.ini. (Microsoft: "WriteProfileStringW function")
#[export(kernel32, charset)]
fn WriteProfileString<C: Charset>(
    lpAppName: Option<TStr<C>>,
    lpKeyName: Option<TStr<C>>,
    lpString: Option<TStr<C>>,
) -> Result<(), Win32Error> {
    WritePrivateProfileString::<C>(lpAppName, lpKeyName, lpString, None)
}

/// Replaces the names and values of a section. (Microsoft: "WritePrivateProfileSectionW function")
#[export(kernel32, charset)]
fn WritePrivateProfileSection<C: Charset>(
    lpAppName: TStr<C>,
    lpString: Option<Ptr<u8>>,
    lpFileName: Option<TStr<C>>,
) -> Result<(), Win32Error> {
    let lines = lpString.map(|list| -> Result<Vec<Vec<u16>>, Win32Error> {
        let (mut at, mut lines) = (list.addr(), Vec::new());
        loop {
            let line = C::read_z(at, usize::MAX)?;
            if line.is_empty() {
                return Ok(lines);
            }
            at += (C::encode(&line).len() + 1) * size_of::<C::Unit>();
            lines.push(line);
        }
    });
    let lines = lines.transpose()?;
    profile::change(&file(lpFileName.as_ref()), |profile| profile.set_section(&lpAppName, lines))?;
    Ok(())
}

//! Comparing and mapping text.

use super::code_page::{source, store};
use super::locale::{by_id, by_name};
use crate::abi::{Charset, Ptr, TBuf, WStr};
use core::cmp::Ordering;
use haft_abi::Win32Error;
use haft_kernel::ex::nls::character_type::{self, Kind};
use haft_kernel::ex::nls::collation::{self, Options};
use haft_kernel::ex::nls::mapping::{self, Case, Form};
use haft_kernel::ex::nls::{case, code_page::CodePage};
use haft_macros::export;

const NORM_IGNORECASE: u32 = 0x1;
const NORM_IGNORENONSPACE: u32 = 0x2;
const NORM_IGNORESYMBOLS: u32 = 0x4;
const SORT_DIGITSASNUMBERS: u32 = 0x8;
const LINGUISTIC_IGNORECASE: u32 = 0x10;
const LINGUISTIC_IGNOREDIACRITIC: u32 = 0x20;
const SORT_STRINGSORT: u32 = 0x1000;
const NORM_IGNOREKANATYPE: u32 = 0x1_0000;
const NORM_IGNOREWIDTH: u32 = 0x2_0000;
const NORM_LINGUISTIC_CASING: u32 = 0x800_0000;
const LOCALE_USE_CP_ACP: u32 = 0x4000_0000;

const COMPARE_FLAGS: u32 = NORM_IGNORECASE
    | NORM_IGNORENONSPACE
    | NORM_IGNORESYMBOLS
    | SORT_DIGITSASNUMBERS
    | LINGUISTIC_IGNORECASE
    | LINGUISTIC_IGNOREDIACRITIC
    | SORT_STRINGSORT
    | NORM_IGNOREKANATYPE
    | NORM_IGNOREWIDTH
    | NORM_LINGUISTIC_CASING;

fn options(flags: u32) -> Options {
    let has = |bits: u32| flags & bits != 0;
    Options {
        ignore_case: has(NORM_IGNORECASE | LINGUISTIC_IGNORECASE),
        ignore_diacritics: has(NORM_IGNORENONSPACE | LINGUISTIC_IGNOREDIACRITIC),
        ignore_symbols: has(NORM_IGNORESYMBOLS),
        ignore_kana: has(NORM_IGNOREKANATYPE),
        ignore_width: has(NORM_IGNOREWIDTH),
        string_sort: has(SORT_STRINGSORT),
        digits_as_numbers: has(SORT_DIGITSASNUMBERS),
    }
}

/// `CSTR_LESS_THAN`, `CSTR_EQUAL` or `CSTR_GREATER_THAN`.
const fn cstr(order: Ordering) -> i32 {
    2 + order as i32
}

/// Reads a string to compare: `count` units, or up to the null if it is negative.
fn operand<C: Charset>(at: TBuf<C>, count: i32) -> Result<Vec<u16>, Win32Error> {
    if at.is_null() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(match usize::try_from(count) {
        Ok(count) => C::read_n(at.addr(), count)?,
        Err(_) => C::read_z(at.addr(), usize::MAX)?,
    })
}

fn compare<C: Charset>(
    flags: u32,
    (a, a_count): (TBuf<C>, i32),
    (b, b_count): (TBuf<C>, i32),
) -> Result<i32, Win32Error> {
    let (a, b) = (operand(a, a_count)?, operand(b, b_count)?);
    if flags & !(COMPARE_FLAGS | LOCALE_USE_CP_ACP) != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    Ok(cstr(collation::compare(&a, &b, options(flags))))
}

/// Compares two strings as a dictionary does: 1, 2 or 3. The order is Unicode's where Windows'
/// own tables are not public. (Microsoft: "CompareStringW function")
#[export(kernel32, charset)]
fn CompareString<C: Charset>(
    Locale: u32,
    dwCmpFlags: u32,
    lpString1: TBuf<C>,
    cchCount1: i32,
    lpString2: TBuf<C>,
    cchCount2: i32,
) -> Result<i32, Win32Error> {
    by_id(Locale)?;
    compare(dwCmpFlags, (lpString1, cchCount1), (lpString2, cchCount2))
}

/// Compares two strings as a dictionary does: 1, 2 or 3. The order is Unicode's where Windows'
/// own tables are not public. (Microsoft: "CompareStringEx function")
#[export(kernel32)]
fn CompareStringEx(
    lpLocaleName: Option<WStr>,
    dwCmpFlags: u32,
    lpString1: TBuf<crate::abi::Wide>,
    cchCount1: i32,
    lpString2: TBuf<crate::abi::Wide>,
    cchCount2: i32,
    _lpVersionInformation: Ptr<u8>,
    _lpReserved: Ptr<u8>,
    _lParam: usize,
) -> Result<i32, Win32Error> {
    by_name(lpLocaleName.as_deref())?;
    compare(dwCmpFlags, (lpString1, cchCount1), (lpString2, cchCount2))
}

/// Compares two strings unit by unit: 1, 2 or 3. (Microsoft: "CompareStringOrdinal function")
#[export(kernel32)]
fn CompareStringOrdinal(
    lpString1: TBuf<crate::abi::Wide>,
    cchCount1: i32,
    lpString2: TBuf<crate::abi::Wide>,
    cchCount2: i32,
    bIgnoreCase: crate::abi::Bool,
) -> Result<i32, Win32Error> {
    let (a, b) = (operand(lpString1, cchCount1)?, operand(lpString2, cchCount2)?);
    Ok(cstr(case::compare_ordinal(&a, &b, bIgnoreCase.0)))
}

fn by_words<C: Charset>(a: TBuf<C>, b: TBuf<C>, options: Options) -> i32 {
    // Null is less than any string.
    let read = |at: TBuf<C>| operand(at, -1).ok();
    match (read(a), read(b)) {
        (Some(a), Some(b)) => collation::compare(&a, &b, options) as i32,
        (a, b) => a.is_some().cmp(&b.is_some()) as i32,
    }
}

/// Compares two strings as a dictionary does: negative, zero or positive. (Microsoft: "lstrcmpW
/// function")
#[export(kernel32, charset)]
fn lstrcmp<C: Charset>(lpString1: TBuf<C>, lpString2: TBuf<C>) -> i32 {
    by_words(lpString1, lpString2, Options::default())
}

/// Compares two strings as a dictionary does, without regard to case. (Microsoft: "lstrcmpiW
/// function")
#[export(kernel32, charset)]
fn lstrcmpi<C: Charset>(lpString1: TBuf<C>, lpString2: TBuf<C>) -> i32 {
    by_words(lpString1, lpString2, Options { ignore_case: true, ..Options::default() })
}

/// Finds a string in another unit by unit; its place, or -1. (Microsoft: "FindStringOrdinal
/// function")
#[export(kernel32)]
fn FindStringOrdinal(
    dwFindStringOrdinalFlags: u32,
    lpStringSource: TBuf<crate::abi::Wide>,
    cchSource: i32,
    lpStringValue: TBuf<crate::abi::Wide>,
    cchValue: i32,
    bIgnoreCase: crate::abi::Bool,
) -> Result<crate::abi::OrMinusOne, Win32Error> {
    const FIND_STARTSWITH: u32 = 0x10_0000;
    const FIND_ENDSWITH: u32 = 0x20_0000;
    const FIND_FROMSTART: u32 = 0x40_0000;
    const FIND_FROMEND: u32 = 0x80_0000;
    let (text, value) = (operand(lpStringSource, cchSource)?, operand(lpStringValue, cchValue)?);
    let last = text.len().checked_sub(value.len());
    let at = |start: &usize| {
        let part = &text[*start..*start + value.len()];
        case::compare_ordinal(part, &value, bIgnoreCase.0).is_eq()
    };
    let starts = last.map_or(0..0, |last| 0..last + 1);
    let found = match dwFindStringOrdinalFlags {
        FIND_STARTSWITH => starts.take(1).find(at),
        FIND_ENDSWITH => starts.rev().take(1).find(at),
        0 | FIND_FROMSTART => starts.into_iter().find(at),
        FIND_FROMEND => starts.rev().find(at),
        _ => return Err(Win32Error::INVALID_FLAGS),
    };
    // Not to be found is no failure: the last error says success.
    haft_host::gs::set_last_error(0);
    Ok(crate::abi::OrMinusOne(found.map_or(-1, |at| at as i32)))
}

const LCMAP_LOWERCASE: u32 = 0x100;
const LCMAP_UPPERCASE: u32 = 0x200;
const LCMAP_TITLECASE: u32 = 0x300;
const LCMAP_SORTKEY: u32 = 0x400;
const LCMAP_BYTEREV: u32 = 0x800;
const LCMAP_LINGUISTIC_CASING: u32 = 0x100_0000;

/// What a mapping gives: text, or the bytes of a sort key.
enum Mapped {
    Text(Vec<u16>),
    Key(Vec<u8>),
}

fn map(flags: u32, units: &[u16]) -> Result<Mapped, Win32Error> {
    if flags & LCMAP_SORTKEY != 0 {
        let allowed = COMPARE_FLAGS | LCMAP_SORTKEY | LCMAP_BYTEREV | LCMAP_LINGUISTIC_CASING;
        if flags & !allowed != 0 {
            return Err(Win32Error::INVALID_FLAGS);
        }
        // A terminator that the caller counted in does not weigh anything.
        return Ok(Mapped::Key(collation::sort_key(units, options(flags))));
    }
    let allowed = LCMAP_TITLECASE
        | LCMAP_BYTEREV
        | LCMAP_LINGUISTIC_CASING
        | NORM_IGNORENONSPACE
        | NORM_IGNORESYMBOLS;
    // Kana, width and Chinese mappings are not there.
    if flags & !allowed != 0 || flags & allowed & !LCMAP_LINGUISTIC_CASING == 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let mut text = match flags & LCMAP_TITLECASE {
        LCMAP_LOWERCASE => mapping::map_case(units, Case::Lower),
        LCMAP_UPPERCASE => mapping::map_case(units, Case::Upper),
        LCMAP_TITLECASE => mapping::map_case(units, Case::Title),
        _ => units.to_vec(),
    };
    if flags & NORM_IGNORENONSPACE != 0 {
        text.retain(|&unit| character_type::of(unit, Kind::Ctype3) & 1 == 0);
    }
    if flags & NORM_IGNORESYMBOLS != 0 {
        text.retain(|&unit| character_type::of(unit, Kind::Ctype3) & 8 == 0);
    }
    if flags & LCMAP_BYTEREV != 0 {
        text = mapping::reverse_bytes(&text);
    }
    Ok(Mapped::Text(text))
}

/// Maps text: to upper, lower or title case, to a sort key, or with bytes swapped. (Microsoft:
/// "LCMapStringW function")
#[export(kernel32)]
fn LCMapStringW(
    Locale: u32,
    dwMapFlags: u32,
    lpSrcStr: Ptr<u16>,
    cchSrc: i32,
    lpDestStr: Ptr<u16>,
    cchDest: i32,
) -> Result<i32, Win32Error> {
    by_id(Locale)?;
    match map(dwMapFlags, &source(lpSrcStr, cchSrc)?)? {
        Mapped::Text(text) => store(lpDestStr, cchDest, &text),
        // The size of a sort key is in bytes.
        Mapped::Key(key) => store(lpDestStr.cast(), cchDest, &key),
    }
}

/// Maps text: to upper, lower or title case, to a sort key, or with bytes swapped. (Microsoft:
/// "LCMapStringA function")
#[export(kernel32)]
fn LCMapStringA(
    Locale: u32,
    dwMapFlags: u32,
    lpSrcStr: Ptr<u8>,
    cchSrc: i32,
    lpDestStr: Ptr<u8>,
    cchDest: i32,
) -> Result<i32, Win32Error> {
    by_id(Locale)?;
    let bytes = source(lpSrcStr, cchSrc)?;
    match map(dwMapFlags & !LOCALE_USE_CP_ACP, &haft_abi::wide::from_bytes(&bytes))? {
        Mapped::Text(text) => store(lpDestStr, cchDest, &haft_abi::wide::to_bytes(&text)),
        Mapped::Key(key) => store(lpDestStr, cchDest, &key),
    }
}

/// Maps text: to upper, lower or title case, to a sort key, or with bytes swapped. (Microsoft:
/// "LCMapStringEx function")
#[export(kernel32)]
fn LCMapStringEx(
    lpLocaleName: Option<WStr>,
    dwMapFlags: u32,
    lpSrcStr: Ptr<u16>,
    cchSrc: i32,
    lpDestStr: Ptr<u16>,
    cchDest: i32,
    _lpVersionInformation: Ptr<u8>,
    _lpReserved: Ptr<u8>,
    _sortHandle: usize,
) -> Result<i32, Win32Error> {
    let locale = by_name(lpLocaleName.as_deref())?;
    LCMapStringW(locale.id(), dwMapFlags, lpSrcStr, cchSrc, lpDestStr, cchDest)
}

/// Maps text to a composed, decomposed or compatible form. (Microsoft: "FoldStringW function")
#[export(kernel32)]
fn FoldStringW(
    dwMapFlags: u32,
    lpSrcStr: Ptr<u16>,
    cchSrc: i32,
    lpDestStr: Ptr<u16>,
    cchDest: i32,
) -> Result<i32, Win32Error> {
    const MAP_FOLDCZONE: u32 = 0x10;
    const MAP_PRECOMPOSED: u32 = 0x20;
    const MAP_COMPOSITE: u32 = 0x40;
    let form = match dwMapFlags {
        MAP_PRECOMPOSED => Form::C,
        MAP_COMPOSITE => Form::D,
        0x30 => Form::Kc,
        0x50 | MAP_FOLDCZONE => Form::Kd,
        _ => return Err(Win32Error::INVALID_FLAGS),
    };
    let text = mapping::normalize(&source(lpSrcStr, cchSrc)?, form)
        .map_err(|_| Win32Error::NO_UNICODE_TRANSLATION)?;
    store(lpDestStr, cchDest, &text)
}

fn form(number: u32) -> Result<Form, Win32Error> {
    Ok(match number {
        1 => Form::C,
        2 => Form::D,
        5 => Form::Kc,
        6 => Form::Kd,
        _ => return Err(Win32Error::INVALID_PARAMETER),
    })
}

/// Normalizes text; ill-formed text gives minus its place. (Microsoft: "NormalizeString function")
#[export(kernel32, normaliz)]
fn NormalizeString(
    NormForm: u32,
    lpSrcString: Ptr<u16>,
    cwSrcLength: i32,
    lpDstString: Ptr<u16>,
    cwDstLength: i32,
) -> Result<i32, Win32Error> {
    match mapping::normalize(&source(lpSrcString, cwSrcLength)?, form(NormForm)?) {
        Ok(text) => store(lpDstString, cwDstLength, &text),
        Err(bad) => {
            haft_host::gs::set_last_error(Win32Error::NO_UNICODE_TRANSLATION.0);
            Ok(-(bad.0 as i32))
        }
    }
}

/// Whether text is in a normal form. (Microsoft: "IsNormalizedString function")
#[export(kernel32, normaliz)]
fn IsNormalizedString(
    NormForm: u32,
    lpString: Ptr<u16>,
    cwLength: i32,
) -> Result<crate::abi::Bool, Win32Error> {
    let text = source(lpString, cwLength)?;
    let normal = mapping::normalize(&text, form(NormForm)?)
        .map_err(|_| Win32Error::NO_UNICODE_TRANSLATION)?;
    haft_host::gs::set_last_error(0);
    Ok((normal == text).into())
}

fn types(kind: u32, units: &[u16], place: Ptr<u16>) -> Result<(), Win32Error> {
    let kind = match kind {
        1 => Kind::Ctype1,
        2 => Kind::Ctype2,
        4 => Kind::Ctype3,
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    let types: Vec<u16> = units.iter().map(|&unit| character_type::of(unit, kind)).collect();
    Ok(place.write_slice(&types)?)
}

/// Gets the type of each unit. (Microsoft: "GetStringTypeW function")
#[export(kernel32)]
fn GetStringTypeW(
    dwInfoType: u32,
    lpSrcStr: Ptr<u16>,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Result<(), Win32Error> {
    types(dwInfoType, &source(lpSrcStr, cchSrc)?, lpCharType)
}

/// Gets the type of each unit. (Microsoft: "GetStringTypeExW function")
#[export(kernel32)]
fn GetStringTypeExW(
    _Locale: u32,
    dwInfoType: u32,
    lpSrcStr: Ptr<u16>,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Result<(), Win32Error> {
    types(dwInfoType, &source(lpSrcStr, cchSrc)?, lpCharType)
}

/// Gets the type of each unit that the bytes become. (Microsoft: "GetStringTypeA function")
#[export(kernel32, also = "GetStringTypeExA")]
fn GetStringTypeA(
    _Locale: u32,
    dwInfoType: u32,
    lpSrcStr: Ptr<u8>,
    cchSrc: i32,
    lpCharType: Ptr<u16>,
) -> Result<(), Win32Error> {
    let bytes = source(lpSrcStr, cchSrc)?;
    let units = CodePage::Utf8.decode(&bytes, Default::default()).unwrap_or_default();
    types(dwInfoType, &units, lpCharType)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::{from_str, from_str_z};
    use haft_host::guest;
    use haft_host::guest::testing::handler;

    fn at(units: &[u16]) -> Ptr<u16> {
        Ptr::new(units.as_ptr() as usize)
    }

    #[test]
    fn mapping_counts_units_and_keys_count_bytes() {
        handler();
        let text = from_str_z("aé");
        let mut room = [0u16; 40];
        let place = Ptr::<u16>::new(room.as_mut_ptr() as usize);
        assert_eq!(LCMapStringW(0x409, LCMAP_UPPERCASE, at(&text), -1, place, 40), Ok(3));
        assert_eq!(guest::read_wide_z(place.addr(), 9), Ok(from_str("AÉ")));
        assert_eq!(LCMapStringW(0x409, LCMAP_UPPERCASE, at(&text), -1, place, 0), Ok(3));
        let size = LCMapStringW(0x409, LCMAP_SORTKEY, at(&text), -1, place, 0).unwrap();
        assert_eq!(LCMapStringW(0x409, LCMAP_SORTKEY, at(&text), -1, place, 80), Ok(size));
        let key: Vec<u8> = guest::read_slice(place.addr(), size as usize).unwrap();
        assert_eq!(key.iter().position(|&byte| byte == 0), Some(key.len() - 1));
        let bad = LCMapStringW(0x409, 0x10_0000, at(&text), -1, place, 40);
        assert_eq!(bad, Err(Win32Error::INVALID_FLAGS));
    }

    #[test]
    fn comparisons_give_one_two_or_three() {
        handler();
        let buffer = |units: &[u16]| {
            <TBuf<crate::abi::Wide> as crate::abi::Param>::decode(units.as_ptr() as usize).unwrap()
        };
        let (a, b) = (from_str_z("apple"), from_str_z("Banana"));
        let compare = |flags, n, m| CompareString(0x409, flags, buffer(&a), n, buffer(&b), m);
        assert_eq!(compare(0, -1, -1), Ok(1));
        assert_eq!(compare(0, 0, 0), Ok(2));
        assert_eq!(compare(0x4, 1, 0), Ok(3));
        assert_eq!(compare(0x4000, -1, -1), Err(Win32Error::INVALID_FLAGS));
        assert_eq!(CompareStringOrdinal(buffer(&a), -1, buffer(&b), -1, true.into()), Ok(1));
        assert_eq!(CompareStringOrdinal(buffer(&a), -1, buffer(&b), -1, false.into()), Ok(3));
        assert_eq!(lstrcmpi(buffer(&a), buffer(&from_str_z("APPLE"))), 0);
    }
}

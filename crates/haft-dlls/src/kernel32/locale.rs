//! Locales.

use super::code_page::store;
use crate::abi::{Charset, In, Out, Ptr, Routine, TBuf, WStr, Wide};
use haft_abi::{Win32Error, wide};
use haft_host::gs;
use haft_kernel::ex::allocation;
use haft_kernel::ex::nls::locale::{ALL, DEFAULT, GEO_ID, Locale, Value};
use haft_macros::export;

const LOCALE_NOUSEROVERRIDE: u32 = 0x8000_0000;
const LOCALE_USE_CP_ACP: u32 = 0x4000_0000;
const LOCALE_RETURN_NUMBER: u32 = 0x2000_0000;
const LOCALE_RETURN_GENITIVE_NAMES: u32 = 0x1000_0000;
const LCTYPE_FLAGS: u32 = 0xF000_0000;

/// The locale of an identifier; the sort order in its upper half is the only one there is.
pub(crate) fn by_id(id: u32) -> Result<Locale, Win32Error> {
    Locale::from_id(id & 0xFFFF).ok_or(Win32Error::INVALID_PARAMETER)
}

/// The locale of a name; null is the user's.
pub(crate) fn by_name(name: Option<&[u16]>) -> Result<Locale, Win32Error> {
    name.map_or(Some(DEFAULT), Locale::from_name).ok_or(Win32Error::INVALID_PARAMETER)
}

/// Stores what a locale says about `lctype`; returns how many units that takes.
fn info<C: Charset>(
    locale: Locale,
    lctype: u32,
    buffer: TBuf<C>,
    capacity: i32,
) -> Result<i32, Win32Error> {
    let known = LOCALE_NOUSEROVERRIDE
        | LOCALE_USE_CP_ACP
        | LOCALE_RETURN_NUMBER
        | LOCALE_RETURN_GENITIVE_NAMES;
    if lctype & LCTYPE_FLAGS & !known != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let value = locale.value(lctype & !LCTYPE_FLAGS).ok_or(Win32Error::INVALID_FLAGS)?;
    if lctype & LOCALE_RETURN_NUMBER == 0 {
        let mut units = C::encode(&wide::from_str(value.text()));
        units.push(C::Unit::default());
        return store(buffer.ptr(), capacity, &units);
    }
    let Value::Number(number, _) = value else { return Err(Win32Error::INVALID_FLAGS) };
    let units = (4 / size_of::<C::Unit>()) as i32;
    if capacity == 0 {
        return Ok(units);
    }
    if capacity < units {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    buffer.ptr().cast::<u32>().write(number)?;
    Ok(units)
}

/// Gets what a locale says about itself. (Microsoft: "GetLocaleInfoW function")
#[export(kernel32, charset)]
fn GetLocaleInfo<C: Charset>(
    Locale: u32,
    LCType: u32,
    lpLCData: TBuf<C>,
    cchData: i32,
) -> Result<i32, Win32Error> {
    info(by_id(Locale)?, LCType, lpLCData, cchData)
}

/// Gets what a locale says about itself. (Microsoft: "GetLocaleInfoEx function")
#[export(kernel32)]
fn GetLocaleInfoEx(
    lpLocaleName: Option<WStr>,
    LCType: u32,
    lpLCData: TBuf<Wide>,
    cchData: i32,
) -> Result<i32, Win32Error> {
    info(by_name(lpLocaleName.as_deref())?, LCType, lpLCData, cchData)
}

/// Whether a locale is there; supported and installed are the same. (Microsoft: "IsValidLocale
/// function")
#[export(kernel32)]
fn IsValidLocale(Locale: u32, _dwFlags: u32) -> bool {
    by_id(Locale).is_ok()
}

/// Whether a locale is there. (Microsoft: "IsValidLocaleName function")
#[export(kernel32)]
fn IsValidLocaleName(lpLocaleName: Option<WStr>) -> bool {
    lpLocaleName.is_some_and(|name| Locale::from_name(&name).is_some())
}

/// Returns the identifier of the user's locale. (Microsoft: "GetUserDefaultLCID function")
#[export(kernel32, also = "GetSystemDefaultLCID")]
fn GetUserDefaultLCID() -> u32 {
    DEFAULT.id()
}

/// Returns the identifier of the user's language. (Microsoft: "GetUserDefaultLangID function")
#[export(
    kernel32,
    also = "GetSystemDefaultLangID",
    also = "GetUserDefaultUILanguage",
    also = "GetSystemDefaultUILanguage"
)]
fn GetUserDefaultLangID() -> u16 {
    DEFAULT.id() as u16
}

/// Gets the name of the user's locale. (Microsoft: "GetUserDefaultLocaleName function")
#[export(kernel32, also = "GetSystemDefaultLocaleName")]
fn GetUserDefaultLocaleName(lpLocaleName: Ptr<u16>, cchLocaleName: i32) -> Result<i32, Win32Error> {
    if lpLocaleName.is_null() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let name = wide::from_str_z(DEFAULT.name());
    match store(lpLocaleName, cchLocaleName, &name) {
        _ if cchLocaleName == 0 => Err(Win32Error::INSUFFICIENT_BUFFER),
        stored => stored,
    }
}

/// Where the TEB has the thread's locale.
fn thread_locale() -> Ptr<u32> {
    Ptr::new(gs::teb() + core::mem::offset_of!(haft_abi::nt::Teb, current_locale))
}

/// Returns the identifier of the thread's locale. (Microsoft: "GetThreadLocale function")
#[export(kernel32)]
fn GetThreadLocale() -> Result<u32, Win32Error> {
    Ok(thread_locale().read()?)
}

/// Sets the thread's locale. (Microsoft: "SetThreadLocale function")
#[export(kernel32)]
fn SetThreadLocale(Locale: u32) -> Result<(), Win32Error> {
    Ok(thread_locale().write(by_id(Locale)?.id())?)
}

/// Returns the identifier of the thread's language for messages. (Microsoft: "GetThreadUILanguage
/// function")
#[export(kernel32)]
fn GetThreadUILanguage() -> u16 {
    DEFAULT.id() as u16
}

/// Sets the thread's language for messages; returns the one in force. (Microsoft:
/// "SetThreadUILanguage function")
#[export(kernel32)]
fn SetThreadUILanguage(_LangId: u16) -> u16 {
    DEFAULT.id() as u16
}

/// Gets the name for a locale's identifier. (Microsoft: "LCIDToLocaleName function")
#[export(kernel32)]
fn LCIDToLocaleName(
    Locale: u32,
    lpName: Ptr<u16>,
    cchName: i32,
    _dwFlags: u32,
) -> Result<i32, Win32Error> {
    store(lpName, cchName, &wide::from_str_z(by_id(Locale)?.name()))
}

/// Returns the identifier for a locale's name. (Microsoft: "LocaleNameToLCID function")
#[export(kernel32)]
fn LocaleNameToLCID(lpName: Option<WStr>, _dwFlags: u32) -> Result<u32, Win32Error> {
    Ok(by_name(lpName.as_deref())?.id())
}

/// Gets the locale that stands for a name, which may be of one that is not there. (Microsoft:
/// "ResolveLocaleName function")
#[export(kernel32)]
fn ResolveLocaleName(
    lpNameToResolve: Option<WStr>,
    lpLocaleName: Ptr<u16>,
    cchLocaleName: i32,
) -> Result<i32, Win32Error> {
    let english = |name: &[u16]| wide::to_string(name).to_ascii_lowercase().starts_with("en");
    let name = match lpNameToResolve {
        None => DEFAULT.name(),
        Some(name) if english(&name) => DEFAULT.name(),
        Some(_) => "",
    };
    store(lpLocaleName, cchLocaleName, &wide::from_str_z(name))
}

/// Calls a routine with each locale's text until it says no.
fn enumerate<C: Charset>(
    routine: Routine,
    texts: impl Iterator<Item = String>,
    more: [usize; 2],
) -> Result<(), Win32Error> {
    for text in texts {
        let mut units = C::encode(&wide::from_str(&text));
        units.push(C::Unit::default());
        let place = allocation::allocate_slice(&units)?;
        let go_on = routine.call([place, more[0], more[1], 0]) as u32 != 0;
        allocation::free(place)?;
        if !go_on {
            break;
        }
    }
    Ok(())
}

/// Calls a routine with the identifier of each locale, in hexadecimal. (Microsoft:
/// "EnumSystemLocalesW function")
#[export(kernel32, charset)]
fn EnumSystemLocales<C: Charset>(
    lpLocaleEnumProc: Routine,
    _dwFlags: u32,
) -> Result<(), Win32Error> {
    // Neutral locales and the invariant one are for callers who ask by name.
    let own = ALL.into_iter().filter(|&locale| locale == DEFAULT);
    enumerate::<C>(lpLocaleEnumProc, own.map(|locale| format!("{:08X}", locale.id())), [0; 2])
}

/// Calls a routine with the name of each locale. (Microsoft: "EnumSystemLocalesEx function")
#[export(kernel32)]
fn EnumSystemLocalesEx(
    lpLocaleEnumProcEx: Routine,
    dwFlags: u32,
    lParam: usize,
    _lpReserved: Ptr<u8>,
) -> Result<(), Win32Error> {
    const LOCALE_WINDOWS: u32 = 1;
    const LOCALE_NEUTRALDATA: u32 = 0x10;
    const LOCALE_SPECIFICDATA: u32 = 0x20;
    let wanted = |locale: &Locale| {
        let neutral = *locale != DEFAULT;
        let kind = if neutral { LOCALE_NEUTRALDATA } else { LOCALE_SPECIFICDATA };
        dwFlags & !LOCALE_WINDOWS == 0 || dwFlags & kind != 0
    };
    let flags = |locale: Locale| {
        let kind = if locale == DEFAULT { LOCALE_SPECIFICDATA } else { LOCALE_NEUTRALDATA };
        (LOCALE_WINDOWS | kind) as usize
    };
    for locale in ALL.into_iter().filter(wanted) {
        let name = core::iter::once(locale.name().to_owned());
        enumerate::<Wide>(lpLocaleEnumProcEx, name, [flags(locale), lParam])?;
    }
    Ok(())
}

const MUI_LANGUAGE_ID: u32 = 4;
const MUI_LANGUAGE_NAME: u32 = 8;

/// Stores the list of languages for messages: the one there is, and the null that ends the list.
fn languages(
    flags: u32,
    count: &Out<u32>,
    buffer: Ptr<u16>,
    size: In<u32>,
) -> Result<(), Win32Error> {
    if flags & MUI_LANGUAGE_ID != 0 && flags & MUI_LANGUAGE_NAME != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let text = if flags & MUI_LANGUAGE_ID != 0 { "0409\0" } else { "en-US\0" };
    let list = wide::from_str_z(text);
    count.set(1)?;
    let room = size.get() as usize;
    size.ptr().write(list.len() as u32)?;
    if buffer.is_null() {
        return if room == 0 { Ok(()) } else { Err(Win32Error::INVALID_PARAMETER) };
    }
    if room < list.len() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(buffer.write_slice(&list)?)
}

/// Gets the languages that the user wants messages in. (Microsoft: "GetUserPreferredUILanguages
/// function")
#[export(kernel32, also = "GetThreadPreferredUILanguages", also = "GetSystemPreferredUILanguages")]
fn GetUserPreferredUILanguages(
    dwFlags: u32,
    pulNumLanguages: Out<u32>,
    pwszLanguagesBuffer: Ptr<u16>,
    pcchLanguagesBuffer: In<u32>,
) -> Result<(), Win32Error> {
    languages(dwFlags, &pulNumLanguages, pwszLanguagesBuffer, pcchLanguagesBuffer)
}

/// Returns where in the world the user is: the United States. (Microsoft: "GetUserGeoID
/// function")
#[export(kernel32)]
fn GetUserGeoID(GeoClass: u32) -> Result<u32, Win32Error> {
    const GEOCLASS_NATION: u32 = 16;
    if GeoClass == GEOCLASS_NATION { Ok(GEO_ID) } else { Err(Win32Error::INVALID_PARAMETER) }
}

/// Gets something about a place: only the United States is known. (Microsoft: "GetGeoInfoW
/// function")
#[export(kernel32, charset)]
fn GetGeoInfo<C: Charset>(
    Location: u32,
    GeoType: u32,
    lpGeoData: TBuf<C>,
    cchData: i32,
    _LangId: u16,
) -> Result<i32, Win32Error> {
    let text = match (Location, GeoType) {
        (GEO_ID, 1) => "244",
        (GEO_ID, 4) => "US",
        (GEO_ID, 5) => "USA",
        (GEO_ID, 6 | 0x10) => "00000409",
        (GEO_ID, 8 | 9) => "United States",
        (GEO_ID, _) => return Err(Win32Error::INVALID_FLAGS),
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    let mut units = C::encode(&wide::from_str(text));
    units.push(C::Unit::default());
    store(lpGeoData.ptr(), cchData, &units)
}

/// Gets the version of the comparison of strings, for indexes that are kept. (Microsoft:
/// "GetNLSVersionEx function")
#[export(kernel32)]
fn GetNLSVersionEx(
    function: u32,
    lpLocaleName: Option<WStr>,
    lpVersionInformation: Ptr<u32>,
) -> Result<(), Win32Error> {
    const COMPARE_STRING: u32 = 1;
    /// The version of the weights; it changes when the order of any two strings does.
    const VERSION: u32 = 1;
    by_name(lpLocaleName.as_deref())?;
    if function != COMPARE_STRING {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let size = lpVersionInformation.read()?;
    if size != 12 && size != 32 {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    lpVersionInformation.at(1).write_slice(&[VERSION, VERSION])?;
    if size == 32 {
        lpVersionInformation.at(3).write_slice(&[VERSION, 0, 0, 0, 0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Ansi, Param as _};
    use haft_host::guest;
    use haft_host::guest::testing::handler;

    #[test]
    fn information_is_text_or_a_number() {
        handler();
        let mut room = [0u16; 32];
        let buffer = TBuf::<Wide>::decode(room.as_mut_ptr() as usize).unwrap();
        assert_eq!(GetLocaleInfo(0x409, 0x5C, buffer, 32), Ok(6));
        assert_eq!(guest::read_wide_z(buffer.addr(), 32), Ok(wide::from_str("en-US")));
        assert_eq!(GetLocaleInfo(0x409, 0x5C, buffer, 0), Ok(6));
        assert_eq!(GetLocaleInfo(0x409, 0x5C, buffer, 3), Err(Win32Error::INSUFFICIENT_BUFFER));
        assert_eq!(GetLocaleInfo(0x409, 0x2000_1004, buffer, 2), Ok(2));
        assert_eq!(guest::read::<u32>(buffer.addr()), Ok(65001));
        assert_eq!(GetLocaleInfo(0x407, 0x5C, buffer, 9), Err(Win32Error::INVALID_PARAMETER));
        assert_eq!(GetLocaleInfo(0x409, 0x2000_005C, buffer, 9), Err(Win32Error::INVALID_FLAGS));
        let bytes = TBuf::<Ansi>::decode(buffer.addr()).unwrap();
        assert_eq!(GetLocaleInfo(0, 0x14, bytes, 9), Ok(2));
        assert_eq!(guest::read_bytes_z(bytes.addr(), 9), Ok(b"$".to_vec()));
    }
}

//! Dates, times and numbers as text.

use super::code_page::store;
use super::locale::{by_id, by_name};
use super::time::{SystemTime, fields};
use crate::abi::{Charset, In, Ptr, TBuf, TStr, WStr, Wide};
use haft_abi::{Win32Error, wide};

use haft_kernel::ex::nls::date_format::{self, NumberFormat, Without};
use haft_kernel::ex::nls::locale::Locale;
use haft_kernel::ex::time::{self, Fields};
use haft_kernel::ex::time_zone;
use haft_macros::export;

const LOCALE_NOUSEROVERRIDE: u32 = 0x8000_0000;
const LOCALE_USE_CP_ACP: u32 = 0x4000_0000;

const SHORT_DATE: u32 = 0x1F;
const LONG_DATE: u32 = 0x20;
const TIME_FORMAT: u32 = 0x1003;
const YEAR_MONTH: u32 = 0x1006;
const MONTH_DAY: u32 = 0x78;

fn now() -> Fields {
    let ticks = time::system_time();
    Fields::from_ticks(ticks + time_zone::offset_at(ticks).0).unwrap_or_default()
}

/// Stores text with its terminator.
fn deliver<C: Charset>(text: &[u16], at: TBuf<C>, capacity: i32) -> Result<i32, Win32Error> {
    let mut units = C::encode(text);
    units.push(C::Unit::default());
    store(at.ptr(), capacity, &units)
}

fn date(
    locale: Locale,
    flags: u32,
    moment: Option<SystemTime>,
    picture: Option<&[u16]>,
) -> Result<Vec<u16>, Win32Error> {
    let picture_of = match flags & !(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP) {
        0 | 1 => SHORT_DATE,
        2 => LONG_DATE,
        8 => YEAR_MONTH,
        0x80 => MONTH_DAY,
        _ => return Err(Win32Error::INVALID_FLAGS),
    };
    let moment = match moment {
        None => now(),
        Some(words) => {
            // Only the date counts, and its weekday is worked out.
            let [year, month, _, day, ..] = words;
            let midnight = Fields { year, month, day, ..Fields::default() }.to_ticks();
            midnight.and_then(Fields::from_ticks).ok_or(Win32Error::INVALID_PARAMETER)?
        }
    };
    let own = wide::from_str(locale.text(picture_of));
    Ok(date_format::date(moment, picture.unwrap_or(&own), locale))
}

fn time_of_day(
    locale: Locale,
    flags: u32,
    moment: Option<SystemTime>,
    picture: Option<&[u16]>,
) -> Result<Vec<u16>, Win32Error> {
    let flags = flags & !(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP);
    if flags & !0xF != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    let moment = moment.map_or_else(now, fields);
    if moment.hour > 23 || moment.minute > 59 || moment.second > 59 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let without = Without {
        minutes: flags & 1 != 0,
        seconds: flags & 2 != 0,
        marker: flags & 4 != 0,
        twelve_hours: flags & 8 != 0,
    };
    let own = wide::from_str(locale.text(TIME_FORMAT));
    Ok(date_format::time(moment, picture.unwrap_or(&own), without, locale))
}

/// Writes a date as a locale does, or by a picture. (Microsoft: "GetDateFormatW function")
#[export(kernel32, charset)]
fn GetDateFormat<C: Charset>(
    Locale: u32,
    dwFlags: u32,
    lpDate: Option<In<SystemTime>>,
    lpFormat: Option<TStr<C>>,
    lpDateStr: TBuf<C>,
    cchDate: i32,
) -> Result<i32, Win32Error> {
    let moment = lpDate.map(|date| date.get());
    deliver(&date(by_id(Locale)?, dwFlags, moment, lpFormat.as_deref())?, lpDateStr, cchDate)
}

/// Writes a date as a locale does, or by a picture. (Microsoft: "GetDateFormatEx function")
#[export(kernel32)]
fn GetDateFormatEx(
    lpLocaleName: Option<WStr>,
    dwFlags: u32,
    lpDate: Option<In<SystemTime>>,
    lpFormat: Option<WStr>,
    lpDateStr: TBuf<Wide>,
    cchDate: i32,
    _lpCalendar: Ptr<u16>,
) -> Result<i32, Win32Error> {
    let locale = by_name(lpLocaleName.as_deref())?;
    let moment = lpDate.map(|date| date.get());
    deliver(&date(locale, dwFlags, moment, lpFormat.as_deref())?, lpDateStr, cchDate)
}

/// Writes a time as a locale does, or by a picture. (Microsoft: "GetTimeFormatW function")
#[export(kernel32, charset)]
fn GetTimeFormat<C: Charset>(
    Locale: u32,
    dwFlags: u32,
    lpTime: Option<In<SystemTime>>,
    lpFormat: Option<TStr<C>>,
    lpTimeStr: TBuf<C>,
    cchTime: i32,
) -> Result<i32, Win32Error> {
    let moment = lpTime.map(|time| time.get());
    let text = time_of_day(by_id(Locale)?, dwFlags, moment, lpFormat.as_deref())?;
    deliver(&text, lpTimeStr, cchTime)
}

/// Writes a time as a locale does, or by a picture. (Microsoft: "GetTimeFormatEx function")
#[export(kernel32)]
fn GetTimeFormatEx(
    lpLocaleName: Option<WStr>,
    dwFlags: u32,
    lpTime: Option<In<SystemTime>>,
    lpFormat: Option<WStr>,
    lpTimeStr: TBuf<Wide>,
    cchTime: i32,
) -> Result<i32, Win32Error> {
    let locale = by_name(lpLocaleName.as_deref())?;
    let moment = lpTime.map(|time| time.get());
    deliver(&time_of_day(locale, dwFlags, moment, lpFormat.as_deref())?, lpTimeStr, cchTime)
}

haft_host::plain! {
    /// `NUMBERFMTA` and `NUMBERFMTW`.
    struct NumberFmt {
        digits: u32,
        leading_zero: u32,
        grouping: u32,
        decimal: usize,
        thousand: usize,
        negative_order: u32,
    }
}

fn number<C: Charset>(
    locale: Locale,
    value: &[u16],
    format: Option<In<NumberFmt>>,
) -> Result<Vec<u16>, Win32Error> {
    let format = match format {
        None => NumberFormat::of(locale),
        Some(given) => NumberFormat {
            digits: given.digits.min(9),
            leading_zero: given.leading_zero != 0,
            grouping: given.grouping,
            decimal: C::read_z(given.decimal, 8)?,
            thousand: C::read_z(given.thousand, 8)?,
            negative_order: given.negative_order,
        },
    };
    date_format::number(&wide::to_string(value), &format).ok_or(Win32Error::INVALID_PARAMETER)
}

/// Writes a number as a locale does. (Microsoft: "GetNumberFormatW function")
#[export(kernel32, charset)]
fn GetNumberFormat<C: Charset>(
    Locale: u32,
    dwFlags: u32,
    lpValue: TStr<C>,
    lpFormat: Option<In<NumberFmt>>,
    lpNumberStr: TBuf<C>,
    cchNumber: i32,
) -> Result<i32, Win32Error> {
    let locale = by_id(Locale)?;
    if dwFlags & !(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP) != 0 {
        return Err(Win32Error::INVALID_FLAGS);
    }
    deliver(&number::<C>(locale, &lpValue, lpFormat)?, lpNumberStr, cchNumber)
}

/// Writes a number as a locale does. (Microsoft: "GetNumberFormatEx function")
#[export(kernel32)]
fn GetNumberFormatEx(
    lpLocaleName: Option<WStr>,
    dwFlags: u32,
    lpValue: WStr,
    lpFormat: Option<In<NumberFmt>>,
    lpNumberStr: TBuf<Wide>,
    cchNumber: i32,
) -> Result<i32, Win32Error> {
    let locale = by_name(lpLocaleName.as_deref())?;
    GetNumberFormat::<Wide>(locale.id(), dwFlags, lpValue, lpFormat, lpNumberStr, cchNumber)
}

/// Writes an amount of money as a locale does; a format of the caller's own is not taken.
/// (Microsoft: "GetCurrencyFormatEx function")
#[export(kernel32)]
fn GetCurrencyFormatEx(
    lpLocaleName: Option<WStr>,
    _dwFlags: u32,
    lpValue: WStr,
    lpFormat: Ptr<u8>,
    lpCurrencyStr: TBuf<Wide>,
    cchCurrency: i32,
) -> Result<i32, Win32Error> {
    let locale = by_name(lpLocaleName.as_deref())?;
    if !lpFormat.is_null() {
        return Err(Win32Error::CALL_NOT_IMPLEMENTED);
    }
    const CURRENCY: u32 = 0x14;
    let (negative, value) = match lpValue.split_first() {
        Some((&sign, rest)) if sign == u16::from(b'-') => (true, rest),
        _ => (false, &lpValue[..]),
    };
    let amount = number::<Wide>(locale, value, None)?;
    let mut text = [wide::from_str(locale.text(CURRENCY)), amount].concat();
    if negative {
        text = [wide::from_str("("), text, wide::from_str(")")].concat();
    }
    deliver(&text, lpCurrencyStr, cchCurrency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Param as _;
    use haft_host::guest;
    use haft_host::guest::testing::handler;

    #[test]
    fn dates_and_times_have_the_locales_own_form() {
        let moment = Some([2024, 2, 0, 29, 15, 4, 5, 0]);
        let english = Locale::EnglishUs;
        let text = |r: Result<Vec<u16>, Win32Error>| wide::to_string(&r.unwrap());
        assert_eq!(text(date(english, 0, moment, None)), "2/29/2024");
        assert_eq!(text(date(english, 2, moment, None)), "Thursday, February 29, 2024");
        assert_eq!(text(time_of_day(english, 0, moment, None)), "3:04:05 PM");
        assert_eq!(text(time_of_day(Locale::Invariant, 0, moment, None)), "15:04:05");
        let bad = date(english, 0, Some([2023, 2, 0, 29, 0, 0, 0, 0]), None);
        assert_eq!(bad, Err(Win32Error::INVALID_PARAMETER));
        assert_eq!(date(english, 0x4000, moment, None), Err(Win32Error::INVALID_FLAGS));
    }

    #[test]
    fn numbers_and_money() {
        handler();
        let mut room = [0u16; 32];
        let buffer = TBuf::<Wide>::decode(room.as_mut_ptr() as usize).unwrap();
        let text = wide::from_str_z("-1234.5");
        let value = || WStr::decode(text.as_ptr() as usize).unwrap();
        assert_eq!(GetNumberFormatEx(None, 0, value(), None, buffer, 32), Ok(10));
        assert_eq!(guest::read_wide_z(buffer.addr(), 32), Ok(wide::from_str("-1,234.50")));
        assert_eq!(GetCurrencyFormatEx(None, 0, value(), Ptr::NULL, buffer, 32), Ok(12));
        assert_eq!(guest::read_wide_z(buffer.addr(), 32), Ok(wide::from_str("($1,234.50)")));
    }
}

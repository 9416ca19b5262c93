//! Time zones and local time.

use super::time::{SystemTime, fields, words};
use crate::abi::{Bool, In, Out};
use crate::hooks;
use haft_abi::{Win32Error, wide};
use haft_kernel::ex::time::{self, Fields};
use haft_kernel::ex::time_zone::{self, Description, Period, Recurrence, Rules};
use haft_macros::export;

haft_host::plain! {
    /// `TIME_ZONE_INFORMATION`.
    struct TimeZoneInformation {
        bias: i32,
        standard_name: [u16; 32],
        standard_date: SystemTime,
        standard_bias: i32,
        daylight_name: [u16; 32],
        daylight_date: SystemTime,
        daylight_bias: i32,
    }

    /// `DYNAMIC_TIME_ZONE_INFORMATION`.
    struct DynamicTimeZoneInformation {
        information: TimeZoneInformation,
        key_name: [u16; 128],
        dynamic_daylight_time_disabled: u32,
    }
}

const _: () = assert!(size_of::<TimeZoneInformation>() == 172);
const _: () = assert!(size_of::<DynamicTimeZoneInformation>() == 432);

fn name<const N: usize>(text: &str) -> [u16; N] {
    let mut units = [0; N];
    // The last unit stays a null.
    units.iter_mut().take(N - 1).zip(wide::from_str(text)).for_each(|(to, from)| *to = from);
    units
}

fn date(recurrence: Option<Recurrence>) -> SystemTime {
    recurrence.map_or([0; 8], |r| {
        [0, r.month, r.weekday, r.week, r.hour, r.minute, r.second, r.millisecond]
    })
}

fn information(d: &Description) -> TimeZoneInformation {
    let (to_standard, to_daylight) = d.rules.changes.unzip();
    TimeZoneInformation {
        bias: d.rules.bias,
        standard_name: name(&d.standard_name),
        standard_date: date(to_standard),
        standard_bias: d.rules.standard_bias,
        daylight_name: name(&d.daylight_name),
        daylight_date: date(to_daylight),
        daylight_bias: d.rules.daylight_bias,
    }
}

/// A date of `TIME_ZONE_INFORMATION`; one with a year is a date of that year only, which is not
/// told apart here, and a month of 0 is none.
fn recurrence(words: SystemTime) -> Option<Recurrence> {
    let [_, month, weekday, week, hour, minute, second, millisecond] = words;
    (month != 0).then_some(Recurrence { month, weekday, week, hour, minute, second, millisecond })
}

fn rules(information: &TimeZoneInformation) -> Rules {
    Rules {
        bias: information.bias,
        standard_bias: information.standard_bias,
        daylight_bias: information.daylight_bias,
        changes: recurrence(information.standard_date).zip(recurrence(information.daylight_date)),
    }
}

/// The zone in the current year, and `TIME_ZONE_ID_*` of what holds now.
fn now() -> (Description, u32) {
    let ticks = time::system_time();
    let year = Fields::from_ticks(ticks).unwrap_or_default().year;
    let description = time_zone::description(year);
    let id = match description.rules.period_of_utc(ticks) {
        Period::Only => 0,
        Period::Standard => 1,
        Period::Daylight => 2,
    };
    (description, id)
}

/// `TIME_ZONE_ID_INVALID`.
const INVALID: u32 = u32::MAX;

/// Gets the time zone; returns which of its times holds. (Microsoft: "GetTimeZoneInformation
/// function")
#[export(kernel32)]
fn GetTimeZoneInformation(lpTimeZoneInformation: Out<TimeZoneInformation>) -> u32 {
    let (description, id) = now();
    lpTimeZoneInformation.set(information(&description)).map_or(INVALID, |()| id)
}

/// Gets the time zone with its key's name; returns which of its times holds. (Microsoft:
/// "GetDynamicTimeZoneInformation function")
#[export(kernel32)]
fn GetDynamicTimeZoneInformation(pTimeZoneInformation: Out<DynamicTimeZoneInformation>) -> u32 {
    let (description, id) = now();
    let dynamic = DynamicTimeZoneInformation {
        information: information(&description),
        key_name: name(&description.key_name),
        dynamic_daylight_time_disabled: 0,
    };
    pTimeZoneInformation.set(dynamic).map_or(INVALID, |()| id)
}

/// Gets the time zone as it is in a year; only the current zone is known. (Microsoft:
/// "GetTimeZoneInformationForYear function")
#[export(kernel32)]
fn GetTimeZoneInformationForYear(
    wYear: u16,
    pdtzi: Option<In<DynamicTimeZoneInformation>>,
    ptzi: Out<TimeZoneInformation>,
) -> Result<(), Win32Error> {
    let description = time_zone::description(wYear);
    let key = pdtzi.map(|given| given.key_name).filter(|key| key[0] != 0);
    if key.is_some_and(|key| key != name(&description.key_name)) {
        return Err(Win32Error::FILE_NOT_FOUND);
    }
    Ok(ptzi.set(information(&description))?)
}

/// Lists time zones: there is no registry of them. (Microsoft: "EnumDynamicTimeZoneInformation
/// function")
#[export(kernel32, advapi32)]
fn EnumDynamicTimeZoneInformation(
    _dwIndex: u32,
    _lpTimeZoneInformation: Out<DynamicTimeZoneInformation>,
) -> Win32Error {
    Win32Error::NO_MORE_ITEMS
}

/// Gets local time by the calendar. (Microsoft: "GetLocalTime function")
#[export(kernel32)]
fn GetLocalTime(lpSystemTime: Out<SystemTime>) {
    let ticks = time::system_time();
    let local = Fields::from_ticks(ticks + time_zone::offset_at(ticks).0).unwrap_or_default();
    hooks::or_fault(lpSystemTime.set(words(local)));
}

/// Converts a file time to local time, by what holds now. (Microsoft: "FileTimeToLocalFileTime
/// function")
#[export(kernel32)]
fn FileTimeToLocalFileTime(
    lpFileTime: In<i64>,
    lpLocalFileTime: Out<i64>,
) -> Result<(), Win32Error> {
    let offset = time_zone::offset_at(time::system_time()).0;
    Ok(lpLocalFileTime.set(lpFileTime.get().wrapping_add(offset))?)
}

/// Converts a local file time to UTC, by what holds now. (Microsoft: "LocalFileTimeToFileTime
/// function")
#[export(kernel32)]
fn LocalFileTimeToFileTime(
    lpLocalFileTime: In<i64>,
    lpFileTime: Out<i64>,
) -> Result<(), Win32Error> {
    let offset = time_zone::offset_at(time::system_time()).0;
    Ok(lpFileTime.set(lpLocalFileTime.get().wrapping_sub(offset))?)
}

/// The rules of a zone that the program gave, or of the machine's in a year.
fn rules_or_own(given: Option<TimeZoneInformation>, year: u16) -> Rules {
    given.map_or_else(|| time_zone::description(year).rules, |given| rules(&given))
}

fn to_local(given: Option<TimeZoneInformation>, utc: SystemTime) -> Option<SystemTime> {
    let ticks = fields(utc).to_ticks()?;
    let rules = rules_or_own(given, utc[0]);
    let local = ticks - rules.bias_in(rules.period_of_utc(ticks));
    Fields::from_ticks(local).map(words)
}

fn to_utc(given: Option<TimeZoneInformation>, local: SystemTime) -> Option<SystemTime> {
    let ticks = fields(local).to_ticks()?;
    let rules = rules_or_own(given, local[0]);
    let utc = ticks + rules.bias_in(rules.period_of_local(ticks));
    Fields::from_ticks(utc).map(words)
}

/// Converts UTC to the local time of a zone. (Microsoft: "SystemTimeToTzSpecificLocalTime
/// function")
#[export(kernel32)]
fn SystemTimeToTzSpecificLocalTime(
    lpTimeZoneInformation: Option<In<TimeZoneInformation>>,
    lpUniversalTime: In<SystemTime>,
    lpLocalTime: Out<SystemTime>,
) -> Result<(), Win32Error> {
    let zone = lpTimeZoneInformation.map(|zone| zone.get());
    let local = to_local(zone, lpUniversalTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpLocalTime.set(local)?)
}

/// Converts the local time of a zone to UTC. (Microsoft: "TzSpecificLocalTimeToSystemTime
/// function")
#[export(kernel32)]
fn TzSpecificLocalTimeToSystemTime(
    lpTimeZoneInformation: Option<In<TimeZoneInformation>>,
    lpLocalTime: In<SystemTime>,
    lpUniversalTime: Out<SystemTime>,
) -> Result<(), Win32Error> {
    let zone = lpTimeZoneInformation.map(|zone| zone.get());
    let utc = to_utc(zone, lpLocalTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpUniversalTime.set(utc)?)
}

/// Converts UTC to the local time of a zone. (Microsoft: "SystemTimeToTzSpecificLocalTimeEx
/// function")
#[export(kernel32)]
fn SystemTimeToTzSpecificLocalTimeEx(
    lpTimeZoneInformation: Option<In<DynamicTimeZoneInformation>>,
    lpUniversalTime: In<SystemTime>,
    lpLocalTime: Out<SystemTime>,
) -> Result<(), Win32Error> {
    let zone = lpTimeZoneInformation.map(|zone| zone.get().information);
    let local = to_local(zone, lpUniversalTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpLocalTime.set(local)?)
}

/// Converts the local time of a zone to UTC. (Microsoft: "TzSpecificLocalTimeToSystemTimeEx
/// function")
#[export(kernel32)]
fn TzSpecificLocalTimeToSystemTimeEx(
    lpTimeZoneInformation: Option<In<DynamicTimeZoneInformation>>,
    lpLocalTime: In<SystemTime>,
    lpUniversalTime: Out<SystemTime>,
) -> Result<(), Win32Error> {
    let zone = lpTimeZoneInformation.map(|zone| zone.get().information);
    let utc = to_utc(zone, lpLocalTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpUniversalTime.set(utc)?)
}

/// Refuses to change the time zone, which belongs to Linux. (Microsoft: "SetTimeZoneInformation
/// function")
#[export(kernel32, also = "SetDynamicTimeZoneInformation")]
fn SetTimeZoneInformation(
    _lpTimeZoneInformation: In<TimeZoneInformation>,
) -> Result<Bool, Win32Error> {
    Err(Win32Error::PRIVILEGE_NOT_HELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacific() -> TimeZoneInformation {
        TimeZoneInformation {
            bias: 480,
            standard_name: name("PST"),
            standard_date: [0, 11, 0, 1, 2, 0, 0, 0],
            standard_bias: 0,
            daylight_name: name("PDT"),
            daylight_date: [0, 3, 0, 2, 2, 0, 0, 0],
            daylight_bias: -60,
        }
    }

    #[test]
    fn a_given_zone_converts_both_ways() {
        let summer = [2024, 7, 4, 4, 19, 30, 0, 0];
        assert_eq!(to_local(Some(pacific()), summer), Some([2024, 7, 4, 4, 12, 30, 0, 0]));
        assert_eq!(to_utc(Some(pacific()), [2024, 7, 4, 4, 12, 30, 0, 0]), Some(summer));
        let winter = [2024, 1, 1, 1, 4, 0, 0, 0];
        assert_eq!(to_local(Some(pacific()), winter), Some([2023, 12, 0, 31, 20, 0, 0, 0]));
        assert_eq!(to_local(Some(pacific()), [2024, 13, 0, 1, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_long_name_is_cut() {
        let short: [u16; 4] = name("abcdef");
        assert_eq!(short, [0x61, 0x62, 0x63, 0]);
    }
}

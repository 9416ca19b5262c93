//! Conversions between seconds since 1970 and `struct tm` (Microsoft: "gmtime, _gmtime32,
//! _gmtime64", "localtime, ...", "mktime, ...", "_mkgmtime, ...").

use super::TimeZone;

/// The last second these functions take: 23:59:59, December 31, 3000, UTC.
pub const MAX_TIME: i64 = 32_535_215_999;

/// The UCRT takes times down to half a day before 1970, so local times of 1970 stay valid.
const MIN_TIME: i64 = -12 * 60 * 60;

const DAY: i64 = 24 * 60 * 60;

/// `struct tm`, field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tm {
    /// `tm_sec`: 0 to 59 (60 in input).
    pub sec: i32,
    /// `tm_min`: 0 to 59.
    pub min: i32,
    /// `tm_hour`: 0 to 23.
    pub hour: i32,
    /// `tm_mday`: 1 to 31.
    pub mday: i32,
    /// `tm_mon`: 0 (January) to 11.
    pub mon: i32,
    /// `tm_year`: years since 1900.
    pub year: i32,
    /// `tm_wday`: 0 (Sunday) to 6.
    pub wday: i32,
    /// `tm_yday`: 0 (January 1) to 365.
    pub yday: i32,
    /// `tm_isdst`: positive in daylight saving time, 0 outside it, negative if unknown.
    pub isdst: i32,
}

/// Days from 1970 to the first of March of a year, counting years from March.
fn days_to_march(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) - 719_468
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; `month` from 1.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years from March put the leap day last, so months have a regular pattern.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    days_to_march(year) + (153 * month + 2) / 5 + day - 1
}

/// Whether a year has a February 29.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The broken-down time of seconds since 1970 without any zone.
pub(super) fn from_seconds(seconds: i64) -> Tm {
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let era_day = day + 719_468;
    let era = era_day.div_euclid(146_097);
    let in_era = era_day.rem_euclid(146_097);
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let from_march = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * from_march + 2) / 153;
    let mday = from_march - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Tm {
        sec: (second % 60) as i32,
        min: (second / 60 % 60) as i32,
        hour: (second / 3600) as i32,
        mday: mday as i32,
        mon: month as i32 - 1,
        year: (year - 1900) as i32,
        wday: (day + 4).rem_euclid(7) as i32,
        yday: (day - days(year, 1, 1)) as i32,
        isdst: 0,
    }
}

/// Seconds since 1970 of fields that may be out of their ranges, without any zone.
pub(super) fn to_seconds(tm: &Tm) -> i64 {
    let months = i64::from(tm.year) * 12 + i64::from(tm.mon);
    let (year, month) = (months.div_euclid(12) + 1900, months.rem_euclid(12) + 1);
    (days(year, month, 1) + i64::from(tm.mday) - 1) * DAY
        + i64::from(tm.hour) * 3600
        + i64::from(tm.min) * 60
        + i64::from(tm.sec)
}

/// `_gmtime64`: UTC; `None` outside the documented range (`EINVAL`).
#[must_use]
pub fn gmtime(seconds: i64) -> Option<Tm> {
    (MIN_TIME..=MAX_TIME).contains(&seconds).then(|| from_seconds(seconds))
}

/// `_localtime64`: local time in a zone; `None` outside the documented range (`EINVAL`).
#[must_use]
pub fn localtime(seconds: i64, zone: &TimeZone) -> Option<Tm> {
    if !(0..=MAX_TIME).contains(&seconds) {
        return None;
    }
    let local = zone.at(seconds);
    let tm = from_seconds(seconds + i64::from(local.offset));
    Some(Tm { isdst: i32::from(local.dst), ..tm })
}

/// `_mkgmtime64`: the seconds of a UTC time; `tm` becomes normal. `None` (-1) out of range.
pub fn mkgmtime(tm: &mut Tm) -> Option<i64> {
    let seconds = to_seconds(tm);
    *tm = gmtime(seconds)?;
    Some(seconds)
}

/// `_mktime64`: the seconds of a local time; `tm` becomes normal. `None` (-1) out of range.
///
/// As Microsoft's: a time is taken as standard time, and an hour earlier where `tm_isdst` is
/// positive, or negative and daylight saving time is in effect then. So a time that the clocks
/// skip in spring lies an hour earlier, and one that they repeat in autumn is the second.
pub fn mktime(tm: &mut Tm, zone: &TimeZone) -> Option<i64> {
    let wall = to_seconds(tm);
    let (standard, daylight) = zone.offsets_near(wall);
    let as_standard = wall - i64::from(standard);
    let dst = match tm.isdst {
        0 => false,
        1.. => true,
        _ => zone.at(as_standard).dst,
    };
    let seconds = if dst { wall - i64::from(daylight) } else { as_standard };
    *tm = localtime(seconds, zone)?;
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn new_york() -> TimeZone {
        TimeZone::from_posix("EST5EDT,M3.2.0,M11.1.0").expect("a good rule")
    }

    fn tm(year: i32, mon: i32, mday: i32, hour: i32, min: i32, isdst: i32) -> Tm {
        Tm { min, hour, mday, mon: mon - 1, year: year - 1900, isdst, ..Tm::default() }
    }

    #[test]
    fn known_dates() {
        let first = gmtime(0).expect("in range");
        assert_eq!((first.year, first.mon, first.mday, first.wday, first.yday), (70, 0, 1, 4, 0));
        let leap = gmtime(951_782_400).expect("in range");
        assert_eq!((leap.year, leap.mon, leap.mday, leap.wday, leap.yday), (100, 1, 29, 2, 59));
        let last = gmtime(MAX_TIME).expect("in range");
        assert_eq!((last.year, last.mon, last.mday, last.hour, last.sec), (1100, 11, 31, 23, 59));
        assert_eq!(gmtime(MAX_TIME + 1), None);
        assert_eq!(gmtime(-43_201), None);
        assert_eq!(localtime(-1, &TimeZone::utc()), None);
        assert!(is_leap(2000) && is_leap(2024) && !is_leap(1900) && !is_leap(2023));
    }

    #[test]
    fn local_time_follows_the_rule() {
        let zone = new_york();
        let summer = localtime(1_720_000_000, &zone).expect("in range");
        assert_eq!((summer.hour, summer.min, summer.isdst), (5, 46, 1));
        let winter = localtime(1_705_000_000, &zone).expect("in range");
        assert_eq!((winter.hour, winter.min, winter.isdst), (14, 6, 0));
    }

    #[test]
    fn mktime_normalises() {
        // The documented example: 100 days from a date, and the 20th month.
        let mut late = tm(2024, 1, 1 + 100, 0, 0, -1);
        assert!(mktime(&mut late, &TimeZone::utc()).is_some());
        assert_eq!((late.year, late.mon, late.mday, late.yday), (124, 3, 10, 100));
        let mut month = tm(2024, 20, 31, 25, -61, -1);
        assert!(mktime(&mut month, &TimeZone::utc()).is_some());
        assert_eq!(
            (month.year, month.mon, month.mday, month.hour, month.min),
            (125, 7, 31, 23, 59)
        );
        assert_eq!(mktime(&mut tm(1969, 12, 30, 0, 0, 0), &TimeZone::utc()), None);
        assert_eq!(mktime(&mut tm(3001, 1, 2, 0, 0, 0), &TimeZone::utc()), None);
    }

    #[test]
    fn mktime_at_the_edges_of_daylight_saving() {
        let zone = new_york();
        let mut skipped = tm(2024, 3, 10, 2, 30, -1);
        assert_eq!(mktime(&mut skipped, &zone), Some(1_710_052_200));
        assert_eq!((skipped.hour, skipped.isdst), (1, 0));
        let mut repeated = tm(2024, 11, 3, 1, 30, -1);
        assert_eq!(mktime(&mut repeated, &zone), Some(1_730_615_400));
        assert_eq!(repeated.isdst, 0);
        let mut first = tm(2024, 11, 3, 1, 30, 1);
        assert_eq!(mktime(&mut first, &zone), Some(1_730_611_800));
        assert_eq!(first.isdst, 1);
    }

    proptest! {
        #[test]
        fn conversions_undo_each_other(seconds in 0..=MAX_TIME - DAY) {
            let zone = new_york();
            let mut utc = gmtime(seconds).unwrap();
            prop_assert_eq!(mkgmtime(&mut utc), Some(seconds));
            let mut local = localtime(seconds, &zone).unwrap();
            prop_assert_eq!(mktime(&mut local, &zone), Some(seconds));
        }
    }
}

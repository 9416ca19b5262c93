//! Clocks, and the calendar of file times: 100 ns units since 1601-01-01 UTC.

use haft_abi::time::TICKS_PER_SECOND;
use haft_host::clock;

pub use haft_host::clock::{interrupt_time, performance_counter, system_time};

/// How often the performance counter counts in a second.
pub const PERFORMANCE_FREQUENCY: i64 = TICKS_PER_SECOND;

/// The resolution that timers have, in 100 ns units: coarsest, finest and current (Linux's
/// high-resolution timers need no request).
pub const TIMER_RESOLUTION: TimerResolution =
    TimerResolution { coarsest: 156_250, finest: 5_000, current: 5_000 };

/// See [`TIMER_RESOLUTION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerResolution {
    /// The coarsest one that can be asked for.
    pub coarsest: u32,
    /// The finest one.
    pub finest: u32,
    /// The one in force.
    pub current: u32,
}

/// Milliseconds since the machine started.
#[must_use]
pub fn tick_count() -> u64 {
    clock::interrupt_time() / 10_000
}

/// 100 ns units since the machine started, without the time it slept.
#[must_use]
pub fn unbiased_interrupt_time() -> u64 {
    clock::performance_counter() as u64
}

const DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// A moment by the calendar (Microsoft: "SYSTEMTIME structure").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Fields {
    /// 1601 to 30827 (30828 for the very last file times).
    pub year: u16,
    /// 1 to 12.
    pub month: u16,
    /// 0 is Sunday.
    pub weekday: u16,
    /// 1 to 31.
    pub day: u16,
    /// 0 to 23.
    pub hour: u16,
    /// 0 to 59.
    pub minute: u16,
    /// 0 to 59.
    pub second: u16,
    /// 0 to 999.
    pub millisecond: u16,
}

/// The last year that `SYSTEMTIME` holds.
const LAST_YEAR: u16 = 30_827;

/// How many days a month has; `None` for a month that is none.
#[must_use]
pub fn days_in_month(year: u16, month: u16) -> Option<u16> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(28 + u16::from(leap)),
        _ => None,
    }
}

/// Days from 1601-01-01 to a date, by the calendar of eras (400 years, years that begin in
/// March).
fn days_from_civil(year: u16, month: u16, day: u16) -> i64 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    // 1601-01-01 is day 584,694 of the era's count that begins at 0000-03-01.
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 584_694
}

fn civil_from_days(days: i64) -> (u16, u16, u16) {
    let days = days + 584_694;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as u16, month as u16, day as u16)
}

impl Fields {
    /// The moment of a file time; `None` if it is before 1601.
    #[must_use]
    pub fn from_ticks(ticks: i64) -> Option<Self> {
        if ticks < 0 {
            return None;
        }
        let (days, rest) = (ticks / DAY, ticks % DAY);
        let (year, month, day) = civil_from_days(days);
        let milliseconds = rest / 10_000;
        Some(Self {
            year,
            month,
            // 1601-01-01 was a Monday.
            weekday: ((days + 1) % 7) as u16,
            day,
            hour: (milliseconds / 3_600_000) as u16,
            minute: (milliseconds / 60_000 % 60) as u16,
            second: (milliseconds / 1000 % 60) as u16,
            millisecond: (milliseconds % 1000) as u16,
        })
    }

    /// The file time of the moment, the weekday aside; `None` if a field is out of its range.
    #[must_use]
    pub fn to_ticks(self) -> Option<i64> {
        let good = (1601..=LAST_YEAR).contains(&self.year)
            && days_in_month(self.year, self.month)
                .is_some_and(|last| (1..=last).contains(&self.day))
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.millisecond < 1000;
        if !good {
            return None;
        }
        let seconds =
            (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        let ticks = seconds * TICKS_PER_SECOND + i64::from(self.millisecond) * 10_000;
        days_from_civil(self.year, self.month, self.day).checked_mul(DAY)?.checked_add(ticks)
    }
}

/// The file time of an MS-DOS date and time; `None` if they are none (Microsoft:
/// "DosDateTimeToFileTime function").
#[must_use]
pub fn from_dos(date: u16, time: u16) -> Option<i64> {
    Fields {
        year: 1980 + (date >> 9),
        month: (date >> 5) & 15,
        day: date & 31,
        hour: time >> 11,
        minute: (time >> 5) & 63,
        second: (time & 31) * 2,
        ..Fields::default()
    }
    .to_ticks()
}

/// The MS-DOS date and time of a file time, to the next even second; `None` outside 1980 to 2107.
#[must_use]
pub fn to_dos(ticks: i64) -> Option<(u16, u16)> {
    const TWO_SECONDS: i64 = 2 * TICKS_PER_SECOND;
    let rounded = ticks.checked_add(TWO_SECONDS - 1)? / TWO_SECONDS * TWO_SECONDS;
    let f = Fields::from_ticks(rounded)?;
    let year = f.year.checked_sub(1980).filter(|year| *year < 128)?;
    let date = (year << 9) | (f.month << 5) | f.day;
    Some((date, (f.hour << 11) | (f.minute << 5) | (f.second / 2)))
}

/// Seconds from 1601-01-01 to 1980-01-01.
const SECONDS_TO_1980: i64 = 11_960_006_400;

/// Seconds since a year (1970 or 1980) in 32 bits; `None` outside.
#[must_use]
pub fn to_seconds_since(ticks: i64, epoch: Epoch) -> Option<u32> {
    u32::try_from(ticks.div_euclid(TICKS_PER_SECOND) - epoch.seconds()).ok()
}

/// The file time of so many seconds since a year.
#[must_use]
pub fn from_seconds_since(seconds: u32, epoch: Epoch) -> i64 {
    (i64::from(seconds) + epoch.seconds()) * TICKS_PER_SECOND
}

/// Where counts of seconds begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    /// 1970-01-01.
    Unix,
    /// 1980-01-01.
    Dos,
}

impl Epoch {
    const fn seconds(self) -> i64 {
        match self {
            Self::Unix => haft_abi::time::UNIX_EPOCH_SECONDS,
            Self::Dos => SECONDS_TO_1980,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: u16, month: u16, day: u16) -> Fields {
        Fields { year, month, day, ..Fields::default() }
    }

    #[test]
    fn known_moments() {
        assert_eq!(at(1601, 1, 1).to_ticks(), Some(0));
        assert_eq!(at(1970, 1, 1).to_ticks(), Some(116_444_736_000_000_000));
        assert_eq!(at(1980, 1, 1).to_ticks(), Some(SECONDS_TO_1980 * TICKS_PER_SECOND));
        let leap = Fields::from_ticks(125_963_423_991_230_000).unwrap();
        let expected = Fields {
            weekday: 2,
            hour: 23,
            minute: 59,
            second: 59,
            millisecond: 123,
            ..at(2000, 2, 29)
        };
        assert_eq!(leap, expected);
        assert_eq!(leap.to_ticks(), Some(125_963_423_991_230_000));
        assert_eq!(Fields::from_ticks(i64::MAX).unwrap().year, 30_828);
    }

    #[test]
    fn every_day_comes_back() {
        for days in 0..200_000 {
            let fields = Fields::from_ticks(days * DAY).unwrap();
            assert_eq!(fields.to_ticks(), Some(days * DAY), "{fields:?}");
            assert_eq!(i64::from(fields.weekday), (days + 1) % 7);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in
            [at(1600, 1, 1), at(2023, 2, 29), at(2023, 0, 1), at(2023, 13, 1), at(2023, 1, 0)]
        {
            assert_eq!(bad.to_ticks(), None, "{bad:?}");
        }
        assert_eq!(Fields { hour: 24, ..at(2023, 1, 1) }.to_ticks(), None);
        assert_eq!(Fields::from_ticks(-1), None);
        // The weekday does not count.
        assert!(Fields { weekday: 99, ..at(2023, 1, 1) }.to_ticks().is_some());
    }

    #[test]
    fn dos_times_have_two_seconds() {
        let ticks = Fields { hour: 13, minute: 7, second: 8, ..at(1996, 12, 25) }.to_ticks();
        let ticks = ticks.unwrap();
        let (date, time) = to_dos(ticks).unwrap();
        assert_eq!((date, time), ((16 << 9) | (12 << 5) | 25, (13 << 11) | (7 << 5) | 4));
        assert_eq!(from_dos(date, time), Some(ticks));
        assert_eq!(to_dos(ticks + 1), Some((date, time + 1)));
        assert_eq!(to_dos(0), None);
        assert_eq!(from_dos(0, 0), None);
    }

    #[test]
    fn seconds_since_two_epochs() {
        assert_eq!(to_seconds_since(from_seconds_since(5, Epoch::Dos), Epoch::Dos), Some(5));
        assert_eq!(from_seconds_since(0, Epoch::Unix), 116_444_736_000_000_000);
        assert_eq!(to_seconds_since(0, Epoch::Unix), None);
    }
}

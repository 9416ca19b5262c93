//! The rules of a zone as Windows has them (Microsoft: "TIME_ZONE_INFORMATION structure").

use crate::ex::time::{Fields, days_in_month};

const MINUTE: i64 = 60 * haft_abi::time::TICKS_PER_SECOND;

/// A date that comes every year: a weekday of a month, by the wall clock before the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// 1 to 12.
    pub month: u16,
    /// 0 is Sunday.
    pub weekday: u16,
    /// 1 to 4, or 5 for the last one of the month.
    pub week: u16,
    /// Of the day.
    pub hour: u16,
    /// Of the hour.
    pub minute: u16,
    /// Of the minute.
    pub second: u16,
    /// Of the second.
    pub millisecond: u16,
}

impl Recurrence {
    /// The local time of the date in a year; `None` if it is no date.
    #[must_use]
    pub fn in_year(self, year: u16) -> Option<i64> {
        let length = days_in_month(year, self.month)?;
        let first = Fields { year, month: self.month, day: 1, ..Fields::default() }.to_ticks()?;
        let first_weekday = Fields::from_ticks(first)?.weekday;
        let mut day = 1 + (7 + self.weekday - first_weekday) % 7 + 7 * (self.week.max(1) - 1);
        while day > length {
            day -= 7;
        }
        let Self { month, hour, minute, second, millisecond, .. } = self;
        Fields { year, month, weekday: 0, day, hour, minute, second, millisecond }.to_ticks()
    }
}

/// When which time holds. Biases are in minutes: UTC is local time plus the bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// UTC minus local time.
    pub bias: i32,
    /// More, in standard time.
    pub standard_bias: i32,
    /// More, in daylight saving time.
    pub daylight_bias: i32,
    /// When standard time and when daylight saving time begin, if there are two.
    pub changes: Option<(Recurrence, Recurrence)>,
}

/// Which time holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// The zone has one time only.
    Only,
    /// Standard time.
    Standard,
    /// Daylight saving time.
    Daylight,
}

impl Rules {
    /// Ticks that UTC is ahead of local time in a period.
    #[must_use]
    pub const fn bias_in(&self, period: Period) -> i64 {
        let more = match period {
            Period::Only => 0,
            Period::Standard => self.standard_bias,
            Period::Daylight => self.daylight_bias,
        };
        (self.bias as i64 + more as i64) * MINUTE
    }

    /// Whether daylight saving time holds at `at`, between the two dates of its year.
    fn period(&self, year: u16, at: i64, standard: i64, daylight: i64) -> Option<Period> {
        let (to_standard, to_daylight) = self.changes?;
        // Each date is by the wall clock that ends with it.
        let daylight_begins = to_daylight.in_year(year)? + standard;
        let standard_begins = to_standard.in_year(year)? + daylight;
        let is_daylight = if daylight_begins < standard_begins {
            (daylight_begins..standard_begins).contains(&at)
        } else {
            !(standard_begins..daylight_begins).contains(&at)
        };
        Some(if is_daylight { Period::Daylight } else { Period::Standard })
    }

    /// The period at a moment in UTC.
    #[must_use]
    pub fn period_of_utc(&self, ticks: i64) -> Period {
        let (standard, daylight) = (self.bias_in(Period::Standard), self.bias_in(Period::Daylight));
        let year = Fields::from_ticks(ticks - standard).map_or(1601, |f| f.year);
        self.period(year, ticks, standard, daylight).unwrap_or(Period::Only)
    }

    /// The period at a local time; the hour that comes twice is daylight saving time's.
    #[must_use]
    pub fn period_of_local(&self, ticks: i64) -> Period {
        let year = Fields::from_ticks(ticks).map_or(1601, |f| f.year);
        self.period(year, ticks, 0, 0).unwrap_or(Period::Only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(month: u16, day: u16, hour: u16) -> i64 {
        Fields { year: 2024, month, day, hour, ..Fields::default() }.to_ticks().unwrap()
    }

    const PACIFIC: Rules = Rules {
        bias: 480,
        standard_bias: 0,
        daylight_bias: -60,
        changes: Some((sunday(11, 1), sunday(3, 2))),
    };

    const fn sunday(month: u16, week: u16) -> Recurrence {
        Recurrence { month, weekday: 0, week, hour: 2, minute: 0, second: 0, millisecond: 0 }
    }

    #[test]
    fn recurring_dates() {
        assert_eq!(sunday(3, 2).in_year(2024), Some(at(3, 10, 2)));
        assert_eq!(sunday(11, 1).in_year(2024), Some(at(11, 3, 2)));
        assert_eq!(sunday(3, 5).in_year(2024), Some(at(3, 31, 2)));
        assert_eq!(sunday(2, 5).in_year(2024), Some(at(2, 25, 2)));
        assert_eq!(sunday(13, 1).in_year(2024), None);
    }

    #[test]
    fn periods_change_at_the_dates() {
        assert_eq!(PACIFIC.period_of_utc(at(3, 10, 10) - 1), Period::Standard);
        assert_eq!(PACIFIC.period_of_utc(at(3, 10, 10)), Period::Daylight);
        assert_eq!(PACIFIC.period_of_utc(at(11, 3, 9) - 1), Period::Daylight);
        assert_eq!(PACIFIC.period_of_utc(at(11, 3, 9)), Period::Standard);
        assert_eq!(PACIFIC.period_of_local(at(7, 1, 0)), Period::Daylight);
        assert_eq!(PACIFIC.bias_in(Period::Daylight), 420 * MINUTE);
        let southern = Rules { changes: Some((sunday(4, 1), sunday(10, 1))), ..PACIFIC };
        assert_eq!(southern.period_of_local(at(1, 1, 0)), Period::Daylight);
        assert_eq!(southern.period_of_local(at(7, 1, 0)), Period::Standard);
        assert_eq!(Rules { changes: None, ..PACIFIC }.period_of_utc(0), Period::Only);
    }
}

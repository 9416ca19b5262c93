//! `strftime` and `wcsftime` in the C locale (Microsoft: "strftime, wcsftime, _strftime_l, ...").

use super::Tm;
use super::calendar::is_leap;
use crate::{Dialect, Unit};

pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days, short and long, from Sunday on, as the C++ library reads them:
/// `:Sun:Sunday:Mon:...`.
#[must_use]
pub fn days() -> String {
    listed(&DAYS)
}

/// The names of the months, likewise.
#[must_use]
pub fn months() -> String {
    listed(&MONTHS)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!(":{}:{name}", &name[..3])).collect()
}

/// The zone that `%z` and `%Z` name: `_tzname` and the offsets behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneNames<'a> {
    /// `_tzname[0]`.
    pub standard: &'a str,
    /// `_tzname[1]`.
    pub daylight: &'a str,
    /// Seconds that standard time is ahead of UTC.
    pub standard_offset: i32,
    /// Seconds that daylight saving time is ahead of UTC.
    pub daylight_offset: i32,
}

/// Formats a time; `None` is an invalid parameter: an unknown code, or a field that the code
/// needs is out of its range (`EINVAL`).
///
/// The text has no terminator; the caller compares its length with the buffer (`ERANGE`).
#[must_use]
pub fn strftime<U: Unit>(
    format: &[U],
    tm: &Tm,
    zone: &ZoneNames<'_>,
    dialect: Dialect,
) -> Option<Vec<U>> {
    let mut out = Vec::new();
    let mut writer = Writer { text: String::new(), tm, zone, dialect };
    let mut units = crate::unit::until_null(format).iter().copied();
    while let Some(unit) = units.next() {
        if !unit.is(b'%') {
            out.push(unit);
            continue;
        }
        let mut code = units.next()?;
        let plain = code.is(b'#');
        if plain {
            code = units.next()?;
        }
        if dialect == Dialect::Ucrt && (code.is(b'E') || code.is(b'O')) {
            code = units.next()?;
        }
        writer.text.clear();
        writer.code(code.ascii()?, plain)?;
        // Zone names may be outside ASCII; everything else is within it.
        out.extend(writer.text.chars().map(|c| U::truncate(u64::from(u32::from(c)))));
    }
    Some(out)
}

struct Writer<'a> {
    text: String,
    tm: &'a Tm,
    zone: &'a ZoneNames<'a>,
    dialect: Dialect,
}

impl Writer<'_> {
    /// Writes a number padded to `width`, unless the `#` flag strips the padding.
    fn number(&mut self, value: i64, width: usize, plain: bool) -> Option<()> {
        self.padded(value, width, '0', plain)
    }

    fn padded(&mut self, value: i64, width: usize, pad: char, plain: bool) -> Option<()> {
        let digits = value.to_string();
        if !plain {
            self.text.extend(core::iter::repeat_n(pad, width.saturating_sub(digits.len())));
        }
        self.text.push_str(&digits);
        Some(())
    }

    fn several(&mut self, codes: &str, plain: bool) -> Option<()> {
        let mut codes = codes.bytes();
        while let Some(byte) = codes.next() {
            if byte == b'%' {
                self.code(codes.next()?, plain)?;
            } else {
                self.text.push(char::from(byte));
            }
        }
        Some(())
    }

    fn name(&mut self, name: &str) -> Option<()> {
        self.text.push_str(name);
        Some(())
    }

    fn code(&mut self, code: u8, plain: bool) -> Option<()> {
        let tm = self.tm;
        let within = |value: i32, low: i32, high: i32| {
            (low..=high).contains(&value).then_some(i64::from(value))
        };
        let year = || {
            let year = i64::from(tm.year) + 1900;
            (0..=9999).contains(&year).then_some(year)
        };
        let weekday = || within(tm.wday, 0, 6);
        let yday = || within(tm.yday, 0, 365);
        let hour = || within(tm.hour, 0, 23);
        let day_name = || Some(DAYS[weekday()? as usize]);
        let month_name = || Some(MONTHS[within(tm.mon, 0, 11)? as usize]);
        match code {
            b'a' => self.name(&day_name()?[..3]),
            b'A' => self.name(day_name()?),
            b'b' => self.name(&month_name()?[..3]),
            b'B' => self.name(month_name()?),
            b'c' if plain => self.several("%A, %B %d, %Y %H:%M:%S", false),
            b'c' if self.dialect == Dialect::Ucrt => self.several("%a %b %e %T %Y", false),
            b'c' => self.several("%m/%d/%y %H:%M:%S", false),
            b'd' => self.number(within(tm.mday, 1, 31)?, 2, plain),
            b'H' => self.number(hour()?, 2, plain),
            b'I' => self.number((hour()? + 11) % 12 + 1, 2, plain),
            b'j' => self.number(yday()? + 1, 3, plain),
            b'm' => self.number(within(tm.mon, 0, 11)? + 1, 2, plain),
            b'M' => self.number(within(tm.min, 0, 59)?, 2, plain),
            b'p' => self.name(if hour()? < 12 { "AM" } else { "PM" }),
            b'S' => self.number(within(tm.sec, 0, 60)?, 2, plain),
            b'U' => self.number((yday()? + 7 - weekday()?) / 7, 2, plain),
            b'w' => self.number(weekday()?, 1, plain),
            b'W' => self.number((yday()? + 7 - (weekday()? + 6) % 7) / 7, 2, plain),
            b'x' if plain => self.several("%A, %B %d, %Y", false),
            b'x' => self.several("%m/%d/%y", false),
            b'X' => self.several("%H:%M:%S", false),
            b'y' => self.number(year()? % 100, 2, plain),
            b'Y' => self.number(year()?, if self.dialect == Dialect::Ucrt { 4 } else { 1 }, plain),
            b'z' if self.dialect == Dialect::Ucrt => self.offset(),
            b'z' | b'Z' => {
                let (zone, dst) = (self.zone, tm.isdst > 0);
                self.name(if dst { zone.daylight } else { zone.standard })
            }
            b'%' => self.name("%"),
            _ if self.dialect == Dialect::Msvcrt => None,
            b'C' => self.number(year()? / 100, 2, plain),
            b'D' => self.several("%m/%d/%y", plain),
            b'e' => self.padded(within(tm.mday, 1, 31)?, 2, ' ', plain),
            b'F' => self.several("%Y-%m-%d", plain),
            b'g' => self.number(iso_week(year()?, yday()?, weekday()?).0 % 100, 2, plain),
            b'G' => self.number(iso_week(year()?, yday()?, weekday()?).0, 4, plain),
            b'h' => self.name(&month_name()?[..3]),
            b'n' => self.name("\n"),
            b'r' => self.several("%I:%M:%S %p", plain),
            b'R' => self.several("%H:%M", plain),
            b't' => self.name("\t"),
            b'T' => self.several("%H:%M:%S", plain),
            b'u' => self.number((weekday()? + 6) % 7 + 1, 1, plain),
            b'V' => self.number(iso_week(year()?, yday()?, weekday()?).1, 2, plain),
            _ => None,
        }
    }

    fn offset(&mut self) -> Option<()> {
        let zone = self.zone;
        let dst = self.tm.isdst > 0;
        let seconds = if dst { zone.daylight_offset } else { zone.standard_offset };
        let minutes = seconds.unsigned_abs() / 60;
        let sign = if seconds < 0 { '-' } else { '+' };
        self.name(&format!("{sign}{:02}{:02}", minutes / 60, minutes % 60))
    }
}

/// Year and number of the ISO 8601 week.
fn iso_week(year: i64, yday: i64, weekday: i64) -> (i64, i64) {
    let monday_based = (weekday + 6) % 7;
    let week = (yday - monday_based + 10) / 7;
    let weeks_in = |year: i64, last_weekday: i64| {
        // A year whose last day is a Thursday, or a Friday in a leap year, has 53 weeks.
        if last_weekday == 3 || (last_weekday == 4 && is_leap(year)) { 53 } else { 52 }
    };
    if week < 1 {
        let last_weekday = (monday_based - yday - 1).rem_euclid(7);
        return (year - 1, weeks_in(year - 1, last_weekday));
    }
    let length = 365 + i64::from(is_leap(year));
    let last_weekday = (monday_based + length - 1 - yday).rem_euclid(7);
    if week > weeks_in(year, last_weekday) { (year + 1, 1) } else { (year, week) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::gmtime;
    use crate::unit::units;

    const ZONE: ZoneNames<'_> = ZoneNames {
        standard: "PST",
        daylight: "PDT",
        standard_offset: -8 * 3600,
        daylight_offset: -7 * 3600,
    };

    fn format(text: &str, tm: &Tm, dialect: Dialect) -> Option<String> {
        let narrow = strftime(text.as_bytes(), tm, &ZONE, dialect);
        let wide = strftime(&units::<u16>(text), tm, &ZONE, dialect);
        assert_eq!(narrow.clone().map(|n| n.into_iter().map(u16::from).collect()), wide);
        narrow.map(|text| String::from_utf8(text).expect("ASCII"))
    }

    /// Tuesday, March 14, 1995, 12:41:29, the example of the documentation.
    fn documented() -> Tm {
        gmtime(795_184_889).expect("in range")
    }

    #[test]
    fn codes_of_both() {
        for dialect in [Dialect::Ucrt, Dialect::Msvcrt] {
            let ok = |text: &str, expected: &str| {
                assert_eq!(
                    format(text, &documented(), dialect).as_deref(),
                    Some(expected),
                    "{text}"
                );
            };
            ok("%a %A %b %B", "Tue Tuesday Mar March");
            ok("%d %H %I %j %m %M %p %S", "14 12 12 073 03 41 PM 29");
            ok("%U %w %W %y %Y", "11 2 11 95 1995");
            ok("%x %X 100%%", "03/14/95 12:41:29 100%");
            ok("%#d %#j %#m %#y %#a", "14 73 3 95 Tue");
            ok("%#x", "Tuesday, March 14, 1995");
            ok("%#c", "Tuesday, March 14, 1995 12:41:29");
            ok("%Z", "PST");
        }
    }

    #[test]
    fn codes_that_differ() {
        let tm = documented();
        assert_eq!(format("%c", &tm, Dialect::Msvcrt).as_deref(), Some("03/14/95 12:41:29"));
        assert_eq!(format("%c", &tm, Dialect::Ucrt).as_deref(), Some("Tue Mar 14 12:41:29 1995"));
        assert_eq!(format("%z", &tm, Dialect::Msvcrt).as_deref(), Some("PST"));
        assert_eq!(format("%z", &tm, Dialect::Ucrt).as_deref(), Some("-0800"));
        let summer = Tm { isdst: 1, ..tm };
        assert_eq!(format("%z %Z", &summer, Dialect::Ucrt).as_deref(), Some("-0700 PDT"));
        let text = format("%C %D %e %F %h%n%r %R%t%T %u", &tm, Dialect::Ucrt);
        assert_eq!(
            text.as_deref(),
            Some("19 03/14/95 14 1995-03-14 Mar\n12:41:29 PM 12:41\t12:41:29 2")
        );
        assert_eq!(format("%F", &tm, Dialect::Msvcrt), None);
        assert_eq!(format("%Ey %Od", &tm, Dialect::Ucrt).as_deref(), Some("95 14"));
        assert_eq!(format("%q", &tm, Dialect::Ucrt), None);
        assert_eq!(format("%", &tm, Dialect::Ucrt), None);
    }

    #[test]
    fn fields_are_checked_where_they_are_used() {
        let tm = Tm { mon: 12, ..documented() };
        assert_eq!(format("%b", &tm, Dialect::Ucrt), None);
        assert_eq!(format("%Y", &tm, Dialect::Ucrt).as_deref(), Some("1995"));
    }

    #[test]
    fn iso_weeks() {
        let week = |seconds| {
            let tm = gmtime(seconds).expect("in range");
            format("%G-W%V-%u %g", &tm, Dialect::Ucrt).expect("good")
        };
        assert_eq!(week(1_104_537_600), "2004-W53-6 04", "2005-01-01");
        assert_eq!(week(1_199_059_200), "2008-W01-1 08", "2007-12-31");
        assert_eq!(week(1_230_768_000), "2009-W01-4 09", "2009-01-01");
        assert_eq!(week(1_609_459_200), "2020-W53-5 20", "2021-01-01");
        assert_eq!(week(1_735_603_200), "2025-W01-2 25", "2024-12-31");
    }
}

//! Time zones: rules from TZif data, POSIX rules and Microsoft's `TZ` variable.
//!
//! The parser and the rules are jiff's; here they are put as the C runtime and
//! `GetTimeZoneInformation` ask for them. Nothing here reads files or the environment.

use super::calendar::{Tm, from_seconds, is_leap, to_seconds};
use core::fmt;
use jiff::{Timestamp, tz};

/// A time-zone description that cannot be understood; the text says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTimeZone(String);

impl fmt::Display for BadTimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a time zone: {}; give TZif data or a rule such as CET-1CEST", self.0)
    }
}

impl core::error::Error for BadTimeZone {}

/// What local time is at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalType {
    /// Seconds that local time is ahead of UTC.
    pub offset: i32,
    /// Whether it is daylight saving time.
    pub dst: bool,
    /// The abbreviation, such as `CET`.
    pub name: String,
}

/// A change of local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The first second (since 1970, UTC) of the new local time.
    pub at: i64,
    /// The wall clock at that moment by the old local time, as `TIME_ZONE_INFORMATION` has it.
    pub wall: Tm,
    /// The new local time.
    pub to: LocalType,
}

impl Transition {
    /// Which of its weekdays in its month the day is: 1 to 4, or 5 for the last one.
    ///
    /// This is the `wDay` of a recurring date in `TIME_ZONE_INFORMATION`.
    #[must_use]
    pub fn week_of_month(&self) -> i32 {
        let year = i64::from(self.wall.year) + 1900;
        let length = match self.wall.mon {
            1 => 28 + i32::from(is_leap(year)),
            3 | 5 | 8 | 10 => 30,
            _ => 31,
        };
        if self.wall.mday + 7 > length { 5 } else { (self.wall.mday - 1) / 7 + 1 }
    }
}

/// The two local times of a year and when each begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearRules {
    /// Standard time.
    pub standard: LocalType,
    /// Daylight saving time, if the year has any.
    pub daylight: Option<LocalType>,
    /// When standard time begins again.
    pub to_standard: Option<Transition>,
    /// When daylight saving time begins.
    pub to_daylight: Option<Transition>,
}

/// A time zone.
#[derive(Clone, Debug)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// UTC, without daylight saving time.
    #[must_use]
    pub fn utc() -> Self {
        Self(tz::TimeZone::UTC)
    }

    /// A zone of the content of a TZif file, such as `/etc/localtime`.
    ///
    /// # Errors
    /// [`BadTimeZone`] if the data are not TZif.
    pub fn from_tzif(data: &[u8]) -> Result<Self, BadTimeZone> {
        tz::TimeZone::tzif("", data).map(Self).map_err(|e| BadTimeZone(e.to_string()))
    }

    /// A zone of a POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    ///
    /// # Errors
    /// [`BadTimeZone`] if it is none.
    pub fn from_posix(rule: &str) -> Result<Self, BadTimeZone> {
        tz::TimeZone::posix(rule).map(Self).map_err(|e| BadTimeZone(e.to_string()))
    }

    /// A zone of the `TZ` variable in Microsoft's form, `tzn[+|-]hh[:mm[:ss]][dzn]`.
    ///
    /// Names have three letters; with a daylight name the rules of the United States hold
    /// (Microsoft: "_tzset").
    ///
    /// # Errors
    /// [`BadTimeZone`] if the text is of another form.
    pub fn from_tz_variable(variable: &str) -> Result<Self, BadTimeZone> {
        let bad = || BadTimeZone(format!("TZ={variable}"));
        let name = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic());
        let (standard, rest) =
            variable.split_at_checked(3).filter(|(s, _)| name(s)).ok_or_else(bad)?;
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (offset, daylight) = rest.split_at(end);
        let offset = if offset.is_empty() { "0" } else { offset };
        let rule = match daylight {
            "" => format!("{standard}{offset}"),
            d if name(d) => format!("{standard}{offset}{d},M3.2.0,M11.1.0"),
            _ => return Err(bad()),
        };
        Self::from_posix(&rule).map_err(|_| bad())
    }

    /// Local time at a moment (seconds since 1970); far moments count as the nearest jiff has.
    #[must_use]
    pub fn at(&self, seconds: i64) -> LocalType {
        let info = self.0.to_offset_info(timestamp(seconds));
        LocalType {
            offset: info.offset().seconds(),
            dst: info.dst().is_dst(),
            name: info.abbreviation().into(),
        }
    }

    /// The first change of local time after a moment.
    #[must_use]
    pub fn next_transition(&self, seconds: i64) -> Option<Transition> {
        let next = self.0.following(timestamp(seconds)).next()?;
        let at = next.timestamp().as_second();
        let wall = from_seconds(at + i64::from(self.at(at - 1).offset));
        let to = LocalType {
            offset: next.offset().seconds(),
            dst: next.dst().is_dst(),
            name: next.abbreviation().into(),
        };
        Some(Transition { at, wall, to })
    }

    /// The last change of local time before a moment.
    #[must_use]
    pub fn previous_transition(&self, seconds: i64) -> Option<Transition> {
        let at = self.0.preceding(timestamp(seconds)).next()?.timestamp().as_second();
        self.next_transition(at - 1)
    }

    /// The rules of a year, for `GetTimeZoneInformation`, `_tzname`, `_timezone`, `_daylight`.
    #[must_use]
    pub fn year(&self, year: i32) -> YearRules {
        let first = |year: i32| {
            to_seconds(&Tm { mday: 1, year: year.saturating_sub(1900), ..Tm::default() })
        };
        let (start, end) = (first(year), first(year.saturating_add(1)));
        let now = self.at(start);
        let mut rules = YearRules {
            standard: now.clone(),
            daylight: now.dst.then_some(now.clone()),
            to_standard: None,
            to_daylight: None,
        };
        let mut moment = start - 1;
        while let Some(transition) = self.next_transition(moment).filter(|t| t.at < end) {
            moment = transition.at;
            if transition.to.dst {
                rules.daylight = Some(transition.to.clone());
                rules.to_daylight = Some(transition);
            } else {
                rules.standard = transition.to.clone();
                rules.to_standard = Some(transition);
            }
        }
        rules
    }

    /// The offsets of standard and daylight saving time in use about a moment.
    pub(super) fn offsets_near(&self, seconds: i64) -> (i32, i32) {
        let now = self.at(seconds);
        let neighbours = [self.previous_transition(seconds), self.next_transition(seconds)]
            .into_iter()
            .flatten();
        let before = self.previous_transition(seconds).map(|t| self.at(t.at - 1));
        let other = neighbours.map(|t| t.to).chain(before).find(|local| local.dst != now.dst);
        let other = other.map_or(now.offset, |local| local.offset);
        if now.dst { (other, now.offset) } else { (now.offset, other) }
    }
}

fn timestamp(seconds: i64) -> Timestamp {
    let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds.clamp(least, most)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TZif version 2: one transition in 2000 from AAA (+1 h) to BBB (+2 h, daylight saving),
    /// then by the rule in its footer.
    fn tzif() -> Vec<u8> {
        let header = |out: &mut Vec<u8>, counts: [u32; 6]| {
            out.extend_from_slice(b"TZif2");
            out.extend_from_slice(&[0; 15]);
            counts.iter().for_each(|c| out.extend_from_slice(&c.to_be_bytes()));
        };
        let mut data = Vec::new();
        header(&mut data, [0, 0, 0, 0, 1, 1]);
        data.extend_from_slice(&[0; 7]);
        header(&mut data, [0, 0, 0, 1, 2, 8]);
        data.extend_from_slice(&954_032_400i64.to_be_bytes());
        data.push(1);
        data.extend_from_slice(&3600i32.to_be_bytes());
        data.extend_from_slice(&[0, 0]);
        data.extend_from_slice(&7200i32.to_be_bytes());
        data.extend_from_slice(&[1, 4]);
        data.extend_from_slice(b"AAA\0BBB\0");
        data.extend_from_slice(b"\nAAA-1BBB,M3.5.0,M10.5.0/3\n");
        data
    }

    fn local(offset: i32, dst: bool, name: &str) -> LocalType {
        LocalType { offset, dst, name: name.into() }
    }

    #[test]
    fn tzif_data_and_their_footer() {
        let zone = TimeZone::from_tzif(&tzif()).expect("good data");
        assert_eq!(zone.at(0), local(3600, false, "AAA"));
        assert_eq!(zone.at(954_032_400), local(7200, true, "BBB"));
        assert_eq!(zone.at(1_705_000_000), local(3600, false, "AAA"));
        assert_eq!(zone.at(1_720_000_000), local(7200, true, "BBB"));
        let next = zone.next_transition(1_705_000_000).expect("a rule");
        assert_eq!((next.at, next.wall.hour, next.wall.mday), (1_711_846_800, 2, 31));
        assert_eq!(next.to, local(7200, true, "BBB"));
        assert!(TimeZone::from_tzif(b"TZif").is_err());
        assert!(TimeZone::from_tzif(&[]).is_err());
    }

    #[test]
    fn rules_of_a_year() {
        let zone = TimeZone::from_tz_variable("PST8PDT").expect("the documented form");
        let rules = zone.year(2024);
        assert_eq!(rules.standard, local(-8 * 3600, false, "PST"));
        assert_eq!(rules.daylight, Some(local(-7 * 3600, true, "PDT")));
        let (standard, daylight) = (rules.to_standard.unwrap(), rules.to_daylight.unwrap());
        assert_eq!((daylight.wall.mon, daylight.wall.wday, daylight.week_of_month()), (2, 0, 2));
        assert_eq!((standard.wall.mon, standard.wall.hour, standard.week_of_month()), (10, 2, 1));
        let plain = TimeZone::utc().year(2024);
        assert_eq!((plain.daylight, plain.to_standard), (None, None));
        let europe = TimeZone::from_posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a good rule");
        assert_eq!(europe.year(2024).to_daylight.map(|t| t.week_of_month()), Some(5));
    }

    #[test]
    fn southern_summers_span_the_new_year() {
        let zone = TimeZone::from_posix("AEST-10AEDT,M10.1.0,M4.1.0/3").expect("a good rule");
        let rules = zone.year(2024);
        assert_eq!(rules.standard, local(36_000, false, "AEST"));
        assert_eq!(rules.daylight, Some(local(39_600, true, "AEDT")));
        assert_eq!(rules.to_standard.map(|t| t.wall.mon), Some(3));
        assert_eq!(zone.offsets_near(1_705_000_000), (36_000, 39_600));
    }

    #[test]
    fn microsofts_variable() {
        let of = |text| TimeZone::from_tz_variable(text).map(|z| z.at(1_705_000_000));
        assert_eq!(of("GST-1GDT"), Ok(local(3600, false, "GST")));
        assert_eq!(of("IST-5:30"), Ok(local(19_800, false, "IST")));
        assert_eq!(of("UTC"), Ok(local(0, false, "UTC")));
        assert!(of("Europe/Berlin").is_err() && of("").is_err() && of("PST8PDTX").is_err());
    }
}

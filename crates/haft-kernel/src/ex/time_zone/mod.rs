//! The time zone: Linux's, as Windows describes one.
//!
//! Linux keeps a list of changes for each zone, Windows two recurring dates a year. So the
//! description of a zone here is that of a year: where a zone changed its rules, each year has
//! its own.

mod names;
mod rules;

use haft_abi::time::{TICKS_PER_SECOND, to_unix};
use haft_crt::time::{TimeZone, Transition};
use std::path::Path;
use std::sync::LazyLock;

pub use rules::{Period, Recurrence, Rules};

/// Where Linux keeps the zones.
const DATABASE: &str = "/usr/share/zoneinfo";

/// The zone of this machine or user.
struct Zone {
    zone: TimeZone,
    /// Its name in the IANA database, if it has one.
    name: Option<String>,
}

static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::find(std::env::var("TZ").ok().as_deref()));

/// `Europe/Berlin` of `/usr/share/zoneinfo/Europe/Berlin`.
fn name_in_database(path: &Path) -> Option<String> {
    let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.find(|part| part == "zoneinfo")?;
    let parts: Vec<_> = parts.filter(|part| part != "posix" && part != "right").collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

impl Zone {
    /// The zone that `TZ` names, or the machine's; UTC if there is neither.
    fn find(variable: Option<&str>) -> Self {
        let named = variable.map(|text| text.strip_prefix(':').unwrap_or(text));
        let utc = || Self { zone: TimeZone::utc(), name: Some("UTC".to_owned()) };
        match named {
            Some("") => utc(),
            Some(text) => Self::named(text).unwrap_or_else(utc),
            None => Self::of_file(Path::new("/etc/localtime")).unwrap_or_else(utc),
        }
    }

    fn named(text: &str) -> Option<Self> {
        if let Some(found) = Self::of_file(&Path::new(DATABASE).join(text)) {
            return Some(found);
        }
        let zone = TimeZone::from_posix(text).ok()?;
        Some(Self { zone, name: None })
    }

    fn of_file(path: &Path) -> Option<Self> {
        let zone = TimeZone::from_tzif(&std::fs::read(path).ok()?).ok()?;
        let name =
            name_in_database(path).or_else(|| name_in_database(&std::fs::read_link(path).ok()?));
        Some(Self { zone, name })
    }
}

/// The zone as Windows describes it in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// When which time holds.
    pub rules: Rules,
    /// The name of standard time.
    pub standard_name: String,
    /// The name of daylight saving time.
    pub daylight_name: String,
    /// The name of the zone's registry key.
    pub key_name: String,
}

/// The date of a transition as one that recurs each year.
fn recurrence(transition: &Transition) -> Recurrence {
    let wall = &transition.wall;
    Recurrence {
        month: wall.mon as u16 + 1,
        weekday: wall.wday as u16,
        week: transition.week_of_month() as u16,
        hour: wall.hour as u16,
        minute: wall.min as u16,
        second: wall.sec as u16,
        millisecond: 0,
    }
}

fn describe(zone: &Zone, year: u16) -> Description {
    let year = zone.zone.year(i32::from(year));
    let minutes = |offset: i32| -offset / 60;
    let bias = minutes(year.standard.offset);
    let changes = year.to_standard.as_ref().zip(year.to_daylight.as_ref());
    let daylight = year.daylight.as_ref().filter(|_| changes.is_some());
    let rules = Rules {
        bias,
        standard_bias: 0,
        daylight_bias: daylight.map_or(-60, |local| minutes(local.offset) - bias),
        changes: changes
            .map(|(to_standard, to_daylight)| (recurrence(to_standard), recurrence(to_daylight))),
    };
    let windows = zone.name.as_deref().and_then(names::windows_name);
    let (standard_name, daylight_name) = match windows {
        Some("UTC") => {
            ("Coordinated Universal Time".to_owned(), "Coordinated Universal Time".to_owned())
        }
        Some(name) => (name.to_owned(), name.replace("Standard Time", "Daylight Time")),
        None => {
            let daylight = daylight.unwrap_or(&year.standard);
            (year.standard.name.clone(), daylight.name.clone())
        }
    };
    // A zone that Windows has no key for is named as Linux names it.
    let key_name = windows.map(str::to_owned).or_else(|| zone.name.clone());
    let key_name = key_name.unwrap_or_else(|| standard_name.clone());
    Description { rules, standard_name, daylight_name, key_name }
}

/// The zone itself.
#[must_use]
pub fn zone() -> &'static TimeZone {
    &ZONE.zone
}

/// The zone in a year.
#[must_use]
pub fn description(year: u16) -> Description {
    describe(&ZONE, year)
}

/// Ticks that local time is ahead of UTC at a moment (UTC), and whether daylight saving time
/// holds.
#[must_use]
pub fn offset_at(ticks: i64) -> (i64, bool) {
    let local = ZONE.zone.at(to_unix(ticks).0);
    (i64::from(local.offset) * TICKS_PER_SECOND, local.dst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posix_zone_is_described_by_its_abbreviations() {
        let zone = Zone::find(Some("CET-1CEST,M3.5.0,M10.5.0/3"));
        let d = describe(&zone, 2024);
        assert_eq!((d.rules.bias, d.rules.daylight_bias), (-60, -60));
        assert_eq!((d.standard_name.as_str(), d.daylight_name.as_str()), ("CET", "CEST"));
        let (to_standard, to_daylight) = d.rules.changes.unwrap();
        assert_eq!((to_daylight.month, to_daylight.week, to_daylight.hour), (3, 5, 2));
        assert_eq!((to_standard.month, to_standard.week, to_standard.hour), (10, 5, 3));
    }

    #[test]
    fn without_a_zone_it_is_utc() {
        for variable in ["", "No/Such_Zone_At_All"] {
            let d = describe(&Zone::find(Some(variable)), 2024);
            assert_eq!((d.rules.bias, d.rules.changes, d.key_name.as_str()), (0, None, "UTC"));
            assert_eq!(d.standard_name, "Coordinated Universal Time");
        }
    }

    #[test]
    fn names_are_taken_from_paths() {
        let name = |path: &str| name_in_database(Path::new(path));
        assert_eq!(name("/usr/share/zoneinfo/Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("../usr/share/zoneinfo/posix/UTC").as_deref(), Some("UTC"));
        assert_eq!(name("/etc/localtime"), None);
    }
}

//! Time: the clock, `struct tm` in the program's memory, the time zone.

use super::environment;
use super::error::Error;
use super::locale;
use super::strings;
use super::text::{self, GuestUnit};
use super::thread_state::{self, Buffer};
use super::variable::Variable;
use crate::ex::time_zone;
use haft_abi::time::to_unix;
use haft_crt::time::{self, TimeZone, Tm, YearRules, ZoneNames};
use haft_crt::{Dialect, Errno};
use haft_host::{clock, guest};
use std::sync::{LazyLock, PoisonError, RwLock};

/// A `struct tm`: nine integers.
type Fields = [i32; 9];

fn fields(tm: &Tm) -> Fields {
    [tm.sec, tm.min, tm.hour, tm.mday, tm.mon, tm.year, tm.wday, tm.yday, tm.isdst]
}

fn tm_of(fields: Fields) -> Tm {
    let [sec, min, hour, mday, mon, year, wday, yday, isdst] = fields;
    Tm { sec, min, hour, mday, mon, year, wday, yday, isdst }
}

fn read_tm(address: usize) -> Result<Tm, Error> {
    if address == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    Ok(tm_of(guest::read::<Fields>(address)?))
}

/// Seconds and nanoseconds since 1970.
#[must_use]
pub fn now() -> (i64, i64) {
    to_unix(clock::system_time())
}

/// Milliseconds of the process's life (`clock`).
#[must_use]
pub fn clock() -> i32 {
    static START: LazyLock<i64> = LazyLock::new(clock::performance_counter);
    let start = *START;
    ((clock::performance_counter() - start) / 10_000) as i32
}

/// The zone of the C runtime: what `TZ` says in Microsoft's form, else that of the system.
static ZONE: LazyLock<RwLock<TimeZone>> = LazyLock::new(|| RwLock::new(find_zone()));

/// `_timezone`, until the zone is first looked at that of Windows' own.
pub static TIMEZONE: Variable = Variable::new([28800]);
/// `_daylight`.
pub static DAYLIGHT: Variable = Variable::new([1]);
/// `_dstbias`.
pub static BIAS: Variable = Variable::new([-3600i32 as u32 as usize]);
/// `_tzname`, once [`names`] filled it.
pub static NAMES: Variable<2> = Variable::new([0; 2]);

/// The address of `_tzname`.
#[must_use]
pub fn names() -> usize {
    if NAMES.get() == Ok([0usize; 2]) {
        let _ = set_names(["PST", "PDT"]);
    }
    NAMES.address()
}

fn set_names(names: [&str; 2]) -> Result<(), Error> {
    let [standard, daylight] = names.map(|name| locale::permanent(name.as_bytes()));
    Ok(NAMES.set([standard?, daylight?])?)
}

/// Puts what the zone is where programs look for it.
fn show(zone: &TimeZone) {
    let variables = variables_of(zone);
    let [standard, daylight] = &variables.names;
    // Without the memory for it, or with its DLL unloaded, a program sees what was there before.
    let _ = TIMEZONE.set(variables.timezone);
    let _ = DAYLIGHT.set(variables.daylight);
    let _ = BIAS.set(variables.bias);
    let _ = set_names([standard, daylight]);
}

fn find_zone() -> TimeZone {
    let name: Vec<u16> = "TZ".encode_utf16().collect();
    let variable = environment::get::<u8>(&name).ok().flatten();
    let text = variable.and_then(|at| text::read::<u8>(at).ok());
    let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
    let zone = text
        .and_then(|text| TimeZone::from_tz_variable(&text).ok())
        .unwrap_or_else(|| time_zone::zone().clone());
    show(&zone);
    zone
}

fn with_zone<T>(body: impl FnOnce(&TimeZone) -> T) -> T {
    body(&ZONE.read().unwrap_or_else(PoisonError::into_inner))
}

/// `_tzset`: looks at `TZ` again.
pub fn set_zone() {
    let zone = find_zone();
    *ZONE.write().unwrap_or_else(PoisonError::into_inner) = zone;
}

fn this_year(zone: &TimeZone) -> YearRules {
    zone.year(time::gmtime(now().0).map_or(1970, |tm| tm.year + 1900))
}

/// What `_timezone`, `_daylight`, `_dstbias` and `_tzname` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneVariables {
    /// Seconds that UTC is ahead of standard time.
    pub timezone: i32,
    /// Whether there is daylight saving time.
    pub daylight: i32,
    /// Seconds to add in daylight saving time.
    pub bias: i32,
    /// The names of both times.
    pub names: [String; 2],
}

/// The variables of the zone.
#[must_use]
pub fn zone_variables() -> ZoneVariables {
    with_zone(variables_of)
}

fn variables_of(zone: &TimeZone) -> ZoneVariables {
    let rules = this_year(zone);
    let daylight = rules.daylight.as_ref();
    ZoneVariables {
        timezone: -rules.standard.offset,
        daylight: daylight.is_some().into(),
        bias: daylight.map_or(0, |local| rules.standard.offset - local.offset),
        names: [
            rules.standard.name.clone(),
            daylight.map_or_else(String::new, |local| local.name.clone()),
        ],
    }
}

/// Whose time a `struct tm` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That of UTC.
    Utc,
    /// That of the zone.
    Local,
}

fn broken_down(seconds: i64, clock: Clock) -> Result<Tm, Error> {
    let tm = match clock {
        Clock::Utc => time::gmtime(seconds),
        Clock::Local => with_zone(|zone| time::localtime(seconds, zone)),
    };
    tm.ok_or(Error::Errno(Errno::EINVAL))
}

/// `gmtime`, `localtime`: the address of the thread's `struct tm`.
///
/// # Errors
/// `EINVAL` for a time out of range.
pub fn broken_down_static(seconds: i64, clock: Clock) -> Result<usize, Error> {
    thread_state::put(Buffer::Time, &fields(&broken_down(seconds, clock)?))
}

/// `gmtime_s`, `localtime_s`.
///
/// # Errors
/// `EINVAL` for a time out of range (all fields are then -1), or no place.
pub fn broken_down_to(target: usize, seconds: i64, clock: Clock) -> Result<(), Error> {
    if target == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    match broken_down(seconds, clock) {
        Ok(tm) => Ok(guest::write(target, fields(&tm))?),
        Err(error) => {
            guest::write(target, [-1i32; 9])?;
            Err(error)
        }
    }
}

/// `mktime`, `_mkgmtime`: the seconds; the fields become normal.
///
/// # Errors
/// `EINVAL` for a time out of range or no place.
pub fn seconds_of(address: usize, clock: Clock) -> Result<i64, Error> {
    let mut tm = read_tm(address)?;
    let seconds = match clock {
        Clock::Utc => time::mkgmtime(&mut tm),
        Clock::Local => with_zone(|zone| time::mktime(&mut tm, zone)),
    };
    let seconds = seconds.ok_or(Errno::EINVAL)?;
    guest::write(address, fields(&tm))?;
    Ok(seconds)
}

/// The 32-bit form of a time.
///
/// # Errors
/// `EINVAL` after January 18, 2038.
pub fn narrowed(seconds: i64) -> Result<i32, Error> {
    i32::try_from(seconds).map_err(|_| Errno::EINVAL.into())
}

/// `strftime`: how many units without the null.
///
/// # Errors
/// `EINVAL` for a bad format or field, `ERANGE` if it does not fit.
pub fn format<U: GuestUnit>(
    target: usize,
    size: usize,
    format: usize,
    tm: usize,
    dialect: Dialect,
) -> Result<usize, Error> {
    let (format, tm) = (text::read::<U>(format)?, read_tm(tm)?);
    let rules = with_zone(this_year);
    let daylight = rules.daylight.as_ref().unwrap_or(&rules.standard);
    let names = ZoneNames {
        standard: &rules.standard.name,
        daylight: &daylight.name,
        standard_offset: rules.standard.offset,
        daylight_offset: daylight.offset,
    };
    let text =
        time::strftime(&format, &tm, &names, dialect).ok_or(Error::Invalid(Errno::EINVAL))?;
    strings::store(target, size, &text)?;
    Ok(text.len())
}

fn units<U: GuestUnit>(text: &[u8]) -> Vec<U> {
    text.iter().map(|&byte| U::from_ascii(byte)).collect()
}

fn buffer<U: GuestUnit>() -> Buffer {
    if U::WIDE { Buffer::WideTimeText } else { Buffer::TimeText }
}

fn text_static<U: GuestUnit>(text: &[u8]) -> Result<usize, Error> {
    thread_state::put(buffer::<U>(), &[units::<U>(text), vec![U::default()]].concat())
}

fn text_of(tm: &Tm) -> Result<[u8; 25], Error> {
    // Microsoft's page shows the day with a zero, as msvcrt.dll and the UCRT have it alike.
    time::asctime(tm, Dialect::Msvcrt).ok_or(Error::Invalid(Errno::EINVAL))
}

/// `asctime`: the address of the thread's text.
///
/// # Errors
/// `EINVAL` for a bad field.
pub fn text<U: GuestUnit>(tm: usize) -> Result<usize, Error> {
    text_static::<U>(&text_of(&read_tm(tm)?)?)
}

/// `ctime`: the address of the thread's text.
///
/// # Errors
/// `EINVAL` for a time out of range.
pub fn local_text<U: GuestUnit>(seconds: i64) -> Result<usize, Error> {
    text_static::<U>(&text_of(&broken_down(seconds, Clock::Local)?)?)
}

/// `asctime_s`.
///
/// # Errors
/// `EINVAL` for a bad field, `ERANGE` for less than 26 units.
pub fn text_to<U: GuestUnit>(target: usize, size: usize, tm: usize) -> Result<(), Error> {
    strings::store(target, size, &units::<U>(&text_of(&read_tm(tm)?)?))
}

/// `ctime_s`.
///
/// # Errors
/// `EINVAL` for a time out of range, `ERANGE` for less than 26 units.
pub fn local_text_to<U: GuestUnit>(target: usize, size: usize, seconds: i64) -> Result<(), Error> {
    let text = text_of(&broken_down(seconds, Clock::Local)?)?;
    strings::store(target, size, &units::<U>(&text))
}

/// `_strdate` and `_strtime`: the date as `mm/dd/yy`, or the time as `hh:mm:ss`.
///
/// # Errors
/// `EINVAL` if the clock is out of range.
pub fn today<U: GuestUnit>(date: bool) -> Result<Vec<U>, Error> {
    let tm = broken_down(now().0, Clock::Local)?;
    let text = if date {
        format!("{:02}/{:02}/{:02}", tm.mon + 1, tm.mday, tm.year % 100)
    } else {
        format!("{:02}:{:02}:{:02}", tm.hour, tm.min, tm.sec)
    };
    Ok(units(text.as_bytes()))
}

/// The fields of `struct _timeb`: seconds, milliseconds, minutes that UTC is ahead, whether
/// daylight saving time holds.
#[must_use]
pub fn moment() -> (i64, u16, i16, i16) {
    let (seconds, nanoseconds) = now();
    let dst = with_zone(|zone| zone.at(seconds).dst);
    let timezone = zone_variables().timezone / 60;
    (seconds, (nanoseconds / 1_000_000) as u16, timezone as i16, i16::from(dst))
}

/// `_get_tzname`: stores the name of standard (0) or daylight saving (1) time; its size with the
/// null.
///
/// # Errors
/// `EINVAL` for another index, `ERANGE` if it does not fit; no buffer only asks for the size.
pub fn zone_name(index: i32, target: usize, size: usize) -> Result<usize, Error> {
    let names = zone_variables().names;
    let name = usize::try_from(index).ok().and_then(|index| names.get(index));
    let name = name.ok_or(Error::Invalid(Errno::EINVAL))?;
    if target != 0 {
        strings::store(target, size, name.as_bytes())?;
    }
    Ok(name.len() + 1)
}

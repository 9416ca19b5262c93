//! Time.

use crate::abi::{ErrorCode, In, Out, Ptr, SetIfSome as _};
use haft_kernel::crt::time::{self as clock, Clock};
use haft_kernel::crt::{Error, strings, text};
use haft_macros::export;

haft_host::plain! {
    /// `struct __timeb64`.
    struct TimeB {
        time: i64,
        millitm: u16,
        timezone: i16,
        dstflag: i16,
        padding: u16,
    }
}

impl TimeB {
    fn now() -> Self {
        let (time, millitm, timezone, dstflag) = clock::moment();
        Self { time, millitm, timezone, dstflag, padding: 0 }
    }
}

/// Gives the calendar of UTC at a time. (Microsoft: "gmtime, _gmtime32, _gmtime64")
#[export(msvcrt, ucrtbase)]
fn _gmtime64(sourceTime: In<i64>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get(), Clock::Utc).map(Ptr::new)
}

/// Gives the calendar of UTC at a time. (Microsoft: "gmtime, _gmtime32, _gmtime64")
#[export(msvcrt, ucrtbase)]
fn _gmtime32(sourceTime: In<i32>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get().into(), Clock::Utc).map(Ptr::new)
}

/// Gives the calendar of UTC at a time. (Microsoft: "gmtime, _gmtime32, _gmtime64")
#[export(msvcrt)]
fn gmtime(sourceTime: In<i64>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get(), Clock::Utc).map(Ptr::new)
}

/// Gives the calendar of UTC at a time. (Microsoft: "gmtime_s, _gmtime32_s, _gmtime64_s")
#[export(msvcrt, ucrtbase)]
fn _gmtime64_s(tmDest: Ptr<i32>, sourceTime: In<i64>) -> ErrorCode {
    ErrorCode(clock::broken_down_to(tmDest.addr(), sourceTime.get(), Clock::Utc))
}

/// Gives the calendar of UTC at a time. (Microsoft: "gmtime_s, _gmtime32_s, _gmtime64_s")
#[export(msvcrt, ucrtbase)]
fn _gmtime32_s(tmDest: Ptr<i32>, sourceTime: In<i32>) -> ErrorCode {
    ErrorCode(clock::broken_down_to(tmDest.addr(), sourceTime.get().into(), Clock::Utc))
}

/// Gives the local calendar at a time. (Microsoft: "localtime, _localtime32, _localtime64")
#[export(msvcrt, ucrtbase)]
fn _localtime64(sourceTime: In<i64>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get(), Clock::Local).map(Ptr::new)
}

/// Gives the local calendar at a time. (Microsoft: "localtime, _localtime32, _localtime64")
#[export(msvcrt, ucrtbase)]
fn _localtime32(sourceTime: In<i32>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get().into(), Clock::Local).map(Ptr::new)
}

/// Gives the local calendar at a time. (Microsoft: "localtime, _localtime32, _localtime64")
#[export(msvcrt)]
fn localtime(sourceTime: In<i64>) -> Result<Ptr<i32>, Error> {
    clock::broken_down_static(sourceTime.get(), Clock::Local).map(Ptr::new)
}

/// Gives the local calendar at a time. (Microsoft: "localtime_s, _localtime32_s, _localtime64_s")
#[export(msvcrt, ucrtbase)]
fn _localtime64_s(tmDest: Ptr<i32>, sourceTime: In<i64>) -> ErrorCode {
    ErrorCode(clock::broken_down_to(tmDest.addr(), sourceTime.get(), Clock::Local))
}

/// Gives the local calendar at a time. (Microsoft: "localtime_s, _localtime32_s, _localtime64_s")
#[export(msvcrt, ucrtbase)]
fn _localtime32_s(tmDest: Ptr<i32>, sourceTime: In<i32>) -> ErrorCode {
    ErrorCode(clock::broken_down_to(tmDest.addr(), sourceTime.get().into(), Clock::Local))
}

/// Gives the time of a local calendar. (Microsoft: "mktime, _mktime32, _mktime64")
#[export(msvcrt, ucrtbase)]
fn _mktime64(timeptr: Ptr<i32>) -> Result<i64, Error> {
    clock::seconds_of(timeptr.addr(), Clock::Local)
}

/// Gives the time of a local calendar. (Microsoft: "mktime, _mktime32, _mktime64")
#[export(msvcrt, ucrtbase)]
fn _mktime32(timeptr: Ptr<i32>) -> Result<i32, Error> {
    clock::narrowed(clock::seconds_of(timeptr.addr(), Clock::Local)?)
}

/// Gives the time of a calendar of UTC. (Microsoft: "_mkgmtime, _mkgmtime32, _mkgmtime64")
#[export(msvcrt, ucrtbase)]
fn _mkgmtime64(timeptr: Ptr<i32>) -> Result<i64, Error> {
    clock::seconds_of(timeptr.addr(), Clock::Utc)
}

/// Gives the time of a calendar of UTC. (Microsoft: "_mkgmtime, _mkgmtime32, _mkgmtime64")
#[export(msvcrt, ucrtbase)]
fn _mkgmtime32(timeptr: Ptr<i32>) -> Result<i32, Error> {
    clock::narrowed(clock::seconds_of(timeptr.addr(), Clock::Utc)?)
}

/// Gives the time of a local calendar. (Microsoft: "mktime, _mktime32, _mktime64")
#[export(msvcrt)]
fn mktime(timeptr: Ptr<i32>) -> Result<i64, Error> {
    clock::seconds_of(timeptr.addr(), Clock::Local)
}

/// Gives the time of a calendar of UTC. (Microsoft: "_mkgmtime, _mkgmtime32, _mkgmtime64")
#[export(msvcrt)]
fn _mkgmtime(timeptr: Ptr<i32>) -> Result<i64, Error> {
    clock::seconds_of(timeptr.addr(), Clock::Utc)
}

/// Gives the time. (Microsoft: "time, _time32, _time64")
#[export(msvcrt, ucrtbase)]
fn _time64(destTime: Option<Out<i64>>) -> Result<i64, Error> {
    let (now, _) = clock::now();
    destTime.set(now)?;
    Ok(now)
}

/// Gives the time. (Microsoft: "time, _time32, _time64")
#[export(msvcrt)]
fn time(destTime: Option<Out<i64>>) -> Result<i64, Error> {
    let (now, _) = clock::now();
    destTime.set(now)?;
    Ok(now)
}

/// Gives the time. (Microsoft: "time, _time32, _time64")
#[export(msvcrt, ucrtbase)]
fn _time32(destTime: Option<Out<i32>>) -> Result<i32, Error> {
    let now = clock::narrowed(clock::now().0)?;
    destTime.set(now)?;
    Ok(now)
}

/// Gives the seconds between two times. (Microsoft: "difftime, _difftime32, _difftime64")
#[export(msvcrt, ucrtbase)]
fn _difftime64(timeEnd: i64, timeStart: i64) -> f64 {
    (timeEnd - timeStart) as f64
}

/// Gives the seconds between two times. (Microsoft: "difftime, _difftime32, _difftime64")
#[export(msvcrt, ucrtbase)]
fn _difftime32(timeEnd: i32, timeStart: i32) -> f64 {
    f64::from(timeEnd) - f64::from(timeStart)
}

/// Gives the seconds between two times. (Microsoft: "difftime, _difftime32, _difftime64")
#[export(msvcrt)]
fn difftime(timeEnd: i64, timeStart: i64) -> f64 {
    (timeEnd - timeStart) as f64
}

/// Gives the milliseconds since the start. (Microsoft: "clock")
#[export(msvcrt, ucrtbase)]
fn clock() -> i32 {
    clock::clock()
}

/// Gives the text of a calendar. (Microsoft: "asctime, _wasctime")
#[export(msvcrt, ucrtbase)]
fn asctime(timeptr: Ptr<i32>) -> Result<Ptr<u8>, Error> {
    clock::text::<u8>(timeptr.addr()).map(Ptr::new)
}

/// Gives the text of a calendar. (Microsoft: "asctime_s, _wasctime_s")
#[export(msvcrt, ucrtbase)]
fn asctime_s(buffer: Ptr<u8>, numberOfElements: usize, tmSource: Ptr<i32>) -> ErrorCode {
    ErrorCode(clock::text_to::<u8>(buffer.addr(), numberOfElements, tmSource.addr()))
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt, ucrtbase)]
fn _ctime64(sourceTime: In<i64>) -> Result<Ptr<u8>, Error> {
    clock::local_text::<u8>(sourceTime.get()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt, ucrtbase)]
fn _ctime32(sourceTime: In<i32>) -> Result<Ptr<u8>, Error> {
    clock::local_text::<u8>(sourceTime.get().into()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt)]
fn ctime(sourceTime: In<i64>) -> Result<Ptr<u8>, Error> {
    clock::local_text::<u8>(sourceTime.get()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime_s, _ctime32_s, _ctime64_s, _wctime_s,
/// _wctime32_s, _wctime64_s")
#[export(msvcrt, ucrtbase)]
fn _ctime64_s(buffer: Ptr<u8>, numberOfElements: usize, sourceTime: In<i64>) -> ErrorCode {
    ErrorCode(clock::local_text_to::<u8>(buffer.addr(), numberOfElements, sourceTime.get()))
}

/// Writes the date of now. (Microsoft: "_strdate, _wstrdate")
#[export(msvcrt, ucrtbase)]
fn _strdate(dest: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    text::write_z(dest.addr(), &clock::today::<u8>(true)?)?;
    Ok(dest)
}

/// Writes the date of now, if it fits. (Microsoft: "_strdate_s, _wstrdate_s")
#[export(msvcrt, ucrtbase)]
fn _strdate_s(buffer: Ptr<u8>, size: usize) -> ErrorCode {
    ErrorCode(clock::today::<u8>(true).and_then(|now| strings::store(buffer.addr(), size, &now)))
}

/// Writes the time of now. (Microsoft: "_strtime, _wstrtime")
#[export(msvcrt, ucrtbase)]
fn _strtime(dest: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    text::write_z(dest.addr(), &clock::today::<u8>(false)?)?;
    Ok(dest)
}

/// Writes the time of now, if it fits. (Microsoft: "_strtime_s, _wstrtime_s")
#[export(msvcrt, ucrtbase)]
fn _strtime_s(buffer: Ptr<u8>, size: usize) -> ErrorCode {
    ErrorCode(clock::today::<u8>(false).and_then(|now| strings::store(buffer.addr(), size, &now)))
}

/// Gives the text of a calendar. (Microsoft: "asctime, _wasctime")
#[export(msvcrt, ucrtbase)]
fn _wasctime(timeptr: Ptr<i32>) -> Result<Ptr<u16>, Error> {
    clock::text::<u16>(timeptr.addr()).map(Ptr::new)
}

/// Gives the text of a calendar. (Microsoft: "asctime_s, _wasctime_s")
#[export(msvcrt, ucrtbase)]
fn _wasctime_s(buffer: Ptr<u16>, numberOfElements: usize, tmSource: Ptr<i32>) -> ErrorCode {
    ErrorCode(clock::text_to::<u16>(buffer.addr(), numberOfElements, tmSource.addr()))
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt, ucrtbase)]
fn _wctime64(sourceTime: In<i64>) -> Result<Ptr<u16>, Error> {
    clock::local_text::<u16>(sourceTime.get()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt, ucrtbase)]
fn _wctime32(sourceTime: In<i32>) -> Result<Ptr<u16>, Error> {
    clock::local_text::<u16>(sourceTime.get().into()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime, _ctime32, _ctime64, _wctime, _wctime32,
/// _wctime64")
#[export(msvcrt)]
fn _wctime(sourceTime: In<i64>) -> Result<Ptr<u16>, Error> {
    clock::local_text::<u16>(sourceTime.get()).map(Ptr::new)
}

/// Gives the text of a time. (Microsoft: "ctime_s, _ctime32_s, _ctime64_s, _wctime_s,
/// _wctime32_s, _wctime64_s")
#[export(msvcrt, ucrtbase)]
fn _wctime64_s(buffer: Ptr<u16>, numberOfElements: usize, sourceTime: In<i64>) -> ErrorCode {
    ErrorCode(clock::local_text_to::<u16>(buffer.addr(), numberOfElements, sourceTime.get()))
}

/// Writes the date of now. (Microsoft: "_strdate, _wstrdate")
#[export(msvcrt, ucrtbase)]
fn _wstrdate(dest: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    text::write_z(dest.addr(), &clock::today::<u16>(true)?)?;
    Ok(dest)
}

/// Writes the date of now, if it fits. (Microsoft: "_strdate_s, _wstrdate_s")
#[export(msvcrt, ucrtbase)]
fn _wstrdate_s(buffer: Ptr<u16>, size: usize) -> ErrorCode {
    ErrorCode(clock::today::<u16>(true).and_then(|now| strings::store(buffer.addr(), size, &now)))
}

/// Writes the time of now. (Microsoft: "_strtime, _wstrtime")
#[export(msvcrt, ucrtbase)]
fn _wstrtime(dest: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    text::write_z(dest.addr(), &clock::today::<u16>(false)?)?;
    Ok(dest)
}

/// Writes the time of now, if it fits. (Microsoft: "_strtime_s, _wstrtime_s")
#[export(msvcrt, ucrtbase)]
fn _wstrtime_s(buffer: Ptr<u16>, size: usize) -> ErrorCode {
    ErrorCode(clock::today::<u16>(false).and_then(|now| strings::store(buffer.addr(), size, &now)))
}

/// Takes the time zone from `TZ`. (Microsoft: "_tzset")
#[export(msvcrt, ucrtbase)]
fn _tzset() {
    clock::set_zone()
}

/// Gives the place of the seconds that UTC is ahead. (Microsoft: "_daylight, _dstbias,
/// _timezone, and _tzname")
#[export(ucrtbase)]
fn __timezone() -> Ptr<i32> {
    Ptr::new(clock::TIMEZONE.address())
}

/// Gives the place of whether there is daylight saving time. (Microsoft: "_daylight, _dstbias,
/// _timezone, and _tzname")
#[export(ucrtbase)]
fn __daylight() -> Ptr<i32> {
    Ptr::new(clock::DAYLIGHT.address())
}

/// Gives the place of the offset of daylight saving time. (Microsoft: "_daylight, _dstbias,
/// _timezone, and _tzname")
#[export(ucrtbase)]
fn __dstbias() -> Ptr<i32> {
    Ptr::new(clock::BIAS.address())
}

/// Gives the place of the names of the time zone. (Microsoft: "_daylight, _dstbias, _timezone,
/// and _tzname")
#[export(ucrtbase)]
fn __tzname() -> Ptr<usize> {
    Ptr::new(clock::names())
}

/// Gives the seconds that UTC is ahead. (Microsoft: "_get_timezone")
#[export(ucrtbase)]
fn _get_timezone(seconds: Out<i32>) -> ErrorCode {
    ErrorCode(seconds.set(clock::zone_variables().timezone).map_err(Error::from))
}

/// Tells whether there is daylight saving time. (Microsoft: "_get_daylight")
#[export(ucrtbase)]
fn _get_daylight(hours: Out<i32>) -> ErrorCode {
    ErrorCode(hours.set(clock::zone_variables().daylight).map_err(Error::from))
}

/// Gives the offset of daylight saving time. (Microsoft: "_get_dstbias")
#[export(ucrtbase)]
fn _get_dstbias(seconds: Out<i32>) -> ErrorCode {
    ErrorCode(seconds.set(clock::zone_variables().bias).map_err(Error::from))
}

/// Gives the name of the time zone. (Microsoft: "_get_tzname")
#[export(ucrtbase)]
fn _get_tzname(
    pReturnValue: Out<usize>,
    timeZoneName: Ptr<u8>,
    sizeInBytes: usize,
    index: i32,
) -> ErrorCode {
    ErrorCode(
        clock::zone_name(index, timeZoneName.addr(), sizeInBytes)
            .and_then(|size| Ok(pReturnValue.set(size)?)),
    )
}

/// Gives the time with milliseconds. (Microsoft: "_ftime, _ftime32, _ftime64")
#[export(msvcrt, ucrtbase, also = "_ftime")]
fn _ftime64(timeptr: Out<TimeB>) -> Result<(), Error> {
    Ok(timeptr.set(TimeB::now())?)
}

/// Gives the time with milliseconds. (Microsoft: "_ftime_s, _ftime32_s, _ftime64_s")
#[export(msvcrt, ucrtbase)]
fn _ftime64_s(timeptr: Out<TimeB>) -> ErrorCode {
    ErrorCode(timeptr.set(TimeB::now()).map_err(Error::from))
}

/// Gives the time with nanoseconds. (Microsoft: "timespec_get, _timespec32_get, _timespec64_get")
#[export(ucrtbase)]
fn _timespec32_get(time: Out<[i32; 2]>, base: i32) -> i32 {
    let (seconds, nanoseconds) = clock::now();
    // After January 18, 2038, no 32-bit time is right.
    let Ok(seconds) = i32::try_from(seconds) else { return 0 };
    if base == 1 && time.set([seconds, nanoseconds as i32]).is_ok() { base } else { 0 }
}

/// Gives the time with nanoseconds. (Microsoft: "timespec_get, _timespec32_get, _timespec64_get")
#[export(ucrtbase)]
fn _timespec64_get(time: Out<[i64; 2]>, base: i32) -> i32 {
    let (seconds, nanoseconds) = clock::now();
    if base == 1 && time.set([seconds, nanoseconds]).is_ok() { base } else { 0 }
}

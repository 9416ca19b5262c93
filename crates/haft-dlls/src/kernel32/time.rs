//! Clocks and file times.

use crate::abi::{In, Out};
use crate::hooks;
use haft_abi::Win32Error;
use haft_kernel::ex::time::{self, Fields};
use haft_macros::export;

/// `SYSTEMTIME`: year, month, weekday, day, hour, minute, second, millisecond.
pub(crate) type SystemTime = [u16; 8];

/// The fields of a `SYSTEMTIME`.
pub(crate) const fn fields(words: SystemTime) -> Fields {
    let [year, month, weekday, day, hour, minute, second, millisecond] = words;
    Fields { year, month, weekday, day, hour, minute, second, millisecond }
}

/// The `SYSTEMTIME` of fields.
pub(crate) const fn words(f: Fields) -> SystemTime {
    [f.year, f.month, f.weekday, f.day, f.hour, f.minute, f.second, f.millisecond]
}

/// Gets the system time. (Microsoft: "GetSystemTimeAsFileTime function")
#[export(kernel32, also = "GetSystemTimePreciseAsFileTime")]
fn GetSystemTimeAsFileTime(lpSystemTimeAsFileTime: Out<i64>) {
    hooks::or_fault(lpSystemTimeAsFileTime.set(time::system_time()));
}

/// Gets the system time by the calendar, in UTC. (Microsoft: "GetSystemTime function")
#[export(kernel32)]
fn GetSystemTime(lpSystemTime: Out<SystemTime>) {
    let now = Fields::from_ticks(time::system_time()).unwrap_or_default();
    hooks::or_fault(lpSystemTime.set(words(now)));
}

/// Refuses to set the system time, which belongs to Linux. (Microsoft: "SetSystemTime function")
#[export(kernel32, also = "SetLocalTime")]
fn SetSystemTime(lpSystemTime: In<SystemTime>) -> Result<(), Win32Error> {
    fields(lpSystemTime.get()).to_ticks().ok_or(Win32Error::INVALID_PARAMETER)?;
    Err(Win32Error::PRIVILEGE_NOT_HELD)
}

/// Gives the calendar's moment of a file time. (Microsoft: "FileTimeToSystemTime function")
#[export(kernel32)]
fn FileTimeToSystemTime(
    lpFileTime: In<i64>,
    lpSystemTime: Out<SystemTime>,
) -> Result<(), Win32Error> {
    let moment = Fields::from_ticks(lpFileTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpSystemTime.set(words(moment))?)
}

/// Gives the file time of a moment by the calendar; the weekday does not count. (Microsoft:
/// "SystemTimeToFileTime function")
#[export(kernel32)]
fn SystemTimeToFileTime(
    lpSystemTime: In<SystemTime>,
    lpFileTime: Out<i64>,
) -> Result<(), Win32Error> {
    let ticks = fields(lpSystemTime.get()).to_ticks().ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpFileTime.set(ticks)?)
}

/// Compares two file times: -1, 0 or 1. (Microsoft: "CompareFileTime function")
#[export(kernel32)]
fn CompareFileTime(lpFileTime1: In<u64>, lpFileTime2: In<u64>) -> i32 {
    lpFileTime1.get().cmp(&lpFileTime2.get()) as i32
}

/// Gives the file time of an MS-DOS date and time. (Microsoft: "DosDateTimeToFileTime function")
#[export(kernel32)]
fn DosDateTimeToFileTime(
    wFatDate: u16,
    wFatTime: u16,
    lpFileTime: Out<i64>,
) -> Result<(), Win32Error> {
    let ticks = time::from_dos(wFatDate, wFatTime).ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(lpFileTime.set(ticks)?)
}

/// Gives the MS-DOS date and time of a file time. (Microsoft: "FileTimeToDosDateTime function")
#[export(kernel32)]
fn FileTimeToDosDateTime(
    lpFileTime: In<i64>,
    lpFatDate: Out<u16>,
    lpFatTime: Out<u16>,
) -> Result<(), Win32Error> {
    let (date, time) = time::to_dos(lpFileTime.get()).ok_or(Win32Error::INVALID_PARAMETER)?;
    lpFatDate.set(date)?;
    Ok(lpFatTime.set(time)?)
}

/// Returns milliseconds since the machine started, modulo 2 to the 32nd. (Microsoft:
/// "GetTickCount function")
#[export(kernel32)]
fn GetTickCount() -> u32 {
    time::tick_count() as u32
}

/// Returns milliseconds since the machine started. (Microsoft: "GetTickCount64 function")
#[export(kernel32)]
fn GetTickCount64() -> u64 {
    time::tick_count()
}

/// Gets the performance counter. (Microsoft: "QueryPerformanceCounter function")
#[export(kernel32)]
fn QueryPerformanceCounter(lpPerformanceCount: Out<i64>) -> Result<(), Win32Error> {
    Ok(lpPerformanceCount.set(time::performance_counter())?)
}

/// Gets how often the performance counter counts in a second: 10,000,000. (Microsoft:
/// "QueryPerformanceFrequency function")
#[export(kernel32)]
fn QueryPerformanceFrequency(lpFrequency: Out<i64>) -> Result<(), Win32Error> {
    Ok(lpFrequency.set(time::PERFORMANCE_FREQUENCY)?)
}

/// Gets the time since the machine started, sleep included, in 100 ns. (Microsoft:
/// "QueryInterruptTime function")
#[export(kernel32, also = "QueryInterruptTimePrecise")]
fn QueryInterruptTime(lpInterruptTime: Out<u64>) {
    hooks::or_fault(lpInterruptTime.set(time::interrupt_time()));
}

/// Gets the time since the machine started, without sleep, in 100 ns. (Microsoft:
/// "QueryUnbiasedInterruptTime function")
#[export(kernel32)]
fn QueryUnbiasedInterruptTime(UnbiasedTime: Out<u64>) -> Result<(), Win32Error> {
    Ok(UnbiasedTime.set(time::unbiased_interrupt_time())?)
}

/// Gets the time since the machine started, without sleep, in 100 ns. (Microsoft:
/// "QueryUnbiasedInterruptTimePrecise function")
#[export(kernel32)]
fn QueryUnbiasedInterruptTimePrecise(lpUnbiasedInterruptTimePrecise: Out<u64>) {
    hooks::or_fault(lpUnbiasedInterruptTimePrecise.set(time::unbiased_interrupt_time()));
}

/// Gets how the system clock is adjusted: not at all, by what a program can see. (Microsoft:
/// "GetSystemTimeAdjustment function")
#[export(kernel32)]
fn GetSystemTimeAdjustment(
    lpTimeAdjustment: Out<u32>,
    lpTimeIncrement: Out<u32>,
    lpTimeAdjustmentDisabled: Out<u32>,
) -> Result<(), Win32Error> {
    let tick = time::TIMER_RESOLUTION.coarsest;
    lpTimeAdjustment.set(tick)?;
    lpTimeIncrement.set(tick)?;
    Ok(lpTimeAdjustmentDisabled.set(1)?)
}

//! Clocks and file times.

use crate::abi::{In, Out, SetIfSome as _};
use crate::hooks;
use haft_abi::NtStatus;
use haft_kernel::ex::time::{self, Epoch, Fields};
use haft_macros::export;

/// Gets the system time. (Microsoft: "NtQuerySystemTime function")
#[export(ntdll, also = "ZwQuerySystemTime")]
fn NtQuerySystemTime(SystemTime: Out<i64>) -> Result<(), NtStatus> {
    Ok(SystemTime.set(time::system_time())?)
}

/// Returns the system time. (Microsoft: "RtlGetSystemTimePrecise function")
#[export(ntdll)]
fn RtlGetSystemTimePrecise() -> i64 {
    time::system_time()
}

/// Gets the performance counter and its frequency. (Microsoft: "NtQueryPerformanceCounter
/// function")
#[export(ntdll, also = "ZwQueryPerformanceCounter")]
fn NtQueryPerformanceCounter(
    PerformanceCounter: Out<i64>,
    PerformanceFrequency: Option<Out<i64>>,
) -> Result<(), NtStatus> {
    PerformanceCounter.set(time::performance_counter())?;
    Ok(PerformanceFrequency.set(time::PERFORMANCE_FREQUENCY)?)
}

/// Gets the performance counter; always TRUE. (Geoff Chappell: "RtlQueryPerformanceCounter")
#[export(ntdll)]
fn RtlQueryPerformanceCounter(PerformanceCounter: Out<i64>) -> bool {
    hooks::or_fault(PerformanceCounter.set(time::performance_counter()));
    true
}

/// Gets the performance counter's frequency; always TRUE. (Geoff Chappell:
/// "RtlQueryPerformanceFrequency")
#[export(ntdll)]
fn RtlQueryPerformanceFrequency(PerformanceFrequency: Out<i64>) -> bool {
    hooks::or_fault(PerformanceFrequency.set(time::PERFORMANCE_FREQUENCY));
    true
}

/// Gets the resolution of timers in 100 ns units. (NtInternals: "NtQueryTimerResolution")
#[export(ntdll, also = "ZwQueryTimerResolution")]
fn NtQueryTimerResolution(
    MaximumTime: Out<u32>,
    MinimumTime: Out<u32>,
    CurrentTime: Out<u32>,
) -> Result<(), NtStatus> {
    let resolution = time::TIMER_RESOLUTION;
    MaximumTime.set(resolution.coarsest)?;
    MinimumTime.set(resolution.finest)?;
    Ok(CurrentTime.set(resolution.current)?)
}

/// Asks for a resolution of timers: Linux's always have the finest. (NtInternals:
/// "NtSetTimerResolution")
#[export(ntdll, also = "ZwSetTimerResolution")]
fn NtSetTimerResolution(
    _DesiredTime: u32,
    _SetResolution: u8,
    ActualTime: Out<u32>,
) -> Result<(), NtStatus> {
    Ok(ActualTime.set(time::TIMER_RESOLUTION.current)?)
}

/// `TIME_FIELDS`: year, month, day, hour, minute, second, millisecond, weekday.
type TimeFields = [u16; 8];

/// Gives the calendar's moment of a system time. (Microsoft: "RtlTimeToTimeFields function")
#[export(ntdll)]
fn RtlTimeToTimeFields(Time: In<i64>, TimeFields: Out<TimeFields>) {
    let f = Fields::from_ticks(Time.get()).unwrap_or_default();
    let words = [f.year, f.month, f.day, f.hour, f.minute, f.second, f.millisecond, f.weekday];
    hooks::or_fault(TimeFields.set(words));
}

/// Gives the system time of a moment by the calendar; FALSE if it is none. (Microsoft:
/// "RtlTimeFieldsToTime function")
#[export(ntdll)]
fn RtlTimeFieldsToTime(TimeFields: In<TimeFields>, Time: Out<i64>) -> bool {
    let [year, month, day, hour, minute, second, millisecond, weekday] = TimeFields.get();
    let fields = Fields { year, month, weekday, day, hour, minute, second, millisecond };
    fields.to_ticks().map(|ticks| hooks::or_fault(Time.set(ticks))).is_some()
}

/// Gives seconds since 1970 of a system time; FALSE if they do not fit. (Microsoft:
/// "RtlTimeToSecondsSince1970 function")
#[export(ntdll)]
fn RtlTimeToSecondsSince1970(Time: In<i64>, ElapsedSeconds: Out<u32>) -> bool {
    let seconds = time::to_seconds_since(Time.get(), Epoch::Unix);
    seconds.map(|seconds| hooks::or_fault(ElapsedSeconds.set(seconds))).is_some()
}

/// Gives seconds since 1980 of a system time; FALSE if they do not fit. (Geoff Chappell:
/// "RtlTimeToSecondsSince1980")
#[export(ntdll)]
fn RtlTimeToSecondsSince1980(Time: In<i64>, ElapsedSeconds: Out<u32>) -> bool {
    let seconds = time::to_seconds_since(Time.get(), Epoch::Dos);
    seconds.map(|seconds| hooks::or_fault(ElapsedSeconds.set(seconds))).is_some()
}

/// Gives the system time of seconds since 1970. (Geoff Chappell: "RtlSecondsSince1970ToTime")
#[export(ntdll)]
fn RtlSecondsSince1970ToTime(ElapsedSeconds: u32, Time: Out<i64>) {
    hooks::or_fault(Time.set(time::from_seconds_since(ElapsedSeconds, Epoch::Unix)));
}

/// Gives the system time of seconds since 1980. (Geoff Chappell: "RtlSecondsSince1980ToTime")
#[export(ntdll)]
fn RtlSecondsSince1980ToTime(ElapsedSeconds: u32, Time: Out<i64>) {
    hooks::or_fault(Time.set(time::from_seconds_since(ElapsedSeconds, Epoch::Dos)));
}

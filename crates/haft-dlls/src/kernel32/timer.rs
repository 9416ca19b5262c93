//! Waitable timers.

use super::object_name::{self, Attributes, created, wanted};
use crate::abi::{Bool, Charset, In, Routine, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::event::EventKind;
use haft_kernel::ke::timer::{self, DueTime};
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// `TIMER_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

const fn kind(manual: bool) -> EventKind {
    if manual { EventKind::Notification } else { EventKind::Synchronization }
}

/// Creates a waitable timer. (Microsoft:
/// "CreateWaitableTimerW function")
#[export(kernel32, charset)]
fn CreateWaitableTimer<C: Charset>(
    lpTimerAttributes: Attributes,
    bManualReset: Bool,
    lpTimerName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let wanted = wanted(&lpTimerAttributes, lpTimerName.as_ref(), ALL_ACCESS)?;
    Ok(created(timer::create(kind(bManualReset.0), wanted)?))
}

/// Creates a waitable timer with flags and access; every one has a high resolution.  (Microsoft: "CreateWaitableTimerExW function")
#[export(kernel32, charset)]
fn CreateWaitableTimerEx<C: Charset>(
    lpTimerAttributes: Attributes,
    lpTimerName: Option<TStr<C>>,
    dwFlags: u32,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    const CREATE_WAITABLE_TIMER_MANUAL_RESET: u32 = 1;
    const CREATE_WAITABLE_TIMER_HIGH_RESOLUTION: u32 = 2;
    let known = CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;
    if dwFlags & !known != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let wanted = wanted(&lpTimerAttributes, lpTimerName.as_ref(), dwDesiredAccess)?;
    let kind = kind(dwFlags & CREATE_WAITABLE_TIMER_MANUAL_RESET != 0);
    Ok(created(timer::create(kind, wanted)?))
}

/// Opens a named timer. (Microsoft: "OpenWaitableTimerW function")
#[export(kernel32, charset)]
fn OpenWaitableTimer<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpTimerName: TStr<C>,
) -> Result<Handle, Win32Error> {
    object_name::open(ObjectType::Timer, dwDesiredAccess, bInheritHandle.0, &lpTimerName)
}

fn set(
    handle: Handle,
    due: i64,
    period: i32,
    routine: Option<Routine>,
    argument: usize,
) -> Result<(), Win32Error> {
    let period = u32::try_from(period).map_err(|_| Win32Error::INVALID_PARAMETER)?;
    let routine = routine.map(|Routine(address)| timer::Routine { address, argument });
    timer::set(handle, DueTime::from_nt(due), period, routine)?;
    Ok(())
}

/// Sets a timer, perhaps with a completion routine. Asking to resume the machine succeeds with
/// the last error ERROR_NOT_SUPPORTED, as documented. (Microsoft: "SetWaitableTimer function")
#[export(kernel32)]
fn SetWaitableTimer(
    hTimer: Handle,
    lpDueTime: In<i64>,
    lPeriod: i32,
    pfnCompletionRoutine: Option<Routine>,
    lpArgToCompletionRoutine: usize,
    fResume: Bool,
) -> Result<(), Win32Error> {
    let due = lpDueTime.get();
    set(hTimer, due, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine)?;
    if fResume.0 {
        haft_host::gs::set_last_error(Win32Error::NOT_SUPPORTED.0);
    }
    Ok(())
}

/// Sets a timer that may be late by a tolerance, which haft does not use. (Microsoft:
/// "SetWaitableTimerEx function")
#[export(kernel32)]
fn SetWaitableTimerEx(
    hTimer: Handle,
    lpDueTime: In<i64>,
    lPeriod: i32,
    pfnCompletionRoutine: Option<Routine>,
    lpArgToCompletionRoutine: usize,
    WakeContext: usize,
    TolerableDelay: u32,
) -> Result<(), Win32Error> {
    let _ = (WakeContext, TolerableDelay);
    let due = lpDueTime.get();
    set(hTimer, due, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine)
}

/// Makes a timer not set; its signal stays as it is. (Microsoft: "CancelWaitableTimer function")
#[export(kernel32)]
fn CancelWaitableTimer(hTimer: Handle) -> Result<(), Win32Error> {
    timer::cancel(hTimer)?;
    Ok(())
}

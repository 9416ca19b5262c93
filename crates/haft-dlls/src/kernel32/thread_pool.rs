//! The thread pool: work, waits and timers. Pools, cleanup groups and callback instances of a
//! program's own are not there.

use super::wait::timeout;
use crate::abi::{Bool, In, Out, Routine};
use haft_abi::{Handle, Win32Error};
use haft_kernel::ke::thread_pool::{self, Callback, Settings};
use haft_kernel::ke::wait::Timeout;
use haft_macros::export;

const fn callback(routine: Routine, context: usize) -> Callback {
    Callback { routine: routine.0, context }
}

/// Has a worker call a function once. The flags say what kind of worker; there is one kind.
/// (Microsoft: "QueueUserWorkItem function")
#[export(kernel32)]
fn QueueUserWorkItem(Function: Routine, Context: usize, Flags: u32) -> Result<(), Win32Error> {
    let _ = Flags;
    Ok(thread_pool::call_once(Function.0, [Context, 0])?)
}

/// Has a worker call a function once, with an instance. (Microsoft: "TrySubmitThreadpoolCallback
/// function")
#[export(kernel32)]
fn TrySubmitThreadpoolCallback(pfns: Routine, pv: usize, pcbe: usize) -> Result<(), Win32Error> {
    let _ = pcbe;
    Ok(thread_pool::call_once(pfns.0, [thread_pool::INSTANCE, pv])?)
}

/// Makes work. (Microsoft: "CreateThreadpoolWork function")
#[export(kernel32)]
fn CreateThreadpoolWork(pfnwk: Routine, pv: usize, pcbe: usize) -> usize {
    let _ = pcbe;
    thread_pool::create_work(callback(pfnwk, pv))
}

/// Has a worker do work. (Microsoft: "SubmitThreadpoolWork function")
#[export(kernel32)]
fn SubmitThreadpoolWork(pwk: usize) {
    thread_pool::submit_work(pwk);
}

/// Waits for work that was submitted; what has not begun may be cancelled. (Microsoft:
/// "WaitForThreadpoolWorkCallbacks function")
#[export(kernel32)]
fn WaitForThreadpoolWorkCallbacks(pwk: usize, fCancelPendingCallbacks: Bool) {
    thread_pool::wait(pwk, fCancelPendingCallbacks.0);
}

/// Frees work once its callbacks are done. (Microsoft: "CloseThreadpoolWork function")
#[export(kernel32)]
fn CloseThreadpoolWork(pwk: usize) {
    thread_pool::close(pwk);
}

/// Makes a timer. (Microsoft: "CreateThreadpoolTimer function")
#[export(kernel32)]
fn CreateThreadpoolTimer(pfnti: Routine, pv: usize, pcbe: usize) -> usize {
    let _ = pcbe;
    thread_pool::create_settable(callback(pfnti, pv))
}

/// Sets a timer; no due time is never. The window in which it may be late is not used. (Microsoft:
/// "SetThreadpoolTimer function")
#[export(kernel32)]
fn SetThreadpoolTimer(pti: usize, pftDueTime: Option<In<i64>>, msPeriod: u32, msWindowLength: u32) {
    let _ = msWindowLength;
    thread_pool::set_timer(pti, pftDueTime.map(|due| due.get()), msPeriod);
}

/// Tells whether a timer is set. (Microsoft: "IsThreadpoolTimerSet function")
#[export(kernel32)]
fn IsThreadpoolTimerSet(pti: usize) -> bool {
    thread_pool::is_set(pti)
}

/// Waits for a timer's callbacks. (Microsoft: "WaitForThreadpoolTimerCallbacks function")
#[export(kernel32)]
fn WaitForThreadpoolTimerCallbacks(pti: usize, fCancelPendingCallbacks: Bool) {
    thread_pool::wait(pti, fCancelPendingCallbacks.0);
}

/// Frees a timer. (Microsoft: "CloseThreadpoolTimer function")
#[export(kernel32)]
fn CloseThreadpoolTimer(pti: usize) {
    thread_pool::close(pti);
}

/// Makes a wait. (Microsoft: "CreateThreadpoolWait function")
#[export(kernel32)]
fn CreateThreadpoolWait(pfnwa: Routine, pv: usize, pcbe: usize) -> usize {
    let _ = pcbe;
    thread_pool::create_settable(callback(pfnwa, pv))
}

/// Sets a wait, for one callback; no handle is no wait. (Microsoft: "SetThreadpoolWait function")
#[export(kernel32)]
fn SetThreadpoolWait(pwa: usize, h: Option<Handle>, pftTimeout: Option<In<i64>>) {
    thread_pool::set_wait(pwa, h, Timeout::from_nt(pftTimeout.map(|t| t.get())));
}

/// Waits for a wait's callbacks. (Microsoft: "WaitForThreadpoolWaitCallbacks function")
#[export(kernel32)]
fn WaitForThreadpoolWaitCallbacks(pwa: usize, fCancelPendingCallbacks: Bool) {
    thread_pool::wait(pwa, fCancelPendingCallbacks.0);
}

/// Frees a wait. (Microsoft: "CloseThreadpoolWait function")
#[export(kernel32)]
fn CloseThreadpoolWait(pwa: usize) {
    thread_pool::close(pwa);
}

const WT_EXECUTEINWAITTHREAD: u32 = 4;
const WT_EXECUTEONLYONCE: u32 = 8;

/// Has the pool wait for an object and call a function each time, or once. (Microsoft:
/// "RegisterWaitForSingleObject function")
#[export(kernel32)]
fn RegisterWaitForSingleObject(
    phNewWaitObject: Out<usize>,
    hObject: Handle,
    Callback: Routine,
    Context: usize,
    dwMilliseconds: u32,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    let settings = Settings {
        timeout: timeout(dwMilliseconds),
        once: dwFlags & WT_EXECUTEONLYONCE != 0,
        in_wait_thread: dwFlags & WT_EXECUTEINWAITTHREAD != 0,
    };
    let wait = thread_pool::register(hObject, callback(Callback, Context), settings)?;
    Ok(phNewWaitObject.set(wait)?)
}

/// Ends a registered wait; ERROR_IO_PENDING when a callback is under way. (Microsoft:
/// "UnregisterWait function")
#[export(kernel32)]
fn UnregisterWait(WaitHandle: usize) -> Result<(), Win32Error> {
    UnregisterWaitEx(WaitHandle, Handle::NULL)
}

/// Ends a registered wait; callbacks that are under way are waited for with INVALID_HANDLE_VALUE,
/// and an event is set after them. (Microsoft: "UnregisterWaitEx function")
#[export(kernel32)]
fn UnregisterWaitEx(WaitHandle: usize, CompletionEvent: Handle) -> Result<(), Win32Error> {
    Ok(thread_pool::unregister(WaitHandle, CompletionEvent)?)
}

/// Has the pool call a function when a time has passed, and then at every period. The queue is of
/// no account. (Microsoft: "CreateTimerQueueTimer function")
#[export(kernel32)]
fn CreateTimerQueueTimer(
    phNewTimer: Out<usize>,
    TimerQueue: usize,
    Callback: Routine,
    Parameter: usize,
    DueTime: u32,
    Period: u32,
    Flags: u32,
) -> Result<(), Win32Error> {
    if TimerQueue != 0 {
        return Err(Win32Error::INVALID_HANDLE);
    }
    let in_wait_thread = Flags & WT_EXECUTEINWAITTHREAD != 0;
    let period = if Flags & WT_EXECUTEONLYONCE != 0 { 0 } else { Period };
    let callback = callback(Callback, Parameter);
    let timer = thread_pool::register_timer(callback, DueTime, period, in_wait_thread)?;
    Ok(phNewTimer.set(timer)?)
}

/// Ends a timer as UnregisterWaitEx ends a wait. (Microsoft: "DeleteTimerQueueTimer function")
#[export(kernel32)]
fn DeleteTimerQueueTimer(
    TimerQueue: usize,
    Timer: usize,
    CompletionEvent: Handle,
) -> Result<(), Win32Error> {
    if TimerQueue != 0 {
        return Err(Win32Error::INVALID_HANDLE);
    }
    Ok(thread_pool::unregister(Timer, CompletionEvent)?)
}

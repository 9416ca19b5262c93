//! Thread pools: work, waits, timers, I/O.

use super::wait::timeout;
use crate::abi::{Bool, In, Out, Routine};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::ke::thread_pool::{self, Callback, Environment, Settings, instance, io};
use haft_kernel::ke::wait::Timeout;
use haft_kernel::ldr;
use haft_macros::export;

const fn callback(routine: Routine, context: usize) -> Callback {
    Callback { routine: routine.0, context }
}

haft_host::plain! {
    /// `TP_CALLBACK_ENVIRON` of versions 1 and 3; version 1 ends behind the flags.
    pub(crate) struct CallbackEnvironment {
        version: u32,
        padding: u32,
        pool: usize,
        group: usize,
        group_cancel: usize,
        library: usize,
        activation_context: usize,
        finalization: usize,
        flags: u32,
    }
}

/// Reads a callback environment. Long functions need no care, for each callback finds a worker; a
/// library stays for good; what there is none of here is refused.
fn environment(given: Option<In<CallbackEnvironment>>) -> Result<Environment, Win32Error> {
    const LONG_FUNCTION: u32 = 1;
    const PERSISTENT: u32 = 2;
    let Some(given) = given.map(|given| given.get()) else { return Ok(Environment::default()) };
    if ![1, 3].contains(&given.version) || given.flags & !(LONG_FUNCTION | PERSISTENT) != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if given.activation_context != 0 || given.finalization != 0 {
        haft_kernel::log::say_once(
            "thread pool callbacks with activation contexts or finalization are not implemented",
        );
        return Err(Win32Error::NOT_SUPPORTED);
    }
    if given.library != 0 {
        ldr::keep(super::module::by_handle(given.library)?, true);
    }
    let environment = thread_pool::environment(given.pool, given.group, given.group_cancel)?;
    if given.flags & PERSISTENT != 0 {
        environment.keep_workers();
    }
    Ok(environment)
}

/// Has a worker call a function once. The flags say what kind of worker; there is one kind.
/// (Microsoft: "QueueUserWorkItem function")
#[export(kernel32)]
fn QueueUserWorkItem(Function: Routine, Context: usize, Flags: u32) -> Result<(), Win32Error> {
    let _ = Flags;
    Ok(thread_pool::call_once(Function.0, Context)?)
}

/// Has a worker call a function once, with an instance. (Microsoft: "TrySubmitThreadpoolCallback
/// function")
#[export(kernel32)]
fn TrySubmitThreadpoolCallback(
    pfns: Routine,
    pv: usize,
    pcbe: Option<In<CallbackEnvironment>>,
) -> Result<(), Win32Error> {
    Ok(thread_pool::try_submit(callback(pfns, pv), environment(pcbe)?)?)
}

/// Makes work. (Microsoft: "CreateThreadpoolWork function")
#[export(kernel32)]
fn CreateThreadpoolWork(
    pfnwk: Routine,
    pv: usize,
    pcbe: Option<In<CallbackEnvironment>>,
) -> Result<usize, Win32Error> {
    Ok(thread_pool::create_work(callback(pfnwk, pv), environment(pcbe)?))
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
fn CreateThreadpoolTimer(
    pfnti: Routine,
    pv: usize,
    pcbe: Option<In<CallbackEnvironment>>,
) -> Result<usize, Win32Error> {
    Ok(thread_pool::create_settable(callback(pfnti, pv), environment(pcbe)?))
}

/// Sets a timer; no due time is never. The window in which it may be late is not used. (Microsoft:
/// "SetThreadpoolTimer function")
#[export(kernel32)]
fn SetThreadpoolTimer(pti: usize, pftDueTime: Option<In<i64>>, msPeriod: u32, msWindowLength: u32) {
    let _ = msWindowLength;
    thread_pool::set_timer(pti, pftDueTime.map(|due| due.get()), msPeriod);
}

/// Sets a timer as SetThreadpoolTimer does; whether it had been set and had not gone off.
/// (Microsoft: "SetThreadpoolTimerEx function")
#[export(kernel32)]
fn SetThreadpoolTimerEx(
    pti: usize,
    pftDueTime: Option<In<i64>>,
    msPeriod: u32,
    msWindowLength: u32,
) -> Bool {
    let _ = msWindowLength;
    Bool(thread_pool::set_timer(pti, pftDueTime.map(|due| due.get()), msPeriod))
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
fn CreateThreadpoolWait(
    pfnwa: Routine,
    pv: usize,
    pcbe: Option<In<CallbackEnvironment>>,
) -> Result<usize, Win32Error> {
    Ok(thread_pool::create_settable(callback(pfnwa, pv), environment(pcbe)?))
}

/// Sets a wait, for one callback; no handle is no wait. (Microsoft: "SetThreadpoolWait function")
#[export(kernel32)]
fn SetThreadpoolWait(pwa: usize, h: Option<Handle>, pftTimeout: Option<In<i64>>) {
    thread_pool::set_wait(pwa, h, Timeout::from_nt(pftTimeout.map(|t| t.get())));
}

/// Sets a wait as SetThreadpoolWait does; whether it had been set and had not come to its end.
/// (Microsoft: "SetThreadpoolWaitEx function")
#[export(kernel32)]
fn SetThreadpoolWaitEx(
    pwa: usize,
    h: Option<Handle>,
    pftTimeout: Option<In<i64>>,
    Reserved: usize,
) -> Bool {
    let _ = Reserved;
    Bool(thread_pool::set_wait(pwa, h, Timeout::from_nt(pftTimeout.map(|t| t.get()))))
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

/// Makes a queue of timers. (Microsoft: "CreateTimerQueue function")
#[export(kernel32)]
fn CreateTimerQueue() -> usize {
    thread_pool::create_queue()
}

/// Has the pool call a function when a time has passed, and then at every period. (Microsoft:
/// "CreateTimerQueueTimer function")
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
    const WT_EXECUTEINTIMERTHREAD: u32 = 0x20;
    let in_wait_thread = Flags & (WT_EXECUTEINWAITTHREAD | WT_EXECUTEINTIMERTHREAD) != 0;
    let period = if Flags & WT_EXECUTEONLYONCE != 0 { 0 } else { Period };
    let callback = callback(Callback, Parameter);
    phNewTimer.probe()?;
    let timer = thread_pool::register_timer(TimerQueue, callback, DueTime, period, in_wait_thread)?;
    Ok(phNewTimer.set(timer)?)
}

/// Changes when a timer is due, and its period; one that went off for good stays so. (Microsoft:
/// "ChangeTimerQueueTimer function")
#[export(kernel32)]
fn ChangeTimerQueueTimer(
    TimerQueue: usize,
    Timer: usize,
    DueTime: u32,
    Period: u32,
) -> Result<(), Win32Error> {
    Ok(thread_pool::change_timer(TimerQueue, Timer, DueTime, Period)?)
}

/// Ends a timer as UnregisterWaitEx ends a wait. (Microsoft: "DeleteTimerQueueTimer function")
#[export(kernel32)]
fn DeleteTimerQueueTimer(
    TimerQueue: usize,
    Timer: usize,
    CompletionEvent: Handle,
) -> Result<(), Win32Error> {
    Ok(thread_pool::delete_timer(TimerQueue, Timer, CompletionEvent)?)
}

/// Ends a queue and its timers as UnregisterWaitEx ends a wait. (Microsoft: "DeleteTimerQueueEx
/// function")
#[export(kernel32)]
fn DeleteTimerQueueEx(TimerQueue: usize, CompletionEvent: Handle) -> Result<(), Win32Error> {
    Ok(thread_pool::delete_queue(TimerQueue, CompletionEvent)?)
}

/// Ends a queue and its timers; callbacks that are under way go on. (Microsoft: "DeleteTimerQueue
/// function")
#[export(kernel32)]
fn DeleteTimerQueue(TimerQueue: usize) -> Result<(), Win32Error> {
    match thread_pool::delete_queue(TimerQueue, Handle::NULL) {
        Err(NtStatus::PENDING) => Ok(()),
        other => Ok(other?),
    }
}

/// Makes a pool. (Microsoft: "CreateThreadpool function")
#[export(kernel32)]
fn CreateThreadpool(reserved: usize) -> Result<usize, Win32Error> {
    if reserved != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(thread_pool::create_pool())
}

/// Sets the most workers of a pool. (Microsoft: "SetThreadpoolThreadMaximum function")
#[export(kernel32)]
fn SetThreadpoolThreadMaximum(ptpp: usize, cthrdMost: u32) {
    thread_pool::set_pool_maximum(ptpp, cthrdMost);
}

/// Sets the fewest workers of a pool, and starts them. (Microsoft: "SetThreadpoolThreadMinimum
/// function")
#[export(kernel32)]
fn SetThreadpoolThreadMinimum(ptpp: usize, cthrdMic: u32) -> Result<(), Win32Error> {
    Ok(thread_pool::set_pool_minimum(ptpp, cthrdMic)?)
}

/// Closes a pool; what was submitted is still done. (Microsoft: "CloseThreadpool function")
#[export(kernel32)]
fn CloseThreadpool(ptpp: usize) {
    thread_pool::close(ptpp);
}

/// Makes a cleanup group. (Microsoft: "CreateThreadpoolCleanupGroup function")
#[export(kernel32)]
fn CreateThreadpoolCleanupGroup() -> usize {
    thread_pool::create_group()
}

/// Closes all members of a cleanup group after their callbacks; those that have not begun may be
/// cancelled, which the group's function is called for. (Microsoft:
/// "CloseThreadpoolCleanupGroupMembers function")
#[export(kernel32)]
fn CloseThreadpoolCleanupGroupMembers(
    ptpcg: usize,
    fCancelPendingCallbacks: Bool,
    pvCleanupContext: usize,
) {
    thread_pool::close_members(ptpcg, fCancelPendingCallbacks.0, pvCleanupContext);
}

/// Closes a cleanup group. (Microsoft: "CloseThreadpoolCleanupGroup function")
#[export(kernel32)]
fn CloseThreadpoolCleanupGroup(ptpcg: usize) {
    thread_pool::close(ptpcg);
}

/// Has a callback set an event when it returns. (Microsoft: "SetEventWhenCallbackReturns
/// function")
#[export(kernel32)]
fn SetEventWhenCallbackReturns(pci: usize, evt: Handle) {
    instance::at_return(pci, |wanted| wanted.event = Some(evt));
}

/// Has a callback release a semaphore when it returns. (Microsoft:
/// "ReleaseSemaphoreWhenCallbackReturns function")
#[export(kernel32)]
fn ReleaseSemaphoreWhenCallbackReturns(pci: usize, sem: Handle, crel: u32) {
    instance::at_return(pci, |wanted| wanted.semaphore = Some((sem, crel.cast_signed())));
}

/// Has a callback release a mutex when it returns. (Microsoft: "ReleaseMutexWhenCallbackReturns
/// function")
#[export(kernel32)]
fn ReleaseMutexWhenCallbackReturns(pci: usize, r#mut: Handle) {
    instance::at_return(pci, |wanted| wanted.mutex = Some(r#mut));
}

/// Has a callback leave a critical section when it returns. (Microsoft:
/// "LeaveCriticalSectionWhenCallbackReturns function")
#[export(kernel32)]
fn LeaveCriticalSectionWhenCallbackReturns(pci: usize, pcs: usize) {
    instance::at_return(pci, |wanted| wanted.critical_section = Some(pcs));
}

/// Has a callback free a library when it returns. (Microsoft: "FreeLibraryWhenCallbackReturns
/// function")
#[export(kernel32)]
fn FreeLibraryWhenCallbackReturns(pci: usize, module: usize) {
    instance::at_return(pci, |wanted| wanted.library = Some(module));
}

/// Tells whether a callback may run for long: whether another one would find a worker.
/// (Microsoft: "CallbackMayRunLong function")
#[export(kernel32)]
fn CallbackMayRunLong(pci: usize) -> Bool {
    Bool(instance::may_run_long(pci))
}

/// Has those who wait for callbacks wait for this one no longer. (Microsoft:
/// "DisassociateCurrentThreadFromCallback function")
#[export(kernel32)]
fn DisassociateCurrentThreadFromCallback(pci: usize) {
    instance::disassociate(pci);
}

fn win32_code(status: NtStatus) -> u32 {
    if status.is_success() { 0 } else { Win32Error::from(status).0 }
}

/// Has a callback called for each overlapped I/O of a file that is complete. (Microsoft:
/// "CreateThreadpoolIo function")
#[export(kernel32)]
fn CreateThreadpoolIo(
    fl: Handle,
    pfnio: Routine,
    pv: usize,
    pcbe: Option<In<CallbackEnvironment>>,
) -> Result<usize, Win32Error> {
    let (callback, environment) = (callback(pfnio, pv), environment(pcbe)?);
    Ok(io::bind(fl, callback, environment, win32_code, false)?)
}

/// Says that an overlapped I/O is about to begin. (Microsoft: "StartThreadpoolIo function")
#[export(kernel32)]
fn StartThreadpoolIo(pio: usize) {
    io::start(pio);
}

/// Says that an overlapped I/O which was announced did not begin. (Microsoft:
/// "CancelThreadpoolIo function")
#[export(kernel32)]
fn CancelThreadpoolIo(pio: usize) {
    io::cancel(pio);
}

/// Waits for I/O that was announced, and its callbacks. (Microsoft:
/// "WaitForThreadpoolIoCallbacks function")
#[export(kernel32)]
fn WaitForThreadpoolIoCallbacks(pio: usize, fCancelPendingCallbacks: Bool) {
    thread_pool::wait(pio, fCancelPendingCallbacks.0);
}

/// Ends callbacks for I/O; those that are under way go on. (Microsoft: "CloseThreadpoolIo
/// function")
#[export(kernel32)]
fn CloseThreadpoolIo(pio: usize) {
    thread_pool::close(pio);
}

/// Has a function called with the status of each overlapped I/O of a file that is complete.
/// (Microsoft: "BindIoCompletionCallback function")
#[export(kernel32)]
fn BindIoCompletionCallback(
    FileHandle: Handle,
    Function: Routine,
    Flags: u32,
) -> Result<(), Win32Error> {
    if Flags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let code = |status: NtStatus| status.0;
    io::bind(FileHandle, callback(Function, 0), Environment::default(), code, true)?;
    Ok(())
}

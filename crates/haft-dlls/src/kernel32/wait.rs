//! Waiting.

use crate::abi::{Bool, OrMax, Ptr};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::thread;
use haft_kernel::ke::wait::Timeout;
use haft_kernel::ke::wait::{self, MAXIMUM_WAIT_OBJECTS, WaitKind};
use haft_macros::export;

/// A number of milliseconds, `INFINITE` for ever.
pub(crate) const fn timeout(milliseconds: u32) -> Timeout {
    match milliseconds {
        u32::MAX => Timeout::Never,
        n => wait::after_milliseconds(n),
    }
}

/// `WAIT_OBJECT_0` and its kin are the status itself.
fn answer(status: Result<NtStatus, NtStatus>) -> Result<OrMax, Win32Error> {
    Ok(OrMax(status?.0))
}

/// Waits for an object. (Microsoft: "WaitForSingleObject function")
#[export(kernel32)]
fn WaitForSingleObject(hHandle: Handle, dwMilliseconds: u32) -> Result<OrMax, Win32Error> {
    answer(wait::wait_for_single(hHandle, timeout(dwMilliseconds), false))
}

/// Waits for an object, perhaps alertably. (Microsoft: "WaitForSingleObjectEx function")
#[export(kernel32)]
fn WaitForSingleObjectEx(
    hHandle: Handle,
    dwMilliseconds: u32,
    bAlertable: Bool,
) -> Result<OrMax, Win32Error> {
    answer(wait::wait_for_single(hHandle, timeout(dwMilliseconds), bAlertable.0))
}

/// Waits for any or all of up to 64 objects. (Microsoft: "WaitForMultipleObjects function")
#[export(kernel32)]
fn WaitForMultipleObjects(
    nCount: u32,
    lpHandles: Ptr<Handle>,
    bWaitAll: Bool,
    dwMilliseconds: u32,
) -> Result<OrMax, Win32Error> {
    WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, Bool::FALSE)
}

/// Waits for any or all of up to 64 objects, perhaps alertably. (Microsoft:
/// "WaitForMultipleObjectsEx function")
#[export(kernel32)]
fn WaitForMultipleObjectsEx(
    nCount: u32,
    lpHandles: Ptr<Handle>,
    bWaitAll: Bool,
    dwMilliseconds: u32,
    bAlertable: Bool,
) -> Result<OrMax, Win32Error> {
    let count = nCount as usize;
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let mut handles = [Handle::NULL; MAXIMUM_WAIT_OBJECTS];
    for (at, handle) in handles[..count].iter_mut().enumerate() {
        *handle = lpHandles.at(at).read()?;
    }
    let kind = if bWaitAll.0 { WaitKind::All } else { WaitKind::Any };
    let timeout = timeout(dwMilliseconds);
    answer(wait::wait_for_multiple(&handles[..count], kind, timeout, bAlertable.0))
}

/// Signals one object and waits for another. (Microsoft: "SignalObjectAndWait function")
#[export(kernel32)]
fn SignalObjectAndWait(
    hObjectToSignal: Handle,
    hObjectToWaitOn: Handle,
    dwMilliseconds: u32,
    bAlertable: Bool,
) -> Result<OrMax, Win32Error> {
    let timeout = timeout(dwMilliseconds);
    answer(wait::signal_and_wait(hObjectToSignal, hObjectToWaitOn, timeout, bAlertable.0))
}

/// Sleeps. (Microsoft: "Sleep function")
#[export(kernel32)]
fn Sleep(dwMilliseconds: u32) {
    SleepEx(dwMilliseconds, Bool::FALSE);
}

/// Sleeps, perhaps alertably: 0, or WAIT_IO_COMPLETION. A time of zero only gives the processor
/// away. (Microsoft: "SleepEx function")
#[export(kernel32)]
fn SleepEx(dwMilliseconds: u32, bAlertable: Bool) -> u32 {
    if dwMilliseconds == 0 {
        thread::yield_processor();
    }
    match wait::delay(timeout(dwMilliseconds), bAlertable.0) {
        NtStatus::USER_APC => NtStatus::USER_APC.0,
        _ => 0,
    }
}

/// Gives the processor to another thread. Linux does not say whether there was one; the answer
/// is that there was. (Microsoft: "SwitchToThread function")
#[export(kernel32)]
fn SwitchToThread() -> bool {
    thread::yield_processor();
    true
}

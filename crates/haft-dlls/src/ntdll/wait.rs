//! Waiting.

use crate::abi::{In, Ptr};
use haft_abi::{self as abi, NtStatus};
use haft_kernel::ke::wait::{self, MAXIMUM_WAIT_OBJECTS, Timeout, WaitKind};
use haft_macros::export;

fn limit(time: Option<In<i64>>) -> Timeout {
    Timeout::from_nt(time.map(|t| t.get()))
}

/// Waits for an object. (Microsoft: "ZwWaitForSingleObject function")
#[export(ntdll, also = "ZwWaitForSingleObject")]
fn NtWaitForSingleObject(
    Handle: abi::Handle,
    Alertable: u8,
    Timeout: Option<In<i64>>,
) -> Result<NtStatus, NtStatus> {
    wait::wait_for_single(Handle, limit(Timeout), Alertable != 0)
}

/// Waits for any or all of up to 64 objects. (Microsoft: "ZwWaitForMultipleObjects function")
#[export(ntdll, also = "ZwWaitForMultipleObjects")]
fn NtWaitForMultipleObjects(
    Count: u32,
    Handles: Ptr<abi::Handle>,
    WaitType: u32,
    Alertable: u8,
    Timeout: Option<In<i64>>,
) -> Result<NtStatus, NtStatus> {
    let count = Count as usize;
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS {
        return Err(NtStatus::INVALID_PARAMETER_1);
    }
    let kind = match WaitType {
        0 => WaitKind::All,
        1 => WaitKind::Any,
        _ => return Err(NtStatus::INVALID_PARAMETER_3),
    };
    let handles = Handles.read_slice(count)?;
    wait::wait_for_multiple(&handles, kind, limit(Timeout), Alertable != 0)
}

/// Signals one object and waits for another. (NtInternals: "NtSignalAndWaitForSingleObject")
#[export(ntdll, also = "ZwSignalAndWaitForSingleObject")]
fn NtSignalAndWaitForSingleObject(
    SignalHandle: abi::Handle,
    WaitHandle: abi::Handle,
    Alertable: u8,
    Timeout: Option<In<i64>>,
) -> Result<NtStatus, NtStatus> {
    wait::signal_and_wait(SignalHandle, WaitHandle, limit(Timeout), Alertable != 0)
}

/// Sleeps. (Microsoft: "NtDelayExecution", of KeDelayExecutionThread)
#[export(ntdll, also = "ZwDelayExecution")]
fn NtDelayExecution(Alertable: u8, DelayInterval: In<i64>) -> NtStatus {
    match wait::delay(limit(Some(DelayInterval)), Alertable != 0) {
        NtStatus::TIMEOUT => NtStatus::SUCCESS,
        ended => ended,
    }
}

/// Gives the processor to another thread. (NtInternals: "NtYieldExecution")
#[export(ntdll, also = "ZwYieldExecution")]
fn NtYieldExecution() -> NtStatus {
    haft_host::thread::yield_processor();
    NtStatus::SUCCESS
}

//! Condition variables.

use crate::abi::In;
use haft_abi::NtStatus;
use haft_kernel::ke::condition_variable::{ConditionVariable, Guard};
use haft_kernel::ke::critical_section::CriticalSection;
use haft_kernel::ke::srw_lock::SrwLock;
use haft_kernel::ke::wait::Timeout;
use haft_macros::export;

/// Makes a condition variable that nobody waits on. (Microsoft: "InitializeConditionVariable
/// function")
#[export(ntdll)]
fn RtlInitializeConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).initialize();
}

/// Waits on a condition variable and leaves a critical section meanwhile. (Microsoft:
/// "SleepConditionVariableCS function")
#[export(ntdll)]
fn RtlSleepConditionVariableCS(
    ConditionVariable: usize,
    CriticalSection: usize,
    TimeOut: Option<In<i64>>,
) -> NtStatus {
    let timeout = Timeout::from_nt(TimeOut.map(|t| t.get()));
    let guard = Guard::Section(CriticalSection::at(CriticalSection));
    ConditionVariable::at(ConditionVariable).sleep(guard, timeout)
}

/// Waits on a condition variable and releases a slim lock meanwhile. (Microsoft:
/// "SleepConditionVariableSRW function")
#[export(ntdll)]
fn RtlSleepConditionVariableSRW(
    ConditionVariable: usize,
    SRWLock: usize,
    TimeOut: Option<In<i64>>,
    Flags: u32,
) -> NtStatus {
    let timeout = Timeout::from_nt(TimeOut.map(|t| t.get()));
    let guard = match Flags {
        0 => Guard::Exclusive(SrwLock::at(SRWLock)),
        1 => Guard::Shared(SrwLock::at(SRWLock)),
        _ => return NtStatus::INVALID_PARAMETER,
    };
    ConditionVariable::at(ConditionVariable).sleep(guard, timeout)
}

/// Wakes one thread that waits. (Microsoft: "WakeConditionVariable function")
#[export(ntdll)]
fn RtlWakeConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).wake();
}

/// Wakes every thread that waits. (Microsoft: "WakeAllConditionVariable function")
#[export(ntdll)]
fn RtlWakeAllConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).wake_all();
}

//! Condition variables.

use super::wait::timeout;
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::ke::condition_variable::{ConditionVariable, Guard};
use haft_kernel::ke::critical_section::CriticalSection;
use haft_kernel::ke::srw_lock::SrwLock;
use haft_macros::export;

/// Makes a condition variable that nobody waits on. (Microsoft: "InitializeConditionVariable
/// function")
#[export(kernel32)]
fn InitializeConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).initialize();
}

fn sleep(variable: usize, guard: Guard, milliseconds: u32) -> Result<(), Win32Error> {
    match ConditionVariable::at(variable).sleep(guard, timeout(milliseconds)) {
        NtStatus::TIMEOUT => Err(Win32Error::TIMEOUT),
        _ => Ok(()),
    }
}

/// Waits on a condition variable and leaves a critical section meanwhile. (Microsoft:
/// "SleepConditionVariableCS function")
#[export(kernel32)]
fn SleepConditionVariableCS(
    ConditionVariable: usize,
    CriticalSection: usize,
    dwMilliseconds: u32,
) -> Result<(), Win32Error> {
    let guard = Guard::Section(CriticalSection::at(CriticalSection));
    sleep(ConditionVariable, guard, dwMilliseconds)
}

/// Waits on a condition variable and releases a slim lock meanwhile. (Microsoft:
/// "SleepConditionVariableSRW function")
#[export(kernel32)]
fn SleepConditionVariableSRW(
    ConditionVariable: usize,
    SRWLock: usize,
    dwMilliseconds: u32,
    Flags: u32,
) -> Result<(), Win32Error> {
    const CONDITION_VARIABLE_LOCKMODE_SHARED: u32 = 1;
    let guard = match Flags {
        0 => Guard::Exclusive(SrwLock::at(SRWLock)),
        CONDITION_VARIABLE_LOCKMODE_SHARED => Guard::Shared(SrwLock::at(SRWLock)),
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    sleep(ConditionVariable, guard, dwMilliseconds)
}

/// Wakes one thread that waits. (Microsoft: "WakeConditionVariable function")
#[export(kernel32)]
fn WakeConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).wake();
}

/// Wakes every thread that waits. (Microsoft: "WakeAllConditionVariable function")
#[export(kernel32)]
fn WakeAllConditionVariable(ConditionVariable: usize) {
    ConditionVariable::at(ConditionVariable).wake_all();
}

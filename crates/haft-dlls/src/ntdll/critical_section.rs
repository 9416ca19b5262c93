//! Critical sections.

use haft_abi::NtStatus;
use haft_kernel::ke::critical_section::CriticalSection;
use haft_macros::export;

/// Makes a critical section. (Microsoft: "InitializeCriticalSection function")
#[export(ntdll)]
fn RtlInitializeCriticalSection(CriticalSection: usize) -> Result<(), NtStatus> {
    CriticalSection::at(CriticalSection).initialize(0, 0)
}

/// Makes a critical section with a spin count. (Microsoft:
/// "InitializeCriticalSectionAndSpinCount function")
#[export(ntdll)]
fn RtlInitializeCriticalSectionAndSpinCount(
    CriticalSection: usize,
    SpinCount: u32,
) -> Result<(), NtStatus> {
    CriticalSection::at(CriticalSection).initialize(SpinCount & 0x00FF_FFFF, 0)
}

/// Makes a critical section with a spin count and flags. (Microsoft: "InitializeCriticalSectionEx
/// function")
#[export(ntdll)]
fn RtlInitializeCriticalSectionEx(
    CriticalSection: usize,
    SpinCount: u32,
    Flags: u32,
) -> Result<(), NtStatus> {
    CriticalSection::at(CriticalSection).initialize(SpinCount, Flags)
}

/// Enters a critical section. (Microsoft: "EnterCriticalSection function")
#[export(ntdll)]
fn RtlEnterCriticalSection(CriticalSection: usize) -> NtStatus {
    CriticalSection::at(CriticalSection).enter();
    NtStatus::SUCCESS
}

/// Enters a critical section if no other thread is inside. (Microsoft: "TryEnterCriticalSection
/// Enters a critical section if no other thread is inside. (Microsoft: "TryEnterCriticalSection
/// function")
#[export(ntdll)]
fn RtlTryEnterCriticalSection(CriticalSection: usize) -> bool {
    CriticalSection::at(CriticalSection).try_enter()
}

/// Leaves a critical section. (Microsoft: "LeaveCriticalSection function")
#[export(ntdll)]
fn RtlLeaveCriticalSection(CriticalSection: usize) -> NtStatus {
    CriticalSection::at(CriticalSection).leave();
    NtStatus::SUCCESS
}

/// Frees what a critical section has. (Microsoft: "DeleteCriticalSection function")
#[export(ntdll)]
fn RtlDeleteCriticalSection(CriticalSection: usize) -> NtStatus {
    CriticalSection::at(CriticalSection).delete();
    NtStatus::SUCCESS
}

/// Sets the spin count; returns what it was. (Microsoft: "SetCriticalSectionSpinCount function")
#[export(ntdll)]
fn RtlSetCriticalSectionSpinCount(CriticalSection: usize, SpinCount: u32) -> u32 {
    CriticalSection::at(CriticalSection).set_spin_count(SpinCount)
}

/// Tells whether somebody is inside. (NtInternals: "RtlIsCriticalSectionLocked")
#[export(ntdll)]
fn RtlIsCriticalSectionLocked(CriticalSection: usize) -> bool {
    CriticalSection::at(CriticalSection).is_locked()
}

/// Tells whether the calling thread is inside. (NtInternals: "RtlIsCriticalSectionLockedByThread")
#[export(ntdll)]
fn RtlIsCriticalSectionLockedByThread(CriticalSection: usize) -> bool {
    CriticalSection::at(CriticalSection).is_locked_by_current()
}

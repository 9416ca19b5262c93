//! Critical sections.

use haft_abi::Win32Error;
use haft_kernel::ke::critical_section::CriticalSection;
use haft_macros::export;

/// The spin counts of these functions have no room for flags.
const SPIN_COUNT: u32 = 0x00FF_FFFF;

/// Makes a critical section. (Microsoft: "InitializeCriticalSection function")
#[export(kernel32)]
fn InitializeCriticalSection(lpCriticalSection: usize) -> Result<(), Win32Error> {
    Ok(CriticalSection::at(lpCriticalSection).initialize(0, 0)?)
}

/// Makes a critical section with a spin count. (Microsoft:
/// "InitializeCriticalSectionAndSpinCount function")
#[export(kernel32)]
fn InitializeCriticalSectionAndSpinCount(
    lpCriticalSection: usize,
    dwSpinCount: u32,
) -> Result<(), Win32Error> {
    Ok(CriticalSection::at(lpCriticalSection).initialize(dwSpinCount & SPIN_COUNT, 0)?)
}

/// Makes a critical section with a spin count and flags. (Microsoft: "InitializeCriticalSectionEx
/// function")
#[export(kernel32)]
fn InitializeCriticalSectionEx(
    lpCriticalSection: usize,
    dwSpinCount: u32,
    Flags: u32,
) -> Result<(), Win32Error> {
    Ok(CriticalSection::at(lpCriticalSection).initialize(dwSpinCount, Flags)?)
}

/// Enters a critical section. (Microsoft: "EnterCriticalSection function")
#[export(kernel32)]
fn EnterCriticalSection(lpCriticalSection: usize) {
    CriticalSection::at(lpCriticalSection).enter();
}

/// function")
#[export(kernel32)]
fn TryEnterCriticalSection(lpCriticalSection: usize) -> bool {
    CriticalSection::at(lpCriticalSection).try_enter()
}

/// Leaves a critical section. (Microsoft: "LeaveCriticalSection function")
#[export(kernel32)]
fn LeaveCriticalSection(lpCriticalSection: usize) {
    CriticalSection::at(lpCriticalSection).leave();
}

/// Frees what a critical section has. (Microsoft: "DeleteCriticalSection function")
#[export(kernel32)]
fn DeleteCriticalSection(lpCriticalSection: usize) {
    CriticalSection::at(lpCriticalSection).delete();
}

/// Sets the spin count; returns what it was. (Microsoft: "SetCriticalSectionSpinCount function")
#[export(kernel32)]
fn SetCriticalSectionSpinCount(lpCriticalSection: usize, dwSpinCount: u32) -> u32 {
    CriticalSection::at(lpCriticalSection).set_spin_count(dwSpinCount)
}

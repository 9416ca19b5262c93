//! Processes: who they are and how they end.

use crate::abi::Out;
use haft_abi::{Handle, Win32Error};
use haft_kernel::ps;
use haft_kernel::ps::launch::CreationFlags;
use haft_macros::export;

/// Returns the pseudo handle of the calling process. (Microsoft: "GetCurrentProcess function")
#[export(kernel32)]
fn GetCurrentProcess() -> Handle {
    Handle::CURRENT_PROCESS
}

/// Returns the identifier of the calling process. (Microsoft: "GetCurrentProcessId function")
#[export(kernel32)]
fn GetCurrentProcessId() -> u32 {
    ps::process().pid.0
}

/// Returns the identifier of a process. (Microsoft: "GetProcessId function")
#[export(kernel32)]
fn GetProcessId(Process: Handle) -> Result<u32, Win32Error> {
    Ok(ps::object::id(Process)?.0)
}

/// Ends the process: its DLLs are told, then it is gone. (Microsoft: "ExitProcess function")
#[export(kernel32)]
fn ExitProcess(uExitCode: u32) -> ! {
    ps::exit_process(uExitCode)
}

/// Ends a process at once. (Microsoft: "TerminateProcess function")
#[export(kernel32)]
fn TerminateProcess(hProcess: Handle, uExitCode: u32) -> Result<(), Win32Error> {
    Ok(ps::object::terminate(hProcess, uExitCode)?)
}

/// Gets the 32-bit exit code of a process, STILL_ACTIVE while it runs. (Microsoft:
/// "GetExitCodeProcess function")
#[export(kernel32)]
fn GetExitCodeProcess(hProcess: Handle, lpExitCode: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpExitCode.set(ps::object::exit_code(hProcess)?)?)
}

/// Gets the number of open handles of a process. (Microsoft: "GetProcessHandleCount function")
#[export(kernel32)]
fn GetProcessHandleCount(hProcess: Handle, pdwHandleCount: Out<u32>) -> Result<(), Win32Error> {
    Ok(pdwHandleCount.set(ps::object::handle_count(hProcess)?)?)
}

/// Gets when a process was created and ended, and how long it ran. (Microsoft: "GetProcessTimes
/// function")
#[export(kernel32)]
fn GetProcessTimes(
    hProcess: Handle,
    lpCreationTime: Out<i64>,
    lpExitTime: Out<i64>,
    lpKernelTime: Out<i64>,
    lpUserTime: Out<i64>,
) -> Result<(), Win32Error> {
    let times = ps::object::times(hProcess)?;
    lpCreationTime.set(times.created)?;
    lpExitTime.set(times.exited)?;
    lpKernelTime.set(times.kernel)?;
    Ok(lpUserTime.set(times.user)?)
}

/// The priority classes, from the lowest nice value up.
const CLASSES: [u32; 6] = [0x100, 0x80, 0x8000, 0x20, 0x4000, 0x40];

/// Returns the priority class of a process: the one nearest to its nice value. (Microsoft:
/// "GetPriorityClass function")
#[export(kernel32)]
fn GetPriorityClass(hProcess: Handle) -> Result<u32, Win32Error> {
    let nice = ps::object::nice(hProcess)?;
    let distance =
        |class: &&u32| CreationFlags(**class).nice().map_or(i32::MAX, |n| (n - nice).abs());
    Ok(CLASSES.iter().min_by_key(distance).copied().unwrap_or(0x20))
}

/// Sets the priority class of a process. (Microsoft: "SetPriorityClass function")
#[export(kernel32)]
fn SetPriorityClass(hProcess: Handle, dwPriorityClass: u32) -> Result<(), Win32Error> {
    let nice = CreationFlags(dwPriorityClass).nice().ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(ps::object::set_nice(hProcess, nice)?)
}

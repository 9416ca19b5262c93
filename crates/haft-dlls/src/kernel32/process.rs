//! Processes: who they are and how they end.

use crate::abi::Out;
use haft_abi::{Handle, Win32Error};
use haft_kernel::ps;
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

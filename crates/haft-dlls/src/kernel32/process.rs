//! Processes.

use haft_abi::Handle;
use haft_kernel::ps;
use haft_macros::export;

/// Returns the pseudo handle of the calling process. (Microsoft: "GetCurrentProcess function")
#[export(kernel32)]
fn GetCurrentProcess() -> Handle {
    Handle::CURRENT_PROCESS
}

/// Returns the pseudo handle of the calling thread. (Microsoft: "GetCurrentThread function")
#[export(kernel32)]
fn GetCurrentThread() -> Handle {
    Handle::CURRENT_THREAD
}

/// Ends the process: its DLLs are told, then it is gone. (Microsoft: "ExitProcess function")
#[export(kernel32)]
fn ExitProcess(uExitCode: u32) -> ! {
    ps::exit_process(uExitCode)
}

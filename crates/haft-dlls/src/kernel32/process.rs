//! Processes.

use haft_abi::Handle;
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

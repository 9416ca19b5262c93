//! The last error.

use haft_host::gs;
use haft_macros::export;

/// Returns the calling thread's last error code. (Microsoft: "GetLastError function")
#[export(kernel32)]
fn GetLastError() -> u32 {
    gs::last_error()
}

/// Sets the calling thread's last error code. (Microsoft: "SetLastError function")
#[export(kernel32, also = "RestoreLastError")]
fn SetLastError(dwErrCode: u32) {
    gs::set_last_error(dwErrCode);
}

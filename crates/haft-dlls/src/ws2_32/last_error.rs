//! The thread's last error.

use haft_host::gs;
use haft_macros::export;

/// Returns the thread's last error, which is also GetLastError's. (Microsoft: "WSAGetLastError
/// function")
#[export(ws2_32(ordinal = 111), wsock32(ordinal = 111))]
fn WSAGetLastError() -> u32 {
    gs::last_error()
}

/// Sets the thread's last error. (Microsoft: "WSASetLastError function")
#[export(ws2_32(ordinal = 112), wsock32(ordinal = 112))]
fn WSASetLastError(iError: u32) {
    gs::set_last_error(iError);
}

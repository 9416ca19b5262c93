//! Strings.

use crate::abi::Ptr;
use haft_host::guest;
use haft_macros::export;

/// Returns the length of a wide string in units, 0 if it cannot be read. (Microsoft: "lstrlenW
/// function")
#[export(kernel32)]
fn lstrlenW(lpString: Ptr<u16>) -> i32 {
    guest::wide_len(lpString.addr(), i32::MAX as usize).map_or(0, |len| len as i32)
}

/// Returns the length of an ANSI string in bytes, 0 if it cannot be read. (Microsoft: "lstrlenA
/// function")
#[export(kernel32, also = "lstrlen")]
fn lstrlenA(lpString: Ptr<u8>) -> i32 {
    guest::bytes_len(lpString.addr(), i32::MAX as usize).map_or(0, |len| len as i32)
}

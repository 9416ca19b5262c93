//! Code pages and locales.

use haft_macros::export;

/// UTF-8, the code page of every ANSI string in haft.
const CP_UTF8: u32 = 65001;

/// Returns the ANSI code page: always UTF-8. (Microsoft: "GetACP function")
#[export(kernel32)]
fn GetACP() -> u32 {
    CP_UTF8
}

/// Returns the OEM code page: always UTF-8. (Microsoft: "GetOEMCP function")
#[export(kernel32)]
fn GetOEMCP() -> u32 {
    CP_UTF8
}

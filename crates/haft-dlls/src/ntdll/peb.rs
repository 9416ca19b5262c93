//! The process environment block.

use haft_kernel::ps;
use haft_macros::export;

/// Returns the address of the calling process's PEB. (Microsoft: "PEB structure")
#[export(ntdll)]
fn RtlGetCurrentPeb() -> usize {
    ps::process().peb
}

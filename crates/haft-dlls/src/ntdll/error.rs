//! Status codes.

use haft_abi::{NtStatus, Win32Error};
use haft_macros::export;

/// Returns the Win32 error code for an NTSTATUS. (Microsoft: "RtlNtStatusToDosError function")
#[export(ntdll)]
fn RtlNtStatusToDosError(Status: NtStatus) -> u32 {
    Win32Error::from(Status).0
}

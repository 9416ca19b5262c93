//! Status codes.

use core::mem::offset_of;
use haft_abi::nt::Teb;
use haft_abi::{NtStatus, Win32Error};
use haft_host::{gs, guest};
use haft_macros::export;

/// Returns the Win32 error code for an NTSTATUS, which the thread's TEB keeps. (Microsoft:
/// "RtlNtStatusToDosError function")
#[export(ntdll)]
fn RtlNtStatusToDosError(Status: NtStatus) -> u32 {
    let at = gs::teb() + offset_of!(Teb, last_status);
    crate::hooks::or_fault(guest::write(at, Status.0));
    Win32Error::from(Status).0
}

/// Returns the Win32 error code for an NTSTATUS. (Microsoft: "RtlNtStatusToDosError function")
#[export(ntdll)]
fn RtlNtStatusToDosErrorNoTeb(Status: NtStatus) -> u32 {
    Win32Error::from(Status).0
}

/// Returns the calling thread's last error code. (Microsoft: "GetLastError function", of which it
/// is the service)
#[export(ntdll)]
fn RtlGetLastWin32Error() -> u32 {
    gs::last_error()
}

/// Sets the calling thread's last error code. (Microsoft: "SetLastError function", of which it is
/// the service)
#[export(ntdll, also = "RtlRestoreLastWin32Error")]
fn RtlSetLastWin32Error(LastError: u32) {
    gs::set_last_error(LastError);
}

/// Sets the calling thread's last error code to that for an NTSTATUS, and returns it. (Microsoft:
/// "RtlNtStatusToDosError function", which it calls)
#[export(ntdll)]
fn RtlSetLastWin32ErrorAndNtStatusFromNtStatus(Status: NtStatus) -> u32 {
    let code = RtlNtStatusToDosError(Status);
    gs::set_last_error(code);
    code
}

/// Returns the status behind the calling thread's last error: the last one that was translated,
/// or where the last error came about otherwise, the status that stands for it. (Microsoft:
/// "RtlNtStatusToDosError function", which keeps it)
#[export(ntdll)]
fn RtlGetLastNtStatus() -> NtStatus {
    const FACILITY_WIN32: u32 = 0xC007_0000;
    let translated = NtStatus(gs::field(offset_of!(Teb, last_status)) as u32);
    match gs::last_error() {
        code if Win32Error::from(translated).0 == code => translated,
        code => NtStatus(FACILITY_WIN32 | code & 0xFFFF),
    }
}

//! Threads that act for somebody else.

use crate::abi::Ptr;
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::se::impersonation;
use haft_kernel::se::security::ImpersonationLevel as Level;
use haft_macros::export;

/// Has the thread act for whoever a token is of. (Microsoft: "ImpersonateLoggedOnUser function")
#[export(advapi32)]
fn ImpersonateLoggedOnUser(hToken: Handle) -> Result<(), Win32Error> {
    Ok(impersonation::impersonate(hToken)?)
}

/// Has the thread act for its own process, by a token of its own. (Microsoft: "ImpersonateSelf
/// function")
#[export(advapi32)]
fn ImpersonateSelf(ImpersonationLevel: u32) -> Result<(), Win32Error> {
    let level = Level::from_number(ImpersonationLevel);
    Ok(impersonation::impersonate_self(level.ok_or(NtStatus::BAD_IMPERSONATION_LEVEL)?)?)
}

/// Has the thread act for itself again. (Microsoft: "RevertToSelf function")
#[export(advapi32)]
fn RevertToSelf() -> Result<(), Win32Error> {
    Ok(impersonation::revert()?)
}

/// Has a thread act for whoever a token is of, or for itself again. (Microsoft: "SetThreadToken
/// function")
#[export(advapi32, kernel32)]
fn SetThreadToken(Thread: Ptr<Handle>, Token: Option<Handle>) -> Result<(), Win32Error> {
    let thread = match Thread.non_null() {
        Some(thread) => Handle(thread.cast::<usize>().read()?),
        None => Handle::CURRENT_THREAD,
    };
    Ok(impersonation::set(thread, Token)?)
}

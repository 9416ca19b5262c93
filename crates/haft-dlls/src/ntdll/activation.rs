//! Activation contexts: no thread ever has one, because none can be made here.

use crate::abi::Out;
use haft_abi::NtStatus;
use haft_macros::export;

/// Tells the calling thread's activation context: null, since there are none. (Microsoft:
/// "GetCurrentActCtx function", of which it is the service)
#[export(ntdll)]
fn RtlGetActiveActivationContext(ActivationContext: Out<usize>) -> Result<(), NtStatus> {
    Ok(ActivationContext.set(0)?)
}

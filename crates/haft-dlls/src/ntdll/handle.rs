//! Handles.

use crate::abi::{Out, SetIfSome as _};
use haft_abi::{self as abi, AccessMask, NtStatus};
use haft_kernel::ob::{self, DuplicateOptions};
use haft_macros::export;

/// Closes an open object handle. (Microsoft: "NtClose function")
#[export(ntdll, also = "ZwClose")]
fn NtClose(Handle: abi::Handle) -> Result<(), NtStatus> {
    ob::close(Handle)
}

/// `OBJ_INHERIT` among the attributes of a handle.
const OBJ_INHERIT: u32 = 2;

/// Duplicates a handle. (Microsoft: "ZwDuplicateObject function")
#[export(ntdll, also = "ZwDuplicateObject")]
fn NtDuplicateObject(
    SourceProcessHandle: abi::Handle,
    SourceHandle: abi::Handle,
    TargetProcessHandle: abi::Handle,
    TargetHandle: Option<Out<abi::Handle>>,
    DesiredAccess: AccessMask,
    HandleAttributes: u32,
    Options: u32,
) -> Result<(), NtStatus> {
    let new = ob::duplicate(
        (SourceProcessHandle, SourceHandle),
        TargetProcessHandle,
        DesiredAccess,
        HandleAttributes & OBJ_INHERIT != 0,
        DuplicateOptions(Options),
    )?;
    Ok(TargetHandle.set(new)?)
}

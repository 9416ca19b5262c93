//! Handles.

use crate::abi::{Bool, Out, SetIfSome as _};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ob::{self, DuplicateOptions, HandleFlags};
use haft_macros::export;

/// Closes an open object handle. (Microsoft: "CloseHandle function")
#[export(kernel32)]
fn CloseHandle(hObject: Handle) -> Result<(), Win32Error> {
    Ok(ob::close(hObject)?)
}

/// Duplicates a handle, from the calling process into any that it holds a handle to.
/// (Microsoft: "DuplicateHandle function")
#[export(kernel32)]
fn DuplicateHandle(
    hSourceProcessHandle: Handle,
    hSourceHandle: Handle,
    hTargetProcessHandle: Handle,
    lpTargetHandle: Option<Out<Handle>>,
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    dwOptions: u32,
) -> Result<(), Win32Error> {
    let new = ob::duplicate(
        (hSourceProcessHandle, hSourceHandle),
        hTargetProcessHandle,
        dwDesiredAccess,
        bInheritHandle.0,
        DuplicateOptions(dwOptions),
    )?;
    Ok(lpTargetHandle.set(new)?)
}

/// Gets the flags of a handle. (Microsoft: "GetHandleInformation function")
#[export(kernel32)]
fn GetHandleInformation(hObject: Handle, lpdwFlags: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpdwFlags.set(ob::handle_flags(hObject)?.bits())?)
}

/// Sets those flags of a handle that are in the mask. (Microsoft: "SetHandleInformation
/// function")
#[export(kernel32)]
fn SetHandleInformation(hObject: Handle, dwMask: u32, dwFlags: u32) -> Result<(), Win32Error> {
    let flags = |bits| HandleFlags::from_bits(bits).ok_or(Win32Error::INVALID_PARAMETER);
    Ok(ob::set_handle_flags(hObject, flags(dwMask)?, flags(dwFlags & dwMask)?)?)
}

/// Tells whether two handles name the same object. (Microsoft: "CompareObjectHandles function")
#[export(kernel32)]
fn CompareObjectHandles(
    hFirstObjectHandle: Handle,
    hSecondObjectHandle: Handle,
) -> Result<Bool, Win32Error> {
    Ok(ob::same_object(hFirstObjectHandle, hSecondObjectHandle)?.into())
}

/// Returns a number that programs once raised to open more files; haft has no such limit of its
/// own. (Microsoft: "SetHandleCount function")
#[export(kernel32)]
fn SetHandleCount(uNumber: u32) -> u32 {
    uNumber
}

//! Semaphores.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::ke::semaphore;
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// Creates a semaphore, or opens the one of the name. (NtInternals: "NtCreateSemaphore")
#[export(ntdll, also = "ZwCreateSemaphore")]
fn NtCreateSemaphore(
    SemaphoreHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    InitialCount: i32,
    MaximumCount: i32,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    SemaphoreHandle.probe()?;
    let made = semaphore::create(InitialCount, MaximumCount, attributes.wanted(DesiredAccess))?;
    let (handle, status) = attributes.created(made)?;
    SemaphoreHandle.set(handle)?;
    Ok(status)
}

/// Adds to a semaphore's count. (NtInternals: "NtReleaseSemaphore")
#[export(ntdll, also = "ZwReleaseSemaphore")]
fn NtReleaseSemaphore(
    SemaphoreHandle: Handle,
    ReleaseCount: i32,
    PreviousCount: Option<Out<i32>>,
) -> Result<(), NtStatus> {
    Ok(PreviousCount.set(semaphore::release(SemaphoreHandle, ReleaseCount)?)?)
}

/// Gets a semaphore's count and limit. (NtInternals: "NtQuerySemaphore")
#[export(ntdll, also = "ZwQuerySemaphore")]
fn NtQuerySemaphore(
    SemaphoreHandle: Handle,
    SemaphoreInformationClass: u32,
    SemaphoreInformation: Out<[i32; 2]>,
    SemaphoreInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    if SemaphoreInformationClass != 0 {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    if SemaphoreInformationLength != 8 {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let (count, limit) = semaphore::query(SemaphoreHandle)?;
    SemaphoreInformation.set([count, limit])?;
    Ok(ReturnLength.set(8)?)
}

/// Opens a named semaphore. (NtInternals: "NtOpenSemaphore")
#[export(ntdll, also = "ZwOpenSemaphore")]
fn NtOpenSemaphore(
    SemaphoreHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Semaphore, &SemaphoreHandle, DesiredAccess, ObjectAttributes)
}

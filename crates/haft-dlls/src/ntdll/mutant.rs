//! Mutants.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::ke::mutant;
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// Creates a mutant, or opens the one of the name. (NtInternals: "NtCreateMutant")
#[export(ntdll, also = "ZwCreateMutant")]
fn NtCreateMutant(
    MutantHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    InitialOwner: u8,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    MutantHandle.probe()?;
    let made = mutant::create(InitialOwner != 0, attributes.wanted(DesiredAccess))?;
    let (handle, status) = attributes.created(made)?;
    MutantHandle.set(handle)?;
    Ok(status)
}

/// Gives one ownership of a mutant back. (NtInternals: "NtReleaseMutant")
#[export(ntdll, also = "ZwReleaseMutant")]
fn NtReleaseMutant(MutantHandle: Handle, PreviousCount: Option<Out<i32>>) -> Result<(), NtStatus> {
    Ok(PreviousCount.set(mutant::release(MutantHandle)?)?)
}

/// Opens a named mutex. (NtInternals: "NtOpenMutant")
#[export(ntdll, also = "ZwOpenMutant")]
fn NtOpenMutant(
    MutantHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Mutant, &MutantHandle, DesiredAccess, ObjectAttributes)
}

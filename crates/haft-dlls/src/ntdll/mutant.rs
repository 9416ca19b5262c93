//! Mutants.

use super::object_attributes::inherits_unnamed;
use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::ke::mutant;
use haft_macros::export;

/// Creates a mutant; named ones wait for the executive. (NtInternals: "NtCreateMutant")
#[export(ntdll, also = "ZwCreateMutant")]
fn NtCreateMutant(
    MutantHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    InitialOwner: u8,
) -> Result<(), NtStatus> {
    let inherit = inherits_unnamed(ObjectAttributes)?;
    Ok(MutantHandle.set(mutant::create(InitialOwner != 0, DesiredAccess, inherit)?)?)
}

/// Gives one ownership of a mutant back. (NtInternals: "NtReleaseMutant")
#[export(ntdll, also = "ZwReleaseMutant")]
fn NtReleaseMutant(MutantHandle: Handle, PreviousCount: Option<Out<i32>>) -> Result<(), NtStatus> {
    Ok(PreviousCount.set(mutant::release(MutantHandle)?)?)
}

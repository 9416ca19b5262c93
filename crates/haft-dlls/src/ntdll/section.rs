//! Sections and views of them.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{In, InOut, Out, Ptr};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::mem::Protection;
use haft_kernel::mm::section::{self, SectionProtection};
use haft_kernel::mm::{self, PageProtection};
use haft_kernel::ob::ObjectType;
use haft_kernel::ps::object::require_own;
use haft_macros::export;

/// `PROCESS_VM_OPERATION`.
const VM_OPERATION: AccessMask = AccessMask(0x8);

/// Creates a section over a file, or over the page file without one; or opens the one of the name.
/// (Microsoft: "NtCreateSection function")
#[export(ntdll, also = "ZwCreateSection")]
fn NtCreateSection(
    SectionHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    MaximumSize: Option<In<u64>>,
    SectionPageProtection: u32,
    AllocationAttributes: u32,
    FileHandle: Option<Handle>,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    SectionHandle.probe()?;
    let size = MaximumSize.map_or(0, |size| size.get());
    let protection = SectionProtection(SectionPageProtection | AllocationAttributes);
    let description = protection.describe(size)?;
    let made = section::create(FileHandle, description, attributes.wanted(DesiredAccess))?;
    let (handle, status) = attributes.created(made)?;
    SectionHandle.set(handle)?;
    Ok(status)
}

/// Opens a named section. (Microsoft: "ZwOpenSection function")
#[export(ntdll, also = "ZwOpenSection")]
fn NtOpenSection(
    SectionHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Section, &SectionHandle, DesiredAccess, ObjectAttributes)
}

/// Maps a view of a section into the calling process. (Microsoft: "ZwMapViewOfSection function")
#[export(ntdll, also = "ZwMapViewOfSection")]
fn NtMapViewOfSection(
    SectionHandle: Handle,
    ProcessHandle: Handle,
    BaseAddress: InOut<usize>,
    ZeroBits: usize,
    CommitSize: usize,
    SectionOffset: Option<InOut<u64>>,
    ViewSize: InOut<usize>,
    InheritDisposition: u32,
    AllocationType: u32,
    Win32Protect: u32,
) -> Result<(), NtStatus> {
    let _ = (CommitSize, InheritDisposition);
    require_own(ProcessHandle, VM_OPERATION)?;
    if ZeroBits != 0 || AllocationType != 0 {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let page = PageProtection::parse(Win32Protect)?;
    let protection = Protection { read: true, ..page.host() };
    let base = Some(BaseAddress.get()).filter(|&base| base != 0);
    let offset = SectionOffset.as_ref().map_or(0, InOut::get);
    let copy = page.is_copy_on_write();
    let at = section::map_view(SectionHandle, protection, copy, offset, ViewSize.get(), base)?;
    BaseAddress.set(at)?;
    Ok(ViewSize.set(mm::query(at)?.size)?)
}

/// Unmaps a view of the calling process. (Microsoft: "ZwUnmapViewOfSection function")
#[export(ntdll, also = "ZwUnmapViewOfSection")]
fn NtUnmapViewOfSection(ProcessHandle: Handle, BaseAddress: usize) -> Result<(), NtStatus> {
    require_own(ProcessHandle, VM_OPERATION)?;
    section::unmap_view(BaseAddress)
}

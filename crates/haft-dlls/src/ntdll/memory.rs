//! Virtual memory services.

use crate::abi::{InOut, Out, Ptr, SetIfSome as _};
use crate::kernel32::memory::basic_information;
use haft_abi::{Handle, NtStatus};
use haft_host::guest;
use haft_kernel::mm::{self, Request};
use haft_macros::export;

/// Memory of another process is not there yet.
fn own_process(process: Handle) -> Result<(), NtStatus> {
    match process {
        Handle::CURRENT_PROCESS => Ok(()),
        other if other.index().is_some() => Err(NtStatus::NOT_IMPLEMENTED),
        _ => Err(NtStatus::INVALID_HANDLE),
    }
}

/// Reserves and commits memory. (Microsoft: "NtAllocateVirtualMemory function")
#[export(ntdll, also = "ZwAllocateVirtualMemory")]
fn NtAllocateVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: InOut<usize>,
    ZeroBits: usize,
    RegionSize: InOut<usize>,
    AllocationType: u32,
    Protect: u32,
) -> Result<(), NtStatus> {
    own_process(ProcessHandle)?;
    let limit = mm::zero_bits_limit(ZeroBits)?;
    let kind = mm::AllocationType(AllocationType);
    let request = Request::new(BaseAddress.get(), RegionSize.get(), kind, Protect);
    let (base, size) = mm::allocate(Request { limit, ..request })?;
    BaseAddress.set(base)?;
    Ok(RegionSize.set(size)?)
}

/// Decommits or releases memory. (Microsoft: "NtFreeVirtualMemory function")
#[export(ntdll, also = "ZwFreeVirtualMemory")]
fn NtFreeVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: InOut<usize>,
    RegionSize: InOut<usize>,
    FreeType: u32,
) -> Result<(), NtStatus> {
    own_process(ProcessHandle)?;
    let kind = mm::FreeType::parse(FreeType)?;
    let (base, size) = mm::free(BaseAddress.get(), RegionSize.get(), kind)?;
    BaseAddress.set(base)?;
    Ok(RegionSize.set(size)?)
}

/// Changes the protection of committed pages. (Microsoft: "VirtualProtect function", of which it
/// is the service)
#[export(ntdll, also = "ZwProtectVirtualMemory")]
fn NtProtectVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: InOut<usize>,
    RegionSize: InOut<usize>,
    NewProtect: u32,
    OldProtect: Out<u32>,
) -> Result<(), NtStatus> {
    own_process(ProcessHandle)?;
    OldProtect.probe()?;
    let (base, size, old) = mm::protect(BaseAddress.get(), RegionSize.get(), NewProtect)?;
    BaseAddress.set(base)?;
    RegionSize.set(size)?;
    Ok(OldProtect.set(old.0)?)
}

/// Tells what an address is part of: the class MemoryBasicInformation. (Microsoft:
/// "NtQueryVirtualMemory function")
#[export(ntdll, also = "ZwQueryVirtualMemory")]
fn NtQueryVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: Ptr<u8>,
    MemoryInformationClass: u32,
    MemoryInformation: Ptr<u8>,
    MemoryInformationLength: usize,
    ReturnLength: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    const BASIC: u32 = 0;
    own_process(ProcessHandle)?;
    if MemoryInformationClass != BASIC {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    let information = basic_information(&mm::query(BaseAddress.addr())?);
    if MemoryInformationLength < size_of_val(&information) {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    guest::write(MemoryInformation.addr(), information)?;
    Ok(ReturnLength.set(size_of_val(&information))?)
}

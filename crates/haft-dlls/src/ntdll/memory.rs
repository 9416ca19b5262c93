//! Virtual memory services.

use crate::abi::{InOut, Out, Ptr, SetIfSome as _};
use crate::kernel32::memory::basic_information;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest;
use haft_kernel::mm::{self, Request};
use haft_kernel::ps::object::require_own;
use haft_macros::export;

/// `PROCESS_VM_OPERATION`.
const VM_OPERATION: AccessMask = AccessMask(0x8);
/// `PROCESS_VM_READ`.
const VM_READ: AccessMask = AccessMask(0x10);
/// `PROCESS_VM_WRITE` and `PROCESS_VM_OPERATION`.
const VM_WRITE: AccessMask = AccessMask(0x28);
/// `PROCESS_QUERY_LIMITED_INFORMATION`.
const QUERY_LIMITED: AccessMask = AccessMask(0x1000);

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
    require_own(ProcessHandle, VM_OPERATION)?;
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
    require_own(ProcessHandle, VM_OPERATION)?;
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
    require_own(ProcessHandle, VM_OPERATION)?;
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
    require_own(ProcessHandle, QUERY_LIMITED)?;
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

/// Copies memory of a process; only of the calling one so far. (Microsoft: "ReadProcessMemory
/// function", of which it is the service)
#[export(ntdll, also = "ZwReadVirtualMemory")]
fn NtReadVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToRead: usize,
    NumberOfBytesRead: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    require_own(ProcessHandle, VM_READ)?;
    NumberOfBytesRead.set(0)?;
    Buffer.probe(NumberOfBytesToRead, true)?;
    guest::copy_within(Buffer.addr(), BaseAddress.addr(), NumberOfBytesToRead)
        .map_err(|_| NtStatus::PARTIAL_COPY)?;
    Ok(NumberOfBytesRead.set(NumberOfBytesToRead)?)
}

/// Copies to memory of a process, read-only memory too; only of the calling one so far.
/// (Microsoft: "WriteProcessMemory function", of which it is the service)
#[export(ntdll, also = "ZwWriteVirtualMemory")]
fn NtWriteVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToWrite: usize,
    NumberOfBytesWritten: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    require_own(ProcessHandle, VM_WRITE)?;
    NumberOfBytesWritten.set(0)?;
    let bytes = Buffer.read_slice(NumberOfBytesToWrite)?;
    mm::write_through(BaseAddress.addr(), &bytes)?;
    Ok(NumberOfBytesWritten.set(NumberOfBytesToWrite)?)
}

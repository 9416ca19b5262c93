//! Virtual memory services.

use crate::abi::{InOut, Out, Ptr, SetIfSome as _};
use crate::kernel32::memory::basic_information;
use haft_abi::{Handle, NtStatus};
use haft_host::guest;
use haft_kernel::mm::{self, Request};
use haft_macros::export;

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
    let limit = mm::zero_bits_limit(ZeroBits)?;
    let kind = mm::AllocationType(AllocationType);
    let request = Request::new(BaseAddress.get(), RegionSize.get(), kind, Protect);
    let (base, size) = mm::allocate_in(ProcessHandle, Request { limit, ..request })?;
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
    let kind = mm::FreeType::parse(FreeType)?;
    let (base, size) = mm::free_in(ProcessHandle, BaseAddress.get(), RegionSize.get(), kind)?;
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
    OldProtect.probe()?;
    let (base, size, old) =
        mm::protect_in(ProcessHandle, BaseAddress.get(), RegionSize.get(), NewProtect)?;
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
    if MemoryInformationClass != BASIC {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    let information = basic_information(&mm::query_in(ProcessHandle, BaseAddress.addr())?);
    if MemoryInformationLength < size_of_val(&information) {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    guest::write(MemoryInformation.addr(), information)?;
    Ok(ReturnLength.set(size_of_val(&information))?)
}

/// Copies memory of a process. (Microsoft: "ReadProcessMemory
/// function", of which it is the service)
#[export(ntdll, also = "ZwReadVirtualMemory")]
fn NtReadVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToRead: usize,
    NumberOfBytesRead: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    NumberOfBytesRead.set(0)?;
    Buffer.probe(NumberOfBytesToRead, true)?;
    let (from, to) = (BaseAddress.addr(), Buffer.addr());
    let done = mm::read_from(ProcessHandle, from, to, NumberOfBytesToRead)?;
    NumberOfBytesRead.set(done)?;
    if done == NumberOfBytesToRead { Ok(()) } else { Err(NtStatus::PARTIAL_COPY) }
}

/// Copies to memory of a process, read-only memory too.
/// (Microsoft: "WriteProcessMemory function", of which it is the service)
#[export(ntdll, also = "ZwWriteVirtualMemory")]
fn NtWriteVirtualMemory(
    ProcessHandle: Handle,
    BaseAddress: Ptr<u8>,
    Buffer: Ptr<u8>,
    NumberOfBytesToWrite: usize,
    NumberOfBytesWritten: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    NumberOfBytesWritten.set(0)?;
    let bytes = Buffer.read_slice(NumberOfBytesToWrite)?;
    mm::write_to(ProcessHandle, BaseAddress.addr(), &bytes)?;
    Ok(NumberOfBytesWritten.set(NumberOfBytesToWrite)?)
}

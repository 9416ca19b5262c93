//! Bringing pages in before they are used.

use crate::abi::Ptr;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::mm;
use haft_kernel::ps::object::require_own;
use haft_macros::export;
use windows_sys::Win32::System::Memory::WIN32_MEMORY_RANGE_ENTRY;

/// `PROCESS_VM_OPERATION`.
const VM_OPERATION: AccessMask = AccessMask(8);

/// Has ranges of a process's memory read in, one after the other.
pub(crate) fn prefetch_ranges(
    process: Handle,
    count: usize,
    ranges: Ptr<WIN32_MEMORY_RANGE_ENTRY>,
    flags: u32,
) -> Result<(), NtStatus> {
    if flags != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    require_own(process, VM_OPERATION)?;
    for range in ranges.read_slice(count)? {
        mm::prefetch(range.VirtualAddress as usize, range.NumberOfBytes)?;
    }
    Ok(())
}

/// Does something to ranges of a process's memory: has them read in (VmPrefetchInformation), of
/// the calling process alone so far. (Microsoft: "PrefetchVirtualMemory function", of which it is
/// the service)
#[export(ntdll, also = "ZwSetInformationVirtualMemory")]
fn NtSetInformationVirtualMemory(
    ProcessHandle: Handle,
    VmInformationClass: u32,
    NumberOfEntries: usize,
    VirtualAddresses: Ptr<WIN32_MEMORY_RANGE_ENTRY>,
    VmInformation: Ptr<u32>,
    VmInformationLength: u32,
) -> Result<(), NtStatus> {
    const PREFETCH: u32 = 0;
    if VmInformationClass != PREFETCH {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    if VmInformationLength != size_of::<u32>() as u32 {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    if NumberOfEntries == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    prefetch_ranges(ProcessHandle, NumberOfEntries, VirtualAddresses, VmInformation.read()?)
}

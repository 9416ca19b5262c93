//! Bringing pages in before they are used.

use crate::abi::Ptr;
use crate::ntdll::prefetch::prefetch_ranges;
use haft_abi::{Handle, Win32Error};
use haft_macros::export;
use windows_sys::Win32::System::Memory::WIN32_MEMORY_RANGE_ENTRY;

/// Has ranges of memory read in that will be used soon; only of the calling process so far.
/// (Microsoft: "PrefetchVirtualMemory function")
#[export(kernel32)]
fn PrefetchVirtualMemory(
    hProcess: Handle,
    NumberOfEntries: usize,
    VirtualAddresses: Ptr<WIN32_MEMORY_RANGE_ENTRY>,
    Flags: u32,
) -> Result<(), Win32Error> {
    if NumberOfEntries == 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(prefetch_ranges(hProcess, NumberOfEntries, VirtualAddresses, Flags)?)
}

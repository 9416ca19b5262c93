//! Virtual memory.

use crate::abi::{Bool, Charset, Out, Ptr, SetIfSome as _, TBuf};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_host::guest;
use haft_kernel::mm::{self, FreeType, Kind, Region, RegionState, Request};
use haft_kernel::ps::{object, remote};
use haft_macros::export;
use windows_sys::Win32::System::Memory as w;

/// `PROCESS_QUERY_LIMITED_INFORMATION`.
pub(crate) const QUERY_LIMITED: AccessMask = AccessMask(0x1000);

/// Some things can be asked of the calling process alone yet.
pub(crate) fn own_process(process: Handle, access: AccessMask) -> Result<(), Win32Error> {
    match object::require_own(process, access) {
        Err(NtStatus::NOT_IMPLEMENTED) => Err(Win32Error::CALL_NOT_IMPLEMENTED),
        other => Ok(other?),
    }
}

/// Reserves and commits memory. (Microsoft: "VirtualAlloc function")
#[export(kernel32)]
fn VirtualAlloc(
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
) -> Result<Ptr<u8>, Win32Error> {
    let kind = mm::AllocationType(flAllocationType);
    let (base, _) = mm::allocate(Request::new(lpAddress.addr(), dwSize, kind, flProtect))?;
    Ok(Ptr::new(base))
}

/// Reserves and commits memory of a process. (Microsoft:
/// "VirtualAllocEx function")
#[export(kernel32)]
fn VirtualAllocEx(
    hProcess: Handle,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
) -> Result<Ptr<u8>, Win32Error> {
    let kind = mm::AllocationType(flAllocationType);
    let request = Request::new(lpAddress.addr(), dwSize, kind, flProtect);
    Ok(Ptr::new(mm::allocate_in(hProcess, request)?.0))
}

/// As VirtualAllocEx; the NUMA node is a preference, and haft leaves it to Linux. (Microsoft:
/// "VirtualAllocExNuma function")
#[export(kernel32)]
fn VirtualAllocExNuma(
    hProcess: Handle,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
    nndPreferred: u32,
) -> Result<Ptr<u8>, Win32Error> {
    let _ = nndPreferred;
    VirtualAllocEx(hProcess, lpAddress, dwSize, flAllocationType, flProtect)
}

haft_host::plain! {
    /// `MEM_EXTENDED_PARAMETER`.
    struct ExtendedParameter {
        kind: u64,
        value: usize,
    }

    /// `MEM_ADDRESS_REQUIREMENTS`.
    struct AddressRequirements {
        lowest: usize,
        highest: usize,
        alignment: usize,
    }
}

/// Reserves and commits memory, with an upper bound and an alignment of its address where they
/// are asked for; other extended parameters and placeholders fail. (Microsoft: "VirtualAlloc2
/// function")
#[export(kernelbase)]
fn VirtualAlloc2(
    Process: Handle,
    BaseAddress: Ptr<u8>,
    Size: usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: Ptr<u8>,
    ParameterCount: u32,
) -> Result<Ptr<u8>, Win32Error> {
    let kind = mm::AllocationType(AllocationType);
    let mut request = Request::new(BaseAddress.addr(), Size, kind, PageProtection);
    let parameters: Vec<ExtendedParameter> =
        guest::read_slice(ExtendedParameters.addr(), ParameterCount as usize)?;
    for parameter in parameters {
        match (parameter.kind & 0xFF) as i32 {
            w::MemExtendedParameterAddressRequirements => {
                let wanted: AddressRequirements = guest::read(parameter.value)?;
                let aligned = wanted.alignment == 0
                    || (wanted.alignment.is_power_of_two() && wanted.alignment >= 0x1_0000);
                if !BaseAddress.is_null() || !aligned {
                    return Err(Win32Error::INVALID_PARAMETER);
                }
                if wanted.lowest > mm::MINIMUM_ADDRESS {
                    return Err(Win32Error::NOT_SUPPORTED);
                }
                if wanted.highest != 0 {
                    request.limit = wanted.highest.min(mm::MAXIMUM_ADDRESS) + 1;
                }
                request.align = wanted.alignment;
            }
            // A preference: Linux places the pages.
            w::MemExtendedParameterNumaNode => {}
            _ => return Err(Win32Error::NOT_SUPPORTED),
        }
    }
    let process = if Process.is_null() { Handle::CURRENT_PROCESS } else { Process };
    Ok(Ptr::new(mm::allocate_in(process, request)?.0))
}

/// Decommits or releases memory. (Microsoft: "VirtualFree function")
#[export(kernel32)]
fn VirtualFree(lpAddress: Ptr<u8>, dwSize: usize, dwFreeType: u32) -> Result<(), Win32Error> {
    VirtualFreeEx(Handle::CURRENT_PROCESS, lpAddress, dwSize, dwFreeType)
}

/// Decommits or releases memory of a process. (Microsoft:
/// "VirtualFreeEx function")
#[export(kernel32)]
fn VirtualFreeEx(
    hProcess: Handle,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    dwFreeType: u32,
) -> Result<(), Win32Error> {
    let kind = FreeType::parse(dwFreeType)?;
    if kind == FreeType::Release && dwSize != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    mm::free_in(hProcess, lpAddress.addr(), dwSize, kind)?;
    Ok(())
}

/// Changes the protection of committed pages. (Microsoft: "VirtualProtect function")
#[export(kernel32)]
fn VirtualProtect(
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flNewProtect: u32,
    lpflOldProtect: Out<u32>,
) -> Result<(), Win32Error> {
    VirtualProtectEx(Handle::CURRENT_PROCESS, lpAddress, dwSize, flNewProtect, lpflOldProtect)
}

/// Changes the protection of committed pages of a process.
/// (Microsoft: "VirtualProtectEx function")
#[export(kernel32)]
fn VirtualProtectEx(
    hProcess: Handle,
    lpAddress: Ptr<u8>,
    dwSize: usize,
    flNewProtect: u32,
    lpflOldProtect: Out<u32>,
) -> Result<(), Win32Error> {
    lpflOldProtect.probe()?;
    let (_, _, old) = mm::protect_in(hProcess, lpAddress.addr(), dwSize, flNewProtect)?;
    Ok(lpflOldProtect.set(old.0)?)
}

/// `MEMORY_BASIC_INFORMATION` of a region.
pub(crate) fn basic_information(region: &Region) -> w::MEMORY_BASIC_INFORMATION {
    let (state, protection) = match region.state {
        RegionState::Free => (w::MEM_FREE, w::PAGE_NOACCESS),
        RegionState::Reserved => (w::MEM_RESERVE, 0),
        RegionState::Committed(protection) => (w::MEM_COMMIT, protection.0),
    };
    w::MEMORY_BASIC_INFORMATION {
        BaseAddress: region.base as *mut _,
        AllocationBase: region.allocation_base as *mut _,
        AllocationProtect: region.allocation_protection.0,
        PartitionId: 0,
        RegionSize: region.size,
        State: state,
        Protect: protection,
        Type: match (region.state, region.kind) {
            (RegionState::Free, _) => 0,
            (_, Kind::Private) => w::MEM_PRIVATE,
            (_, Kind::Mapped) => w::MEM_MAPPED,
            (_, Kind::Image) => w::MEM_IMAGE,
        },
    }
}

/// Tells what an address is part of. (Microsoft: "VirtualQuery function")
#[export(kernel32)]
fn VirtualQuery(
    lpAddress: Ptr<u8>,
    lpBuffer: Ptr<w::MEMORY_BASIC_INFORMATION>,
    dwLength: usize,
) -> Result<usize, Win32Error> {
    VirtualQueryEx(Handle::CURRENT_PROCESS, lpAddress, lpBuffer, dwLength)
}

/// Tells what an address of a process is part of. (Microsoft: "VirtualQueryEx function")
#[export(kernel32)]
fn VirtualQueryEx(
    hProcess: Handle,
    lpAddress: Ptr<u8>,
    lpBuffer: Ptr<w::MEMORY_BASIC_INFORMATION>,
    dwLength: usize,
) -> Result<usize, Win32Error> {
    let region = mm::query_in(hProcess, lpAddress.addr())?;
    if dwLength < size_of::<w::MEMORY_BASIC_INFORMATION>() {
        return Err(Win32Error::BAD_LENGTH);
    }
    lpBuffer.write(basic_information(&region))?;
    Ok(size_of::<w::MEMORY_BASIC_INFORMATION>())
}

/// Keeps committed pages in memory. (Microsoft: "VirtualLock function")
#[export(kernel32)]
fn VirtualLock(lpAddress: Ptr<u8>, dwSize: usize) -> Result<(), Win32Error> {
    mm::lock(lpAddress.addr(), dwSize).map_err(|status| match status {
        NtStatus::INSUFFICIENT_RESOURCES => Win32Error::WORKING_SET_QUOTA,
        other => other.into(),
    })
}

/// Undoes VirtualLock. (Microsoft: "VirtualUnlock function")
#[export(kernel32)]
fn VirtualUnlock(lpAddress: Ptr<u8>, dwSize: usize) -> Result<(), Win32Error> {
    Ok(mm::unlock(lpAddress.addr(), dwSize)?)
}

/// Makes changed code take effect: x86-64 processors see to that themselves. (Microsoft:
/// "FlushInstructionCache function")
#[export(kernel32)]
fn FlushInstructionCache(
    hProcess: Handle,
    lpBaseAddress: Ptr<u8>,
    dwSize: usize,
) -> Result<(), Win32Error> {
    let _ = (lpBaseAddress, dwSize);
    Ok(remote::process(hProcess, mm::VM_WRITE).map(drop)?)
}

/// Copies memory of a process. (Microsoft: "ReadProcessMemory
/// function")
#[export(kernel32)]
fn ReadProcessMemory(
    hProcess: Handle,
    lpBaseAddress: Ptr<u8>,
    lpBuffer: Ptr<u8>,
    nSize: usize,
    lpNumberOfBytesRead: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    lpNumberOfBytesRead.set(0)?;
    lpBuffer.probe(nSize, true)?;
    let done = mm::read_from(hProcess, lpBaseAddress.addr(), lpBuffer.addr(), nSize)?;
    lpNumberOfBytesRead.set(done)?;
    if done == nSize { Ok(()) } else { Err(Win32Error::PARTIAL_COPY) }
}

/// Copies to memory of a process, read-only memory too.
/// (Microsoft: "WriteProcessMemory function")
#[export(kernel32)]
fn WriteProcessMemory(
    hProcess: Handle,
    lpBaseAddress: Ptr<u8>,
    lpBuffer: Ptr<u8>,
    nSize: usize,
    lpNumberOfBytesWritten: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    lpNumberOfBytesWritten.set(0)?;
    let bytes = lpBuffer.read_slice(nSize)?;
    mm::write_to(hProcess, lpBaseAddress.addr(), &bytes)?;
    Ok(lpNumberOfBytesWritten.set(nSize)?)
}

/// Returns 0: there are no large pages. (Microsoft: "GetLargePageMinimum function")
#[export(kernel32)]
fn GetLargePageMinimum() -> usize {
    0
}

/// Fails: no memory was allocated with MEM_WRITE_WATCH, which haft does not have. (Microsoft:
/// "GetWriteWatch function")
#[export(kernel32)]
fn GetWriteWatch(
    dwFlags: u32,
    lpBaseAddress: Ptr<u8>,
    dwRegionSize: usize,
    lpAddresses: Ptr<usize>,
    lpdwCount: Ptr<usize>,
    lpdwGranularity: Ptr<u32>,
) -> u32 {
    let _ = (dwFlags, lpBaseAddress, dwRegionSize, lpAddresses, lpdwCount, lpdwGranularity);
    u32::MAX
}

/// Fails: no memory was allocated with MEM_WRITE_WATCH, which haft does not have. (Microsoft:
/// "ResetWriteWatch function")
#[export(kernel32)]
fn ResetWriteWatch(lpBaseAddress: Ptr<u8>, dwRegionSize: usize) -> u32 {
    let _ = (lpBaseAddress, dwRegionSize);
    u32::MAX
}

/// Tells whether a range cannot be read. (Microsoft: "IsBadReadPtr function")
#[export(kernel32, also = "IsBadHugeReadPtr")]
fn IsBadReadPtr(lp: Ptr<u8>, ucb: usize) -> Bool {
    Bool(lp.probe(ucb, false).is_err())
}

/// Tells whether a range cannot be written. (Microsoft: "IsBadWritePtr function")
#[export(kernel32, also = "IsBadHugeWritePtr")]
fn IsBadWritePtr(lp: Ptr<u8>, ucb: usize) -> Bool {
    Bool(lp.probe(ucb, true).is_err())
}

/// Tells whether a byte cannot be read. (Microsoft: "IsBadCodePtr function")
#[export(kernel32)]
fn IsBadCodePtr(lpfn: Ptr<u8>) -> Bool {
    Bool(lpfn.probe(1, false).is_err())
}

/// Tells whether a string cannot be read. (Microsoft: "IsBadStringPtrW function")
#[export(kernel32, charset)]
fn IsBadStringPtr<C: Charset>(lpsz: TBuf<C>, ucchMax: usize) -> Bool {
    let length = if C::WIDE {
        guest::wide_len(lpsz.addr(), ucchMax)
    } else {
        guest::bytes_len(lpsz.addr(), ucchMax)
    };
    Bool(ucchMax != 0 && (lpsz.is_null() || length.is_err()))
}

//! Heaps.

use crate::abi::{Bool, InOut, Out, Ptr, SetIfSome as _};
use haft_abi::{NtStatus, Win32Error};
use haft_host::guest;
use haft_kernel::mm::heap::{self, HeapFlags};
use haft_macros::export;

/// Returns the handle of the process's heap. (Microsoft: "GetProcessHeap function")
#[export(kernel32)]
fn GetProcessHeap() -> usize {
    heap::process_heap()
}

/// Tells all heaps' handles. (Microsoft: "GetProcessHeaps function")
#[export(kernel32)]
fn GetProcessHeaps(NumberOfHeaps: u32, ProcessHeaps: Ptr<usize>) -> Result<u32, Win32Error> {
    let all = heap::all();
    if all.len() <= NumberOfHeaps as usize {
        ProcessHeaps.write_slice(&all)?;
    }
    Ok(all.len() as u32)
}

/// Makes a heap, of a fixed size if `dwMaximumSize` is not zero. (Microsoft: "HeapCreate
/// function")
#[export(kernel32)]
fn HeapCreate(
    flOptions: u32,
    dwInitialSize: usize,
    dwMaximumSize: usize,
) -> Result<usize, Win32Error> {
    if dwMaximumSize != 0 && dwInitialSize > dwMaximumSize {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(heap::create(HeapFlags(flOptions), dwMaximumSize)?)
}

/// Frees a heap and all its blocks. (Microsoft: "HeapDestroy function")
#[export(kernel32)]
fn HeapDestroy(hHeap: usize) -> Result<(), Win32Error> {
    Ok(heap::destroy(hHeap)?)
}

/// Allocates a block. (Microsoft: "HeapAlloc function")
#[export(kernel32)]
fn HeapAlloc(hHeap: usize, dwFlags: u32, dwBytes: usize) -> Result<Ptr<u8>, Win32Error> {
    Ok(Ptr::new(heap::allocate(hHeap, HeapFlags(dwFlags), dwBytes)?))
}

/// Frees a block. (Microsoft: "HeapFree function")
#[export(kernel32)]
fn HeapFree(hHeap: usize, dwFlags: u32, lpMem: Ptr<u8>) -> Result<(), Win32Error> {
    let _ = dwFlags;
    Ok(heap::free(hHeap, lpMem.addr())?)
}

/// Makes a block larger or smaller. (Microsoft: "HeapReAlloc function")
#[export(kernel32)]
fn HeapReAlloc(
    hHeap: usize,
    dwFlags: u32,
    lpMem: Ptr<u8>,
    dwBytes: usize,
) -> Result<Ptr<u8>, Win32Error> {
    Ok(Ptr::new(heap::reallocate(hHeap, HeapFlags(dwFlags), lpMem.addr(), dwBytes)?))
}

/// Returns a block's size as it was asked for, or all ones for what is none. (Microsoft:
/// "HeapSize function")
#[export(kernel32)]
fn HeapSize(hHeap: usize, dwFlags: u32, lpMem: Ptr<u8>) -> usize {
    let _ = dwFlags;
    heap::size(hHeap, lpMem.addr()).unwrap_or(usize::MAX)
}

/// Checks a block, or all of a heap. (Microsoft: "HeapValidate function")
#[export(kernel32)]
fn HeapValidate(hHeap: usize, dwFlags: u32, lpMem: Option<Ptr<u8>>) -> Bool {
    let _ = dwFlags;
    Bool(heap::validate(hHeap, lpMem.map(Ptr::addr)))
}

/// Gives free memory of the heaps back to the system. How large the largest free block is haft
/// does not know and says 0, as for a heap without one. (Microsoft: "HeapCompact function")
#[export(kernel32)]
fn HeapCompact(hHeap: usize, dwFlags: u32) -> Result<usize, Win32Error> {
    let _ = dwFlags;
    heap::compact(hHeap)?;
    Err(Win32Error::SUCCESS)
}

/// Keeps other threads out of a heap. (Microsoft: "HeapLock function")
#[export(kernel32)]
fn HeapLock(hHeap: usize) -> Result<(), Win32Error> {
    Ok(heap::lock(hHeap)?)
}

/// Lets other threads into a heap again. (Microsoft: "HeapUnlock function")
#[export(kernel32)]
fn HeapUnlock(hHeap: usize) -> Result<(), Win32Error> {
    heap::unlock(hHeap).map_err(|status| match status {
        NtStatus::MUTANT_NOT_OWNED => Win32Error::NOT_LOCKED,
        other => other.into(),
    })
}

haft_host::plain! {
    /// `PROCESS_HEAP_ENTRY`.
    struct HeapEntry {
        data: usize,
        size: u32,
        overhead: u8,
        region: u8,
        flags: u16,
        block: [u64; 3],
    }
}

/// Tells a heap's blocks one after the other; not those of the process's own heap. (Microsoft:
/// "HeapWalk function")
#[export(kernel32)]
fn HeapWalk(hHeap: usize, lpEntry: InOut<HeapEntry>) -> Result<(), Win32Error> {
    const PROCESS_HEAP_ENTRY_BUSY: u16 = 4;
    const OVERHEAD: u8 = 32;
    let last = lpEntry.get().data;
    let next = heap::walk(hHeap, (last != 0).then_some(last))?;
    let (data, size) = next.ok_or(Win32Error::NO_MORE_ITEMS)?;
    lpEntry.set(HeapEntry {
        data,
        size: u32::try_from(size).unwrap_or(u32::MAX),
        overhead: OVERHEAD,
        region: 0,
        flags: PROCESS_HEAP_ENTRY_BUSY,
        block: [0; 3],
    })?;
    Ok(())
}

/// `HeapCompatibilityInformation`: how blocks are found.
const COMPATIBILITY: u32 = 0;
/// Its value for the low-fragmentation heap, which haft's heaps are comparable to.
const LOW_FRAGMENTATION: u32 = 2;

/// Changes a heap's properties: termination on corruption, resource optimization, and what is
/// the case already. (Microsoft: "HeapSetInformation function")
#[export(kernel32)]
fn HeapSetInformation(
    HeapHandle: usize,
    HeapInformationClass: u32,
    HeapInformation: Ptr<u8>,
    HeapInformationLength: usize,
) -> Result<(), Win32Error> {
    const TERMINATION_ON_CORRUPTION: u32 = 1;
    const OPTIMIZE_RESOURCES: u32 = 3;
    match HeapInformationClass {
        COMPATIBILITY if !heap::is_heap(HeapHandle) => Err(Win32Error::INVALID_HANDLE),
        COMPATIBILITY if HeapInformationLength < 4 => Err(Win32Error::INSUFFICIENT_BUFFER),
        COMPATIBILITY => match HeapInformation.cast::<u32>().read()? {
            LOW_FRAGMENTATION => Ok(()),
            _ => Err(Win32Error::GEN_FAILURE),
        },
        TERMINATION_ON_CORRUPTION => {
            heap::terminate_on_corruption();
            Ok(())
        }
        OPTIMIZE_RESOURCES => Ok(heap::compact(heap::process_heap())?),
        _ => Err(Win32Error::INVALID_PARAMETER),
    }
}

/// Tells a heap's properties: that it is a low-fragmentation heap. (Microsoft:
/// "HeapQueryInformation function")
#[export(kernel32)]
fn HeapQueryInformation(
    HeapHandle: usize,
    HeapInformationClass: u32,
    HeapInformation: Ptr<u8>,
    HeapInformationLength: usize,
    ReturnLength: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    if !heap::is_heap(HeapHandle) {
        return Err(Win32Error::INVALID_HANDLE);
    }
    if HeapInformationClass != COMPATIBILITY {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    ReturnLength.set(size_of::<u32>())?;
    if HeapInformationLength < size_of::<u32>() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(guest::write(HeapInformation.addr(), LOW_FRAGMENTATION)?)
}

//! Heaps.

use crate::abi::{Bool, Ptr};
use haft_abi::NtStatus;
use haft_kernel::mm::heap::{self, HeapFlags};
use haft_macros::export;

/// Makes a heap; one at an address of the caller's own fails. (Microsoft: "RtlCreateHeap
/// function")
#[export(ntdll)]
fn RtlCreateHeap(
    Flags: u32,
    HeapBase: Ptr<u8>,
    ReserveSize: usize,
    CommitSize: usize,
    Lock: Ptr<u8>,
    Parameters: Ptr<u8>,
) -> usize {
    const HEAP_GROWABLE: u32 = 2;
    let _ = (CommitSize, Parameters);
    if !HeapBase.is_null() || !Lock.is_null() {
        return 0;
    }
    let maximum = if Flags & HEAP_GROWABLE == 0 { ReserveSize } else { 0 };
    heap::create(HeapFlags(Flags), maximum).unwrap_or(0)
}

/// Frees a heap and all its blocks; null if it could. (Microsoft: "RtlDestroyHeap function")
#[export(ntdll)]
fn RtlDestroyHeap(HeapHandle: usize) -> usize {
    heap::destroy(HeapHandle).map_or(HeapHandle, |()| 0)
}

/// Allocates a block; null if there is no memory. (Microsoft: "RtlAllocateHeap function")
#[export(ntdll)]
fn RtlAllocateHeap(HeapHandle: usize, Flags: u32, Size: usize) -> Ptr<u8> {
    Ptr::new(heap::allocate(HeapHandle, HeapFlags(Flags), Size).unwrap_or(0))
}

/// Frees a block. (Microsoft: "RtlFreeHeap function")
#[export(ntdll)]
fn RtlFreeHeap(HeapHandle: usize, Flags: u32, BaseAddress: Ptr<u8>) -> Bool {
    let _ = Flags;
    Bool(heap::free(HeapHandle, BaseAddress.addr()).is_ok())
}

/// Makes a block larger or smaller; null if it cannot. (Microsoft: "HeapReAlloc function", of
/// which it is the service)
#[export(ntdll)]
fn RtlReAllocateHeap(HeapHandle: usize, Flags: u32, BaseAddress: Ptr<u8>, Size: usize) -> Ptr<u8> {
    let flags = HeapFlags(Flags);
    Ptr::new(heap::reallocate(HeapHandle, flags, BaseAddress.addr(), Size).unwrap_or(0))
}

/// Returns a block's size as it was asked for, all ones for what is none. (Microsoft: "HeapSize
/// function", of which it is the service)
#[export(ntdll)]
fn RtlSizeHeap(HeapHandle: usize, Flags: u32, BaseAddress: Ptr<u8>) -> usize {
    let _ = Flags;
    heap::size(HeapHandle, BaseAddress.addr()).unwrap_or(usize::MAX)
}

/// Checks a block, or all of a heap. (Microsoft: "HeapValidate function", of which it is the
/// service)
#[export(ntdll)]
fn RtlValidateHeap(HeapHandle: usize, Flags: u32, BaseAddress: Option<Ptr<u8>>) -> Bool {
    let _ = Flags;
    Bool(heap::validate(HeapHandle, BaseAddress.map(Ptr::addr)))
}

/// Keeps other threads out of a heap. (Microsoft: "HeapLock function", of which it is the
/// service)
#[export(ntdll)]
fn RtlLockHeap(HeapHandle: usize) -> Bool {
    Bool(heap::lock(HeapHandle).is_ok())
}

/// Lets other threads into a heap again. (Microsoft: "HeapUnlock function", of which it is the
/// service)
#[export(ntdll)]
fn RtlUnlockHeap(HeapHandle: usize) -> Bool {
    Bool(heap::unlock(HeapHandle) != Err(NtStatus::INVALID_HANDLE))
}

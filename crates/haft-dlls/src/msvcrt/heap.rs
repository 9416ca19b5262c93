//! The C heap.

use crate::abi::{OrNone, Ptr};
use haft_crt::Errno;
use haft_kernel::crt::{Error, error, heap};
use haft_macros::export;

type Block = Result<Ptr<u8>, Error>;

/// Allocates memory. (Microsoft: "malloc")
#[export(msvcrt, ucrtbase)]
fn malloc(size: usize) -> Block {
    heap::allocate(size).map(Ptr::new)
}

/// Allocates an array of zeroes. (Microsoft: "calloc")
#[export(msvcrt, ucrtbase)]
fn calloc(number: usize, size: usize) -> Block {
    heap::allocate_zeroed(number, size).map(Ptr::new)
}

/// Changes the size of a block. (Microsoft: "realloc")
#[export(msvcrt, ucrtbase)]
fn realloc(memblock: Ptr<u8>, size: usize) -> Block {
    heap::reallocate(memblock.addr(), size).map(Ptr::new)
}

/// Frees a block. (Microsoft: "free")
#[export(msvcrt, ucrtbase)]
fn free(memblock: Ptr<u8>) {
    heap::free(memblock.addr());
}

/// Changes the size of a block of an array, new elements are zero. (Microsoft: "_recalloc")
#[export(msvcrt, ucrtbase)]
fn _recalloc(memblock: Ptr<u8>, num: usize, size: usize) -> Block {
    heap::reallocate_zeroed(memblock.addr(), num, size).map(Ptr::new)
}

/// Changes the size of a block where it is. (Microsoft: "_expand")
#[export(msvcrt, ucrtbase)]
fn _expand(memblock: Ptr<u8>, size: usize) -> Block {
    heap::expand(memblock.addr(), size).map(Ptr::new)
}

/// Gives the size of a block. (Microsoft: "_msize")
#[export(msvcrt, ucrtbase)]
fn _msize(memblock: Ptr<u8>) -> Result<usize, Error> {
    heap::size(memblock.addr())
}

/// Allocates memory at a multiple of a power of two. (Microsoft: "_aligned_malloc")
#[export(msvcrt, ucrtbase)]
fn _aligned_malloc(size: usize, alignment: usize) -> Block {
    heap::allocate_aligned(size, alignment, 0).map(Ptr::new)
}

/// Allocates memory that is aligned at an offset. (Microsoft: "_aligned_offset_malloc")
#[export(msvcrt, ucrtbase)]
fn _aligned_offset_malloc(size: usize, alignment: usize, offset: usize) -> Block {
    heap::allocate_aligned(size, alignment, offset).map(Ptr::new)
}

/// Changes the size of an aligned block. (Microsoft: "_aligned_realloc")
#[export(msvcrt, ucrtbase)]
fn _aligned_realloc(memblock: Ptr<u8>, size: usize, alignment: usize) -> Block {
    heap::reallocate_aligned(memblock.addr(), size, alignment, 0, false).map(Ptr::new)
}

/// Changes the size of an aligned block. (Microsoft: "_aligned_offset_realloc")
#[export(msvcrt, ucrtbase)]
fn _aligned_offset_realloc(
    memblock: Ptr<u8>,
    size: usize,
    alignment: usize,
    offset: usize,
) -> Block {
    heap::reallocate_aligned(memblock.addr(), size, alignment, offset, false).map(Ptr::new)
}

/// Changes the size of an aligned array, new elements are zero. (Microsoft: "_aligned_recalloc")
#[export(msvcrt, ucrtbase)]
fn _aligned_recalloc(memblock: Ptr<u8>, num: usize, size: usize, alignment: usize) -> Block {
    let total = num.saturating_mul(size);
    heap::reallocate_aligned(memblock.addr(), total, alignment, 0, true).map(Ptr::new)
}

/// Frees an aligned block. (Microsoft: "_aligned_free")
#[export(msvcrt, ucrtbase)]
fn _aligned_free(memblock: Ptr<u8>) -> Result<(), Error> {
    heap::free_aligned(memblock.addr())
}

/// Gives the size of an aligned block. (Microsoft: "_aligned_msize")
#[export(msvcrt, ucrtbase)]
fn _aligned_msize(memblock: Ptr<u8>, alignment: usize, offset: usize) -> Result<OrNone, Error> {
    let _ = (alignment, offset);
    heap::size_aligned(memblock.addr()).map(OrNone)
}

/// Gives unused memory back. (Microsoft: "_heapmin")
#[export(msvcrt, ucrtbase)]
fn _heapmin() -> Result<(), Error> {
    heap::trim();
    Ok(())
}

/// `_HEAPEND`: all blocks were seen; with ENOSYS in `errno`, none can be.
const HEAP_END: i32 = -5;

/// Would go through the blocks of the heap; fails as on a system that cannot, because haft's C
/// heap has no list of them. (Microsoft: "_heapwalk")
#[export(msvcrt, ucrtbase)]
fn _heapwalk(entryinfo: Ptr<u8>) -> i32 {
    let _ = entryinfo;
    error::set_errno(Errno::ENOSYS);
    HEAP_END
}

/// Would check the blocks of the heap; fails as on a system that cannot, because haft's C heap
/// has no list of them. (Microsoft: "_heapchk")
#[export(msvcrt, ucrtbase)]
fn _heapchk() -> i32 {
    error::set_errno(Errno::ENOSYS);
    HEAP_END
}

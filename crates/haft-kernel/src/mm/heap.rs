//! Heaps (Microsoft: "Heap Functions").
//!
//! A block of the process's own heap is a block of [`haft_host::alloc`]: no lock, no list, no
//! system call. A heap that the program makes also keeps its blocks in a list, so that they can
//! be walked, and freed with the heap.

use crate::ke::exception::raise;
use crate::ke::recursive_lock::RecursiveLock;
use crate::ps::job;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use haft_abi::NtStatus;
use haft_host::alloc::{self, Block};
use haft_host::guest::{self, Fault};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Flags of a heap and of what is done with it (Microsoft: "HeapCreate function").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapFlags(pub u32);

haft_abi::flags!(HeapFlags);

impl HeapFlags {
    /// Nothing special.
    pub const NONE: Self = Self(0);
    /// `HEAP_GENERATE_EXCEPTIONS`.
    pub const GENERATE_EXCEPTIONS: Self = Self(4);
    /// `HEAP_ZERO_MEMORY`.
    pub const ZERO_MEMORY: Self = Self(8);
    /// `HEAP_REALLOC_IN_PLACE_ONLY`.
    pub const REALLOC_IN_PLACE_ONLY: Self = Self(0x10);
    /// `HEAP_CREATE_ENABLE_EXECUTE`.
    pub const ENABLE_EXECUTE: Self = Self(0x0004_0000);
}

/// The most heaps that a process has at a time.
const MAX_HEAPS: usize = 1024;
/// In front of each block of a program's own heap: where the next and the previous block's links
/// are, zero at the ends.
const LINKS: usize = 16;
/// A heap of a fixed size takes no larger block (Microsoft: "HeapCreate function": "slightly
/// less than 1,024 KB").
const LARGEST_IN_FIXED: usize = 0xF_F000;

struct Heap {
    live: AtomicBool,
    flags: AtomicU32,
    /// Bytes that it may hold, zero for no bound.
    maximum: AtomicUsize,
    blocks: Mutex<Blocks>,
    /// What `HeapLock` enters.
    gate: RecursiveLock,
    /// How often it is entered so: nobody looks at the gate while this is zero.
    held: AtomicU32,
}

struct Blocks {
    /// Where the newest block's links are.
    first: usize,
    /// Bytes in all blocks.
    used: usize,
}

impl Heap {
    const fn new() -> Self {
        Self {
            live: AtomicBool::new(false),
            flags: AtomicU32::new(0),
            maximum: AtomicUsize::new(0),
            blocks: Mutex::new(Blocks { first: 0, used: 0 }),
            gate: RecursiveLock::new(),
            held: AtomicU32::new(0),
        }
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while another thread holds the heap by `HeapLock`.
    fn wait_if_held(&self) {
        if self.held.load(Ordering::Relaxed) != 0 {
            drop(self.gate.enter());
        }
    }

    fn flags(&self, call: HeapFlags) -> HeapFlags {
        HeapFlags(self.flags.load(Ordering::Relaxed) | call.0)
    }
}

static HEAPS: [Heap; MAX_HEAPS] = [const { Heap::new() }; MAX_HEAPS];

/// Whether a call with an address that is no block's ends the process.
static TERMINATE_ON_CORRUPTION: AtomicBool = AtomicBool::new(false);

/// The process's own heap is the first one, and always there.
const OWN: usize = 0;

/// A heap that is there.
#[derive(Clone, Copy)]
struct Reference {
    heap: &'static Heap,
    index: usize,
}

/// The handle of the process's own heap.
#[must_use]
#[inline]
pub fn process_heap() -> usize {
    handle(OWN)
}

fn handle(index: usize) -> usize {
    &raw const HEAPS[index] as usize
}

#[inline]
fn find(handle: usize) -> Option<Reference> {
    let offset = handle.wrapping_sub(process_heap());
    if offset == 0 {
        return Some(Reference { heap: &HEAPS[OWN], index: OWN });
    }
    let index = offset / size_of::<Heap>();
    let heap = HEAPS.get(index).filter(|_| offset.is_multiple_of(size_of::<Heap>()))?;
    heap.live.load(Ordering::Acquire).then_some(Reference { heap, index })
}

/// Where the links of a block's neighbours are.
fn links(at: usize) -> Result<[usize; 2], Fault> {
    Ok([guest::read(at)?, guest::read(at + 8)?])
}

impl Blocks {
    /// Puts a block in front of the list.
    fn insert(&mut self, block: &Block) -> Result<(), Fault> {
        let at = block.prefix_address();
        guest::write(at, [self.first, 0])?;
        if self.first != 0 {
            guest::write(self.first + 8, at)?;
        }
        self.first = at;
        self.used += block.size;
        Ok(())
    }

    fn remove(&mut self, block: &Block) -> Result<(), Fault> {
        let at = block.prefix_address();
        let [next, previous] = links(at)?;
        if next != 0 {
            guest::write(next + 8, previous)?;
        }
        if previous != 0 {
            guest::write(previous, next)?;
        } else {
            self.first = next;
        }
        self.used -= block.size.min(self.used);
        Ok(())
    }
}

/// The block that has its links there.
fn block_at(links: usize) -> Option<Block> {
    alloc::find(links + LINKS + alloc::HEADER, LINKS)
}

impl Reference {
    const fn prefix(self) -> usize {
        if self.index == OWN { 0 } else { LINKS }
    }

    #[inline]
    fn block(self, address: usize) -> Option<Block> {
        alloc::find(address, self.prefix()).filter(|block| block.owner == self.index as u32)
    }

    /// As [`Self::block`]; where the program asked for it, its mistake is its end.
    fn block_or_corrupt(self, address: usize) -> Option<Block> {
        let block = self.block(address);
        if block.is_none() && TERMINATE_ON_CORRUPTION.load(Ordering::Relaxed) {
            crate::log::say(&format!(
                "the program gave {address:#x} to its heap, which is no block of it (freed twice, \
                 or overwritten); it asked to be ended then"
            ));
            crate::ps::terminate(NtStatus::HEAP_CORRUPTION.0);
        }
        block
    }

    fn allocate(self, flags: HeapFlags, size: usize) -> Option<usize> {
        let zero = flags.contains(HeapFlags::ZERO_MEMORY);
        let owner = self.index as u32;
        job::charge_block(size).ok()?;
        if self.index == OWN {
            return alloc::allocate(size, owner, 0, zero).map(|block| block.address);
        }
        let mut blocks = self.heap.blocks();
        self.heap.room(&blocks, size)?;
        let block = alloc::allocate(size, owner, LINKS, zero)?;
        if flags.contains(HeapFlags::ENABLE_EXECUTE) && !alloc::make_executable(&block) {
            alloc::free(block);
            return None;
        }
        blocks.insert(&block).ok()?;
        Some(block.address)
    }

    fn resize(self, flags: HeapFlags, block: Block, size: usize) -> Option<usize> {
        let zero = flags.contains(HeapFlags::ZERO_MEMORY);
        job::charge_block(size.saturating_sub(block.size)).ok()?;
        let resize = if flags.contains(HeapFlags::REALLOC_IN_PLACE_ONLY) {
            alloc::resize_in_place
        } else {
            alloc::resize
        };
        if self.index == OWN {
            return resize(block, size, zero).map(|block| block.address);
        }
        let mut blocks = self.heap.blocks();
        self.heap.room(&blocks, size.saturating_sub(block.size))?;
        blocks.remove(&block).ok()?;
        let new = resize(block, size, zero);
        blocks.insert(&new.unwrap_or(block)).ok()?;
        let new = new?;
        if flags.contains(HeapFlags::ENABLE_EXECUTE) && !alloc::make_executable(&new) {
            return None;
        }
        Some(new.address)
    }
}

impl Heap {
    /// Whether so much more may go into it.
    fn room(&self, blocks: &Blocks, size: usize) -> Option<()> {
        let maximum = self.maximum.load(Ordering::Relaxed);
        let fits = maximum == 0
            || (size < LARGEST_IN_FIXED && blocks.used.saturating_add(size) <= maximum);
        fits.then_some(())
    }
}

/// A failure to give memory, as the caller's or the heap's flags want it.
#[cold]
fn exhausted(flags: HeapFlags) -> NtStatus {
    const EXCEPTION_NONCONTINUABLE: u32 = 1;
    if flags.contains(HeapFlags::GENERATE_EXCEPTIONS) {
        raise(NtStatus::NO_MEMORY.0, EXCEPTION_NONCONTINUABLE, &[]);
    }
    NtStatus::NO_MEMORY
}

/// Allocates a block (Microsoft: "HeapAlloc function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap, `NO_MEMORY`.
#[inline]
pub fn allocate(handle: usize, flags: HeapFlags, size: usize) -> Result<usize, NtStatus> {
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    found.heap.wait_if_held();
    let flags = found.heap.flags(flags);
    found.allocate(flags, size).ok_or_else(|| exhausted(flags))
}

/// Frees a block (Microsoft: "HeapFree function"); null is none and freed at once.
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap, `INVALID_PARAMETER` for what is no block of it.
#[inline]
pub fn free(handle: usize, address: usize) -> Result<(), NtStatus> {
    if address == 0 {
        return Ok(());
    }
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    found.heap.wait_if_held();
    let block = found.block_or_corrupt(address).ok_or(NtStatus::INVALID_PARAMETER)?;
    if found.index != OWN {
        found.heap.blocks().remove(&block)?;
    }
    alloc::free(block);
    Ok(())
}

/// Makes a block larger or smaller (Microsoft: "HeapReAlloc function"). It is untouched on
/// failure.
///
/// # Errors
/// `INVALID_HANDLE`, `INVALID_PARAMETER` for what is no block of the heap, `NO_MEMORY`.
pub fn reallocate(
    handle: usize,
    flags: HeapFlags,
    address: usize,
    size: usize,
) -> Result<usize, NtStatus> {
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    found.heap.wait_if_held();
    let flags = found.heap.flags(flags);
    let block = found.block_or_corrupt(address).ok_or(NtStatus::INVALID_PARAMETER)?;
    found.resize(flags, block, size).ok_or_else(|| exhausted(flags))
}

/// The size of a block, as it was asked for (Microsoft: "HeapSize function").
///
/// # Errors
/// `INVALID_HANDLE`, `INVALID_PARAMETER` for what is no block of the heap.
pub fn size(handle: usize, address: usize) -> Result<usize, NtStatus> {
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    found.block(address).map(|block| block.size).ok_or(NtStatus::INVALID_PARAMETER)
}

/// Whether a block of a heap, or all of the heap if there is none, is in order (Microsoft:
/// "HeapValidate function"): its own marks and the allocator's around it. The process's own heap
/// keeps no list of its blocks; it is taken to be.
#[must_use]
pub fn validate(handle: usize, address: Option<usize>) -> bool {
    let Some(found) = find(handle) else { return false };
    match address {
        Some(address) => found.block(address).is_some_and(|block| alloc::is_sound(&block)),
        None if found.index == OWN => true,
        None => {
            let blocks = found.heap.blocks();
            let mut at = blocks.first;
            while at != 0 {
                match (block_at(at), links(at)) {
                    (Some(block), Ok([next, _])) if alloc::is_sound(&block) => at = next,
                    _ => return false,
                }
            }
            true
        }
    }
}

/// Makes a heap (Microsoft: "HeapCreate function"). `maximum` is in bytes, zero for a heap that
/// grows.
///
/// # Errors
/// `NO_MEMORY` when there are too many.
pub fn create(flags: HeapFlags, maximum: usize) -> Result<usize, NtStatus> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let is_free = |heap: &Heap| !heap.live.load(Ordering::Acquire);
    let index = HEAPS[OWN + 1..].iter().position(is_free).ok_or(NtStatus::NO_MEMORY)? + 1;
    let heap = &HEAPS[index];
    let kept = HeapFlags::GENERATE_EXCEPTIONS.0 | HeapFlags::ENABLE_EXECUTE.0;
    heap.flags.store(flags.0 & kept, Ordering::Relaxed);
    heap.maximum.store(maximum, Ordering::Relaxed);
    heap.live.store(true, Ordering::Release);
    Ok(handle(index))
}

/// Frees a heap and all its blocks (Microsoft: "HeapDestroy function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap, `INVALID_PARAMETER` for the process's own.
pub fn destroy(handle: usize) -> Result<(), NtStatus> {
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    if found.index == OWN {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut blocks = found.heap.blocks();
    let mut at = core::mem::replace(&mut *blocks, Blocks { first: 0, used: 0 }).first;
    while at != 0 {
        let (Some(block), Ok([next, _])) = (block_at(at), links(at)) else { break };
        alloc::free(block);
        at = next;
    }
    found.heap.live.store(false, Ordering::Release);
    Ok(())
}

/// Keeps other threads out of a heap (Microsoft: "HeapLock function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap.
pub fn lock(handle: usize) -> Result<(), NtStatus> {
    let heap = find(handle).ok_or(NtStatus::INVALID_HANDLE)?.heap;
    core::mem::forget(heap.gate.enter());
    heap.held.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// Lets other threads in again (Microsoft: "HeapUnlock function").
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap, `MUTANT_NOT_OWNED` when the running thread does not
/// hold it.
pub fn unlock(handle: usize) -> Result<(), NtStatus> {
    let heap = find(handle).ok_or(NtStatus::INVALID_HANDLE)?.heap;
    if !heap.gate.is_inside() {
        return Err(NtStatus::MUTANT_NOT_OWNED);
    }
    heap.held.fetch_sub(1, Ordering::AcqRel);
    heap.gate.leave();
    Ok(())
}

/// The block behind `address` in a heap that the program made, the first if there is none, and
/// its size; `None` behind the last (Microsoft: "HeapWalk function").
///
/// # Errors
/// `INVALID_HANDLE`, `INVALID_PARAMETER` for what is no block of it, `NOT_SUPPORTED` for the
/// process's own heap, whose blocks are in no list.
pub fn walk(handle: usize, address: Option<usize>) -> Result<Option<(usize, usize)>, NtStatus> {
    let found = find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    if found.index == OWN {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let blocks = found.heap.blocks();
    let at = match address {
        None => blocks.first,
        Some(address) => {
            let block = found.block(address).ok_or(NtStatus::INVALID_PARAMETER)?;
            links(block.prefix_address())?[0]
        }
    };
    Ok(block_at(at).map(|block| (block.address, block.size)))
}

/// The handles of all heaps.
#[must_use]
pub fn all() -> Vec<usize> {
    let made = (OWN + 1..MAX_HEAPS).filter(|&index| HEAPS[index].live.load(Ordering::Acquire));
    core::iter::once(OWN).chain(made).map(handle).collect()
}

/// Gives memory that no block needs back to Linux.
///
/// # Errors
/// `INVALID_HANDLE` for what is no heap.
pub fn compact(handle: usize) -> Result<(), NtStatus> {
    find(handle).ok_or(NtStatus::INVALID_HANDLE)?;
    alloc::trim();
    Ok(())
}

/// Whether a handle is a heap's.
#[must_use]
pub fn is_heap(handle: usize) -> bool {
    find(handle).is_some()
}

/// From now on a call with an address that is no block's ends the process (Microsoft:
/// "HeapSetInformation function", `HeapEnableTerminationOnCorruption`).
pub fn terminate_on_corruption() {
    TERMINATE_ON_CORRUPTION.store(true, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: HeapFlags = HeapFlags::NONE;

    #[test]
    fn a_block_belongs_to_its_heap() {
        guest::testing::handler();
        let own = process_heap();
        let heap = create(NONE, 0).unwrap();
        let block = allocate(heap, HeapFlags::ZERO_MEMORY, 100).unwrap();
        assert_eq!(block % 16, 0);
        assert_eq!(size(heap, block), Ok(100));
        assert_eq!(size(own, block), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(free(own, block), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(free(heap, block), Ok(()));
        assert_eq!(free(heap, block), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(destroy(own), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(destroy(heap), Ok(()));
        assert_eq!(allocate(heap + 1, NONE, 1), Err(NtStatus::INVALID_HANDLE));
    }

    #[test]
    fn a_heap_is_walked_and_freed_with_its_blocks() {
        guest::testing::handler();
        let heap = create(NONE, 0).unwrap();
        let blocks = [1, 2, 3].map(|size| allocate(heap, NONE, size).unwrap());
        free(heap, blocks[1]).unwrap();
        let grown = reallocate(heap, NONE, blocks[0], 5000).unwrap();
        let first = walk(heap, None).unwrap().unwrap();
        assert_eq!(first, (grown, 5000));
        assert_eq!(walk(heap, Some(grown)), Ok(Some((blocks[2], 3))));
        assert_eq!(walk(heap, Some(blocks[2])), Ok(None));
        assert!(validate(heap, None) && validate(heap, Some(grown)));
        assert!(!validate(heap, Some(blocks[1])));
        destroy(heap).unwrap();
        assert!(!validate(heap, None));
        assert_eq!(size(process_heap(), blocks[2]), Err(NtStatus::INVALID_PARAMETER));
    }

    #[test]
    fn a_heap_of_fixed_size_gets_full() {
        guest::testing::handler();
        let heap = create(NONE, 0x2_0000).unwrap();
        assert_eq!(allocate(heap, NONE, 0x4_0000), Err(NtStatus::NO_MEMORY));
        let block = allocate(heap, NONE, 0x1_8000).unwrap();
        assert_eq!(allocate(heap, NONE, 0x1_8000), Err(NtStatus::NO_MEMORY));
        assert_eq!(reallocate(heap, NONE, block, 0x3_0000), Err(NtStatus::NO_MEMORY));
        assert_eq!(size(heap, block), Ok(0x1_8000));
        free(heap, block).unwrap();
        assert!(allocate(heap, NONE, 0x1_8000).is_ok());
        destroy(heap).unwrap();
    }

    #[test]
    fn a_lock_is_its_owners() {
        let heap = create(NONE, 0).unwrap();
        assert_eq!(unlock(heap), Err(NtStatus::MUTANT_NOT_OWNED));
        lock(heap).unwrap();
        lock(heap).unwrap();
        let inside = allocate(heap, NONE, 8).unwrap();
        let other = std::thread::spawn(move || {
            assert_eq!(unlock(heap), Err(NtStatus::MUTANT_NOT_OWNED));
            free(heap, inside)
        });
        unlock(heap).unwrap();
        unlock(heap).unwrap();
        assert_eq!(other.join().unwrap(), Ok(()));
        destroy(heap).unwrap();
    }
}

//! Global and local memory: blocks of the process's heap, and handles of blocks that may move
//! (Microsoft: "Global and Local Functions").

use super::heap::{self, HeapFlags};
use haft_abi::NtStatus;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// `GMEM_*` and `LMEM_*` flags, whose values agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovableFlags(pub u32);

impl MovableFlags {
    /// A pointer rather than a handle.
    pub const FIXED: Self = Self(0);
    /// A handle of a block that may move.
    pub const MOVEABLE: Self = Self(2);
    /// Zeroed.
    pub const ZEROINIT: Self = Self(0x40);
    /// Change what the memory is, not its size.
    pub const MODIFY: Self = Self(0x80);
    /// The memory was discarded.
    pub const DISCARDED: Self = Self(0x4000);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn heap(self) -> HeapFlags {
        if self.has(Self::ZEROINIT) { HeapFlags::ZERO_MEMORY } else { HeapFlags::NONE }
    }
}

/// A block that may move.
struct Movable {
    /// Its address, zero when it was discarded.
    address: usize,
    locks: u8,
}

/// Blocks that may move, by handle.
static MOVABLE: Mutex<BTreeMap<usize, Movable>> = Mutex::new(BTreeMap::new());

/// A handle is the address of a small block of its own plus this, which tells it from pointers.
const MARK: usize = 8;

fn movable() -> MutexGuard<'static, BTreeMap<usize, Movable>> {
    MOVABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_handle(memory: usize) -> bool {
    memory % heap_align() == MARK
}

const fn heap_align() -> usize {
    haft_host::alloc::ALIGN
}

fn own_heap() -> usize {
    heap::process_heap()
}

fn invalid(_: NtStatus) -> NtStatus {
    NtStatus::INVALID_HANDLE
}

/// Allocates memory (Microsoft: "GlobalAlloc function"): an address, or with `MOVEABLE` a handle.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate(flags: MovableFlags, size: usize) -> Result<usize, NtStatus> {
    if !flags.has(MovableFlags::MOVEABLE) {
        return heap::allocate(own_heap(), flags.heap(), size);
    }
    // A block of no size that may move is a discarded one.
    let address = match size {
        0 => 0,
        _ => heap::allocate(own_heap(), flags.heap(), size)?,
    };
    make_handle(address).inspect_err(|_| {
        let _ = heap::free(own_heap(), address);
    })
}

fn make_handle(address: usize) -> Result<usize, NtStatus> {
    let handle = heap::allocate(own_heap(), HeapFlags::NONE, heap_align())? + MARK;
    movable().insert(handle, Movable { address, locks: 0 });
    Ok(handle)
}

/// Frees memory by address or handle (Microsoft: "GlobalFree function"), locked or not.
///
/// # Errors
/// `INVALID_HANDLE` for what is neither.
pub fn free(memory: usize) -> Result<(), NtStatus> {
    if !is_handle(memory) {
        return heap::free(own_heap(), memory).map_err(invalid);
    }
    let gone = movable().remove(&memory).ok_or(NtStatus::INVALID_HANDLE)?;
    heap::free(own_heap(), gone.address)?;
    heap::free(own_heap(), memory - MARK)
}

/// Changes the size, or with `MODIFY` the kind, of memory; the handle or address it has then
/// (Microsoft: "GlobalReAlloc function").
///
/// # Errors
/// `INVALID_HANDLE`, `NO_MEMORY`, also for what would have to move and may not.
pub fn reallocate(memory: usize, size: usize, flags: MovableFlags) -> Result<usize, NtStatus> {
    let may_move = flags.has(MovableFlags::MOVEABLE);
    let in_place = |may_move| {
        let only = if may_move { 0 } else { HeapFlags::REALLOC_IN_PLACE_ONLY.0 };
        HeapFlags(flags.heap().0 | only)
    };
    if !is_handle(memory) {
        heap::size(own_heap(), memory).map_err(invalid)?;
        return if !flags.has(MovableFlags::MODIFY) {
            heap::reallocate(own_heap(), in_place(may_move), memory, size)
        } else if may_move {
            make_handle(memory)
        } else {
            Ok(memory)
        };
    }
    let mut all = movable();
    let block = all.get_mut(&memory).ok_or(NtStatus::INVALID_HANDLE)?;
    if flags.has(MovableFlags::MODIFY) {
        return Ok(memory);
    }
    if size == 0 {
        if block.locks != 0 || !may_move {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        heap::free(own_heap(), block.address)?;
        block.address = 0;
    } else if block.address == 0 {
        block.address = heap::allocate(own_heap(), flags.heap(), size)?;
    } else {
        let heap_flags = in_place(may_move || block.locks == 0);
        block.address = heap::reallocate(own_heap(), heap_flags, block.address, size)?;
    }
    Ok(memory)
}

/// The address of memory, which does not move until it is unlocked (Microsoft: "GlobalLock
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `NOT_COMMITTED` for memory that was discarded.
pub fn lock(memory: usize) -> Result<usize, NtStatus> {
    if !is_handle(memory) {
        return heap::size(own_heap(), memory).map(|_| memory).map_err(invalid);
    }
    let mut all = movable();
    let block = all.get_mut(&memory).ok_or(NtStatus::INVALID_HANDLE)?;
    if block.address == 0 {
        return Err(NtStatus::NOT_COMMITTED);
    }
    block.locks = block.locks.saturating_add(1);
    Ok(block.address)
}

/// Undoes one [`lock`]; whether the memory is locked still (Microsoft: "GlobalUnlock function").
/// What has an address for a handle always is.
///
/// # Errors
/// `INVALID_HANDLE`, `NOT_LOCKED`.
pub fn unlock(memory: usize) -> Result<bool, NtStatus> {
    if !is_handle(memory) {
        return heap::size(own_heap(), memory).map(|_| true).map_err(invalid);
    }
    let mut all = movable();
    let block = all.get_mut(&memory).ok_or(NtStatus::INVALID_HANDLE)?;
    block.locks = block.locks.checked_sub(1).ok_or(NtStatus::NOT_LOCKED)?;
    Ok(block.locks != 0)
}

/// The size of memory (Microsoft: "GlobalSize function"), zero when it was discarded.
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn size(memory: usize) -> Result<usize, NtStatus> {
    let address = match is_handle(memory) {
        false => memory,
        true => movable().get(&memory).ok_or(NtStatus::INVALID_HANDLE)?.address,
    };
    if address == 0 && memory != 0 {
        return Ok(0);
    }
    heap::size(own_heap(), address).map_err(invalid)
}

/// The lock count, and whether it was discarded (Microsoft: "GlobalFlags function").
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn flags(memory: usize) -> Result<(u8, bool), NtStatus> {
    if !is_handle(memory) {
        return heap::size(own_heap(), memory).map(|_| (0, false)).map_err(invalid);
    }
    let all = movable();
    let block = all.get(&memory).ok_or(NtStatus::INVALID_HANDLE)?;
    Ok((block.locks, block.address == 0))
}

/// The handle of memory by its address (Microsoft: "GlobalHandle function").
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn handle_of(address: usize) -> Result<usize, NtStatus> {
    heap::size(own_heap(), address).map_err(invalid)?;
    let all = movable();
    let handle = all.iter().find(|(_, block)| block.address == address).map(|(&handle, _)| handle);
    Ok(handle.unwrap_or(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_host::guest;

    #[test]
    fn a_handle_stays_while_its_memory_moves() {
        guest::testing::handler();
        let flags = MovableFlags(MovableFlags::MOVEABLE.0 | MovableFlags::ZEROINIT.0);
        let handle = allocate(flags, 10).unwrap();
        let at = lock(handle).unwrap();
        assert_ne!(at, handle);
        assert_eq!(handle_of(at), Ok(handle));
        guest::write(at, 0x1234_5678u32).unwrap();
        assert_eq!((flags_of(handle), size(handle)), (1, Ok(10)));
        assert_eq!(unlock(handle), Ok(false));
        assert_eq!(unlock(handle), Err(NtStatus::NOT_LOCKED));
        assert_eq!(reallocate(handle, 1 << 20, flags), Ok(handle));
        assert_eq!(guest::read(lock(handle).unwrap()), Ok(0x1234_5678u32));
        assert_eq!(free(handle), Ok(()));
        assert_eq!(free(handle), Err(NtStatus::INVALID_HANDLE));
    }

    fn flags_of(memory: usize) -> u8 {
        flags(memory).unwrap().0
    }

    #[test]
    fn fixed_memory_is_its_own_handle() {
        guest::testing::handler();
        let at = allocate(MovableFlags::FIXED, 10).unwrap();
        assert_eq!((lock(at), unlock(at), handle_of(at)), (Ok(at), Ok(true), Ok(at)));
        assert_eq!(reallocate(at, 1 << 30, MovableFlags::FIXED), Err(NtStatus::NO_MEMORY));
        assert_eq!(free(at), Ok(()));
        assert_eq!(lock(at), Err(NtStatus::INVALID_HANDLE));
    }

    #[test]
    fn memory_is_discarded_and_comes_back() {
        guest::testing::handler();
        let handle = allocate(MovableFlags::MOVEABLE, 10).unwrap();
        assert_eq!(reallocate(handle, 0, MovableFlags::MOVEABLE), Ok(handle));
        assert_eq!((flags(handle), size(handle)), (Ok((0, true)), Ok(0)));
        assert!(lock(handle).is_err());
        assert_eq!(reallocate(handle, 20, MovableFlags::MOVEABLE), Ok(handle));
        assert_eq!(size(handle), Ok(20));
        free(handle).unwrap();
    }
}

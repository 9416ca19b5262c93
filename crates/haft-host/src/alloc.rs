//! Blocks of memory for the program's heaps, on glibc's allocator: its per-thread caches make an
//! allocation and its free a few tens of nanoseconds, without a lock or a system call.
//!
//! In front of each block stand its exact size and a seal over its address and owner, so that an
//! address that is no block's (or no longer) is told apart before anything is done with it.
#![allow(unsafe_code, reason = "memory is taken and given back by raw address")]

use crate::guest;
use crate::mem::{self, PAGE, Protection};
use core::ffi::c_void;

/// Blocks start at multiples of this.
pub const ALIGN: usize = 16;
/// Bytes of size and seal in front of a block.
pub const HEADER: usize = 16;
/// Mixed into every seal. Not a secret from the program, only unlike anything it stores.
const SEAL: u64 = 0x6A09_E667_F3BC_C908;
/// Larger blocks than this there are none: the end of the address space.
const MAX: usize = 1 << 47;

/// A block that is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its address.
    pub address: usize,
    /// Its size as it was asked for.
    pub size: usize,
    /// What its owner set it apart with.
    pub owner: u32,
    /// Bytes of the owner's own in front of the header, a multiple of [`ALIGN`].
    pub prefix: usize,
}

const fn seal(address: usize, owner: u32, prefix: usize) -> u64 {
    let fields = owner as u64 | (prefix as u64) << 32;
    SEAL ^ (address as u64).rotate_left(17) ^ fields
}

impl Block {
    fn raw(&self) -> *mut c_void {
        (self.address - HEADER - self.prefix) as *mut c_void
    }

    /// Where the owner's own bytes are.
    #[must_use]
    pub const fn prefix_address(&self) -> usize {
        self.address - HEADER - self.prefix
    }

    fn write_header(&self) {
        let at = (self.address - HEADER) as *mut u64;
        // SAFETY: the header is part of this allocation, and aligned.
        unsafe {
            at.write(self.size as u64);
            at.add(1).write(seal(self.address, self.owner, self.prefix));
        }
    }

    fn at(raw: *mut c_void, size: usize, owner: u32, prefix: usize) -> Option<Self> {
        if raw.is_null() {
            return None;
        }
        let block = Self { address: raw as usize + prefix + HEADER, size, owner, prefix };
        block.write_header();
        Some(block)
    }
}

/// Allocates `size` bytes, zeroed if `zero`. `prefix` is at most 255 times [`ALIGN`].
#[must_use]
#[inline]
pub fn allocate(size: usize, owner: u32, prefix: usize, zero: bool) -> Option<Block> {
    if size > MAX {
        return None;
    }
    let total = size + HEADER + prefix;
    // SAFETY: malloc and calloc have no preconditions.
    let raw = unsafe { if zero { libc::calloc(total, 1) } else { libc::malloc(total) } };
    Block::at(raw, size, owner, prefix)
}

/// The block at an address, or `None` when no block that is allocated starts there. A program
/// that forges a header in front of an address of its own deceives only itself.
#[must_use]
#[inline]
pub fn find(address: usize, prefix: usize) -> Option<Block> {
    if !address.is_multiple_of(ALIGN) || address < HEADER + prefix {
        return None;
    }
    let mark: u64 = guest::read(address - 8).ok()?;
    let owner = (mark ^ seal(address, 0, prefix)) as u32;
    if mark != seal(address, owner, prefix) {
        return None;
    }
    let size = guest::read::<u64>(address - HEADER).ok()? as usize;
    Some(Block { address, size, owner, prefix })
}

/// Whether the allocator's own marks before and behind a block are in order: an overrun of the
/// block, or of the one before it, leaves other bytes there.
#[must_use]
pub fn is_sound(block: &Block) -> bool {
    // glibc's layout on x86-64: in front of what it gives stand a size and three flags.
    const IN_USE_BEFORE: u64 = 1;
    const MAPPED: u64 = 2;
    const FLAGS: u64 = 7;
    let raw = block.prefix_address();
    let total = block.size + HEADER + block.prefix;
    let sound = || -> Result<bool, guest::Fault> {
        let mark: u64 = guest::read(raw - 8)?;
        let size = (mark & !FLAGS) as usize;
        if size > MAX || size < total + 8 {
            return Ok(false);
        }
        if mark & MAPPED != 0 {
            return Ok(true);
        }
        let next: u64 = guest::read(raw - 16 + size + 8)?;
        let plausible = (next & !FLAGS) as usize <= MAX && next & !FLAGS >= 16;
        Ok(next & IN_USE_BEFORE != 0 && plausible)
    };
    sound().unwrap_or(false)
}

/// Gives a block back.
#[inline]
pub fn free(block: Block) {
    // SAFETY: the seal says that this is a live block of this module; the seal is broken first,
    // so that a second free of the address finds none.
    unsafe {
        ((block.address - 8) as *mut u64).write_volatile(0);
        libc::free(block.raw());
    }
}

/// Makes a block larger or smaller, elsewhere if it must. The block is untouched when `None`.
#[must_use]
pub fn resize(block: Block, size: usize, zero: bool) -> Option<Block> {
    if size > MAX {
        return None;
    }
    // SAFETY: as for `free`; realloc leaves the block alone when it fails. The old seal does not
    // hold at a new address, since it covers the address.
    let raw = unsafe { libc::realloc(block.raw(), size + HEADER + block.prefix) };
    let new = Block::at(raw, size, block.owner, block.prefix)?;
    clear_growth(&new, block.size, zero);
    Some(new)
}

/// Makes a block larger or smaller where it is, or gives `None` when it has no room there.
#[must_use]
pub fn resize_in_place(block: Block, size: usize, zero: bool) -> Option<Block> {
    // SAFETY: as for `free`; asking for the usable size changes nothing.
    let usable = unsafe { libc::malloc_usable_size(block.raw()) };
    if size > usable.saturating_sub(HEADER + block.prefix) {
        return None;
    }
    let new = Block { size, ..block };
    new.write_header();
    clear_growth(&new, block.size, zero);
    Some(new)
}

fn clear_growth(new: &Block, old_size: usize, zero: bool) {
    if zero && new.size > old_size {
        // SAFETY: the range is the new part of the block, which was just allocated.
        unsafe {
            core::ptr::write_bytes((new.address + old_size) as *mut u8, 0, new.size - old_size);
        }
    }
}

/// Lets code in a block run; false if Linux does not. What else is on its pages may run too.
#[must_use]
pub fn make_executable(block: &Block) -> bool {
    let start = block.address & !(PAGE - 1);
    let end = (block.address + block.size.max(1)).next_multiple_of(PAGE);
    mem::protect(start, end - start, Protection::ALL).is_ok()
}

/// Gives memory that glibc keeps for later back to Linux.
pub fn trim() {
    // SAFETY: malloc_trim has no preconditions.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_until_it_is_freed() {
        guest::testing::handler();
        let block = allocate(100, 7, 0, true).unwrap();
        assert_eq!(find(block.address, 0), Some(block));
        assert_eq!(block.address % ALIGN, 0);
        assert_eq!(find(block.address, 16), None);
        assert_eq!(find(block.address + 16, 0), None);
        assert_eq!(find(0x10, 0), None);
        assert_eq!(find(0x1000, 0), None);
        free(block);
        assert_eq!(find(block.address, 0), None);
    }

    #[test]
    fn growth_keeps_the_contents_and_clears_the_rest() {
        guest::testing::handler();
        let block = allocate(10, 7, 32, false).unwrap();
        guest::write(block.address, *b"0123456789").unwrap();
        let large = resize(block, 1 << 20, true).unwrap();
        assert_eq!(find(large.address, 32), Some(large));
        assert_eq!(guest::read::<[u8; 12]>(large.address), Ok(*b"0123456789\0\0"));
        assert_eq!(resize_in_place(large, 1 << 30, false), None);
        let small = resize_in_place(large, 5, false).unwrap();
        assert_eq!((small.address, small.size), (large.address, 5));
        assert_eq!(resize(small, usize::MAX, false), None);
        free(small);
    }
}

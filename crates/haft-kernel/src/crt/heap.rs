//! The C heap.

use super::error::Error;
use haft_crt::Errno;
use haft_host::alloc::{self, Block};
use haft_host::guest;

/// What sets blocks of the C heap apart from those of other heaps.
const OWNER: u32 = 0x4352_5420;

fn address(block: Option<Block>) -> Result<usize, Error> {
    block.map(|block| block.address).ok_or(Error::Errno(Errno::ENOMEM))
}

/// Allocates `size` bytes, at a multiple of 16.
///
/// # Errors
/// `ENOMEM`.
#[inline]
pub fn allocate(size: usize) -> Result<usize, Error> {
    address(alloc::allocate(size, OWNER, 0, false))
}

/// Allocates an array of zeroes.
///
/// # Errors
/// `ENOMEM`, also when the product is too large.
#[inline]
pub fn allocate_zeroed(count: usize, size: usize) -> Result<usize, Error> {
    let total = count.checked_mul(size).ok_or(Errno::ENOMEM)?;
    address(alloc::allocate(total, OWNER, 0, true))
}

/// The block at an address.
///
/// # Errors
/// `EINVAL` if none is there: it was never allocated, or is freed.
fn block(address: usize) -> Result<Block, Error> {
    alloc::find(address, 0).ok_or(Error::Errno(Errno::EINVAL))
}

fn resize(address: usize, size: usize, zero: bool) -> Result<usize, Error> {
    if address == 0 {
        return self::address(alloc::allocate(size, OWNER, 0, zero));
    }
    let block = block(address)?;
    if size == 0 {
        alloc::free(block);
        return Ok(0);
    }
    self::address(alloc::resize(block, size, zero))
}

/// Changes a block's size; it may move. A null address allocates, a size of 0 frees and gives
/// null (Microsoft: "realloc").
///
/// # Errors
/// `ENOMEM`; the block is then as it was. `EINVAL` if it is none.
pub fn reallocate(address: usize, size: usize) -> Result<usize, Error> {
    resize(address, size, false)
}

/// [`reallocate`] of an array whose new part is zeroed (Microsoft: "_recalloc").
///
/// # Errors
/// As for [`reallocate`].
pub fn reallocate_zeroed(address: usize, count: usize, size: usize) -> Result<usize, Error> {
    resize(address, count.checked_mul(size).ok_or(Errno::ENOMEM)?, true)
}

/// Changes a block's size where it is (Microsoft: "_expand").
///
/// # Errors
/// `ENOMEM` if it has no room there, `EINVAL` if it is none.
pub fn expand(address: usize, size: usize) -> Result<usize, Error> {
    self::address(alloc::resize_in_place(block(address)?, size, false))
}

/// Frees a block; nothing for null or what is no block.
#[inline]
pub fn free(address: usize) {
    if let Some(block) = alloc::find(address, 0) {
        alloc::free(block);
    }
}

/// How many bytes were asked for.
///
/// # Errors
/// `EINVAL` for what is no block.
pub fn size(address: usize) -> Result<usize, Error> {
    Ok(block(address)?.size)
}

/// `_heapmin`: gives unused memory back to Linux.
pub fn trim() {
    alloc::trim();
}

/// In front of an aligned block: the address of the block it is in.
const LINK: usize = size_of::<usize>();

/// Allocates `size` bytes whose byte `offset` is at a multiple of `align` (Microsoft:
/// "_aligned_offset_malloc").
///
/// # Errors
/// `EINVAL` for an alignment that is no power of two or an offset outside, `ENOMEM`.
pub fn allocate_aligned(size: usize, align: usize, offset: usize) -> Result<usize, Error> {
    if !align.is_power_of_two() || (offset != 0 && offset >= size) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let align = align.max(LINK);
    let total = size.checked_add(align + LINK).ok_or(Errno::ENOMEM)?;
    let raw = allocate(total)?;
    let at = (raw + LINK + offset).next_multiple_of(align) - offset;
    guest::write(at - LINK, raw)?;
    Ok(at)
}

fn raw_of(address: usize) -> Result<usize, Error> {
    Ok(guest::read(address - LINK)?)
}

/// Frees an aligned block; nothing for null.
///
/// # Errors
/// A fault for an address that is none.
pub fn free_aligned(address: usize) -> Result<(), Error> {
    if address != 0 {
        free(raw_of(address)?);
    }
    Ok(())
}

/// How many bytes may be used of an aligned block.
///
/// # Errors
/// `EINVAL` for null.
pub fn size_aligned(address: usize) -> Result<usize, Error> {
    if address == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let raw = raw_of(address)?;
    Ok(size(raw)? - (address - raw))
}

/// Changes an aligned block's size; with `zero` the new part is zeroed. Null allocates, a size
/// of 0 frees (Microsoft: "_aligned_offset_realloc").
///
/// # Errors
/// As for [`allocate_aligned`]; the block is then as it was.
pub fn reallocate_aligned(
    address: usize,
    size: usize,
    align: usize,
    offset: usize,
    zero: bool,
) -> Result<usize, Error> {
    if address != 0 && size == 0 {
        free_aligned(address)?;
        return Ok(0);
    }
    let old = if address == 0 { 0 } else { size_aligned(address)?.min(size) };
    let new = allocate_aligned(size, align, offset)?;
    if address != 0 {
        guest::copy_within(new, address, old)?;
        free_aligned(address)?;
    }
    if zero && size > old {
        guest::fill(new + old, 0, size - old)?;
    }
    Ok(new)
}

/// A block that holds `values`, to be freed by the program or never.
///
/// # Errors
/// `ENOMEM`.
pub fn place<T: Copy + 'static>(values: &[T]) -> Result<usize, Error> {
    let address = allocate(size_of_val(values).max(1))?;
    guest::write_slice(address, values)?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_blocks_are_aligned_at_their_offset() {
        for (size, align, offset) in [(1, 1, 0), (100, 64, 0), (100, 4096, 12), (24, 32, 7)] {
            let at = allocate_aligned(size, align, offset).unwrap();
            assert_eq!((at + offset) % align, 0);
            guest::fill(at, 7, size).unwrap();
            let at = reallocate_aligned(at, size + 50, align, offset, true).unwrap();
            assert_eq!((at + offset) % align, 0);
            assert_eq!(guest::read::<u8>(at + size - 1), Ok(7));
            free_aligned(at).unwrap();
        }
        assert_eq!(allocate_aligned(8, 3, 0), Err(Error::Invalid(Errno::EINVAL)));
    }

    #[test]
    fn a_grown_array_is_zeroed_behind_the_old_one() {
        let at = reallocate_zeroed(0, 4, 8).unwrap();
        guest::fill(at, 1, 32).unwrap();
        let at = reallocate_zeroed(at, 100, 8).unwrap();
        assert_eq!(guest::read::<u8>(at + 31), Ok(1));
        assert_eq!(guest::read::<u64>(at + 792), Ok(0));
        assert_eq!(reallocate_zeroed(at, usize::MAX, 2), Err(Errno::ENOMEM.into()));
        free(at);
    }
}

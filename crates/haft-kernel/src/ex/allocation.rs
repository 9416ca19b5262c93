//! Memory that a function gives to the program and the program gives back: blocks of the
//! process's heap, so that `LocalFree` and `HeapFree` take them too.

use crate::mm::heap::{self, HeapFlags};
use haft_abi::NtStatus;
use haft_host::guest;

/// A zeroed piece of `size` bytes, aligned to 16; its address.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate(size: usize) -> Result<usize, NtStatus> {
    heap::allocate(heap::process_heap(), HeapFlags::ZERO_MEMORY, size)
}

/// A piece that holds `values`.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate_slice<T: Copy + 'static>(values: &[T]) -> Result<usize, NtStatus> {
    let address = allocate(size_of_val(values))?;
    guest::write_slice(address, values)?;
    Ok(address)
}

/// How many bytes were asked for; `None` if no piece begins at `address`.
#[must_use]
pub fn size(address: usize) -> Option<usize> {
    heap::size(heap::process_heap(), address).ok()
}

/// Frees a piece; false if none begins at `address`.
pub fn free(address: usize) -> bool {
    address != 0 && heap::free(heap::process_heap(), address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_freed_once() {
        guest::testing::handler();
        let at = allocate_slice(&[1u16, 2, 3]).unwrap();
        assert_eq!(at % 16, 0);
        assert_eq!(size(at), Some(6));
        assert_eq!(guest::read_slice::<u16>(at, 3), Ok(vec![1, 2, 3]));
        assert!(free(at));
        assert!(!free(at));
        assert_eq!(size(at), None);
    }
}

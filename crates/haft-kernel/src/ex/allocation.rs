//! Memory of the process's heap that a function gives to the program and the program gives back,
//! by `HeapFree`, `LocalFree`, `CoTaskMemFree` or a function of its own.

use crate::mm::heap::{self, HeapFlags};
use haft_abi::NtStatus;
use haft_host::guest;

/// Zeroed memory of `size` bytes, aligned to 16; its address.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate(size: usize) -> Result<usize, NtStatus> {
    heap::allocate(heap::process_heap(), HeapFlags::ZERO_MEMORY, size)
}

/// Memory that holds `values`.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate_slice<T: Copy + 'static>(values: &[T]) -> Result<usize, NtStatus> {
    let address = heap::allocate(heap::process_heap(), HeapFlags::NONE, size_of_val(values))?;
    guest::write_slice(address, values)?;
    Ok(address)
}

/// Makes memory larger or smaller; null is allocated anew. It is untouched on failure.
///
/// # Errors
/// `NO_MEMORY`, `INVALID_PARAMETER` for what is no memory of the process's heap.
pub fn reallocate(address: usize, size: usize) -> Result<usize, NtStatus> {
    match address {
        0 => allocate(size),
        _ => heap::reallocate(heap::process_heap(), HeapFlags::NONE, address, size),
    }
}

/// Frees memory; null is none and freed at once.
///
/// # Errors
/// `INVALID_PARAMETER` for what is no memory of the process's heap.
pub fn free(address: usize) -> Result<(), NtStatus> {
    heap::free(heap::process_heap(), address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_holds_what_it_was_made_of() {
        let at = allocate_slice(&[1u16, 2, 3]).unwrap();
        assert_eq!(at % 16, 0);
        let at = reallocate(at, 1000).unwrap();
        assert_eq!(guest::read_slice::<u16>(at, 3), Ok(vec![1, 2, 3]));
        assert_eq!(free(at), Ok(()));
        assert_eq!(free(0), Ok(()));
    }
}

//! Memory that a function gives to the program and the program gives back.
//!
//! Each piece is kept here under its address until it is freed, so that an address that was
//! never given out, or was freed already, is told from a good one.

use haft_abi::NtStatus;
use haft_host::guest;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Sixteen bytes, so that every piece is aligned as the process heap aligns.
#[derive(Clone, Copy, Default)]
#[repr(align(16))]
struct Granule(#[allow(dead_code, reason = "the program's bytes")] [u8; 16]);

struct Piece {
    // Owned for the program: reached by address only.
    granules: Box<[Granule]>,
    size: usize,
}

static PIECES: LazyLock<Mutex<HashMap<usize, Piece>>> = LazyLock::new(Mutex::default);

fn pieces() -> MutexGuard<'static, HashMap<usize, Piece>> {
    PIECES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A zeroed piece of `size` bytes, aligned to 16; its address.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate(size: usize) -> Result<usize, NtStatus> {
    let count = size.div_ceil(16).max(1);
    let mut granules = Vec::new();
    granules.try_reserve_exact(count).map_err(|_| NtStatus::NO_MEMORY)?;
    granules.resize(count, Granule::default());
    let mut granules = granules.into_boxed_slice();
    let address = granules.as_mut_ptr().expose_provenance();
    pieces().insert(address, Piece { granules, size });
    Ok(address)
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
    pieces().get(&address).map(|piece| piece.size)
}

/// Frees a piece; false if none begins at `address`.
pub fn free(address: usize) -> bool {
    let piece = pieces().remove(&address);
    piece.map(|piece| drop(piece.granules)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_freed_once() {
        let at = allocate_slice(&[1u16, 2, 3]).unwrap();
        assert_eq!(at % 16, 0);
        assert_eq!(size(at), Some(6));
        assert_eq!(guest::read_slice::<u16>(at, 3), Ok(vec![1, 2, 3]));
        assert!(free(at));
        assert!(!free(at));
        assert_eq!(size(at), None);
    }
}

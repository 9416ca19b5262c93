//! A bump allocator for what a process is given at its birth and keeps for life: TEB, PEB,
//! parameters, names in the loader's lists.

use crate::mm;
use haft_abi::NtStatus;
use haft_host::guest;
use std::sync::Mutex;

/// Bytes reserved at a time.
const CHUNK: usize = 0x1_0000;

struct Arena {
    next: usize,
    end: usize,
}

static ARENA: Mutex<Arena> = Mutex::new(Arena { next: 0, end: 0 });

/// Zeroed memory of the program's address space that is never freed.
///
/// # Errors
/// `NO_MEMORY`.
pub fn allocate(size: usize, align: usize) -> Result<usize, NtStatus> {
    let mut arena = ARENA.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let at = arena.next.next_multiple_of(align);
    if at == 0 || at + size > arena.end {
        let room = size.max(CHUNK);
        let base = mm::allocate_data(room)?;
        if size < CHUNK {
            arena.next = base + size;
            arena.end = base + room;
        }
        return Ok(base);
    }
    arena.next = at + size;
    Ok(at)
}

/// A copy of `value` in memory that is never freed.
///
/// # Errors
/// `NO_MEMORY`.
pub fn place<T: Copy + 'static>(value: T) -> Result<usize, NtStatus> {
    let at = allocate(size_of::<T>(), align_of::<T>().max(16))?;
    guest::write(at, value)?;
    Ok(at)
}

/// A null-terminated copy of `units` in memory that is never freed, as a counted string.
///
/// # Errors
/// `NO_MEMORY`, `NAME_TOO_LONG` past 32,766 units.
pub fn place_string(units: &[u16]) -> Result<haft_abi::nt::UnicodeString, NtStatus> {
    let length = u16::try_from(units.len() * 2).map_err(|_| NtStatus::NAME_TOO_LONG)?;
    let maximum_length = length.checked_add(2).ok_or(NtStatus::NAME_TOO_LONG)?;
    let buffer = allocate(usize::from(maximum_length), 2)?;
    guest::write_slice(buffer, units)?;
    Ok(haft_abi::nt::UnicodeString { length, maximum_length, buffer: buffer as u64 })
}

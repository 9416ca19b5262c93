//! Choosing addresses.

use super::MINIMUM_ADDRESS;
use super::space::MAXIMUM_ADDRESS;
use super::vad::Vads;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::NtStatus;
use haft_host::maps;
use haft_host::mem::{self, GRANULARITY, Place, Protection};

/// One past where the next reservation is tried first: mostly that place is free, and then one
/// system call is enough. Any value is right; a bad one costs time only.
static NEXT_END: AtomicUsize = AtomicUsize::new(0);

/// Maps `size` bytes of fresh pages at a multiple of `align` (at least 64 KiB, a power of two)
/// below `limit`.
pub(super) fn anywhere(
    vads: &Vads,
    size: usize,
    protection: Protection,
    limit: usize,
    align: usize,
) -> Result<usize, NtStatus> {
    let down = |end: usize| end.checked_sub(size).map(|base| base & !(align - 1));
    if let Some(base) = down(NEXT_END.load(Ordering::Relaxed))
        && base >= MINIMUM_ADDRESS
        && base + size <= limit
        && vads.is_free(base, base + size)
        && mem::map(Place::At(base), size, protection).is_ok()
    {
        NEXT_END.store(base, Ordering::Relaxed);
        return Ok(base);
    }
    if limit > MAXIMUM_ADDRESS && align <= GRANULARITY {
        let base = mem::map(Place::Anywhere, size, protection)?;
        NEXT_END.store(base, Ordering::Relaxed);
        return Ok(base);
    }
    search(size, protection, limit, align)
}

/// Tries the gaps between all that is mapped, from the lowest on.
fn search(
    size: usize,
    protection: Protection,
    limit: usize,
    align: usize,
) -> Result<usize, NtStatus> {
    let end_of_all = maps::Mapping { start: limit, end: limit, protection: Protection::NONE };
    let mut free_from = MINIMUM_ADDRESS;
    for mapping in maps::all().into_iter().chain([end_of_all]) {
        let base = free_from.next_multiple_of(align);
        if base.checked_add(size).is_some_and(|end| end <= mapping.start.min(limit))
            && mem::map(Place::At(base), size, protection).is_ok()
        {
            return Ok(base);
        }
        free_from = free_from.max(mapping.end);
        if free_from >= limit {
            break;
        }
    }
    Err(NtStatus::NO_MEMORY)
}

/// Notes that a range is free again.
pub(super) fn freed(start: usize, end: usize) {
    if NEXT_END.load(Ordering::Relaxed) >= start || end - start >= GRANULARITY {
        NEXT_END.store(end & !(GRANULARITY - 1), Ordering::Relaxed);
    }
}

//! Pages that the program locked into memory.

use super::PAGE;
use super::space::space;
use haft_abi::NtStatus;
use haft_host::mem;

/// Ranges that are locked; they do not overlap.
pub(super) struct Ranges(Vec<(usize, usize)>);

impl Ranges {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn add(&mut self, start: usize, end: usize) {
        self.remove_all(start, end);
        self.0.push((start, end));
    }

    fn covers(&self, start: usize, end: usize) -> bool {
        let overlap = |&(s, e): &(usize, usize)| e.min(end).saturating_sub(s.max(start));
        self.0.iter().map(overlap).sum::<usize>() == end - start
    }

    pub fn remove_all(&mut self, start: usize, end: usize) {
        let old = core::mem::take(&mut self.0);
        for (s, e) in old {
            let parts = [(s, e.min(start)), (s.max(end), e)];
            self.0.extend(parts.into_iter().filter(|(s, e)| s < e));
        }
    }
}

fn pages(address: usize, size: usize) -> Result<(usize, usize), NtStatus> {
    let end = address.checked_add(size).filter(|_| size != 0);
    let end = end.and_then(|end| end.checked_next_multiple_of(PAGE));
    Ok((address & !(PAGE - 1), end.ok_or(NtStatus::INVALID_PARAMETER)?))
}

/// Keeps committed pages in memory (Microsoft: "VirtualLock function").
///
/// # Errors
/// `ACCESS_VIOLATION` for pages that are not committed, `INSUFFICIENT_RESOURCES` past the limit
/// that Linux sets (`ulimit -l`).
pub fn lock(address: usize, size: usize) -> Result<(), NtStatus> {
    let (start, end) = pages(address, size)?;
    let mut space = space();
    let committed = space
        .vads
        .find(start)
        .is_some_and(|(_, vad)| end <= vad.end() && vad.committed(start, end) == end - start);
    if !committed {
        return Err(NtStatus::ACCESS_VIOLATION);
    }
    mem::lock(start, end - start)?;
    space.locked.add(start, end);
    Ok(())
}

/// Undoes [`lock`] (Microsoft: "VirtualUnlock function").
///
/// # Errors
/// `NOT_LOCKED` when not all of the pages are locked.
pub fn unlock(address: usize, size: usize) -> Result<(), NtStatus> {
    let (start, end) = pages(address, size)?;
    let mut space = space();
    if !space.locked.covers(start, end) {
        return Err(NtStatus::NOT_LOCKED);
    }
    space.locked.remove_all(start, end);
    mem::unlock(start, end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_added_and_cut() {
        let mut ranges = Ranges::new();
        ranges.add(10, 30);
        ranges.add(30, 40);
        assert!(ranges.covers(10, 40) && !ranges.covers(5, 15));
        ranges.remove_all(15, 20);
        assert!(ranges.covers(10, 15) && ranges.covers(20, 40) && !ranges.covers(10, 20));
    }

    #[test]
    fn pages_that_are_not_locked_are_not_unlocked() {
        assert_eq!(unlock(0x1_0000, 0x1000), Err(NtStatus::NOT_LOCKED));
        assert_eq!(unlock(0x1_0000, 0), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(lock(0x1_0000, 0x1000), Err(NtStatus::ACCESS_VIOLATION));
    }
}

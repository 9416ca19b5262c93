//! What an address is part of.

use super::space::{MAXIMUM_ADDRESS, space};
use super::vad::{Kind, PageState};
use super::{PAGE, PageProtection};
use haft_abi::NtStatus;
use haft_host::maps;

/// Pages of one kind in a row (Microsoft: "MEMORY_BASIC_INFORMATION structure").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The page that was asked for.
    pub base: usize,
    /// Where the allocation it belongs to starts; zero when it is free.
    pub allocation_base: usize,
    /// The protection that the allocation was made with.
    pub allocation_protection: PageProtection,
    /// Bytes from `base` on that are alike.
    pub size: usize,
    /// What the pages are.
    pub state: RegionState,
    /// What backs them; means nothing when they are free.
    pub kind: Kind,
}

/// What pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionState {
    /// Not reserved.
    Free,
    /// Reserved, without memory.
    Reserved,
    /// Memory with a protection.
    Committed(PageProtection),
}

/// What an address is part of (Microsoft: "VirtualQuery function"). Memory that haft mapped for
/// itself, heaps among it, shows as private memory.
///
/// # Errors
/// `INVALID_PARAMETER` for an address that no program can use.
pub fn query(address: usize) -> Result<Region, NtStatus> {
    if address > MAXIMUM_ADDRESS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let base = address & !(PAGE - 1);
    let next = {
        let space = space();
        if let Some((allocation_base, vad)) = space.vads.find(base) {
            let run = vad.run_from(base);
            return Ok(Region {
                base,
                allocation_base,
                allocation_protection: vad.allocation_protection,
                size: run.end - base,
                state: match run.state {
                    PageState::Reserved => RegionState::Reserved,
                    PageState::Committed(protection) => RegionState::Committed(protection),
                },
                kind: vad.kind,
            });
        }
        space.vads.next_base(base).unwrap_or(MAXIMUM_ADDRESS + 1)
    };
    Ok(outside(base, next))
}

/// What Linux says of a page that is in no reservation; the next one starts at `next`.
fn outside(base: usize, next: usize) -> Region {
    let mappings = maps::all();
    let at = mappings.partition_point(|m| m.end <= base);
    let mapping = mappings.get(at);
    let none = PageProtection::NOACCESS;
    match mapping {
        Some(m) if m.start <= base => {
            let protection = PageProtection::of_view(m.protection, false);
            Region {
                base,
                allocation_base: m.start,
                allocation_protection: protection,
                size: m.end.min(next) - base,
                state: if protection == none {
                    RegionState::Reserved
                } else {
                    RegionState::Committed(protection)
                },
                kind: Kind::Private,
            }
        }
        _ => Region {
            base,
            allocation_base: 0,
            allocation_protection: PageProtection(0),
            size: mapping.map_or(next, |m| m.start.min(next)) - base,
            state: RegionState::Free,
            kind: Kind::Private,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mm::{AllocationType, FreeType, Request, allocate, free, protect};

    #[test]
    fn a_region_is_pages_that_are_alike() {
        let all = AllocationType::RESERVE_AND_COMMIT;
        let (base, _) = allocate(Request::new(0, 0x4000, all, 4)).unwrap();
        protect(base + 0x2000, 0x1000, 2).unwrap();
        let region = query(base + 0x1234).unwrap();
        assert_eq!((region.base, region.size), (base + 0x1000, 0x1000));
        assert_eq!(region.allocation_base, base);
        assert_eq!(region.state, RegionState::Committed(PageProtection::READWRITE));
        let read_only = query(base + 0x2000).unwrap();
        assert_eq!(read_only.state, RegionState::Committed(PageProtection::READONLY));
        assert_eq!(read_only.allocation_protection, PageProtection::READWRITE);
        free(base, 0, FreeType::Release).unwrap();
    }

    #[test]
    fn what_haft_mapped_is_not_free() {
        let on_heap = Box::new([0u8; 100]);
        let region = query(on_heap.as_ptr() as usize).unwrap();
        assert_eq!(region.state, RegionState::Committed(PageProtection::READWRITE));
        let nothing = query(0).unwrap();
        assert_eq!((nothing.state, nothing.base), (RegionState::Free, 0));
        assert!(nothing.size >= PAGE);
        assert_eq!(query(MAXIMUM_ADDRESS + 1), Err(NtStatus::INVALID_PARAMETER));
    }
}

//! The program's address space: reserving, committing, freeing, protecting.

use super::vad::{Kind, PageState, Vad, Vads};
use super::{GRANULARITY, PAGE, PageProtection, locked, place};
use crate::ps::job;
use core::cell::Cell;
use core::ops::{Deref, DerefMut};
use haft_abi::NtStatus;
use haft_host::mem::{self, Place, Protection};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use windows_sys::Win32::System::Memory as w;

/// The lowest address that a program may use.
pub const MINIMUM_ADDRESS: usize = 0x1_0000;
/// The highest address that a program may use.
pub const MAXIMUM_ADDRESS: usize = 0x7FFF_FFFE_FFFF;

/// What is reserved, and what is counted about it.
pub(super) struct Space {
    pub vads: Vads,
    /// Bytes of private memory that are committed.
    committed: usize,
    pub locked: locked::Ranges,
}

static SPACE: Mutex<Space> =
    Mutex::new(Space { vads: Vads::new(), committed: 0, locked: locked::Ranges::new() });

thread_local! {
    /// Whether the running thread holds it.
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// The space, held by the running thread.
pub(super) struct Held(MutexGuard<'static, Space>);

impl Deref for Held {
    type Target = Space;

    fn deref(&self) -> &Space {
        &self.0
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Space {
        &mut self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HOLDS.set(false);
    }
}

pub(super) fn space() -> Held {
    let space = SPACE.lock().unwrap_or_else(PoisonError::into_inner);
    HOLDS.set(true);
    Held(space)
}

// Flags that windows-sys does not have (Microsoft: "VirtualAlloc function").
const MEM_TOP_DOWN: u32 = 0x0010_0000;
const MEM_WRITE_WATCH: u32 = 0x0020_0000;
const MEM_PHYSICAL: u32 = 0x0040_0000;

/// `MEM_*` flags of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationType(pub u32);

impl AllocationType {
    /// Reserve and commit.
    pub const RESERVE_AND_COMMIT: Self = Self(w::MEM_RESERVE | w::MEM_COMMIT);

    const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

/// A request for memory.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where, or zero for anywhere.
    pub address: usize,
    /// How many bytes.
    pub size: usize,
    /// What to do.
    pub kind: AllocationType,
    /// A `PAGE_*` value.
    pub protection: u32,
    /// One past the highest address that will do, and what the address must be a multiple of,
    /// when the system chooses it.
    pub limit: usize,
    /// What the address must be a multiple of when the system chooses it; zero for 64 KiB.
    pub align: usize,
}

impl Request {
    /// A request without bounds on the address.
    #[must_use]
    pub const fn new(address: usize, size: usize, kind: AllocationType, protection: u32) -> Self {
        Self { address, size, kind, protection, limit: MAXIMUM_ADDRESS + 1, align: 0 }
    }
}

/// One past the highest address that `ZeroBits` of `NtAllocateVirtualMemory` allows: a count of
/// zero bits at the top of the low 32 bits of the address, or from 32 on a mask of it.
///
/// # Errors
/// `INVALID_PARAMETER_3` for a count above 20 (Microsoft: "ZwAllocateVirtualMemory function").
pub fn zero_bits_limit(zero_bits: usize) -> Result<usize, NtStatus> {
    match zero_bits {
        0 => Ok(MAXIMUM_ADDRESS + 1),
        1..=20 => Ok(1 << (32 - zero_bits)),
        21..32 => Err(NtStatus::INVALID_PARAMETER_3),
        mask => Ok((usize::MAX >> mask.leading_zeros()).min(MAXIMUM_ADDRESS) + 1),
    }
}

/// Reserves and commits memory (Microsoft: "VirtualAlloc function"). Gives the base address and
/// size of what it did, in whole pages.
///
/// # Errors
/// `INVALID_PARAMETER`, `INVALID_PAGE_PROTECTION`, `CONFLICTING_ADDRESSES` for a range that is
/// not free, or for a commit not within one reservation, `NO_MEMORY`, `COMMITMENT_LIMIT`.
pub fn allocate(request: Request) -> Result<(usize, usize), NtStatus> {
    let kind = check_type(request.kind)?;
    let protection = PageProtection::parse(request.protection)?;
    if request.size == 0 {
        return Err(NtStatus::INVALID_PARAMETER_4);
    }
    if request.size > MAXIMUM_ADDRESS {
        return Err(NtStatus::NO_MEMORY);
    }
    let address = request.address;
    if kind.has(w::MEM_RESET | w::MEM_RESET_UNDO) {
        return reset(address, request.size);
    }
    if protection.is_copy_on_write() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let reserve = kind.has(w::MEM_RESERVE) || address == 0;
    if address != 0 && address.checked_add(request.size).is_none_or(|end| end > MAXIMUM_ADDRESS + 1)
    {
        return Err(NtStatus::INVALID_PARAMETER_2);
    }
    let unit = if reserve { GRANULARITY } else { PAGE };
    let start = address & !(unit - 1);
    let size = (address - start + request.size).next_multiple_of(PAGE);
    if !reserve {
        return commit(start, size, protection);
    }
    let state = if kind.has(w::MEM_COMMIT) {
        PageState::Committed(protection)
    } else {
        PageState::Reserved
    };
    if matches!(state, PageState::Committed(_)) {
        // Asked for before the space is held: who answers may need it.
        job::charge(size)?;
    }
    let mut space = space();
    let host = match state {
        PageState::Committed(_) => {
            space.charge(size)?;
            protection.host()
        }
        PageState::Reserved => Protection::NONE,
    };
    let got = if address == 0 {
        let align = request.align.max(GRANULARITY);
        place::anywhere(&space.vads, size, host, request.limit, align)
    } else if start < MINIMUM_ADDRESS {
        Err(NtStatus::INVALID_PARAMETER_2)
    } else if space.vads.is_free(start, start + size) {
        mem::map(Place::At(start), size, host)
    } else {
        Err(NtStatus::CONFLICTING_ADDRESSES)
    };
    let base = match got {
        Ok(base) => base,
        Err(status) => {
            if matches!(state, PageState::Committed(_)) {
                space.committed -= size;
            }
            return Err(status);
        }
    };
    space.vads.insert(base, Vad::new(base, base + size, Kind::Private, protection, state));
    Ok((base, size))
}

fn check_type(kind: AllocationType) -> Result<AllocationType, NtStatus> {
    const KNOWN: u32 = w::MEM_RESERVE
        | w::MEM_COMMIT
        | w::MEM_RESET
        | w::MEM_RESET_UNDO
        | MEM_TOP_DOWN
        | MEM_WRITE_WATCH
        | MEM_PHYSICAL
        | w::MEM_LARGE_PAGES;
    let action = w::MEM_RESERVE | w::MEM_COMMIT | w::MEM_RESET | w::MEM_RESET_UNDO;
    let reset = w::MEM_RESET | w::MEM_RESET_UNDO;
    let alone = kind.0 == w::MEM_RESET || kind.0 == w::MEM_RESET_UNDO;
    if kind.0 & !KNOWN != 0 || !kind.has(action) || (kind.has(reset) && !alone) {
        return Err(NtStatus::INVALID_PARAMETER_5);
    }
    // Watching writes, large pages and physical pages need what haft does not have.
    if kind.has(MEM_WRITE_WATCH | MEM_PHYSICAL | w::MEM_LARGE_PAGES) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    Ok(kind)
}

/// Bytes that every machine has that runs haft at all.
const ANYWHERE: usize = 1 << 20;

/// Bytes of memory that all of the machine's memory and swap can back.
fn commit_limit() -> usize {
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let info = haft_host::rustix::system::sysinfo();
        let units = info.totalram.saturating_add(info.totalswap) as usize;
        units.saturating_mul(info.mem_unit.max(1) as usize)
    })
}

/// Bytes of private memory that the program has committed.
#[must_use]
pub fn committed_bytes() -> usize {
    space().committed
}

impl Space {
    fn charge(&mut self, size: usize) -> Result<(), NtStatus> {
        let total = self.committed.saturating_add(size);
        // What any machine has need not be asked for.
        if total > ANYWHERE && total > commit_limit() {
            return Err(NtStatus::COMMITMENT_LIMIT);
        }
        self.committed = total;
        Ok(())
    }

    /// The reservation that all of `start..end` is within.
    fn within(&mut self, start: usize, end: usize) -> Option<(usize, &mut Vad)> {
        self.vads.find_mut(start).filter(|(_, vad)| end <= vad.end())
    }
}

/// Whether pages of a view may be given a protection: one that was not mapped for writing does
/// not become writable, and one whose stores reach the section gets no copies of its own.
fn check_view(view: PageProtection, wanted: PageProtection) -> Result<(), NtStatus> {
    let writes = wanted.host().write && !view.host().write;
    let copies = wanted.is_copy_on_write() && !view.is_copy_on_write();
    if writes || copies { Err(NtStatus::SECTION_PROTECTION) } else { Ok(()) }
}

/// Bytes of a range that are not committed.
fn uncommitted(start: usize, end: usize) -> usize {
    let mut space = space();
    space.within(start, end).map_or(0, |(_, vad)| match vad.kind {
        Kind::Private => end - start - vad.committed(start, end),
        _ => 0,
    })
}

fn commit(
    start: usize,
    size: usize,
    protection: PageProtection,
) -> Result<(usize, usize), NtStatus> {
    let end = start + size;
    job::charge(uncommitted(start, end))?;
    let mut space = space();
    let conflict = NtStatus::CONFLICTING_ADDRESSES;
    let (base, vad) = space.within(start, end).ok_or(conflict)?;
    match vad.kind {
        Kind::Private => {}
        Kind::Image => return Err(conflict),
        Kind::Mapped if vad.committed(start, end) == 0 => {
            check_view(vad.allocation_protection, protection)?;
            mem::protect(start, size, protection.host())?;
            vad.set(start, end, PageState::Committed(protection));
            return Ok((start, size));
        }
        Kind::Mapped => return Err(NtStatus::ALREADY_COMMITTED),
    }
    let new = size - vad.committed(start, end);
    space.charge(new)?;
    if let Err(status) = mem::protect(start, size, protection.host()) {
        space.committed -= new;
        return Err(status);
    }
    if let Some((_, vad)) = space.vads.find_mut(base) {
        vad.set(start, end, PageState::Committed(protection));
    }
    Ok((start, size))
}

/// `MEM_RESET`: the contents do not matter for now. They are kept all the same, so that
/// `MEM_RESET_UNDO` always finds them intact; only their place in memory is given up first.
fn reset(address: usize, size: usize) -> Result<(usize, usize), NtStatus> {
    let start = address & !(PAGE - 1);
    let end = address.checked_add(size).ok_or(NtStatus::INVALID_PARAMETER)?.next_multiple_of(PAGE);
    let mut space = space();
    let (_, vad) = space.within(start, end).ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
    if vad.committed(start, end) != end - start {
        return Err(NtStatus::NOT_COMMITTED);
    }
    mem::cool(start, end - start);
    Ok((start, end - start))
}

/// How memory is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeType {
    /// The memory is given back, the reservation stays.
    Decommit,
    /// Both are given back.
    Release,
}

impl FreeType {
    /// From `MEM_DECOMMIT` or `MEM_RELEASE`.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_4` for anything else.
    pub const fn parse(flags: u32) -> Result<Self, NtStatus> {
        match flags {
            w::MEM_DECOMMIT => Ok(Self::Decommit),
            w::MEM_RELEASE => Ok(Self::Release),
            _ => Err(NtStatus::INVALID_PARAMETER_4),
        }
    }

    /// `MEM_DECOMMIT` or `MEM_RELEASE`.
    #[must_use]
    pub const fn flags(self) -> u32 {
        match self {
            Self::Decommit => w::MEM_DECOMMIT,
            Self::Release => w::MEM_RELEASE,
        }
    }
}

/// Frees memory (Microsoft: "VirtualFree function"). A `size` of zero frees the whole
/// reservation, whose base `address` must then be. Gives the base address and size of what was
/// freed.
///
/// # Errors
/// `MEMORY_NOT_ALLOCATED`, `FREE_VM_NOT_AT_BASE`, `UNABLE_TO_FREE_VM` for a range beyond the
/// reservation, `UNABLE_TO_DELETE_SECTION` for an image or a view.
pub fn free(address: usize, size: usize, kind: FreeType) -> Result<(usize, usize), NtStatus> {
    let mut space = space();
    let (base, vad) = space.vads.find_mut(address).ok_or(NtStatus::MEMORY_NOT_ALLOCATED)?;
    if vad.kind != Kind::Private {
        return Err(NtStatus::UNABLE_TO_DELETE_SECTION);
    }
    let (start, end) = if size == 0 {
        if address & !(PAGE - 1) != base {
            return Err(NtStatus::FREE_VM_NOT_AT_BASE);
        }
        (base, vad.end())
    } else {
        let end = address.checked_add(size).ok_or(NtStatus::UNABLE_TO_FREE_VM)?;
        (address & !(PAGE - 1), end.next_multiple_of(PAGE))
    };
    if end > vad.end() {
        return Err(NtStatus::UNABLE_TO_FREE_VM);
    }
    let committed = vad.committed(start, end);
    match kind {
        FreeType::Decommit => {
            if committed != 0 {
                mem::map(Place::Over(start), end - start, Protection::NONE)?;
                vad.set(start, end, PageState::Reserved);
            }
        }
        FreeType::Release => {
            mem::unmap(start, end - start)?;
            cut(&mut space.vads, base, start, end);
            place::freed(start, end);
        }
    }
    space.committed -= committed;
    space.locked.remove_all(start, end);
    Ok((start, end - start))
}

/// Takes `start..end` out of the reservation at `base`; what is left on either side stays.
fn cut(vads: &mut Vads, base: usize, start: usize, end: usize) {
    let Some(mut vad) = vads.remove(base) else { return };
    if end < vad.end() {
        let upper = vad.split_off(end);
        vads.insert(end, upper);
    }
    if base < start {
        let _ = vad.split_off(start);
        vads.insert(base, vad);
    }
}

/// Changes the protection of committed pages (Microsoft: "VirtualProtect function"). Gives the
/// base address and size in whole pages, and what the first page's protection was.
///
/// # Errors
/// `INVALID_PAGE_PROTECTION`, `CONFLICTING_ADDRESSES` for a range that is not within one
/// reservation, `NOT_COMMITTED`, `SECTION_PROTECTION` for a view that does not allow it.
pub fn protect(
    address: usize,
    size: usize,
    protection: u32,
) -> Result<(usize, usize, PageProtection), NtStatus> {
    let mut protection = PageProtection::parse(protection)?;
    let start = address & !(PAGE - 1);
    let end = address
        .checked_add(size)
        .filter(|&end| size != 0 && end <= MAXIMUM_ADDRESS + 1)
        .ok_or(NtStatus::INVALID_PARAMETER_2)?
        .next_multiple_of(PAGE);
    let mut space = space();
    let (_, vad) = space.within(start, end).ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
    match vad.kind {
        Kind::Private if protection.is_copy_on_write() => {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        Kind::Image => protection = protection.copy_on_write(),
        Kind::Private => {}
        Kind::Mapped => check_view(vad.allocation_protection, protection)?,
    }
    if vad.committed(start, end) != end - start {
        return Err(NtStatus::NOT_COMMITTED);
    }
    let PageState::Committed(old) = vad.run_from(start).state else {
        return Err(NtStatus::NOT_COMMITTED);
    };
    mem::protect(start, end - start, protection.host())?;
    vad.set(start, end, PageState::Committed(protection));
    Ok((start, end - start, old))
}

/// Readable and writable pages that the program is given without asking: its thread and process
/// blocks.
///
/// # Errors
/// `NO_MEMORY`, `COMMITMENT_LIMIT`.
pub fn allocate_data(size: usize) -> Result<usize, NtStatus> {
    let kind = AllocationType::RESERVE_AND_COMMIT;
    allocate(Request::new(0, size, kind, w::PAGE_READWRITE)).map(|(base, _)| base)
}

/// Makes a range that haft mapped a reservation of the program's, all of it in one state.
pub fn adopt(base: usize, size: usize, kind: Kind, protection: PageProtection, state: PageState) {
    space().vads.insert(base, Vad::new(base, base + size, kind, protection, state));
}

/// Forgets a reservation that was adopted; its memory is the caller's to unmap, afterwards.
pub fn disown(base: usize) {
    let mut space = space();
    if let Some(vad) = space.vads.remove(base) {
        space.locked.remove_all(base, vad.end());
    }
}

/// What a fault at an address means to memory management: the first touch of a guard page gives
/// `GUARD_PAGE_VIOLATION` and takes the guard away; `None` leaves the fault an access violation.
///
/// For the fault path. Memory is only allocated here for a guard page, which nothing of haft's
/// own touches but on behalf of the program. A thread that faults while it holds the address space
/// has made haft's own mistake, and the fault stays what it is.
pub fn on_fault(address: usize) -> Option<NtStatus> {
    let start = address & !(PAGE - 1);
    if HOLDS.get() {
        return None;
    }
    let mut space = space();
    let (_, vad) = space.vads.find_mut(start)?;
    let PageState::Committed(protection) = vad.run_from(start).state else { return None };
    if !protection.is_guard() {
        return None;
    }
    let open = protection.without_guard();
    mem::protect(start, PAGE, open.host()).ok()?;
    vad.set(start, start + PAGE, PageState::Committed(open));
    Some(NtStatus::GUARD_PAGE_VIOLATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mm::{RegionState, query};
    use haft_host::guest;

    const RW: u32 = w::PAGE_READWRITE;

    fn reserve(size: usize) -> usize {
        allocate(Request::new(0, size, AllocationType(w::MEM_RESERVE), RW)).unwrap().0
    }

    fn commit_at(address: usize, size: usize, protection: u32) -> Result<(usize, usize), NtStatus> {
        allocate(Request::new(address, size, AllocationType(w::MEM_COMMIT), protection))
    }

    #[test]
    fn memory_is_reserved_committed_and_given_back_empty() {
        guest::testing::handler();
        let base = reserve(0x2_0000);
        assert_eq!(base % GRANULARITY, 0);
        assert!(guest::read::<u8>(base).is_err());
        assert_eq!(commit_at(base + 0x1234, 0x1000, RW), Ok((base + 0x1000, 0x2000)));
        guest::write(base + 0x1000, 77u32).unwrap();
        assert!(guest::read::<u8>(base + 0x3000).is_err());
        assert_eq!(free(base + 0x1000, 0x1000, FreeType::Decommit), Ok((base + 0x1000, 0x1000)));
        assert!(guest::read::<u8>(base + 0x1000).is_err());
        commit_at(base + 0x1000, 1, RW).unwrap();
        assert_eq!(guest::read::<u32>(base + 0x1000), Ok(0));
        let beyond = commit_at(base + 0x1_F000, 0x1001, RW);
        assert_eq!(beyond, Err(NtStatus::CONFLICTING_ADDRESSES));
        let inside = free(base + 0x1000, 0, FreeType::Release);
        assert_eq!(inside, Err(NtStatus::FREE_VM_NOT_AT_BASE));
        assert_eq!(free(base, 0, FreeType::Release), Ok((base, 0x2_0000)));
        assert_eq!(free(base, 0, FreeType::Release), Err(NtStatus::MEMORY_NOT_ALLOCATED));
    }

    #[test]
    fn a_place_is_taken_once() {
        // Where no other test's memory comes to be.
        let base = 0x2000_0000_0000;
        let at = |address, size| {
            allocate(Request::new(address, size, AllocationType(w::MEM_RESERVE), RW))
        };
        assert_eq!(at(base + 0x1_2345, 0x1000), Ok((base + 0x1_0000, 0x4000)));
        assert_eq!(at(base, 0x1_0001), Err(NtStatus::CONFLICTING_ADDRESSES));
        assert_eq!(at(0x1000, 0x1000), Err(NtStatus::INVALID_PARAMETER_2));
        free(base + 0x1_0000, 0, FreeType::Release).unwrap();
    }

    #[test]
    fn a_reservation_is_released_in_parts() {
        let (base, kind) = (0x2100_0000_0000, AllocationType(w::MEM_RESERVE));
        allocate(Request::new(base, 0x3_0000, kind, RW)).unwrap();
        free(base + 0x1_0000, 0x1_0000, FreeType::Release).unwrap();
        assert_eq!(query(base).unwrap().size, 0x1_0000);
        assert_eq!(query(base + 0x1_0000).unwrap().state, RegionState::Free);
        assert_eq!(query(base + 0x2_1000).unwrap().allocation_base, base + 0x2_0000);
        free(base, 0, FreeType::Release).unwrap();
        free(base + 0x2_0000, 0, FreeType::Release).unwrap();
    }

    #[test]
    fn low_addresses_are_found_when_asked_for() {
        let limit = zero_bits_limit(1).unwrap();
        let kind = AllocationType(w::MEM_RESERVE);
        let (base, _) = allocate(Request { limit, ..Request::new(0, 0x1_0000, kind, RW) }).unwrap();
        assert!(base + 0x1_0000 <= 1 << 31, "{base:#x}");
        free(base, 0, FreeType::Release).unwrap();
        assert_eq!(zero_bits_limit(0x7FFF_FFFF), Ok(1 << 31));
        assert_eq!(zero_bits_limit(25), Err(NtStatus::INVALID_PARAMETER_3));
    }

    /// However long another thread is at the address space.
    #[test]
    fn the_first_touch_of_a_guard_page_is_never_taken_for_an_access_violation() {
        guest::testing::handler();
        let base = reserve(0x1_0000);
        commit_at(base, 0x1000, RW | w::PAGE_GUARD).unwrap();
        let held = space();
        assert_eq!(on_fault(base), None, "a fault under the lock is haft's own");
        let touch = std::thread::spawn(move || on_fault(base));
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(held);
        assert_eq!(touch.join().unwrap(), Some(NtStatus::GUARD_PAGE_VIOLATION));
        assert_eq!(on_fault(base), None, "the guard is gone");
    }

    #[test]
    fn a_guard_goes_off_once() {
        guest::testing::handler();
        let base = reserve(0x1_0000);
        commit_at(base, 0x3000, RW).unwrap();
        let (_, _, old) = protect(base + 0x1000, 0x1000, RW | w::PAGE_GUARD).unwrap();
        assert_eq!(old, PageProtection::READWRITE);
        assert!(guest::read::<u8>(base + 0x1000).is_err());
        assert_eq!(on_fault(base + 0x1FFF), Some(NtStatus::GUARD_PAGE_VIOLATION));
        assert_eq!(on_fault(base + 0x1FFF), None);
        assert_eq!(guest::read::<u8>(base + 0x1000), Ok(0));
        assert_eq!(on_fault(base + 0x8000), None);
        free(base, 0, FreeType::Release).unwrap();
    }

    #[test]
    fn what_is_not_committed_is_not_protected() {
        let base = reserve(0x1_0000);
        commit_at(base, 0x1000, RW).unwrap();
        assert_eq!(protect(base, 0x2000, RW), Err(NtStatus::NOT_COMMITTED));
        assert_eq!(protect(base, 0x1000, 8), Err(NtStatus::INVALID_PAGE_PROTECTION));
        assert_eq!(protect(base, 0, RW), Err(NtStatus::INVALID_PARAMETER_2));
        let before = committed_bytes();
        let all = AllocationType::RESERVE_AND_COMMIT;
        let huge = allocate(Request::new(0, 1 << 46, all, RW));
        assert_eq!(huge, Err(NtStatus::COMMITMENT_LIMIT));
        assert!(committed_bytes() <= before + (1 << 40));
        free(base, 0, FreeType::Release).unwrap();
    }
}

//! The page at 0x7FFE0000 that programs read clocks and versions from (Microsoft:
//! "KUSER_SHARED_DATA structure").
//!
//! Few programs look, so looking is what sets it up: the address is reserved without access at
//! first. The first read faults, and the fault path fills the page, opens it and starts the
//! clock, a thread that writes the time every millisecond. After a second the clock closes the
//! page again and sleeps until the next read faults. A program that does not look any more costs
//! nothing then, and one that does, a fault a second.
//!
//! What the fault path does here is more than a signal handler may do in general: it may, because
//! a fault at this address is only ever raised by program code or by a guarded access, never
//! within the C library.

use super::space::adopt;
use super::vad::{Kind, PageState};
use super::{PAGE, PageProtection};
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use haft_abi::nt::SharedUserData;
use haft_abi::{NtStatus, version, wide};
use haft_host::mem::{self, Place, Protection};
use haft_host::{clock, guest, park, thread};

/// Where programs find the page.
pub const ADDRESS: usize = 0x7FFE_0000;
/// 100 ns units between two updates.
const PERIOD: u64 = 10_000;
/// Updates before the clock closes the page to see whether anybody still looks.
const UPDATES: u32 = 1000;

/// Where haft writes the page; zero while nobody has looked.
static WRITABLE: AtomicUsize = AtomicUsize::new(0);
/// Whether a thread is about to open the page or write the time.
static BUSY: AtomicBool = AtomicBool::new(false);
/// Whether the clock runs.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// Reserves the page's address, at the start of the process.
///
/// # Errors
/// `CONFLICTING_ADDRESSES` when something else is there; programs that look then fault.
pub fn reserve() -> Result<(), NtStatus> {
    mem::map(Place::At(ADDRESS), PAGE, Protection::NONE)?;
    let protection = PageProtection::READONLY;
    adopt(ADDRESS, PAGE, Kind::Mapped, protection, PageState::Committed(protection));
    Ok(())
}

/// Opens the page if a fault at `address` was a look at it; whether the instruction is to run
/// again. For the fault path.
#[must_use]
pub fn on_fault(address: usize, write: bool) -> bool {
    if address & !(PAGE - 1) != ADDRESS || write {
        return false;
    }
    if BUSY.swap(true, Ordering::Acquire) {
        // Another thread is at it: the instruction runs again until it is done.
        return true;
    }
    let opened = open();
    BUSY.store(false, Ordering::Release);
    opened.is_ok()
}

fn open() -> Result<(), NtStatus> {
    let known = WRITABLE.load(Ordering::Acquire);
    if known == 0 {
        let page = mem::memfd("haft-shared-data", PAGE as u64)?;
        let at = mem::map_file(Place::Anywhere, PAGE, Protection::READ_WRITE, &page, 0, false)?;
        guest::write(at, contents())?;
        write_clocks(at);
        mem::map_file(Place::Over(ADDRESS), PAGE, Protection::READ, &page, 0, false)?;
        WRITABLE.store(at, Ordering::Release);
        RUNNING.store(1, Ordering::Release);
        return thread::spawn(run_clock);
    }
    if RUNNING.load(Ordering::Acquire) == 0 {
        write_clocks(known);
    }
    // Open first: whoever opens the page also has the clock run, whatever it does meanwhile.
    mem::protect(ADDRESS, PAGE, Protection::READ)?;
    RUNNING.store(1, Ordering::Release);
    park::unpark(&RUNNING, 1);
    Ok(())
}

/// The body of the clock's thread.
fn run_clock() {
    thread::block_all_signals();
    let page = WRITABLE.load(Ordering::Acquire);
    loop {
        for _ in 0..UPDATES {
            thread::sleep(PERIOD);
            write_clocks(page);
        }
        RUNNING.store(0, Ordering::Release);
        if mem::protect(ADDRESS, PAGE, Protection::NONE).is_err() {
            RUNNING.store(1, Ordering::Release);
        }
        while RUNNING.load(Ordering::Acquire) == 0 {
            let _ = park::park(&RUNNING, 0, None);
        }
    }
}

/// Writes a clock as its readers expect: the second copy of the high word, the low word, the
/// first copy, which they read in the opposite order until both copies agree.
fn write_clock(at: usize, value: u64) {
    let high = (value >> 32) as u32;
    // The page is haft's own and mapped for good.
    let _ = guest::write(at + 8, high);
    let _ = guest::write(at, value);
}

fn write_clocks(page: usize) {
    let interrupt = clock::interrupt_time();
    write_clock(page + offset_of!(SharedUserData, interrupt_time), interrupt);
    write_clock(page + offset_of!(SharedUserData, system_time), clock::system_time() as u64);
    let milliseconds = interrupt / 10_000;
    write_clock(page + offset_of!(SharedUserData, tick_count), milliseconds);
    let _ = guest::write(page, milliseconds as u32);
}

fn contents() -> SharedUserData {
    const WORKSTATION: u32 = 1;
    const AMD64: u16 = 9;
    const AMD64_MACHINE: u16 = 0x8664;
    let mut root = [0; 260];
    for (unit, wanted) in root.iter_mut().zip(wide::from_str(r"C:\Windows")) {
        *unit = wanted;
    }
    let processors = crate::ex::processor::count();
    SharedUserData {
        // A tick is a millisecond.
        tick_count_multiplier: 1 << 24,
        image_number_low: AMD64_MACHINE,
        image_number_high: AMD64_MACHINE,
        nt_system_root: root,
        nt_build_number: version::BUILD,
        nt_product_type: WORKSTATION,
        product_type_is_valid: 1,
        native_processor_architecture: AMD64,
        nt_major_version: version::MAJOR,
        nt_minor_version: version::MINOR,
        processor_features: crate::ex::processor::features(),
        number_of_physical_pages: u32::try_from(
            crate::ex::memory_status::physical().0 / PAGE as u64,
        )
        .unwrap_or(u32::MAX),
        qpc_frequency: haft_abi::time::TICKS_PER_SECOND,
        cookie: crate::ex::pointer::cookie() as u32,
        active_processor_count: processors,
        active_group_count: 1,
        ..SharedUserData::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_opens_the_page_and_the_clocks_go_forward() {
        guest::testing::handler();
        reserve().unwrap();
        assert!(guest::read::<u32>(ADDRESS).is_err());
        assert!(!on_fault(ADDRESS + PAGE, false) && !on_fault(ADDRESS, true));
        assert!(on_fault(ADDRESS + 0x14, false));
        let at = |offset| guest::read::<u32>(ADDRESS + offset).unwrap();
        assert_eq!(at(offset_of!(SharedUserData, nt_build_number)), 19045);
        assert!(guest::write(ADDRESS, 0u32).is_err());
        let time = || {
            let offset = offset_of!(SharedUserData, system_time);
            u64::from(at(offset)) | u64::from(at(offset + 4)) << 32
        };
        let before = time();
        assert!(before.abs_diff(clock::system_time() as u64) < 600_000_000);
        while time() == before {
            std::thread::yield_now();
        }
        assert!(time() > before);
    }
}

//! Critical sections, in the program's own memory (Microsoft: "Critical Section Objects").
//!
//! `LockCount` means what it means since Windows Vista (Microsoft: "Displaying a Critical
//! Section"): bit 0 is clear while the section is locked, bit 1 is clear while a waiter that was
//! woken is on its way, and the rest is the ones' complement of the number of waiting threads. It
//! is also the futex that they sleep on. A thread that comes meanwhile may enter before a woken
//! one, as on Windows.

use crate::ps::thread;
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_host::gs;
use haft_host::guest::atomic::{Word32, Word64};
use windows_sys::Win32::System::Threading::CRITICAL_SECTION;

const FREE: u32 = u32::MAX;
const UNLOCKED: u32 = 1;
const NONE_WOKEN: u32 = 2;
const ONE_WAITER: u32 = 4;
const LOCKED: u32 = FREE & !UNLOCKED;

/// How often a section that is held is looked at again before its caller sleeps, at least.
const SPINS: u32 = 64;

/// `RTL_CRITICAL_SECTION_ALL_FLAG_BITS`: the spin count has the low 24 bits.
const FLAG_BITS: u32 = 0xFF00_0000;
/// Those flags that there are.
const KNOWN_FLAGS: u32 = 0x1F00_0000;

/// A critical section at an address of the program.
#[derive(Clone, Copy, Debug)]
pub struct CriticalSection(usize);

impl CriticalSection {
    /// The critical section at an address.
    #[must_use]
    #[inline]
    pub const fn at(address: usize) -> Self {
        Self(address)
    }

    const fn lock_count(self) -> Word32 {
        Word32::at(self.0 + offset_of!(CRITICAL_SECTION, LockCount))
    }

    const fn recursion_count(self) -> Word32 {
        Word32::at(self.0 + offset_of!(CRITICAL_SECTION, RecursionCount))
    }

    const fn owner(self) -> Word64 {
        Word64::at(self.0 + offset_of!(CRITICAL_SECTION, OwningThread))
    }

    const fn spin_count(self) -> Word64 {
        Word64::at(self.0 + offset_of!(CRITICAL_SECTION, SpinCount))
    }

    /// Makes it a free section without debug information.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_2` for a spin count of more than 24 bits, `INVALID_PARAMETER_3` for
    /// flags that there are not.
    pub fn initialize(self, spin_count: u32, flags: u32) -> Result<(), NtStatus> {
        if spin_count & FLAG_BITS != 0 {
            return Err(NtStatus::INVALID_PARAMETER_2);
        }
        if flags & !KNOWN_FLAGS != 0 {
            return Err(NtStatus::INVALID_PARAMETER_3);
        }
        Word64::at(self.0 + offset_of!(CRITICAL_SECTION, DebugInfo)).store(u64::MAX);
        self.recursion_count().store(0);
        self.owner().store(0);
        Word64::at(self.0 + offset_of!(CRITICAL_SECTION, LockSemaphore)).store(0);
        self.spin_count().store(u64::from(spin_count));
        self.lock_count().store(FREE);
        Ok(())
    }

    /// Makes it nothing: whoever enters it hence is wrong.
    pub fn delete(self) {
        for offset in (0..size_of::<CRITICAL_SECTION>()).step_by(8) {
            Word64::at(self.0 + offset).store(0);
        }
    }

    /// Sets the spin count; what it was.
    #[must_use]
    pub fn set_spin_count(self, count: u32) -> u32 {
        self.spin_count().swap(u64::from(count & !FLAG_BITS)) as u32
    }

    #[inline]
    fn take(self, own: u32) {
        self.owner().store(u64::from(own));
        self.recursion_count().store(1);
    }

    /// Enters, waiting while another thread is inside.
    #[inline]
    pub fn enter(self) {
        let own = gs::thread_id();
        if self.lock_count().compare_exchange(FREE, LOCKED).is_ok() {
            self.take(own);
        } else if self.owner().load() == u64::from(own) {
            self.recursion_count().store(self.recursion_count().load().wrapping_add(1));
        } else {
            self.enter_contended(own);
        }
    }

    /// Enters if nobody else is inside; whether it did.
    #[must_use]
    pub fn try_enter(self) -> bool {
        let own = gs::thread_id();
        if self.lock_if_unlocked() {
            self.take(own);
            return true;
        }
        let owned = self.owner().load() == u64::from(own);
        if owned {
            self.recursion_count().store(self.recursion_count().load().wrapping_add(1));
        }
        owned
    }

    fn lock_if_unlocked(self) -> bool {
        self.lock_count().update(|c| (c & UNLOCKED != 0).then_some(c & !UNLOCKED)).is_ok()
    }

    #[cold]
    fn enter_contended(self, own: u32) {
        for _ in 0..SPINS.max(self.spin_count().load() as u32 & !FLAG_BITS) {
            core::hint::spin_loop();
            if self.lock_count().load() & UNLOCKED != 0 && self.lock_if_unlocked() {
                self.take(own);
                return;
            }
        }
        let count = self.lock_count();
        count.fetch_add(ONE_WAITER.wrapping_neg());
        loop {
            // A waiter that enters, or that sleeps again, is no more on its way.
            let seen = count.update(|c| {
                let next =
                    if c & UNLOCKED != 0 { (c & !UNLOCKED).wrapping_add(ONE_WAITER) } else { c };
                Some(next | NONE_WOKEN)
            });
            let seen = seen.unwrap_or_else(|seen| seen);
            if seen & UNLOCKED != 0 {
                self.take(own);
                return;
            }
            count.sleep(seen | NONE_WOKEN, None);
            thread::checkpoint();
        }
    }

    /// Leaves. Who is not inside must not; what becomes of the section then is undefined.
    #[inline]
    pub fn leave(self) {
        let recursion = self.recursion_count().load().wrapping_sub(1);
        self.recursion_count().store(recursion);
        if recursion != 0 {
            return;
        }
        self.owner().store(0);
        if let Err(seen) = self.lock_count().compare_exchange(LOCKED, FREE) {
            self.leave_contended(seen);
        }
    }

    #[cold]
    fn leave_contended(self, seen: u32) {
        if seen & UNLOCKED != 0 {
            return;
        }
        let waited = |c: u32| c | (ONE_WAITER - 1) != u32::MAX;
        let wakes = |c: u32| waited(c) && c & NONE_WOKEN != 0;
        let before = self
            .lock_count()
            .update(|c| Some(if wakes(c) { (c | UNLOCKED) & !NONE_WOKEN } else { c | UNLOCKED }));
        if before.is_ok_and(wakes) {
            self.lock_count().wake(1);
        }
    }

    /// Whether somebody is inside.
    #[must_use]
    pub fn is_locked(self) -> bool {
        self.lock_count().load() & UNLOCKED == 0
    }

    /// Whether the running thread is inside.
    #[must_use]
    pub fn is_locked_by_current(self) -> bool {
        self.owner().load() == u64::from(gs::thread_id())
    }
}

const _: () = {
    assert!(size_of::<CRITICAL_SECTION>() == 40);
    assert!(offset_of!(CRITICAL_SECTION, LockCount) == 8);
    assert!(offset_of!(CRITICAL_SECTION, SpinCount) == 32);
};

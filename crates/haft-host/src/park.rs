//! Parking a thread on a 32-bit word, and waking it: the futex.
#![allow(unsafe_code, reason = "the futex system call takes a raw address")]

use core::sync::atomic::{AtomicU32, AtomicU64};

/// Why [`park`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Somebody woke the word, or it had another value already, or a signal came: look again.
    Woken,
    /// The deadline passed.
    TimedOut,
}

/// Sleeps while `word` is `expected`, until somebody wakes it or the monotonic (or boot, see
/// [`crate::clock::interrupt_time`]) deadline, in 100 ns units from now, passes. Words in shared
/// mappings work across processes.
#[must_use]
pub fn park(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> Parked {
    let spec = timeout.map(|t| libc::timespec {
        tv_sec: (t / 10_000_000) as libc::time_t,
        tv_nsec: ((t % 10_000_000) * 100) as libc::c_long,
    });
    let spec_ptr = spec.as_ref().map_or(core::ptr::null(), |s| s as *const libc::timespec);
    // SAFETY: the word and the timespec outlive the call; FUTEX_WAIT reads both and nothing else.
    let r = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, spec_ptr)
    };
    // SAFETY: errno's location is always valid.
    if r == -1 && unsafe { *libc::__errno_location() } == libc::ETIMEDOUT {
        Parked::TimedOut
    } else {
        Parked::Woken
    }
}

/// The futex that is the low half of a 64-bit word.
#[must_use]
pub fn low_half(word: &AtomicU64) -> &AtomicU32 {
    // SAFETY: x86-64 is little-endian, so the low half is at the word's own address, aligned for
    // 32 bits; both types are atomic and the hardware keeps accesses of both sizes coherent.
    unsafe { &*word.as_ptr().cast::<AtomicU32>() }
}

/// Wakes up to `count` threads that are parked on `word`.
pub fn unpark(word: &AtomicU32, count: u32) {
    // SAFETY: FUTEX_WAKE only uses the address as a key.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, count) };
}

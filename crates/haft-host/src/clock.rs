//! Clocks, in Windows units of 100 ns.

use haft_abi::time;
use rustix::time::{ClockId, clock_gettime};

/// System time: 100 ns units since 1601 (UTC).
#[must_use]
pub fn system_time() -> i64 {
    let t = clock_gettime(ClockId::Realtime);
    time::from_unix(t.tv_sec, t.tv_nsec)
}

/// Interrupt time: 100 ns units since the machine started, sleep included.
#[must_use]
pub fn interrupt_time() -> u64 {
    let t = clock_gettime(ClockId::Boottime);
    t.tv_sec as u64 * 10_000_000 + t.tv_nsec as u64 / 100
}

/// Nanoseconds of a clock that is the same for all processes and that no one sets: of two moments
/// the later one never reads less, on whatever processors.
#[must_use]
pub fn common_nanoseconds() -> u64 {
    let t = clock_gettime(ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// The performance counter: 100 ns units of a clock that no one sets.
#[must_use]
pub fn performance_counter() -> i64 {
    let t = clock_gettime(ClockId::Monotonic);
    t.tv_sec * 10_000_000 + t.tv_nsec / 100
}

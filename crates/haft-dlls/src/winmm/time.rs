//! The multimedia clock.

use crate::abi::Ptr;
use haft_kernel::ex::time;
use haft_macros::export;

/// `TIMERR_NOCANDO`.
const NO_CAN_DO: u32 = 97;

/// Returns milliseconds since the machine started, modulo 2 to the 32nd. (Microsoft: "timeGetTime
/// function")
#[export(winmm)]
fn timeGetTime() -> u32 {
    time::tick_count() as u32
}

/// Asks for timers of a resolution: Linux's always have it. (Microsoft: "timeBeginPeriod
/// function")
#[export(winmm, also = "timeEndPeriod")]
fn timeBeginPeriod(uPeriod: u32) -> u32 {
    if uPeriod == 0 { NO_CAN_DO } else { 0 }
}

/// Gets the range of resolutions in milliseconds. (Microsoft: "timeGetDevCaps function")
#[export(winmm)]
fn timeGetDevCaps(ptc: Ptr<u32>, cbtc: u32) -> u32 {
    if cbtc != 8 || ptc.write_slice(&[1, 1_000_000]).is_err() { NO_CAN_DO } else { 0 }
}

//! Synchronization barriers.

use haft_abi::Win32Error;
use haft_kernel::ke::barrier::Barrier;
use haft_macros::export;

/// Makes a barrier of so many threads; how long they spin is left to haft. (Microsoft:
/// "InitializeSynchronizationBarrier function")
#[export(kernel32)]
fn InitializeSynchronizationBarrier(
    lpBarrier: usize,
    lTotalThreads: i32,
    lSpinCount: i32,
) -> Result<(), Win32Error> {
    if lSpinCount < -1 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    Ok(Barrier::at(lpBarrier).initialize(lTotalThreads)?)
}

/// Waits at a barrier for the other threads; TRUE for the thread that comes last. The flags say
/// how to wait, which is left to haft. (Microsoft: "EnterSynchronizationBarrier function")
#[export(kernel32)]
fn EnterSynchronizationBarrier(lpBarrier: usize, dwFlags: u32) -> bool {
    let _ = dwFlags;
    Barrier::at(lpBarrier).enter()
}

/// Waits until every thread has left a barrier. (Microsoft: "DeleteSynchronizationBarrier
/// function")
#[export(kernel32)]
fn DeleteSynchronizationBarrier(lpBarrier: usize) -> bool {
    Barrier::at(lpBarrier).delete();
    true
}

//! Room on the stack for handling its overflow.

use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::Teb;
use haft_host::thread::STACK_RESERVE;
use haft_host::{gs, guest};

/// What the search for a handler itself may take of the reserve.
const OWN: usize = 0x1_0000;

/// Asks for `bytes` for the handlers of a stack overflow, or with 0 for nothing new, and gives
/// what was asked for before (Microsoft: "SetThreadStackGuarantee function"). Every stack has its
/// reserve from the start, so this only says whether it is enough.
///
/// # Errors
/// `INVALID_PARAMETER` for more than there is.
pub fn set_stack_guarantee(bytes: u32) -> Result<u32, NtStatus> {
    let place = gs::teb() + offset_of!(Teb, guaranteed_stack_bytes);
    let before = guest::read(place)?;
    if bytes as usize > STACK_RESERVE - OWN {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if bytes > before {
        guest::write(place, bytes)?;
    }
    Ok(before)
}

/// Makes the guard of the running thread's stack anew after an overflow (Microsoft:
/// "_resetstkoflw"); false as long as the thread is still so deep, or when there is none.
#[must_use]
pub fn reset_stack_overflow() -> bool {
    haft_host::thread::close_stack_guard()
}

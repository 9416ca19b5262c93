//! Fibers.

use crate::abi::Routine;
use haft_abi::Win32Error;
use haft_host::guest::Fault;
use haft_kernel::ps::fiber;
use haft_macros::export;

/// Makes the calling thread a fiber. (Microsoft: "ConvertThreadToFiber function")
#[export(kernel32)]
fn ConvertThreadToFiber(lpParameter: u64) -> Result<usize, Win32Error> {
    fiber::convert_thread(lpParameter).ok_or(Win32Error::ALREADY_FIBER)
}

/// `FIBER_FLAG_FLOAT_SWITCH`: the floating-point state is switched, as it always is.
const FLAGS: u32 = 1;

/// Makes the calling thread a fiber. (Microsoft: "ConvertThreadToFiberEx function")
#[export(kernel32)]
fn ConvertThreadToFiberEx(lpParameter: u64, dwFlags: u32) -> Result<usize, Win32Error> {
    if dwFlags & !FLAGS != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    ConvertThreadToFiber(lpParameter)
}

/// Makes the calling fiber a plain thread. (Microsoft: "ConvertFiberToThread function")
#[export(kernel32)]
fn ConvertFiberToThread() -> Result<(), Win32Error> {
    if fiber::convert_to_thread() { Ok(()) } else { Err(Win32Error::ALREADY_THREAD) }
}

/// Makes a fiber; pages of its stack are committed as they are touched. (Microsoft: "CreateFiber
/// function")
#[export(kernel32)]
fn CreateFiber(
    dwStackSize: usize,
    lpStartAddress: Routine,
    lpParameter: u64,
) -> Result<usize, Win32Error> {
    CreateFiberEx(dwStackSize, 0, 0, lpStartAddress, lpParameter)
}

/// Makes a fiber; pages of its stack are committed as they are touched. (Microsoft:
/// "CreateFiberEx function")
#[export(kernel32)]
fn CreateFiberEx(
    dwStackCommitSize: usize,
    dwStackReserveSize: usize,
    dwFlags: u32,
    lpStartAddress: Routine,
    lpParameter: u64,
) -> Result<usize, Win32Error> {
    if dwFlags & !FLAGS != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let size = haft_kernel::ps::thread::StackSize::of(dwStackCommitSize, dwStackReserveSize);
    Ok(fiber::create(lpStartAddress.0, lpParameter, size.reserve())?)
}

/// Goes on with a fiber. (Microsoft: "SwitchToFiber function")
#[export(kernel32)]
fn SwitchToFiber(lpFiber: usize) {
    if fiber::switch_to(lpFiber).is_err() {
        // There is no failure: it is as if the program read from there.
        crate::hooks::fault(Fault { address: lpFiber, write: false });
    }
}

/// Deletes a fiber; the running one ends its thread. (Microsoft: "DeleteFiber function")
#[export(kernel32)]
fn DeleteFiber(lpFiber: usize) {
    if fiber::delete(lpFiber).is_err() {
        crate::hooks::fault(Fault { address: lpFiber, write: true });
    }
}

/// Tells whether the calling thread is a fiber. (Microsoft: "IsThreadAFiber function")
#[export(kernel32)]
fn IsThreadAFiber() -> bool {
    fiber::is_fiber()
}

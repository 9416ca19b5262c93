//! Apartments: threads that say how they take calls. There are no classes to be called, but a
//! thread may say so all the same.

use crate::abi::Ptr;
use haft_kernel::ex::apartment::{self, Entered, Kind};
use haft_macros::export;

/// `E_INVALIDARG`.
const INVALID_ARGUMENT: u32 = 0x8007_0057;
/// `RPC_E_CHANGED_MODE`.
const CHANGED_MODE: u32 = 0x8001_0106;

/// Enters an apartment. (Microsoft: "CoInitializeEx function")
#[export(ole32, combase)]
fn CoInitializeEx(pvReserved: Ptr<u8>, dwCoInit: u32) -> u32 {
    const COINIT_APARTMENTTHREADED: u32 = 2;
    const KNOWN: u32 = 0xE;
    if !pvReserved.is_null() || dwCoInit & !KNOWN != 0 {
        return INVALID_ARGUMENT;
    }
    let kind = match dwCoInit & COINIT_APARTMENTTHREADED {
        0 => Kind::Multithreaded,
        _ => Kind::SingleThreaded,
    };
    match apartment::enter(kind) {
        Entered::First => 0,
        Entered::Again => 1,
        Entered::OtherKind => CHANGED_MODE,
    }
}

/// Enters a single-threaded apartment. (Microsoft: "CoInitialize function")
#[export(ole32)]
fn CoInitialize(pvReserved: Ptr<u8>) -> u32 {
    CoInitializeEx(pvReserved, 2)
}

/// Leaves the apartment, once for each time that it was entered. (Microsoft: "CoUninitialize
/// function")
#[export(ole32, combase)]
fn CoUninitialize() {
    apartment::leave();
}

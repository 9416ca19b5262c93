//! Waiting on an address.

use crate::abi::In;
use haft_abi::NtStatus;
use haft_kernel::ke::address_wait;
use haft_kernel::ke::wait::Timeout;
use haft_macros::export;

/// Waits until an address is woken, while it holds an unwanted value. (Microsoft: "WaitOnAddress
/// function")
#[export(ntdll)]
fn RtlWaitOnAddress(
    Address: usize,
    CompareAddress: usize,
    AddressSize: usize,
    Timeout: Option<In<i64>>,
) -> Result<(), NtStatus> {
    let timeout = Timeout::from_nt(Timeout.map(|t| t.get()));
    address_wait::wait(Address, CompareAddress, AddressSize, timeout)
}

/// Wakes the thread that has waited longest on an address. (Microsoft: "WakeByAddressSingle
/// function")
#[export(ntdll)]
fn RtlWakeAddressSingle(Address: usize) {
    address_wait::wake_single(Address);
}

/// Wakes every thread that waits on an address. (Microsoft: "WakeByAddressAll function")
#[export(ntdll)]
fn RtlWakeAddressAll(Address: usize) {
    address_wait::wake_all(Address);
}

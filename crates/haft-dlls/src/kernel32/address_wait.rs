//! Waiting on an address.

use super::wait::timeout;
use haft_abi::Win32Error;
use haft_kernel::ke::address_wait;
use haft_macros::export;

/// Waits until an address is woken, while it holds an unwanted value. (Microsoft: "WaitOnAddress
/// function")
#[export(kernel32)]
fn WaitOnAddress(
    Address: usize,
    CompareAddress: usize,
    AddressSize: usize,
    dwMilliseconds: u32,
) -> Result<(), Win32Error> {
    Ok(address_wait::wait(Address, CompareAddress, AddressSize, timeout(dwMilliseconds))?)
}

/// Wakes the thread that has waited longest on an address. (Microsoft: "WakeByAddressSingle
/// function")
#[export(kernel32)]
fn WakeByAddressSingle(Address: usize) {
    address_wait::wake_single(Address);
}

/// Wakes every thread that waits on an address. (Microsoft: "WakeByAddressAll function")
#[export(kernel32)]
fn WakeByAddressAll(Address: usize) {
    address_wait::wake_all(Address);
}

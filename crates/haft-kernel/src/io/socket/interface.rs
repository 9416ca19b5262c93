//! The network interfaces of the machine.

use haft_abi::NtStatus;
pub use haft_host::interfaces::{Interface, InterfaceAddress};

/// All of them.
///
/// # Errors
/// `UNSUCCESSFUL` where Linux lists none.
pub fn all() -> Result<Vec<Interface>, NtStatus> {
    haft_host::interfaces::all().map_err(|_| NtStatus::UNSUCCESSFUL)
}

/// The longest packet of an interface in bytes; 1500 where Linux does not say.
#[must_use]
pub fn longest_packet(interface: &Interface) -> u32 {
    let path = format!("/sys/class/net/{}/mtu", interface.name);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().parse().unwrap_or(1500)
}

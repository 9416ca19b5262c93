//! Names of hosts and services: `/etc/hosts`, then the name servers of `/etc/resolv.conf`.
//!
//! haft is one static binary, so it cannot load the C library's own modules for this; what those
//! two files do not say (other sources of `/etc/nsswitch.conf`) is not known to it.

mod dns;
mod hosts;
pub mod query;
pub mod service;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is no such host.
    NotFound,
    /// There is, and it has no address of the kind that was asked for.
    NoData,
    /// No name server answered.
    TryAgain,
    /// A name server refused, or said what makes no sense.
    Failure,
}

/// Which kinds of addresses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl Families {
    /// Whether an address is of a kind that is asked for.
    #[must_use]
    pub const fn has(self, address: &IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => self.v4,
            IpAddr::V6(_) => self.v6,
        }
    }
}

/// A host as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its true name.
    pub name: String,
    /// Its addresses; at least one.
    pub addresses: Vec<IpAddr>,
}

/// Whether the machine has IPv6 at all.
fn has_ipv6() -> bool {
    std::fs::read_to_string("/proc/net/if_inet6").is_ok_and(|list| !list.trim().is_empty())
}

/// The servers that are asked for names.
#[must_use]
pub fn servers() -> Vec<IpAddr> {
    dns::servers()
}

/// The addresses of a host, by name or by number.
///
/// # Errors
/// A [`NameError`].
pub fn addresses(name: &str, wanted: Families) -> Result<Host, NameError> {
    let found = |addresses: Vec<IpAddr>| {
        let addresses: Vec<IpAddr> = addresses.into_iter().filter(|a| wanted.has(a)).collect();
        if addresses.is_empty() {
            Err(NameError::NoData)
        } else {
            Ok(Host { name: name.to_owned(), addresses })
        }
    };
    if let Some(number) = numeric(name) {
        return found(vec![number]);
    }
    let plain = name.trim_end_matches('.');
    if plain.is_empty() || plain.len() > 253 {
        return Err(NameError::NotFound);
    }
    if is_local(plain) {
        let v6 = has_ipv6().then_some(IpAddr::V6(Ipv6Addr::LOCALHOST));
        return found(v6.into_iter().chain([IpAddr::V4(Ipv4Addr::LOCALHOST)]).collect());
    }
    if plain.to_ascii_lowercase().ends_with(".invalid") {
        // No host has such a name (RFC 6761, 6.4): nobody needs to be asked.
        return Err(NameError::NotFound);
    }
    if let Some(host) = hosts::by_name(plain, wanted) {
        return Ok(host);
    }
    match dns::addresses(name, wanted) {
        Ok(host) => Ok(host),
        // The machine's own name is known even where nobody has written it down.
        Err(_) if plain.eq_ignore_ascii_case(&crate::ex::machine::host_name()) => {
            found(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
        }
        Err(error) => Err(error),
    }
}

/// Whether a name is the machine's to itself (RFC 6761, 6.3).
fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// An address that is written in numbers.
#[must_use]
pub fn numeric(text: &str) -> Option<IpAddr> {
    if let Some(v4) = legacy_v4(text) {
        return Some(IpAddr::V4(v4));
    }
    // The number of an interface comes behind a '%', and is the caller's to see to.
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// An IPv4 address as `inet_addr` takes it: one to four numbers, decimal, octal or hexadecimal, of
/// which the last fills what is left.
#[must_use]
pub fn legacy_v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|&part| part > 255) {
        return None;
    }
    let room = 32 - 8 * leading.len() as u32;
    if room < 32 && *last >> room != 0 {
        return None;
    }
    let high = leading.iter().zip(0..).fold(0, |sum, (&part, n)| sum | part << (24 - 8 * n));
    Some(Ipv4Addr::from(high | last))
}

fn number(text: &str) -> Option<u32> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// The name of the host that has an address.
///
/// # Errors
/// A [`NameError`].
pub fn name_of(address: IpAddr) -> Result<String, NameError> {
    if let Some(name) = hosts::by_address(address) {
        return Ok(name);
    }
    if address.is_loopback() {
        return Ok(crate::ex::machine::host_name());
    }
    dns::name_of(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_inet_addr_reads_them() {
        let v4 = |a, b, c, d| Some(Ipv4Addr::new(a, b, c, d));
        assert_eq!(legacy_v4("127.0.0.1"), v4(127, 0, 0, 1));
        assert_eq!(legacy_v4("127.1"), v4(127, 0, 0, 1));
        assert_eq!(legacy_v4("1.2.258"), v4(1, 2, 1, 2));
        assert_eq!(legacy_v4("0x7f000001"), v4(127, 0, 0, 1));
        assert_eq!(legacy_v4("010.0.0.1"), v4(8, 0, 0, 1));
        assert_eq!(legacy_v4("0"), v4(0, 0, 0, 0));
        for bad in ["", "1.", "256.1.1.1", "1.2.3.4.5", "1.16777216", "a", "1.2.3.-4", "09"] {
            assert_eq!(legacy_v4(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_host_by_number_needs_nobody() {
        let both = Families { v4: true, v6: true };
        let one = addresses("::1", both).unwrap();
        assert_eq!(one.addresses, [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
        let only_v4 = Families { v4: true, v6: false };
        assert_eq!(addresses("::1", only_v4), Err(NameError::NoData));
        assert_eq!(addresses("no.such.INVALID", both), Err(NameError::NotFound));
        let local = addresses("LocalHost", only_v4).unwrap();
        assert_eq!(local.addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    }
}

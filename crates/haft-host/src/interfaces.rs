//! The network interfaces of the machine.
#![allow(unsafe_code, reason = "getifaddrs gives a list of pointers")]

use core::ffi::CStr;
use core::ptr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// How many bits of it are those of the network.
    pub prefix: u8,
    /// The index of the interface that a local address of IPv6 is meant for, else 0.
    pub scope: u32,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name: `eth0`.
    pub name: String,
    /// Its index, from 1.
    pub index: u32,
    /// Whether it is up and can send.
    pub running: bool,
    /// Whether it leads to this machine alone.
    pub loopback: bool,
    /// Whether there is one other side and no more.
    pub point_to_point: bool,
    /// Whether it sends to many.
    pub multicast: bool,
    /// Its address in its own network; empty if it has none.
    pub hardware: Vec<u8>,
    /// Its addresses.
    pub addresses: Vec<InterfaceAddress>,
}

/// All of them, in the order of their indexes.
///
/// # Errors
/// That of getifaddrs.
pub fn all() -> std::io::Result<Vec<Interface>> {
    let mut list: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: it writes the head of a list.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    let mut found: Vec<Interface> = Vec::new();
    let mut node = list;
    // SAFETY: a node of the list, which is freed below.
    while let Some(entry) = unsafe { node.as_ref() } {
        node = entry.ifa_next;
        // SAFETY: every node has a name that ends in a zero.
        let name = unsafe { CStr::from_ptr(entry.ifa_name) };
        // SAFETY: a string that ends in a zero.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        if index == 0 {
            // It has gone meanwhile.
            continue;
        }
        let at = found.iter().position(|known| known.index == index).unwrap_or_else(|| {
            let flag = |flag: i32| entry.ifa_flags & flag.cast_unsigned() != 0;
            found.push(Interface {
                name: name.to_string_lossy().into_owned(),
                index,
                running: flag(libc::IFF_UP) && flag(libc::IFF_RUNNING),
                loopback: flag(libc::IFF_LOOPBACK),
                point_to_point: flag(libc::IFF_POINTOPOINT),
                multicast: flag(libc::IFF_MULTICAST),
                hardware: Vec::new(),
                addresses: Vec::new(),
            });
            found.len() - 1
        });
        add_address(&mut found[at], entry);
    }
    // SAFETY: the list is getifaddrs' and nothing of it is kept.
    unsafe { libc::freeifaddrs(list) };
    found.sort_by_key(|interface| interface.index);
    Ok(found)
}

/// Takes what a node says of its interface.
fn add_address(interface: &mut Interface, entry: &libc::ifaddrs) {
    // SAFETY: null, or an address that is as long as its family says.
    let Some(address) = (unsafe { entry.ifa_addr.as_ref() }) else { return };
    match i32::from(address.sa_family) {
        libc::AF_PACKET => {
            // SAFETY: the family says what it is.
            let link = unsafe { *entry.ifa_addr.cast::<libc::sockaddr_ll>() };
            let length = usize::from(link.sll_halen).min(link.sll_addr.len());
            let hardware = &link.sll_addr[..length];
            // The loopback interface has one of zeros, which is none.
            if hardware.iter().any(|&byte| byte != 0) {
                interface.hardware = hardware.to_vec();
            }
        }
        libc::AF_INET => {
            // SAFETY: the family says what it is.
            let v4 = unsafe { *entry.ifa_addr.cast::<libc::sockaddr_in>() };
            let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into();
            // SAFETY: null, or a mask of the address's family.
            let mask = unsafe { entry.ifa_netmask.cast::<libc::sockaddr_in>().as_ref() };
            let prefix = mask.map_or(0, |mask| mask.sin_addr.s_addr.count_ones() as u8);
            interface.addresses.push(InterfaceAddress { address, prefix, scope: 0 });
        }
        libc::AF_INET6 => {
            // SAFETY: the family says what it is.
            let v6 = unsafe { *entry.ifa_addr.cast::<libc::sockaddr_in6>() };
            let address = Ipv6Addr::from(v6.sin6_addr.s6_addr).into();
            // SAFETY: null, or a mask of the address's family.
            let mask = unsafe { entry.ifa_netmask.cast::<libc::sockaddr_in6>().as_ref() };
            let ones = |mask: &libc::sockaddr_in6| {
                mask.sin6_addr.s6_addr.iter().map(|byte| byte.count_ones() as u8).sum()
            };
            let prefix = mask.map_or(0, ones);
            let scope = v6.sin6_scope_id;
            interface.addresses.push(InterfaceAddress { address, prefix, scope });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_there() {
        let all = all().expect("Linux lists them");
        let loopback = all.iter().find(|interface| interface.loopback).expect("there is one");
        assert_eq!(loopback.hardware, []);
        let v4 = loopback.addresses.iter().find(|own| own.address.is_ipv4());
        if let Some(v4) = v4 {
            assert_eq!((v4.address, v4.prefix), (Ipv4Addr::LOCALHOST.into(), 8));
        }
    }
}

//! The adapters and their addresses, as one block of linked structures.

use super::luid::luid;
use crate::abi::{InOut, Ptr};
use crate::ws2_32::name::socket_address;
use haft_abi::{Win32Error, wide};
use haft_host::guest::{self, Fault};
use haft_kernel::io::resolver;
use haft_kernel::io::socket::interface::{self, Interface};
use haft_macros::export;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    IP_ADAPTER_ADDRESSES_LH, IP_ADAPTER_ADDRESSES_LH_0, IP_ADAPTER_ADDRESSES_LH_0_0,
    IP_ADAPTER_ADDRESSES_LH_1, IP_ADAPTER_DNS_SERVER_ADDRESS_XP,
    IP_ADAPTER_DNS_SERVER_ADDRESS_XP_0, IP_ADAPTER_DNS_SERVER_ADDRESS_XP_0_0, IP_ADAPTER_PREFIX_XP,
    IP_ADAPTER_PREFIX_XP_0, IP_ADAPTER_PREFIX_XP_0_0, IP_ADAPTER_UNICAST_ADDRESS_LH,
    IP_ADAPTER_UNICAST_ADDRESS_LH_0, IP_ADAPTER_UNICAST_ADDRESS_LH_0_0,
};
use windows_sys::Win32::NetworkManagement::Ndis::NET_LUID_LH;
use windows_sys::Win32::Networking::WinSock::SOCKET_ADDRESS;

// What a caller wants left out, or wants as well.
const SKIP_UNICAST: u32 = 1;
const SKIP_DNS_SERVER: u32 = 8;
const INCLUDE_PREFIX: u32 = 0x10;
const SKIP_FRIENDLY_NAME: u32 = 0x20;

// What an adapter is.
const ETHERNET: u32 = 6;
const POINT_TO_POINT: u32 = 23;
const LOOPBACK: u32 = 24;
const UP: i32 = 1;
const DOWN: i32 = 2;
/// `IP_ADAPTER_NO_MULTICAST`.
const NO_MULTICAST: u32 = 0x10;
const IPV4_ENABLED: u32 = 0x80;
const IPV6_ENABLED: u32 = 0x100;

/// The type of an interface.
pub(super) const fn kind(interface: &Interface) -> u32 {
    match (interface.loopback, interface.point_to_point) {
        (true, _) => LOOPBACK,
        (_, true) => POINT_TO_POINT,
        _ => ETHERNET,
    }
}

/// Where things go in the program's buffer, one behind the other; those that do not fit are counted.
struct Placer {
    base: usize,
    room: usize,
    used: usize,
}

impl Placer {
    /// Puts something, and tells where; what it names is put before.
    fn put<T: Copy + 'static>(&mut self, values: &[T]) -> Result<usize, Fault> {
        let at = self.used.next_multiple_of(8);
        self.used = at + size_of_val(values);
        if self.used <= self.room {
            guest::write_slice(self.base + at, values)?;
        }
        Ok(self.base + at)
    }

    fn text(&mut self, text: &str) -> Result<*mut u16, Fault> {
        let mut text = wide::from_str(text);
        text.push(0);
        Ok(self.put(&text)? as *mut u16)
    }

    fn address(&mut self, address: IpAddr, scope: u32) -> Result<SOCKET_ADDRESS, Fault> {
        let bytes = socket_address(address, 0, scope);
        let at = self.put(&bytes)?;
        Ok(SOCKET_ADDRESS { lpSockaddr: at as *mut _, iSockaddrLength: bytes.len() as i32 })
    }
}

/// The first address of the network that an address is in.
fn network(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// Puts an adapter and all it names; `next` is the one behind it.
fn put_adapter(
    placer: &mut Placer,
    interface: &Interface,
    (wants, flags): (impl Fn(&IpAddr) -> bool, u32),
    next: usize,
) -> Result<usize, Fault> {
    let own = interface.addresses.iter().filter(|own| wants(&own.address)).rev();
    let (mut unicast, mut prefixes, mut servers) = (0, 0, 0);
    for address in own {
        if flags & SKIP_UNICAST == 0 {
            let entry = IP_ADAPTER_UNICAST_ADDRESS_LH {
                Anonymous: IP_ADAPTER_UNICAST_ADDRESS_LH_0 {
                    Anonymous: IP_ADAPTER_UNICAST_ADDRESS_LH_0_0 {
                        Length: size_of::<IP_ADAPTER_UNICAST_ADDRESS_LH>() as u32,
                        Flags: 0,
                    },
                },
                Next: unicast as *mut _,
                Address: placer.address(address.address, address.scope)?,
                // Preferred, and for as long as it is there.
                DadState: 4,
                ValidLifetime: u32::MAX,
                PreferredLifetime: u32::MAX,
                LeaseLifetime: u32::MAX,
                OnLinkPrefixLength: address.prefix,
                ..Default::default()
            };
            unicast = placer.put(&[entry])?;
        }
        if flags & INCLUDE_PREFIX != 0 {
            let entry = IP_ADAPTER_PREFIX_XP {
                Anonymous: IP_ADAPTER_PREFIX_XP_0 {
                    Anonymous: IP_ADAPTER_PREFIX_XP_0_0 {
                        Length: size_of::<IP_ADAPTER_PREFIX_XP>() as u32,
                        Flags: 0,
                    },
                },
                Next: prefixes as *mut _,
                Address: placer.address(network(address.address, address.prefix), address.scope)?,
                PrefixLength: address.prefix.into(),
            };
            prefixes = placer.put(&[entry])?;
        }
    }
    // Linux's are the machine's; Windows' are of each adapter that leads out of it.
    if flags & SKIP_DNS_SERVER == 0 && !interface.loopback {
        for server in resolver::servers().into_iter().filter(wants).rev() {
            let entry = IP_ADAPTER_DNS_SERVER_ADDRESS_XP {
                Anonymous: IP_ADAPTER_DNS_SERVER_ADDRESS_XP_0 {
                    Anonymous: IP_ADAPTER_DNS_SERVER_ADDRESS_XP_0_0 {
                        Length: size_of::<IP_ADAPTER_DNS_SERVER_ADDRESS_XP>() as u32,
                        Reserved: 0,
                    },
                },
                Next: servers as *mut _,
                Address: placer.address(server, 0)?,
            };
            servers = placer.put(&[entry])?;
        }
    }
    let mut name = interface.name.clone().into_bytes();
    name.push(0);
    let mut hardware = [0; 8];
    let length = interface.hardware.len().min(hardware.len());
    hardware[..length].copy_from_slice(&interface.hardware[..length]);
    let has = |v4: bool| interface.addresses.iter().any(|own| own.address.is_ipv4() == v4);
    let flag = |on: bool, flag: u32| if on { flag } else { 0 };
    let entry = IP_ADAPTER_ADDRESSES_LH {
        Anonymous1: IP_ADAPTER_ADDRESSES_LH_0 {
            Anonymous: IP_ADAPTER_ADDRESSES_LH_0_0 {
                Length: size_of::<IP_ADAPTER_ADDRESSES_LH>() as u32,
                IfIndex: if has(true) || !has(false) { interface.index } else { 0 },
            },
        },
        Next: next as *mut _,
        AdapterName: placer.put(&name)? as *mut _,
        FirstUnicastAddress: unicast as *mut _,
        FirstDnsServerAddress: servers as *mut _,
        DnsSuffix: placer.text("")?,
        Description: placer.text(&interface.name)?,
        FriendlyName: match flags & SKIP_FRIENDLY_NAME {
            0 => placer.text(&interface.name)?,
            _ => core::ptr::null_mut(),
        },
        PhysicalAddress: hardware,
        PhysicalAddressLength: length as u32,
        Anonymous2: IP_ADAPTER_ADDRESSES_LH_1 {
            Flags: flag(!interface.multicast, NO_MULTICAST)
                | flag(has(true), IPV4_ENABLED)
                | flag(has(false), IPV6_ENABLED),
        },
        Mtu: interface::longest_packet(interface),
        IfType: kind(interface),
        Luid: NET_LUID_LH { Value: luid(interface) },
        OperStatus: if interface.running { UP } else { DOWN },
        Ipv6IfIndex: if has(false) { interface.index } else { 0 },
        FirstPrefix: prefixes as *mut _,
        ..Default::default()
    };
    placer.put(&[entry])
}

/// Lists the adapters and their addresses. Anycast and multicast addresses, gateways and speeds are left
/// out. (Microsoft: "GetAdaptersAddresses function")
#[export(iphlpapi)]
fn GetAdaptersAddresses(
    Family: u32,
    Flags: u32,
    Reserved: Ptr<u8>,
    AdapterAddresses: Ptr<u8>,
    SizePointer: InOut<u32>,
) -> Win32Error {
    let _reserved = Reserved;
    let wants = move |address: &IpAddr| match Family {
        2 => address.is_ipv4(),
        23 => address.is_ipv6(),
        _ => true,
    };
    if !matches!(Family, 0 | 2 | 23) {
        return Win32Error::INVALID_PARAMETER;
    }
    let room = if AdapterAddresses.is_null() { 0 } else { SizePointer.get() as usize };
    let list = || -> Result<Win32Error, Win32Error> {
        let all = interface::all()?;
        // The first structure is where the caller has its buffer, so it is put once more at the end.
        let head = size_of::<IP_ADAPTER_ADDRESSES_LH>();
        let mut placer = Placer { base: AdapterAddresses.addr(), room, used: head };
        let mut next = 0;
        for interface in all.iter().rev() {
            next = put_adapter(&mut placer, interface, (wants, Flags), next)?;
        }
        if next == 0 {
            return Ok(Win32Error::NO_DATA);
        }
        SizePointer.set(placer.used as u32)?;
        if placer.used > room {
            return Ok(Win32Error::BUFFER_OVERFLOW);
        }
        guest::copy_within(AdapterAddresses.addr(), next, head)?;
        Ok(Win32Error::SUCCESS)
    };
    list().unwrap_or_else(|error| error)
}

//! Hosts, services and protocols in the older way: structures that belong to Winsock, which each
//! thread's next call overwrites.

use super::WsaError;
use super::address::{AF_INET, AF_INET6};
use super::startup::started;
use crate::abi::{AStr, Ptr};
use core::cell::RefCell;
use haft_kernel::io::resolver::service::{self, Service};
use haft_kernel::io::resolver::{self, Families, NameError};
use haft_macros::export;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

thread_local! {
    /// What the thread's last call left, until its next one.
    static LEFT: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// A structure in the making: words first, then what they point to.
struct Layout {
    words: Vec<u64>,
    bytes: Vec<u8>,
    /// Which of the words are places among the bytes.
    places: Vec<usize>,
}

impl Layout {
    fn new(words: usize) -> Self {
        Self { words: vec![0; words], bytes: Vec::new(), places: Vec::new() }
    }

    /// Puts bytes behind the words; their place.
    fn bytes(&mut self, bytes: &[u8]) -> u64 {
        let place = self.bytes.len() as u64;
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        place
    }

    fn text(&mut self, text: &str) -> u64 {
        self.bytes(format!("{text}\0").as_bytes())
    }

    /// Has a word point to a place among the bytes.
    fn point(&mut self, word: usize, place: u64) {
        self.words[word] = place;
        self.places.push(word);
    }

    /// Keeps it for the thread; where it begins.
    fn keep(mut self) -> Ptr<u8> {
        let count = self.words.len();
        for chunk in self.bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.words.push(u64::from_le_bytes(word));
        }
        LEFT.with_borrow_mut(|left| {
            *left = self.words;
            let base = left.as_ptr() as u64;
            for place in self.places {
                left[place] = left[place].wrapping_add(base + 8 * count as u64);
            }
            Ptr::new(base as usize)
        })
    }
}

/// A HOSTENT.
fn host(name: &str, addresses: &[IpAddr]) -> Ptr<u8> {
    // The structure (4 words), no aliases (1), the list of addresses.
    let mut layout = Layout::new(4 + 1 + addresses.len() + 1);
    let name = layout.text(name);
    layout.point(0, name);
    let v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (family, length) = if v6 { (AF_INET6, 16) } else { (AF_INET, 4) };
    for (n, address) in addresses.iter().enumerate() {
        let place = match address {
            IpAddr::V4(v4) => layout.bytes(&v4.octets()),
            IpAddr::V6(v6) => layout.bytes(&v6.octets()),
        };
        layout.point(5 + n, place);
    }
    layout.words[2] = family as u64 | length << 16;
    // The two lists lie among the words, before the bytes.
    let words = layout.words.len() as u64;
    layout.point(1, (4u64.wrapping_sub(words)).wrapping_mul(8));
    layout.point(3, (5u64.wrapping_sub(words)).wrapping_mul(8));
    layout.keep()
}

/// Finds a host's IPv4 addresses by its name. (Microsoft: "gethostbyname function")
#[export(ws2_32(ordinal = 52), wsock32(ordinal = 52))]
fn gethostbyname(name: Option<AStr>) -> Result<Ptr<u8>, WsaError> {
    started()?;
    let name = match name.map(|name| name.to_string()) {
        Some(name) if !name.is_empty() => name,
        _ => haft_kernel::ex::machine::host_name(),
    };
    let found = resolver::addresses(&name, Families { v4: true, v6: false })?;
    Ok(host(&found.name, &found.addresses))
}

/// Finds a host's name by its address. (Microsoft: "gethostbyaddr function")
#[export(ws2_32(ordinal = 51), wsock32(ordinal = 51))]
fn gethostbyaddr(addr: Ptr<u8>, len: i32, r#type: i32) -> Result<Ptr<u8>, WsaError> {
    started()?;
    let address: IpAddr = match (r#type, len) {
        (AF_INET, 4..) => Ipv4Addr::from(addr.cast::<[u8; 4]>().read()?).into(),
        (AF_INET6, 16..) => Ipv6Addr::from(addr.cast::<[u8; 16]>().read()?).into(),
        (AF_INET | AF_INET6, _) => return Err(WsaError::EFAULT),
        _ => return Err(WsaError::EAFNOSUPPORT),
    };
    Ok(host(&resolver::name_of(address)?, &[address]))
}

/// A structure of a name, aliases, a number and perhaps another name: SERVENT, PROTOENT.
fn entry(name: &str, aliases: &[String], number: u64, protocol: Option<&str>) -> Ptr<u8> {
    // On x86-64 SERVENT has its protocol before its port.
    let fixed = if protocol.is_some() { 4 } else { 3 };
    let mut layout = Layout::new(fixed + aliases.len() + 1);
    let name = layout.text(name);
    layout.point(0, name);
    for (n, alias) in aliases.iter().enumerate() {
        let place = layout.text(alias);
        layout.point(fixed + n, place);
    }
    if let Some(protocol) = protocol {
        let place = layout.text(protocol);
        layout.point(2, place);
    }
    layout.words[fixed - 1] = number;
    let words = layout.words.len() as u64;
    layout.point(1, (fixed as u64).wrapping_sub(words).wrapping_mul(8));
    layout.keep()
}

fn service_entry(found: Option<Service>) -> Result<Ptr<u8>, WsaError> {
    let found = found.ok_or(NameError::NoData)?;
    let port = found.port.to_be().into();
    Ok(entry(&found.name, &found.aliases, port, Some(&found.protocol)))
}

/// Finds a service by its name. (Microsoft: "getservbyname function")
#[export(ws2_32(ordinal = 55), wsock32(ordinal = 55))]
fn getservbyname(name: AStr, proto: Option<AStr>) -> Result<Ptr<u8>, WsaError> {
    started()?;
    let protocol = proto.map(|text| text.to_string());
    service_entry(service::by_name(&name.to_string(), protocol.as_deref()))
}

/// Finds a service by its port, in network order. (Microsoft: "getservbyport function")
#[export(ws2_32(ordinal = 56), wsock32(ordinal = 56))]
fn getservbyport(port: i32, proto: Option<AStr>) -> Result<Ptr<u8>, WsaError> {
    started()?;
    let protocol = proto.map(|text| text.to_string());
    service_entry(service::by_port(u16::from_be(port as u16), protocol.as_deref()))
}

const PROTOCOLS: [(&str, &str, u64); 6] = [
    ("ip", "IP", 0),
    ("icmp", "ICMP", 1),
    ("tcp", "TCP", 6),
    ("udp", "UDP", 17),
    ("ipv6", "IPv6", 41),
    ("ipv6-icmp", "IPv6-ICMP", 58),
];

fn protocol(wanted: impl Fn(&str, u64) -> bool) -> Result<Ptr<u8>, WsaError> {
    let found = PROTOCOLS.iter().find(|(name, _, number)| wanted(name, *number));
    let &(name, alias, number) = found.ok_or(NameError::NoData)?;
    Ok(entry(name, &[alias.to_owned()], number, None))
}

/// Finds a protocol by its name. (Microsoft: "getprotobyname function")
#[export(ws2_32(ordinal = 53), wsock32(ordinal = 53))]
fn getprotobyname(name: AStr) -> Result<Ptr<u8>, WsaError> {
    started()?;
    let wanted = name.to_string();
    protocol(|name, _| name.eq_ignore_ascii_case(&wanted))
}

/// Finds a protocol by its number. (Microsoft: "getprotobynumber function")
#[export(ws2_32(ordinal = 54), wsock32(ordinal = 54))]
fn getprotobynumber(number: i32) -> Result<Ptr<u8>, WsaError> {
    started()?;
    protocol(|_, own| own == number as u64)
}

//! Names of hosts and services.

use super::address::{AF_INET, AF_INET6};
use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{AStr, Ansi, Charset, Out, Ptr, TBuf, TStr, WStr, Wide};
use haft_abi::wide;
use haft_kernel::ex::{allocation, machine};
use haft_kernel::io::resolver::query::{self, Answer, Hints, QueryError};
use haft_kernel::io::resolver::{self, NameError};
use haft_macros::export;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use windows_sys::Win32::Networking::WinSock::ADDRINFOA;

impl From<NameError> for WsaError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::NotFound => Self::HOST_NOT_FOUND,
            // "The requested name is valid, but no data of the requested type was found."
            NameError::NoData => Self::NO_DATA,
            NameError::TryAgain => Self::TRY_AGAIN,
            NameError::Failure => Self::NO_RECOVERY,
        }
    }
}

impl From<QueryError> for WsaError {
    fn from(error: QueryError) -> Self {
        match error {
            // EAI_NONAME and EAI_NODATA are one number.
            QueryError::Name(NameError::NoData) => Self::HOST_NOT_FOUND,
            QueryError::Name(error) => error.into(),
            QueryError::NothingAsked => Self::HOST_NOT_FOUND,
            QueryError::NoSuchService => Self::TYPE_NOT_FOUND,
            QueryError::Family => Self::EAFNOSUPPORT,
            QueryError::SocketType => Self::ESOCKTNOSUPPORT,
            QueryError::Flags => Self::EINVAL,
        }
    }
}

/// An address as Windows writes it.
pub(crate) fn socket_address(address: IpAddr, port: u16, scope: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(28);
    match address {
        IpAddr::V4(v4) => {
            bytes.extend((AF_INET as u16).to_le_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend(v4.octets());
            bytes.resize(16, 0);
        }
        IpAddr::V6(v6) => {
            bytes.extend((AF_INET6 as u16).to_le_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(v6.octets());
            bytes.extend(scope.to_le_bytes());
        }
    }
    bytes
}

/// Reads an IP address and its port, as Windows writes them.
pub(super) fn read_address(place: Ptr<u8>, length: usize) -> Result<(IpAddr, u16, u32), WsaError> {
    if length < 16 {
        return Err(WsaError::EFAULT);
    }
    let bytes = place.read_slice(length.min(28))?;
    let port = u16::from_be_bytes([bytes[2], bytes[3]]);
    match i32::from(u16::from_le_bytes([bytes[0], bytes[1]])) {
        AF_INET => {
            let octets: [u8; 4] = bytes[4..8].try_into().map_err(|_| WsaError::EFAULT)?;
            Ok((Ipv4Addr::from(octets).into(), port, 0))
        }
        AF_INET6 if bytes.len() == 28 => {
            let octets: [u8; 16] = bytes[8..24].try_into().map_err(|_| WsaError::EFAULT)?;
            let scope = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
            Ok((Ipv6Addr::from(octets).into(), port, scope))
        }
        AF_INET6 => Err(WsaError::EFAULT),
        _ => Err(WsaError::EAFNOSUPPORT),
    }
}

/// The size of ADDRINFOA, and of ADDRINFOW, which differs in a pointer's type alone.
const NODE: usize = size_of::<ADDRINFOA>();
/// Room for an address behind it.
const ADDRESS: usize = 32;

/// Lays a list of answers out in memory that the program gives back; its address.
fn lay_out<C: Charset>(answer: &Answer, hints: Hints) -> Result<usize, WsaError> {
    let mut name = answer.name.as_ref().map_or(Vec::new(), |name| C::encode(&wide::from_str(name)));
    if answer.name.is_some() {
        name.push(C::Unit::default());
    }
    let count = answer.found.len();
    let memory = allocation::allocate((NODE + ADDRESS) * count + size_of_val(&name[..]))
        .map_err(|_| WsaError::_NOT_ENOUGH_MEMORY)?;
    let name_place = memory + (NODE + ADDRESS) * count;
    Ptr::<C::Unit>::new(name_place).write_slice(&name)?;
    for (n, found) in answer.found.iter().enumerate() {
        let node = memory + (NODE + ADDRESS) * n;
        let address = socket_address(found.address, found.port, found.scope);
        let family = if found.address.is_ipv4() { AF_INET } else { AF_INET6 };
        let next = if n + 1 < count { node + NODE + ADDRESS } else { 0 };
        let named = n == 0 && !name.is_empty();
        let [words, numbers] = [
            [hints.flags.cast_signed(), family, found.socket_type, found.protocol]
                .map(|n| n as usize),
            [address.len(), if named { name_place } else { 0 }, node + NODE, next],
        ];
        Ptr::<i32>::new(node).write_slice(&words.map(|word| word as i32))?;
        Ptr::<usize>::new(node + 16).write_slice(&numbers)?;
        Ptr::<u8>::new(node + NODE).write_slice(&address)?;
    }
    Ok(memory)
}

fn get_addresses<C: Charset>(
    host: Option<TStr<C>>,
    service: Option<TStr<C>>,
    hints: Ptr<i32>,
    result: &Out<usize>,
) -> Result<(), WsaError> {
    result.set(0)?;
    started()?;
    let [host, service] = [host, service].map(|text| text.map(|text| text.to_string()));
    let hints = match hints.non_null() {
        None => Hints::default(),
        Some(place) => {
            let words = place.read_slice(4)?;
            let rest = Ptr::<usize>::new(place.addr() + 16).read_slice(4)?;
            if rest.iter().any(|&word| word != 0) {
                return Err(WsaError::NO_RECOVERY);
            }
            Hints {
                flags: words[0].cast_unsigned(),
                family: words[1],
                socket_type: words[2],
                protocol: words[3],
            }
        }
    };
    let answer = query::find(host.as_deref(), service.as_deref(), hints)?;
    Ok(result.set(lay_out::<C>(&answer, hints)?)?)
}

/// The code itself, which is the last error as well.
fn code(result: Result<(), WsaError>) -> WsaError {
    let code = result.err().unwrap_or(WsaError(0));
    haft_host::gs::set_last_error(code.0);
    code
}

/// Finds the addresses of a service on a host. (Microsoft: "getaddrinfo function")
#[export(ws2_32)]
fn getaddrinfo(
    pNodeName: Option<AStr>,
    pServiceName: Option<AStr>,
    pHints: Ptr<i32>,
    ppResult: Out<usize>,
) -> WsaError {
    code(get_addresses::<Ansi>(pNodeName, pServiceName, pHints, &ppResult))
}

/// Finds the addresses of a service on a host. (Microsoft: "GetAddrInfoW function")
#[export(ws2_32)]
fn GetAddrInfoW(
    pNodeName: Option<WStr>,
    pServiceName: Option<WStr>,
    pHints: Ptr<i32>,
    ppResult: Out<usize>,
) -> WsaError {
    code(get_addresses::<Wide>(pNodeName, pServiceName, pHints, &ppResult))
}

/// Gives back what getaddrinfo or GetAddrInfoW found. (Microsoft: "freeaddrinfo function")
#[export(ws2_32, also = "FreeAddrInfoW")]
fn freeaddrinfo(pAddrInfo: Ptr<u8>) {
    // One piece of memory, however long the list is. What is none of ours is left alone.
    let _ = allocation::free(pAddrInfo.addr());
}

/// `NI_*`: how names are told.
#[derive(Clone, Copy)]
struct Told(u32);

impl Told {
    const fn fully_local(self) -> bool {
        self.0 & 1 != 0
    }
    const fn numeric_host(self) -> bool {
        self.0 & 2 != 0
    }
    const fn name_required(self) -> bool {
        self.0 & 4 != 0
    }
    const fn numeric_service(self) -> bool {
        self.0 & 8 != 0
    }
    const fn datagram(self) -> bool {
        self.0 & 0x10 != 0
    }
}

fn names<C: Charset>(
    (address, length): (Ptr<u8>, i32),
    (host, host_room): (TBuf<C>, u32),
    (service, service_room): (TBuf<C>, u32),
    flags: Told,
) -> Result<(), WsaError> {
    started()?;
    let length = usize::try_from(length).map_err(|_| WsaError::EFAULT)?;
    let (address, port, scope) = read_address(address, length)?;
    if host.is_null() && service.is_null() {
        return Err(WsaError::HOST_NOT_FOUND);
    }
    if !host.is_null() && host_room > 0 {
        let name = if flags.numeric_host() { None } else { resolver::name_of(address).ok() };
        let text = match name {
            Some(name) if flags.fully_local() => name.split('.').next().unwrap_or("").to_owned(),
            Some(name) => name,
            None if flags.name_required() => return Err(WsaError::HOST_NOT_FOUND),
            None if scope != 0 => format!("{address}%{scope}"),
            None => address.to_string(),
        };
        host.fill(host_room, &wide::from_str(&text))?.stored_or(WsaError(122))?;
    }
    if !service.is_null() && service_room > 0 {
        let protocol = if flags.datagram() { "udp" } else { "tcp" };
        let known = resolver::service::by_port(port, Some(protocol));
        let text = match known.filter(|_| !flags.numeric_service()) {
            Some(service) => service.name,
            None => port.to_string(),
        };
        service.fill(service_room, &wide::from_str(&text))?.stored_or(WsaError(122))?;
    }
    Ok(())
}

/// Finds the names of a host and a service by their address. (Microsoft: "getnameinfo function")
#[export(ws2_32)]
fn getnameinfo(
    pSockaddr: Ptr<u8>,
    SockaddrLength: i32,
    pNodeBuffer: TBuf<Ansi>,
    NodeBufferSize: u32,
    pServiceBuffer: TBuf<Ansi>,
    ServiceBufferSize: u32,
    Flags: u32,
) -> WsaError {
    let host = (pNodeBuffer, NodeBufferSize);
    let service = (pServiceBuffer, ServiceBufferSize);
    code(names((pSockaddr, SockaddrLength), host, service, Told(Flags)))
}

/// Finds the names of a host and a service by their address. (Microsoft: "GetNameInfoW
/// function")
#[export(ws2_32)]
fn GetNameInfoW(
    pSockaddr: Ptr<u8>,
    SockaddrLength: i32,
    pNodeBuffer: TBuf<Wide>,
    NodeBufferSize: u32,
    pServiceBuffer: TBuf<Wide>,
    ServiceBufferSize: u32,
    Flags: u32,
) -> WsaError {
    let host = (pNodeBuffer, NodeBufferSize);
    let service = (pServiceBuffer, ServiceBufferSize);
    code(names((pSockaddr, SockaddrLength), host, service, Told(Flags)))
}

fn own_name<C: Charset>(place: TBuf<C>, room: i32) -> Result<OrSocketError, WsaError> {
    started()?;
    let room = u32::try_from(room).map_err(|_| WsaError::EFAULT)?;
    let name = wide::from_str(&machine::host_name());
    place.fill(room, &name)?.stored_or(WsaError::EFAULT)?;
    Ok(OrSocketError)
}

/// Tells the machine's name. (Microsoft: "gethostname function")
#[export(ws2_32(ordinal = 57), wsock32(ordinal = 57))]
fn gethostname(name: TBuf<Ansi>, namelen: i32) -> Result<OrSocketError, WsaError> {
    own_name(name, namelen)
}

/// Tells the machine's name. (Microsoft: "GetHostNameW function")
#[export(ws2_32)]
fn GetHostNameW(name: TBuf<Wide>, namelen: i32) -> Result<OrSocketError, WsaError> {
    own_name(name, namelen)
}

fn to_text<C: Charset>(
    (address, length): (Ptr<u8>, u32),
    place: TBuf<C>,
    room: Ptr<u32>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let (address, port, scope) = read_address(address, length as usize)?;
    let scope = if scope == 0 { String::new() } else { format!("%{scope}") };
    let text = match (address, port) {
        (IpAddr::V4(v4), 0) => v4.to_string(),
        (IpAddr::V4(v4), port) => format!("{v4}:{port}"),
        (IpAddr::V6(v6), 0) => format!("{v6}{scope}"),
        (IpAddr::V6(v6), port) => format!("[{v6}{scope}]:{port}"),
    };
    let text = wide::from_str(&text);
    let size = text.len() as u32 + 1;
    let given = room.read()?;
    room.write(size)?;
    if given < size {
        return Err(WsaError::EFAULT);
    }
    place.fill(given, &text)?;
    Ok(OrSocketError)
}

/// Turns a socket address into a text. (Microsoft: "WSAAddressToStringW function")
#[export(ws2_32, charset)]
fn WSAAddressToString<C: Charset>(
    lpsaAddress: Ptr<u8>,
    dwAddressLength: u32,
    lpProtocolInfo: Ptr<u8>,
    lpszAddressString: TBuf<C>,
    lpdwAddressStringLength: Ptr<u32>,
) -> Result<OrSocketError, WsaError> {
    // Whatever the provider, an address of IP is written in one way.
    let _ = lpProtocolInfo;
    to_text((lpsaAddress, dwAddressLength), lpszAddressString, lpdwAddressStringLength)
}

/// An address, its port and the number of its interface, from a text.
fn from_text(text: &str, family: i32) -> Result<(IpAddr, u16, u32), WsaError> {
    let scoped = |text: &str| {
        let (address, scope) = text.split_once('%').unwrap_or((text, "0"));
        Some((address.parse::<Ipv6Addr>().ok()?, scope.parse::<u32>().ok()?))
    };
    let found = match family {
        AF_INET => {
            let (address, port) = text.split_once(':').unwrap_or((text, "0"));
            resolver::legacy_v4(address)
                .zip(port.parse().ok())
                .map(|(address, port)| (IpAddr::V4(address), port, 0))
        }
        AF_INET6 => {
            let (address, port) = match text.strip_prefix('[') {
                None => (text, "0"),
                Some(rest) => match rest.split_once(']') {
                    Some((address, "")) => (address, "0"),
                    Some((address, port)) => (address, port.strip_prefix(':').unwrap_or("")),
                    None => ("", ""),
                },
            };
            scoped(address)
                .zip(port.parse().ok())
                .map(|((address, scope), port)| (IpAddr::V6(address), port, scope))
        }
        _ => return Err(WsaError::EINVAL),
    };
    found.ok_or(WsaError::EINVAL)
}

/// Turns a text into a socket address. (Microsoft: "WSAStringToAddressW function")
#[export(ws2_32, charset)]
fn WSAStringToAddress<C: Charset>(
    AddressString: TStr<C>,
    AddressFamily: i32,
    lpProtocolInfo: Ptr<u8>,
    lpAddress: Ptr<u8>,
    lpAddressLength: Ptr<i32>,
) -> Result<OrSocketError, WsaError> {
    let _ = lpProtocolInfo;
    started()?;
    let (address, port, scope) = from_text(&AddressString.to_string(), AddressFamily)?;
    let bytes = socket_address(address, port, scope);
    let room = lpAddressLength.read()?;
    lpAddressLength.write(bytes.len() as i32)?;
    if usize::try_from(room).is_ok_and(|room| room >= bytes.len()) {
        lpAddress.write_slice(&bytes)?;
        Ok(OrSocketError)
    } else {
        Err(WsaError::EFAULT)
    }
}

//! Addresses of a service on a host (Microsoft: "getaddrinfo function").

use super::{Families, NameError, addresses, numeric, service};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is asked for, by Windows' numbers. Zero is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `AI_*`.
    pub flags: u32,
    /// The address family.
    pub family: i32,
    /// The type of socket.
    pub socket_type: i32,
    /// The protocol.
    pub protocol: i32,
}

/// `AI_PASSIVE`: an address to bind to.
const PASSIVE: u32 = 1;
/// `AI_CANONNAME`.
const CANONICAL_NAME: u32 = 2;
/// `AI_NUMERICHOST`.
const NUMERIC_HOST: u32 = 4;
/// `AI_NUMERICSERV`.
const NUMERIC_SERVICE: u32 = 8;
/// `AI_V4MAPPED`: IPv4 addresses in the form of IPv6 ones, where there are none of those.
const V4_MAPPED: u32 = 0x800;
/// `AI_ADDRCONFIG`: only of families that the machine has addresses of.
const ADDRESS_CONFIGURED: u32 = 0x400;

const AF_INET: i32 = 2;
const AF_INET6: i32 = 23;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// Of the host's name.
    Name(NameError),
    /// Neither host nor service was given.
    NothingAsked,
    /// There is no such service.
    NoSuchService,
    /// The family is not supported.
    Family,
    /// The type of socket is not supported, or not with the protocol.
    SocketType,
    /// The flags make no sense.
    Flags,
}

impl From<NameError> for QueryError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// One address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address.
    pub address: IpAddr,
    /// The number of the interface that an IPv6 one is of.
    pub scope: u32,
    /// The port; zero for none.
    pub port: u16,
    /// The type of socket.
    pub socket_type: i32,
    /// The protocol.
    pub protocol: i32,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The addresses; at least one.
    pub found: Vec<Found>,
    /// The host's true name, if it was asked for.
    pub name: Option<String>,
}

/// The protocol by the name that services are listed with.
const fn protocol_name(socket_type: i32, protocol: i32) -> Option<&'static str> {
    match (socket_type, protocol) {
        (_, 6) | (1, 0) => Some("tcp"),
        (_, 17) | (2, 0) => Some("udp"),
        _ => None,
    }
}

fn port(service: Option<&str>, hints: Hints) -> Result<u16, QueryError> {
    let Some(text) = service.filter(|text| !text.is_empty()) else { return Ok(0) };
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    if hints.flags & NUMERIC_SERVICE != 0 {
        return Err(QueryError::Name(NameError::NotFound));
    }
    let protocol = protocol_name(hints.socket_type, hints.protocol);
    service::by_name(text, protocol).map(|service| service.port).ok_or(QueryError::NoSuchService)
}

/// The type of socket and protocol of each answer.
fn kinds(hints: Hints) -> Result<(i32, i32), QueryError> {
    match (hints.socket_type, hints.protocol) {
        (0, 0) => Ok((0, 0)),
        (0 | 1, 6) => Ok((1, 6)),
        (0 | 2, 17) => Ok((2, 17)),
        // The protocol stays open, as Windows leaves it.
        (kind @ 1..=3, 0) => Ok((kind, 0)),
        (3, protocol) => Ok((3, protocol)),
        _ => Err(QueryError::SocketType),
    }
}

/// The number of an interface behind a '%'.
fn scope(host: &str) -> u32 {
    let Some((_, scope)) = host.split_once('%') else { return 0 };
    scope.parse().unwrap_or_else(|_| {
        let path = format!("/sys/class/net/{}/ifindex", scope.replace('/', ""));
        std::fs::read_to_string(path).ok().and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    })
}

/// Finds the addresses of a service on a host.
///
/// # Errors
/// A [`QueryError`].
pub fn find(host: Option<&str>, service: Option<&str>, hints: Hints) -> Result<Answer, QueryError> {
    let families = match hints.family {
        0 => Families { v4: true, v6: true },
        AF_INET => Families { v4: true, v6: false },
        AF_INET6 => Families { v4: false, v6: true },
        _ => return Err(QueryError::Family),
    };
    let (socket_type, protocol) = kinds(hints)?;
    if host.is_none() && hints.flags & CANONICAL_NAME != 0 {
        return Err(QueryError::Flags);
    }
    if host.is_none() && service.is_none_or(str::is_empty) {
        return Err(QueryError::NothingAsked);
    }
    let port = port(service, hints)?;
    let (mut name, list) = match host {
        None => (None, local(families, hints.flags & PASSIVE != 0)),
        // The machine itself.
        Some("") => {
            let own = crate::ex::machine::host_name();
            let host = addresses(&own, families)?;
            (Some(host.name), host.addresses)
        }
        Some(host) if hints.flags & NUMERIC_HOST != 0 => {
            let number = numeric(host).filter(|number| families.has(number));
            (None, vec![number.ok_or(NameError::NotFound)?])
        }
        Some(host) => by_name(host, families, hints.flags)?,
    };
    if hints.flags & CANONICAL_NAME == 0 {
        name = None;
    } else if name.is_none() {
        name = host.map(str::to_owned);
    }
    let scope = host.map_or(0, scope);
    let found = list
        .into_iter()
        .map(|address| Found { address, scope, port, socket_type, protocol })
        .collect();
    Ok(Answer { found, name })
}

fn by_name(
    host: &str,
    families: Families,
    flags: u32,
) -> Result<(Option<String>, Vec<IpAddr>), NameError> {
    let mut families = families;
    if flags & ADDRESS_CONFIGURED != 0 && numeric(host).is_none() && !super::has_ipv6() {
        families.v6 = false;
    }
    match addresses(host, families) {
        Ok(found) => Ok((Some(found.name), found.addresses)),
        Err(_) if flags & V4_MAPPED != 0 && families.v6 && !families.v4 => {
            let found = addresses(host, Families { v4: true, v6: false })?;
            let mapped = |address: IpAddr| match address {
                IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
                v6 @ IpAddr::V6(_) => v6,
            };
            Ok((Some(found.name), found.addresses.into_iter().map(mapped).collect()))
        }
        Err(error) => Err(error),
    }
}

/// Addresses of the machine: to bind to, or to connect to.
fn local(families: Families, passive: bool) -> Vec<IpAddr> {
    let (v4, v6) = if passive {
        (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED)
    } else {
        (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    };
    let with_v6 = families.v6 && (super::has_ipv6() || !families.v4);
    let v6 = with_v6.then_some(IpAddr::V6(v6));
    v6.into_iter().chain(families.v4.then_some(IpAddr::V4(v4))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(host: Option<&str>, service: Option<&str>, hints: Hints) -> Result<Answer, QueryError> {
        find(host, service, hints)
    }

    #[test]
    fn numbers_need_no_file_and_no_server() {
        let stream = Hints { socket_type: 1, ..Hints::default() };
        let answer = ask(Some("127.0.0.1"), Some("80"), stream).unwrap();
        assert_eq!(answer.found.len(), 1);
        assert_eq!((answer.found[0].port, answer.found[0].socket_type), (80, 1));
        let six = Hints { family: AF_INET6, ..Hints::default() };
        assert_eq!(ask(Some("127.0.0.1"), None, six), Err(QueryError::Name(NameError::NoData)));
        let mapped = Hints { flags: V4_MAPPED, ..six };
        let answer = ask(Some("127.0.0.1"), None, mapped).unwrap();
        assert_eq!(answer.found[0].address, "::ffff:127.0.0.1".parse::<IpAddr>().unwrap());
        let scoped = ask(Some("fe80::1%7"), None, six).unwrap();
        assert_eq!(scoped.found[0].scope, 7);
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let none = Hints::default();
        assert_eq!(ask(None, None, none), Err(QueryError::NothingAsked));
        assert_eq!(ask(Some("x"), None, Hints { family: 77, ..none }), Err(QueryError::Family));
        let mixed = Hints { socket_type: 1, protocol: 17, ..none };
        assert_eq!(ask(Some("::1"), None, mixed), Err(QueryError::SocketType));
        assert_eq!(ask(Some("::1"), Some("no such"), none), Err(QueryError::NoSuchService));
        let number = Hints { flags: NUMERIC_HOST, ..none };
        assert_eq!(
            ask(Some("localhost"), None, number),
            Err(QueryError::Name(NameError::NotFound))
        );
    }
}

//! The protocols that there are, and sockets for other processes.

use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{Charset, OrMinusOne, Ptr};
use haft_abi::{Handle, NtStatus, Pid, wide};
use haft_kernel::io::socket::{self, SocketKind, address, duplicate};
use haft_macros::export;

/// A protocol: its flags, family, type, number and name, as Windows lists them.
struct Protocol {
    service_flags: u32,
    family: i32,
    sizes: (i32, i32),
    socket_type: i32,
    protocol: i32,
    max_message: u32,
    entry: u32,
    name: &'static str,
}

/// `XP1_IFS_HANDLES` and what streams and datagrams are otherwise.
const STREAM: u32 = 0x0002_0066;
const DATAGRAM: u32 = 0x0002_0609;

#[rustfmt::skip]
const PROTOCOLS: [Protocol; 5] = [
    Protocol { service_flags: STREAM, family: 2, sizes: (16, 16), socket_type: 1, protocol: 6,
        max_message: 0, entry: 1001, name: "MSAFD Tcpip [TCP/IP]" },
    Protocol { service_flags: DATAGRAM, family: 2, sizes: (16, 16), socket_type: 2, protocol: 17,
        max_message: 65467, entry: 1002, name: "MSAFD Tcpip [UDP/IP]" },
    Protocol { service_flags: STREAM, family: 23, sizes: (28, 28), socket_type: 1, protocol: 6,
        max_message: 0, entry: 1004, name: "MSAFD Tcpip [TCP/IPv6]" },
    Protocol { service_flags: DATAGRAM, family: 23, sizes: (28, 28), socket_type: 2, protocol: 17,
        max_message: 65467, entry: 1005, name: "MSAFD Tcpip [UDP/IPv6]" },
    Protocol { service_flags: 0x0002_0026, family: 1, sizes: (110, 2), socket_type: 1, protocol: 0,
        max_message: 0, entry: 1007, name: "AF_UNIX" },
];

/// The size of WSAPROTOCOL_INFO in a character set, and where its parts are.
const fn size(wide: bool) -> usize {
    if wide { 628 } else { 372 }
}
/// `dwProviderReserved`, where a handle for another process travels.
const RESERVED: usize = 112;
const NAME: usize = 116;
/// The provider of all of them.
const PROVIDER: [u8; 16] = [
    0xA0, 0x1A, 0x0F, 0xE7, 0x8B, 0xAB, 0xCF, 0x11, 0x8C, 0xA3, 0x00, 0x80, 0x5F, 0x48, 0xA1, 0x92,
];

impl Protocol {
    fn info<C: Charset>(&self, reserved: u32) -> Vec<u8> {
        let mut info = vec![0; size(C::WIDE)];
        let mut word = |at: usize, value: u32| {
            info[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        word(0, self.service_flags);
        // PFL_MATCHES_PROTOCOL_ZERO
        word(16, 8);
        word(36, self.entry);
        // A chain of one: the protocol itself.
        word(40, 1);
        word(72, 2);
        word(76, self.family.cast_unsigned());
        word(80, self.sizes.0.cast_unsigned());
        word(84, self.sizes.1.cast_unsigned());
        word(88, self.socket_type.cast_unsigned());
        word(92, self.protocol.cast_unsigned());
        word(108, self.max_message);
        word(RESERVED, reserved);
        info[20..36].copy_from_slice(&PROVIDER);
        let name = wide::from_str(self.name);
        let bytes: Vec<u8> =
            if C::WIDE { haft_abi::wide::to_le_bytes(&name) } else { wide::to_bytes(&name) };
        info[NAME..NAME + bytes.len()].copy_from_slice(&bytes);
        info
    }

    fn is(&self, kind: SocketKind) -> bool {
        self.family == address::family_to_windows(kind.family)
            && self.socket_type == kind.socket_type
    }
}

/// Lists the protocols. (Microsoft: "WSAEnumProtocolsW function")
#[export(ws2_32, charset)]
fn WSAEnumProtocols<C: Charset>(
    lpiProtocols: Ptr<i32>,
    lpProtocolBuffer: Ptr<u8>,
    lpdwBufferLength: Ptr<u32>,
) -> Result<OrMinusOne, WsaError> {
    started()?;
    let mut wanted = Vec::new();
    if let Some(mut place) = lpiProtocols.non_null() {
        loop {
            match place.read()? {
                0 => break,
                protocol => wanted.push(protocol),
            }
            place = place.at(1);
        }
    }
    let listed: Vec<&Protocol> = PROTOCOLS
        .iter()
        .filter(|protocol| lpiProtocols.is_null() || wanted.contains(&protocol.protocol))
        .collect();
    let needed = (listed.len() * size(C::WIDE)) as u32;
    let given = lpdwBufferLength.read()?;
    lpdwBufferLength.write(needed)?;
    if given < needed {
        return Err(WsaError::ENOBUFS);
    }
    for (n, protocol) in listed.iter().enumerate() {
        lpProtocolBuffer.byte_add(n * size(C::WIDE)).write_slice(&protocol.info::<C>(0))?;
    }
    Ok(OrMinusOne(listed.len() as i32))
}

/// Makes a socket ready to be used by another process too. (Microsoft: "WSADuplicateSocketW
/// function")
#[export(ws2_32, charset)]
fn WSADuplicateSocket<C: Charset>(
    s: Handle,
    dwProcessId: u32,
    lpProtocolInfo: Ptr<u8>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    lpProtocolInfo.probe(size(C::WIDE), true)?;
    let protocol = of(s)?;
    let made = duplicate::to_process(s, Pid(dwProcessId)).map_err(|status| match status {
        NtStatus::INVALID_CID => WsaError::EINVAL,
        status => status.into(),
    })?;
    lpProtocolInfo.write_slice(&protocol.info::<C>(made.0 as u32))?;
    Ok(OrSocketError)
}

/// The protocol of a socket.
fn of(s: Handle) -> Result<&'static Protocol, WsaError> {
    let kind = socket::kind(s)?;
    PROTOCOLS.iter().find(|protocol| protocol.is(kind)).ok_or(WsaError::EOPNOTSUPP)
}

/// What a WSAPROTOCOL_INFO says of a socket.
pub(super) fn info_of<C: Charset>(s: Handle) -> Result<Vec<u8>, WsaError> {
    Ok(of(s)?.info::<C>(0))
}

/// What a WSAPROTOCOL_INFO says of the socket that is to be created: a socket that was duplicated,
/// or none and the family, type and protocol.
pub(super) enum Description {
    Duplicated(Handle),
    Kind(i32, i32, i32),
}

/// Reads a WSAPROTOCOL_INFO of either character set.
pub(super) fn describe(info: Ptr<u8>) -> Result<Description, WsaError> {
    let word = |at: usize| info.byte_add(at).cast::<u32>().read();
    match word(RESERVED)? {
        0 => Ok(Description::Kind(
            word(76)?.cast_signed(),
            word(88)?.cast_signed(),
            word(92)?.cast_signed(),
        )),
        handle => Ok(Description::Duplicated(Handle(handle as usize))),
    }
}

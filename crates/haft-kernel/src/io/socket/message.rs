//! Messages with control data (Microsoft: "LPFN_WSARECVMSG callback function", "WSASendMsg
//! function").
//!
//! Windows' headers of control data are Linux's in size and shape; the numbers of the kinds, and
//! what is in some, differ.

use super::transfer::{Receive, Send};
use haft_abi::NtStatus;
use haft_host::guest;
use haft_host::socket::{Buffer, linux};

/// The size of a header: length, level, kind.
const HEADER: usize = 16;

/// Where control data is, and where its length is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// The program's buffer.
    pub buffer: Buffer,
    /// Where the length that it has in the end is written; zero for nowhere.
    pub length_place: usize,
}

impl Control {
    /// None.
    pub const NONE: Self = Self { buffer: Buffer { address: 0, length: 0 }, length_place: 0 };
}

/// One piece of control data.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

/// The pieces of control data.
fn pieces(mut bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(header) = bytes.first_chunk::<HEADER>() {
        let word = |at: usize| {
            i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let length = u64::from_le_bytes(*header.first_chunk().unwrap_or(&[0; 8])) as usize;
        let Some(data) = bytes.get(HEADER..length) else { break };
        pieces.push(Piece { level: word(8), kind: word(12), data });
        let Some(rest) = bytes.get(length.next_multiple_of(8)..) else { break };
        bytes = rest;
    }
    pieces
}

/// Adds a piece.
fn add(bytes: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    bytes.extend(((HEADER + data.len()) as u64).to_le_bytes());
    bytes.extend(level.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

/// Windows' numbers of kinds: of IP, and of IPv6.
const PACKET_INFO: i32 = 19;
const TTL: i32 = 21;
const TRAFFIC_CLASS: i32 = 39;

/// What Windows calls what Linux received.
fn to_windows(linux_bytes: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces(linux_bytes) {
        match (piece.level, piece.kind, piece.data) {
            // Interface, the address it came by, the address it was for.
            (linux::IPPROTO_IP, linux::IP_PKTINFO, [index @ .., _, _, _, _, a, b, c, d]) => {
                let data = [&[*a, *b, *c, *d][..], index].concat();
                add(&mut bytes, linux::IPPROTO_IP, PACKET_INFO, &data);
            }
            (linux::IPPROTO_IPV6, linux::IPV6_PKTINFO, data) => {
                add(&mut bytes, linux::IPPROTO_IPV6, PACKET_INFO, data);
            }
            (linux::IPPROTO_IP, linux::IP_TTL, data)
            | (linux::IPPROTO_IPV6, linux::IPV6_HOPLIMIT, data) => {
                add(&mut bytes, piece.level, TTL, data);
            }
            (linux::IPPROTO_IP, linux::IP_TOS, [class, ..])
            | (linux::IPPROTO_IPV6, linux::IPV6_TCLASS, [class, ..]) => {
                add(&mut bytes, piece.level, TRAFFIC_CLASS, &i32::from(*class).to_le_bytes());
            }
            _ => {}
        }
    }
    bytes
}

/// What Linux calls what the program wants to send along.
fn to_linux(windows_bytes: &[u8]) -> Result<Vec<u8>, NtStatus> {
    let mut bytes = Vec::new();
    for piece in pieces(windows_bytes) {
        match (piece.level, piece.kind, piece.data) {
            (linux::IPPROTO_IP, PACKET_INFO, [a, b, c, d, index @ ..]) if index.len() == 4 => {
                let data = [index, &[*a, *b, *c, *d], &[0; 4]].concat();
                add(&mut bytes, linux::IPPROTO_IP, linux::IP_PKTINFO, &data);
            }
            (linux::IPPROTO_IPV6, PACKET_INFO, data) if data.len() == 20 => {
                add(&mut bytes, linux::IPPROTO_IPV6, linux::IPV6_PKTINFO, data);
            }
            (linux::IPPROTO_IP, TRAFFIC_CLASS | 3, data) if data.len() == 4 => {
                add(&mut bytes, linux::IPPROTO_IP, linux::IP_TOS, data);
            }
            (linux::IPPROTO_IPV6, TRAFFIC_CLASS, data) if data.len() == 4 => {
                add(&mut bytes, linux::IPPROTO_IPV6, linux::IPV6_TCLASS, data);
            }
            // "One or more of the control data objects is not supported."
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
    }
    Ok(bytes)
}

/// Room for what Linux has to say, where the program wants to hear it.
pub(super) fn room(control: Control) -> Vec<u8> {
    if control.buffer.length == 0 { Vec::new() } else { vec![0; 512] }
}

/// Gives the program what came along; whether it had too little room.
pub(super) fn deliver(control: Control, received: &[u8]) -> Result<bool, NtStatus> {
    let mut bytes = to_windows(received);
    let short = bytes.len() > control.buffer.length;
    if short {
        bytes.clear();
    }
    if !bytes.is_empty() {
        guest::copy_out(control.buffer.address, &bytes)?;
    }
    if control.length_place != 0 {
        guest::write(control.length_place, bytes.len() as u32)?;
    }
    Ok(short)
}

/// What the program sends along.
pub(super) fn collect(control: Control) -> Result<Vec<u8>, NtStatus> {
    if control.buffer.length == 0 {
        return Ok(Vec::new());
    }
    if control.buffer.length > 4096 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let given = guest::read_slice::<u8>(control.buffer.address, control.buffer.length)?;
    to_linux(&given)
}

impl Receive {
    /// Whether control data is asked for.
    pub(super) const fn wants_control(&self) -> bool {
        self.control.buffer.length > 0 || self.control.length_place != 0
    }
}

impl Send {
    /// What goes along.
    pub(super) fn along(&self) -> Result<Vec<u8>, NtStatus> {
        collect(self.control)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_information_goes_both_ways() {
        let mut from_linux = Vec::new();
        let info = [7, 0, 0, 0, 127, 0, 0, 2, 127, 0, 0, 1];
        add(&mut from_linux, linux::IPPROTO_IP, linux::IP_PKTINFO, &info);
        add(&mut from_linux, linux::IPPROTO_IP, linux::IP_TTL, &[64, 0, 0, 0]);
        let windows = to_windows(&from_linux);
        let seen = pieces(&windows);
        assert_eq!((seen[0].kind, seen[0].data), (19, &[127, 0, 0, 1, 7, 0, 0, 0][..]));
        assert_eq!((seen[1].kind, seen[1].data), (21, &[64, 0, 0, 0][..]));
        let mut first = Vec::new();
        add(&mut first, seen[0].level, seen[0].kind, seen[0].data);
        let back = to_linux(&first).unwrap();
        assert_eq!(pieces(&back)[0].data, [7, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(to_linux(&windows), Err(NtStatus::INVALID_PARAMETER), "a TTL is not sent");
    }

    #[test]
    fn broken_control_data_has_no_pieces() {
        for bytes in [&[0u8; 15][..], &[0; 16], &[255; 24], &[17, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(pieces(bytes), []);
        }
    }
}

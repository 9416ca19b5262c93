//! Making and closing sockets.

use super::error::Socket;
use super::protocol::{self, Description};
use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{OrInvalid, Ptr};
use haft_abi::Handle;
use haft_kernel::io::socket::{self, duplicate};
use haft_macros::export;

const WSA_FLAG_OVERLAPPED: u32 = 1;
const WSA_FLAG_MULTIPOINT: u32 = 0x1E;
const WSA_FLAG_NO_HANDLE_INHERIT: u32 = 0x80;
const WSA_FLAG_ACCESS_SYSTEM_SECURITY: u32 = 0x40;

/// Creates a socket, whose handle is inheritable. (Microsoft: "socket function")
#[export(ws2_32(ordinal = 23), wsock32(ordinal = 23), name = "socket")]
fn create_socket(af: i32, r#type: i32, protocol: i32) -> Result<Socket, WsaError> {
    create(af, r#type, protocol, WSA_FLAG_OVERLAPPED)
}

fn create(family: i32, kind: i32, protocol: i32, flags: u32) -> Result<Socket, WsaError> {
    started()?;
    let known = WSA_FLAG_OVERLAPPED
        | WSA_FLAG_MULTIPOINT
        | WSA_FLAG_NO_HANDLE_INHERIT
        | WSA_FLAG_ACCESS_SYSTEM_SECURITY;
    if flags & !known != 0 || flags & (WSA_FLAG_MULTIPOINT | WSA_FLAG_ACCESS_SYSTEM_SECURITY) != 0 {
        return Err(WsaError::EINVAL);
    }
    let kind = socket::kind_of(family, kind, protocol)?;
    let overlapped = flags & WSA_FLAG_OVERLAPPED != 0;
    let inherit = flags & WSA_FLAG_NO_HANDLE_INHERIT == 0;
    Ok(OrInvalid(socket::create(kind, overlapped, inherit)?))
}

/// Creates a socket. (Microsoft: "WSASocketW function")
#[export(ws2_32, also = "WSASocketA")]
fn WSASocketW(
    af: i32,
    r#type: i32,
    protocol: i32,
    lpProtocolInfo: Ptr<u8>,
    g: u32,
    dwFlags: u32,
) -> Result<Socket, WsaError> {
    const SG_UNCONSTRAINED_GROUP: u32 = 1;
    if g > SG_UNCONSTRAINED_GROUP {
        return Err(WsaError::EOPNOTSUPP);
    }
    if lpProtocolInfo.is_null() {
        return create(af, r#type, protocol, dwFlags);
    }
    started()?;
    match protocol::describe(lpProtocolInfo)? {
        Description::Duplicated(handle) => {
            let inherit = dwFlags & WSA_FLAG_NO_HANDLE_INHERIT == 0;
            Ok(OrInvalid(duplicate::take(handle, inherit)?))
        }
        // What the caller gives goes before what the description says.
        Description::Kind(family, kind, number) => {
            const FROM_PROTOCOL_INFO: i32 = -1;
            let or = |given, described| match given {
                FROM_PROTOCOL_INFO => described,
                given => given,
            };
            create(or(af, family), or(r#type, kind), or(protocol, number), dwFlags)
        }
    }
}

/// Closes a socket. (Microsoft: "closesocket function")
#[export(ws2_32(ordinal = 3), wsock32(ordinal = 3))]
fn closesocket(s: Handle) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::close(s)?;
    Ok(OrSocketError)
}

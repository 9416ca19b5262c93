//! Addresses and connections.

use super::error::Socket;
use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::{OrInvalid, Ptr};
use haft_abi::Handle;
use haft_kernel::io::socket::{self, Place};
use haft_macros::export;

fn length(given: i32) -> Result<usize, WsaError> {
    usize::try_from(given).map_err(|_| WsaError::EFAULT)
}

/// Where an address goes, by the function's two parameters.
pub(super) fn place(address: Ptr<u8>, length: Ptr<i32>) -> Place {
    Place { address: address.addr(), length: length.addr() }
}

/// Gives a socket its address. (Microsoft: "bind function")
#[export(ws2_32(ordinal = 2), wsock32(ordinal = 2))]
fn bind(s: Handle, name: Ptr<u8>, namelen: i32) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::bind(s, name.addr(), length(namelen)?)?;
    Ok(OrSocketError)
}

/// Has a socket take connections. (Microsoft: "listen function")
#[export(ws2_32(ordinal = 13), wsock32(ordinal = 13))]
fn listen(s: Handle, backlog: i32) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::listen(s, backlog)?;
    Ok(OrSocketError)
}

/// Takes a connection. (Microsoft: "accept function")
#[export(ws2_32(ordinal = 1), wsock32(ordinal = 1))]
fn accept(s: Handle, addr: Ptr<u8>, addrlen: Ptr<i32>) -> Result<Socket, WsaError> {
    started()?;
    Ok(OrInvalid(socket::accept::accept(s, place(addr, addrlen))?))
}

/// Connects a socket. (Microsoft: "connect function")
#[export(ws2_32(ordinal = 4), wsock32(ordinal = 4))]
fn connect(s: Handle, name: Ptr<u8>, namelen: i32) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::connect(s, name.addr(), length(namelen)?)?;
    Ok(OrSocketError)
}

/// Connects a socket. Data and quality of service belong to no protocol that there is.
/// (Microsoft: "WSAConnect function")
#[export(ws2_32)]
fn WSAConnect(
    s: Handle,
    name: Ptr<u8>,
    namelen: i32,
    lpCallerData: Ptr<u8>,
    lpCalleeData: Ptr<u8>,
    lpSQOS: Ptr<u8>,
    lpGQOS: Ptr<u8>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    if [lpCallerData, lpCalleeData, lpSQOS, lpGQOS].iter().any(|given| !given.is_null()) {
        return Err(WsaError::EOPNOTSUPP);
    }
    socket::connection::connect(s, name.addr(), length(namelen)?)?;
    Ok(OrSocketError)
}

/// Ends sending, receiving or both. (Microsoft: "shutdown function")
#[export(ws2_32(ordinal = 22), wsock32(ordinal = 22))]
fn shutdown(s: Handle, how: u32) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::shutdown(s, how)?;
    Ok(OrSocketError)
}

/// Tells a socket's own address. (Microsoft: "getsockname function")
#[export(ws2_32(ordinal = 6), wsock32(ordinal = 6))]
fn getsockname(s: Handle, name: Ptr<u8>, namelen: Ptr<i32>) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::own_name(s, place(name, namelen))?;
    Ok(OrSocketError)
}

/// Tells the address that a socket is connected to. (Microsoft: "getpeername function")
#[export(ws2_32(ordinal = 5), wsock32(ordinal = 5))]
fn getpeername(s: Handle, name: Ptr<u8>, namelen: Ptr<i32>) -> Result<OrSocketError, WsaError> {
    started()?;
    socket::connection::peer_name(s, place(name, namelen))?;
    Ok(OrSocketError)
}

//! Controls of sockets.

use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::Ptr;
use haft_abi::Handle;
use haft_kernel::io::socket::control;
use haft_macros::export;

pub(super) const FIONBIO: u32 = 0x8004_667E;
pub(super) const FIONREAD: u32 = 0x4004_667F;
pub(super) const SIOCATMARK: u32 = 0x4004_7307;

/// Controls a socket. (Microsoft: "ioctlsocket function")
#[export(ws2_32(ordinal = 10), wsock32(ordinal = 12))]
fn ioctlsocket(s: Handle, cmd: u32, argp: Ptr<u32>) -> Result<OrSocketError, WsaError> {
    started()?;
    match cmd {
        FIONBIO => control::set_nonblocking(s, argp.read()? != 0)?,
        FIONREAD => argp.write(control::readable(s)?)?,
        SIOCATMARK => argp.write(control::no_urgent_data(s)?.into())?,
        _ => {
            haft_kernel::io::socket::kind(s)?;
            return Err(WsaError::EINVAL);
        }
    }
    Ok(OrSocketError)
}

//! Options of sockets.

use super::startup::started;
use super::{OrSocketError, WsaError, protocol};
use crate::abi::{Ansi, Ptr, Wide};
use haft_abi::Handle;
use haft_kernel::io::socket::option::{self, Level, Value};
use haft_macros::export;

/// `SO_PROTOCOL_INFOA`.
const PROTOCOL_INFO_A: i32 = 0x2004;
/// `SO_PROTOCOL_INFOW`.
const PROTOCOL_INFO_W: i32 = 0x2005;

fn group(level: i32) -> Result<Level, WsaError> {
    Level::new(level).ok_or(WsaError::EINVAL)
}

/// Sets an option of a socket. (Microsoft: "setsockopt function")
#[export(ws2_32(ordinal = 21), wsock32(ordinal = 21))]
fn setsockopt(
    s: Handle,
    level: i32,
    optname: i32,
    optval: Ptr<u8>,
    optlen: i32,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let length = usize::try_from(optlen).map_err(|_| WsaError::EFAULT)?;
    // No option that there is has a longer value.
    let value = if optval.is_null() { Vec::new() } else { optval.read_slice(length.min(512))? };
    option::set(s, group(level)?, optname, &value)?;
    Ok(OrSocketError)
}

/// Gets an option of a socket. (Microsoft: "getsockopt function")
#[export(ws2_32(ordinal = 7), wsock32(ordinal = 7))]
fn getsockopt(
    s: Handle,
    level: i32,
    optname: i32,
    optval: Ptr<u8>,
    optlen: Ptr<i32>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    let room = usize::try_from(optlen.read()?).map_err(|_| WsaError::EFAULT)?;
    let value = match (group(level)?, optname) {
        (Level::Socket, PROTOCOL_INFO_A) => protocol::info_of::<Ansi>(s)?,
        (Level::Socket, PROTOCOL_INFO_W) => protocol::info_of::<Wide>(s)?,
        (level, name) => match option::get(s, level, name)? {
            Value::Bytes(value) => value,
            Value::Failure(status) => WsaError::from(status).0.to_le_bytes().to_vec(),
        },
    };
    // A truth value may be asked for in one byte.
    let short = value.len() == 4 && (1..4).contains(&room) && value[room..] == [0; 4][room..];
    if room < value.len() && !short {
        return Err(WsaError::EFAULT);
    }
    let value = &value[..value.len().min(room)];
    optval.write_slice(value)?;
    optlen.write(value.len() as i32)?;
    Ok(OrSocketError)
}

//! Options of sockets.

use super::startup::started;
use super::{OrSocketError, WsaError};
use crate::abi::Ptr;
use haft_abi::Handle;
use haft_kernel::io::socket::option::{self, Level, Value};
use haft_macros::export;

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
    let value = match option::get(s, group(level)?, optname)? {
        Value::Bytes(value) => value,
        Value::Failure(status) => WsaError::from(status).0.to_le_bytes().to_vec(),
    };
    // A truth value may be asked for in one byte.
    let short = room >= 1 && room < value.len() && value[room..].iter().all(|&byte| byte == 0);
    if room < value.len() && !short {
        return Err(WsaError::EFAULT);
    }
    let value = &value[..value.len().min(room)];
    optval.write_slice(value)?;
    optlen.write(value.len() as i32)?;
    Ok(OrSocketError)
}

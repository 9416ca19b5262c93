//! Beginning and ending the use of Winsock.

use super::{OrSocketError, WsaError};
use crate::abi::Ptr;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_macros::export;

/// How often it was begun and not ended.
static USERS: AtomicU32 = AtomicU32::new(0);

/// That the program has begun to use Winsock.
pub(super) fn started() -> Result<(), WsaError> {
    if USERS.load(Ordering::Relaxed) == 0 { Err(WsaError::NOTINITIALISED) } else { Ok(()) }
}

/// The newest version: 2.2.
const NEWEST: u16 = 0x0202;

/// Begins the use of Winsock. (Microsoft: "WSAStartup function")
#[export(ws2_32(ordinal = 115), wsock32(ordinal = 115))]
fn WSAStartup(wVersionRequired: u16, lpWSAData: Ptr<u8>) -> WsaError {
    let (major, minor) = (wVersionRequired & 0xFF, wVersionRequired >> 8);
    let version = match (major, minor) {
        (0, _) => return WsaError::VERNOTSUPPORTED,
        (1, 0) => 0x0001,
        (1, _) => 0x0101,
        (2, 0) => 0x0002,
        (2, 1) => 0x0102,
        _ => NEWEST,
    };
    let mut data = [0u8; 408];
    data[..2].copy_from_slice(&u16::to_le_bytes(version));
    data[2..4].copy_from_slice(&NEWEST.to_le_bytes());
    if major < 2 {
        // iMaxSockets and iMaxUdpDg, which later versions leave alone.
        data[4..6].copy_from_slice(&32767u16.to_le_bytes());
        data[6..8].copy_from_slice(&65467u16.to_le_bytes());
    }
    let description = b"WinSock 2.0";
    data[16..16 + description.len()].copy_from_slice(description);
    let status = b"Running";
    data[273..273 + status.len()].copy_from_slice(status);
    if lpWSAData.write_slice(&data).is_err() {
        return WsaError::EFAULT;
    }
    USERS.fetch_add(1, Ordering::Relaxed);
    WsaError(0)
}

/// Ends the use of Winsock. (Microsoft: "WSACleanup function")
#[export(ws2_32(ordinal = 116), wsock32(ordinal = 116))]
fn WSACleanup() -> Result<OrSocketError, WsaError> {
    let less = |users: u32| users.checked_sub(1);
    match USERS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
        Ok(_) => Ok(OrSocketError),
        Err(_) => Err(WsaError::NOTINITIALISED),
    }
}

//! Addresses as text.

use super::WsaError;
use crate::abi::{AStr, Ansi, Charset, OrMinusOne, Ptr, TBuf, WStr, Wide};
use core::cell::UnsafeCell;
use haft_abi::wide;
use haft_kernel::io::resolver;
use haft_macros::export;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const AF_INET: i32 = 2;
pub(super) const AF_INET6: i32 = 23;

/// Turns a text into an IPv4 address in network order; `INADDR_NONE` is what it is not.
/// (Microsoft: "inet_addr function")
#[export(ws2_32(ordinal = 11), wsock32(ordinal = 10))]
fn inet_addr(cp: Option<AStr>) -> u32 {
    let Some(text) = cp.map(|text| text.to_string()) else { return u32::MAX };
    // What stands behind a blank is not looked at.
    let text = text.split(' ').next().unwrap_or("");
    resolver::legacy_v4(text).map_or(u32::MAX, |address| u32::from_ne_bytes(address.octets()))
}

thread_local! {
    static TEXT: UnsafeCell<[u8; 16]> = const { UnsafeCell::new([0; 16]) };
}

/// Turns an IPv4 address into a text, which the thread's next call overwrites. (Microsoft:
/// "inet_ntoa function")
#[export(ws2_32(ordinal = 12), wsock32(ordinal = 11))]
fn inet_ntoa(r#in: u32) -> Ptr<u8> {
    let place = Ptr::new(TEXT.with(|text| text.get() as usize));
    let text = format!("{}\0", Ipv4Addr::from(r#in.to_ne_bytes()));
    if place.write_slice(text.as_bytes()).is_err() { Ptr::NULL } else { place }
}

/// A number whose failure is -1, and zero for a text that is no address.
fn parsed(family: i32, text: &str) -> Result<Option<Vec<u8>>, WsaError> {
    match family {
        AF_INET => Ok(text.parse::<Ipv4Addr>().ok().map(|address| address.octets().to_vec())),
        AF_INET6 => Ok(text.parse::<Ipv6Addr>().ok().map(|address| address.octets().to_vec())),
        _ => Err(WsaError::EAFNOSUPPORT),
    }
}

/// Turns a text into an address: 1, 0 for what is none, -1 for another family. (Microsoft:
/// "inet_pton function")
#[export(ws2_32, also = "InetPtonA")]
fn inet_pton(Family: i32, pszAddrString: AStr, pAddrBuf: Ptr<u8>) -> Result<OrMinusOne, WsaError> {
    number(Family, &pszAddrString.to_string(), pAddrBuf)
}

/// Turns a text into an address: 1, 0 for what is none, -1 for another family. (Microsoft:
/// "InetPtonW function")
#[export(ws2_32)]
fn InetPtonW(Family: i32, pszAddrString: WStr, pAddrBuf: Ptr<u8>) -> Result<OrMinusOne, WsaError> {
    number(Family, &pszAddrString.to_string(), pAddrBuf)
}

fn number(family: i32, text: &str, place: Ptr<u8>) -> Result<OrMinusOne, WsaError> {
    match parsed(family, text)? {
        None => Ok(OrMinusOne(0)),
        Some(bytes) => {
            place.write_slice(&bytes)?;
            Ok(OrMinusOne(1))
        }
    }
}

fn text_of(family: i32, address: Ptr<u8>) -> Result<String, WsaError> {
    Ok(match family {
        AF_INET => Ipv4Addr::from(address.cast::<[u8; 4]>().read()?).to_string(),
        AF_INET6 => Ipv6Addr::from(address.cast::<[u8; 16]>().read()?).to_string(),
        _ => return Err(WsaError::EAFNOSUPPORT),
    })
}

fn show<C: Charset>(
    family: i32,
    address: Ptr<u8>,
    place: TBuf<C>,
    room: usize,
) -> Result<Ptr<C::Unit>, WsaError> {
    let text = wide::from_str(&text_of(family, address)?);
    place
        .fill(u32::try_from(room).unwrap_or(u32::MAX), &text)?
        .stored_or(WsaError::_INVALID_PARAMETER)?;
    Ok(place.ptr())
}

/// Turns an address into a text. (Microsoft: "inet_ntop function")
#[export(ws2_32, also = "InetNtopA")]
fn inet_ntop(
    Family: i32,
    pAddr: Ptr<u8>,
    pStringBuf: TBuf<Ansi>,
    StringBufSize: usize,
) -> Result<Ptr<u8>, WsaError> {
    show(Family, pAddr, pStringBuf, StringBufSize)
}

/// Turns an address into a text. (Microsoft: "InetNtopW function")
#[export(ws2_32)]
fn InetNtopW(
    Family: i32,
    pAddr: Ptr<u8>,
    pStringBuf: TBuf<Wide>,
    StringBufSize: usize,
) -> Result<Ptr<u16>, WsaError> {
    show(Family, pAddr, pStringBuf, StringBufSize)
}

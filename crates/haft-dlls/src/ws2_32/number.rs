//! The order of bytes.

use haft_macros::export;

/// Turns 32 bits into network order. (Microsoft: "htonl function")
#[export(ws2_32(ordinal = 8), wsock32(ordinal = 8))]
fn htonl(hostlong: u32) -> u32 {
    hostlong.to_be()
}

/// Turns 16 bits into network order. (Microsoft: "htons function")
#[export(ws2_32(ordinal = 9), wsock32(ordinal = 9))]
fn htons(hostshort: u16) -> u16 {
    hostshort.to_be()
}

/// Turns 32 bits of network order into the machine's. (Microsoft: "ntohl function")
#[export(ws2_32(ordinal = 14), wsock32(ordinal = 14))]
fn ntohl(netlong: u32) -> u32 {
    u32::from_be(netlong)
}

/// Turns 16 bits of network order into the machine's. (Microsoft: "ntohs function")
#[export(ws2_32(ordinal = 15), wsock32(ordinal = 15))]
fn ntohs(netshort: u16) -> u16 {
    u16::from_be(netshort)
}

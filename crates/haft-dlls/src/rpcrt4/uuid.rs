//! Universally unique identifiers.

use crate::abi::{Charset, In, InOut, Out};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::ex::{allocation, guid};
use haft_macros::export;

fn code(result: Result<(), NtStatus>) -> u32 {
    result.map_or_else(|status| Win32Error::from(status).0, |()| 0)
}

/// Makes a new identifier of random numbers. (Microsoft: "UuidCreate function")
#[export(rpcrt4)]
fn UuidCreate(Uuid: Out<[u8; 16]>) -> u32 {
    code(guid::create().and_then(|new| Ok(Uuid.set(new)?)))
}

/// Writes an identifier as text, in new memory that RpcStringFree frees. (Microsoft:
/// "UuidToStringW function")
#[export(rpcrt4, charset)]
fn UuidToString<C: Charset>(Uuid: In<[u8; 16]>, StringUuid: Out<usize>) -> u32 {
    let text = guid::text(*Uuid).to_ascii_lowercase();
    let units: Vec<u16> = text.trim_matches(['{', '}']).encode_utf16().chain([0]).collect();
    let made = allocation::allocate_slice(&C::encode(&units));
    code(made.and_then(|address| Ok(StringUuid.set(address)?)))
}

/// Frees a text that UuidToString made. (Microsoft: "RpcStringFreeW function")
#[export(rpcrt4, also = "RpcStringFreeA")]
fn RpcStringFreeW(String: InOut<usize>) -> u32 {
    let freed = match String.get() {
        0 => Ok(()),
        address => allocation::free(address),
    };
    code(freed.and_then(|()| Ok(String.set(0)?)))
}

//! Random numbers.

use super::provider::BAD_UID;
use crate::abi::Ptr;
use haft_abi::Win32Error;
use haft_kernel::ex::{crypt_provider, random};
use haft_macros::export;

/// Fills a buffer with random bytes; FALSE if that is not possible. (Microsoft: "RtlGenRandom
/// function")
#[export(advapi32)]
fn SystemFunction036(RandomBuffer: Ptr<u8>, RandomBufferLength: u32) -> bool {
    random::fill_program(RandomBuffer.addr(), RandomBufferLength as usize).is_ok()
}

/// Fills a buffer with random bytes. (Microsoft: "CryptGenRandom function")
#[export(advapi32)]
fn CryptGenRandom(hProv: usize, dwLen: u32, pbBuffer: Ptr<u8>) -> Result<(), Win32Error> {
    if crypt_provider::of(hProv).is_none() {
        return Err(BAD_UID);
    }
    Ok(random::fill_program(pbBuffer.addr(), dwLen as usize)?)
}

//! Random numbers.

use crate::abi::Ptr;
use haft_abi::NtStatus;
use haft_kernel::ex::random;
use haft_macros::export;

/// `BCRYPT_RNG_ALG_HANDLE`, the pseudo handle of the system's generator.
const RNG_ALG_HANDLE: usize = 0x81;

/// Fills a buffer with random bytes of the system's generator. (Microsoft: "BCryptGenRandom
/// function")
#[export(bcrypt)]
fn BCryptGenRandom(
    hAlgorithm: usize,
    pbBuffer: Ptr<u8>,
    cbBuffer: u32,
    dwFlags: u32,
) -> Result<(), NtStatus> {
    const RNG_USE_ENTROPY_IN_BUFFER: u32 = 1;
    const USE_SYSTEM_PREFERRED_RNG: u32 = 2;
    if dwFlags & !(RNG_USE_ENTROPY_IN_BUFFER | USE_SYSTEM_PREFERRED_RNG) != 0
        || pbBuffer.is_null() && cbBuffer != 0
    {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let system = match hAlgorithm {
        0 => dwFlags & USE_SYSTEM_PREFERRED_RNG != 0,
        handle => handle == RNG_ALG_HANDLE,
    };
    if !system {
        return Err(NtStatus::INVALID_HANDLE);
    }
    random::fill_program(pbBuffer.addr(), cbBuffer as usize)
}

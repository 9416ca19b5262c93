//! Random numbers and checksums.

use crate::abi::{InOut, Ptr};
use crate::hooks;
use haft_kernel::ex::{random, text_hash};
use haft_macros::export;

/// Returns a random number below 2 to the 31st, and a new seed. (Microsoft: "RtlRandomEx
/// function")
#[export(ntdll, also = "RtlRandom")]
fn RtlRandomEx(Seed: InOut<u32>) -> u32 {
    let mut bytes = [0; 8];
    if random::fill(&mut bytes).is_err() {
        // Without a generator, one step of the documented kind: x * 0x7FFFFFED + 0x7FFFFFC3.
        let next = Seed.get().wrapping_mul(0x7FFF_FFED).wrapping_add(0x7FFF_FFC3) % 0x7FFF_FFFF;
        bytes = (u64::from(next) << 32 | u64::from(next)).to_le_bytes();
    }
    let number = u64::from_le_bytes(bytes);
    hooks::or_fault(Seed.set((number >> 32) as u32 & 0x7FFF_FFFF));
    (number as u32) % 0x7FFF_FFFF
}

/// Returns the next number of a linear sequence, and makes it the seed. (Microsoft: "RtlUniform
/// function")
#[export(ntdll)]
fn RtlUniform(Seed: InOut<u32>) -> u32 {
    let product = u64::from(Seed.get()) * 0x7FFF_FFED + 0x7FFF_FFC3;
    let next = (product % 0x7FFF_FFFF) as u32;
    hooks::or_fault(Seed.set(next));
    next
}

/// Continues a CRC-32 over a buffer. (Geoff Chappell: "RtlComputeCrc32")
#[export(ntdll)]
fn RtlComputeCrc32(PartialCrc: u32, Buffer: Ptr<u8>, Length: u32) -> u32 {
    text_hash::crc32(PartialCrc, &hooks::or_fault(Buffer.read_slice(Length as usize)))
}

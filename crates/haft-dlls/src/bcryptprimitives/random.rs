//! Random numbers.

use crate::abi::Ptr;
use haft_kernel::ex::random;
use haft_macros::export;

/// Fills a buffer with random bytes. (Microsoft: "ProcessPrng function")
#[export(bcryptprimitives)]
fn ProcessPrng(pbData: Ptr<u8>, cbData: usize) -> bool {
    random::fill_program(pbData.addr(), cbData).is_ok()
}

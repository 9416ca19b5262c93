//! `rand_s`.

use crate::ex::random;
use haft_abi::NtStatus;

/// A random number from the system.
///
/// # Errors
/// Those of [`random::fill`].
pub fn number() -> Result<u32, NtStatus> {
    let mut bytes = [0; 4];
    random::fill(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

//! What the system asks of cryptography.

use crate::abi::Out;
use haft_abi::NtStatus;
use haft_macros::export;

/// Tells whether the system is set to use validated algorithms alone, which Linux's users of haft have
/// no setting for. (Microsoft: "BCryptGetFipsAlgorithmMode function")
#[export(bcrypt)]
fn BCryptGetFipsAlgorithmMode(pfEnabled: Out<u8>) -> Result<(), NtStatus> {
    Ok(pfEnabled.set(0)?)
}

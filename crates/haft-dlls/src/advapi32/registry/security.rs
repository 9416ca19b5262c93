//! The security of keys.

use super::code;
use crate::abi::{InOut, Ptr};
use crate::captured;
use haft_abi::{Handle, Win32Error};
use haft_kernel::cm::{self, KeyHandle};
use haft_kernel::se::security::SecurityInformation as Parts;
use haft_macros::export;

/// Tells parts of a key's security descriptor. (Microsoft: "RegGetKeySecurity function")
#[export(advapi32)]
fn RegGetKeySecurity(
    hKey: Handle,
    SecurityInformation: u32,
    pSecurityDescriptor: Ptr<u8>,
    lpcbSecurityDescriptor: InOut<u32>,
) -> Win32Error {
    code((|| {
        let parts = Parts(SecurityInformation);
        let bytes = cm::security(KeyHandle(hKey), parts)?.to_bytes();
        let room = lpcbSecurityDescriptor.get() as usize;
        lpcbSecurityDescriptor.set(bytes.len() as u32)?;
        if pSecurityDescriptor.is_null() || room < bytes.len() {
            return Err(Win32Error::INSUFFICIENT_BUFFER);
        }
        Ok(pSecurityDescriptor.write_slice(&bytes)?)
    })())
}

/// Sets parts of a key's security descriptor. (Microsoft: "RegSetKeySecurity function")
#[export(advapi32)]
fn RegSetKeySecurity(
    hKey: Handle,
    SecurityInformation: u32,
    pSecurityDescriptor: Ptr<u8>,
) -> Win32Error {
    let parts = Parts(SecurityInformation);
    code(
        captured::descriptor(pSecurityDescriptor)
            .and_then(|descriptor| cm::set_security(KeyHandle(hKey), parts, &descriptor)),
    )
}

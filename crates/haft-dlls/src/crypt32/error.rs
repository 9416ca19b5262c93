//! Why a function of certificates failed, as programs are told.

use haft_abi::Win32Error;
use haft_kernel::cert::CertError;

/// `CRYPT_E_NOT_FOUND`.
pub(super) const NOT_FOUND: Win32Error = Win32Error(0x8009_2004);

/// The code of a failure.
pub(super) fn code(error: CertError) -> Win32Error {
    match error {
        CertError::NotFound => NOT_FOUND,
        CertError::Exists => Win32Error(0x8009_2005),
        // `CRYPT_E_ASN1_BADTAG`.
        CertError::Encoding => Win32Error(0x8009_310B),
        CertError::PendingClose => Win32Error(0x8009_200F),
        // `E_INVALIDARG`.
        CertError::Argument => Win32Error(0x8007_0057),
        CertError::NoMemory => Win32Error::NOT_ENOUGH_MEMORY,
        CertError::Fault => Win32Error::NOACCESS,
    }
}

//! Files of certificates.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Where distributions have the certificates that are trusted.
pub const PLACES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates of a file in PEM, each as DER. What is no certificate is passed over.
#[must_use]
pub fn read(pem: &[u8]) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).map(|der| der.to_vec()).collect()
}

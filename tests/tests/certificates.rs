//! Certificates: crypt32's stores, contexts and chains; and hashes.

use haft_tests::{Run, check_with, fixture, fixtures, root};

fixtures! {
    hashes,
}

/// The root that `SSL_CERT_FILE` names is trusted, and no other.
#[test]
fn certificates() {
    let pem = root().join("crates/haft-certificate/tests/root.pem");
    let run = Run::new(fixture("certificates.exe"));
    check_with(run.env("SSL_CERT_FILE", &pem.to_string_lossy()));
}

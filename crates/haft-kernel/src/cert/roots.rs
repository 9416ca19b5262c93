//! The certificates that Linux trusts.

use crate::{ex, io};
use haft_certificate::bundle;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The certificates of the file that `SSL_CERT_FILE` names, or else of the machine's. They are read
/// once.
pub fn certificates() -> &'static [Vec<u8>] {
    static ROOTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let named = ex::environment::get(&"SSL_CERT_FILE".encode_utf16().collect::<Vec<_>>());
        let text = match named.as_deref().map(file_of) {
            Some(path) => path.and_then(|path| std::fs::read(path).ok()),
            None => bundle::PLACES.iter().find_map(|place| std::fs::read(place).ok()),
        };
        text.map_or_else(Vec::new, |text| bundle::read(&text))
    })
}

/// The file of a name, which may be Linux's or Windows'.
fn file_of(name: &[u16]) -> Option<PathBuf> {
    if name.first() == Some(&u16::from(b'/')) {
        return Some(std::ffi::OsStr::from_bytes(&io::path::name_to_linux(name)).into());
    }
    io::path::to_linux(&io::path::full(name))
}

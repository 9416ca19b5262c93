//! Where a DLL's file is found (Microsoft: "Dynamic-link library search order").

use super::name;
use crate::io::path;
use haft_abi::wide;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// DLLs that are always haft's own, as the system's "known DLLs" are always the system's.
const KNOWN: &[&str] = &[
    "advapi32.dll",
    "combase.dll",
    "gdi32.dll",
    "kernel32.dll",
    "kernelbase.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "sechost.dll",
    "shell32.dll",
    "shlwapi.dll",
    "ucrtbase.dll",
    "user32.dll",
    "ws2_32.dll",
];

/// Folders that the user or the program named, in the order they are searched.
static NAMED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Adds a folder to search after the program's own.
pub fn add_folder(folder: PathBuf) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).push(folder);
}

/// Takes a folder out again.
pub fn remove_folder(folder: &Path) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).retain(|f| f != folder);
}

/// Whether a DLL of this normalized name is never taken from a file.
#[must_use]
pub(super) fn is_known(normalized: &str) -> bool {
    KNOWN.binary_search(&normalized).is_ok()
}

/// The file in `folder` whose name is `wanted` in any case.
fn in_folder(folder: &Path, wanted: &str) -> Option<PathBuf> {
    let exact = folder.join(wanted);
    if exact.is_file() {
        return Some(exact);
    }
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().to_lowercase() == wanted)
        .map(|entry| entry.path())
        .filter(|p| p.is_file())
}

/// The file of a DLL that was asked for by `requested`, from the program's folder and those
/// that were named. `program` is the program's own file.
#[must_use]
pub(super) fn beside_program(requested: &[u16], program: &Path) -> Option<PathBuf> {
    if name::has_folder(requested) {
        let full = path::full(requested);
        let found = path::find(&full)?;
        return found.is_file().then_some(found).or_else(|| {
            // `LoadLibrary(L"C:\\x\\plug")` means plug.dll.
            let mut with_extension = full;
            with_extension.extend(wide::from_str(".dll"));
            path::find(&with_extension).filter(|p| p.is_file())
        });
    }
    let wanted = name::normalize(requested);
    let own = program.parent().and_then(|folder| in_folder(folder, &wanted));
    own.or_else(|| {
        let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        named.iter().find_map(|folder| in_folder(folder, &wanted))
    })
}

/// The file of a DLL in the current directory or in a folder of `PATH`, which are searched
/// after the built-in DLLs.
#[must_use]
pub(super) fn in_path(requested: &[u16]) -> Option<PathBuf> {
    if name::has_folder(requested) {
        return None;
    }
    let wanted = name::normalize(requested);
    let here = std::env::current_dir().ok().and_then(|folder| in_folder(&folder, &wanted));
    here.or_else(|| {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).find_map(|folder| in_folder(&folder, &wanted))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_dlls_are_sorted_for_the_search() {
        assert!(super::KNOWN.is_sorted());
        assert!(super::is_known("kernel32.dll") && !super::is_known("libstdc++-6.dll"));
    }
}

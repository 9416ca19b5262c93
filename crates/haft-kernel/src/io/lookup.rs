//! Finding files whatever the case of their names.
//!
//! Programs that spell names as the disk does never come here: the exact name is tried first.
//! What a directory holds is remembered for as long as its time of change says that it is true,
//! because compilers look for the same missing names in the same directories again and again.

use haft_abi::NtStatus;
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something, under this spelling.
    There(PathBuf),
    /// Nothing; this is where it would be, in a directory that is there.
    Missing(PathBuf),
}

/// A name in the form in which names that differ by case are the same.
#[must_use]
pub fn fold(name: &[u8]) -> Vec<u8> {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    match core::str::from_utf8(name) {
        Ok(text) => text.chars().flat_map(char::to_lowercase).collect::<String>().into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

/// The names in a directory by their folded form, and when it had them.
struct Listing {
    stamp: (u64, u64, i64, i64),
    names: HashMap<Vec<u8>, OsString>,
}

/// So many directories are remembered.
const REMEMBERED: usize = 64;

static LISTINGS: Mutex<Option<HashMap<PathBuf, Listing>>> = Mutex::new(None);

/// A directory that changed less than this many seconds ago may change again within the tick of
/// its time of change, so its listing is used once.
const SETTLED: i64 = 2;

/// The spelling in `directory` of a name that is not there as spelled.
fn other_spelling(directory: &Path, name: &[u8]) -> Option<OsString> {
    let folded = fold(name);
    let status = directory.metadata().ok()?;
    let stamp = (status.dev(), status.ino(), status.mtime(), status.mtime_nsec());
    let mut listings = LISTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let listings = listings.get_or_insert_default();
    if let Some(known) = listings.get(directory)
        && known.stamp == stamp
    {
        return known.names.get(&folded).cloned();
    }
    let mut names = HashMap::new();
    for entry in std::fs::read_dir(directory).ok()?.flatten() {
        let name = entry.file_name();
        names.entry(fold(name.as_bytes())).or_insert(name);
    }
    let found = names.get(&folded).cloned();
    let now = haft_abi::time::to_unix(haft_host::clock::system_time()).0;
    if now - status.mtime() > SETTLED {
        if listings.len() >= REMEMBERED {
            listings.clear();
        }
        listings.insert(directory.to_owned(), Listing { stamp, names });
    } else {
        listings.remove(directory);
    }
    found
}

/// Looks for a file whose exact name is not there.
///
/// # Errors
/// `OBJECT_PATH_NOT_FOUND` when a directory on the way is missing or none.
pub fn ignoring_case(path: &Path) -> Result<Found, NtStatus> {
    match on_disk(path) {
        Ok(Found::There(path)) => Ok(Found::There(path)),
        nothing => super::built_in::find(path).map_or(nothing, |path| Ok(Found::There(path))),
    }
}

fn on_disk(path: &Path) -> Result<Found, NtStatus> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Found::There(path.to_owned()));
    };
    let parent = directory(parent)?;
    let exact = parent.join(name);
    if exact.symlink_metadata().is_ok() {
        return Ok(Found::There(exact));
    }
    match other_spelling(&parent, name.as_bytes()) {
        Some(spelling) => Ok(Found::There(parent.join(spelling))),
        None if parent.is_dir() => Ok(Found::Missing(exact)),
        None => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
    }
}

/// The true spelling of a directory that must be there.
fn directory(path: &Path) -> Result<PathBuf, NtStatus> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    match ignoring_case(path)? {
        Found::There(path) if path.is_dir() => Ok(path),
        _ => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
    }
}

/// What is under a path, the exact name first.
///
/// # Errors
/// `OBJECT_PATH_NOT_FOUND` when a directory on the way is missing or none.
pub fn find(path: &Path) -> Result<Found, NtStatus> {
    if path.symlink_metadata().is_ok() {
        return Ok(Found::There(path.to_owned()));
    }
    ignoring_case(path)
}

/// The path of something that is there.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, or `OBJECT_PATH_NOT_FOUND` when a directory on the way is missing.
pub fn existing(path: &Path) -> Result<PathBuf, NtStatus> {
    match find(path)? {
        Found::There(path) => Ok(path),
        Found::Missing(_) => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
    }
}

/// A path with every name as the disk spells it.
#[must_use]
pub fn true_spelling(path: &Path) -> PathBuf {
    let mut spelled = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => {
                let entry = std::fs::read_dir(&spelled).ok().and_then(|entries| {
                    let names: Vec<OsString> = entries.flatten().map(|e| e.file_name()).collect();
                    let folded = fold(name.as_bytes());
                    names
                        .iter()
                        .find(|n| *n == name)
                        .cloned()
                        .or_else(|| names.into_iter().find(|n| fold(n.as_bytes()) == folded))
                });
                spelled.push(entry.unwrap_or_else(|| OsString::from_vec(name.as_bytes().to_vec())));
            }
            other => spelled.push(other),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        let root = std::env::temp_dir().join(format!("haft-lookup-{}", std::process::id()));
        std::fs::create_dir_all(root.join("Sub/Größe")).unwrap();
        std::fs::write(root.join("Sub/Größe/File.TXT"), "x").unwrap();
        let found = find(&root.join("sub/GRÖSSE/file.txt"));
        assert_eq!(
            found,
            Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            "ß has no upper case of one letter"
        );
        let found = find(&root.join("sub/GRößE/file.txt"));
        assert_eq!(found, Ok(Found::There(root.join("Sub/Größe/File.TXT"))));
        let found = find(&root.join("SUB/other"));
        assert_eq!(found, Ok(Found::Missing(root.join("Sub/other"))));
        std::fs::write(root.join("Sub/Other"), "x").unwrap();
        assert_eq!(find(&root.join("SUB/other")), Ok(Found::There(root.join("Sub/Other"))));
        let found = find(&root.join("Sub/Other/x"));
        assert_eq!(found, Err(NtStatus::OBJECT_PATH_NOT_FOUND));
        std::fs::remove_dir_all(root).unwrap();
    }
}

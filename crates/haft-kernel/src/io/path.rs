//! Names of files: DOS paths of Windows programs, and the Linux paths behind them.
//!
//! `Z:` is the root of Linux. `C:` is a small drive of the user's own under
//! `$XDG_DATA_HOME/haft/c`, which is made when something is first written there. A path that
//! starts with a slash and names no drive is on the current drive, as on Windows.

use haft_abi::wide;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const BACKSLASH: u16 = b'\\' as u16;
const SLASH: u16 = b'/' as u16;
const COLON: u16 = b':' as u16;

/// Whether a unit separates the names of a path.
#[must_use]
pub const fn is_separator(unit: u16) -> bool {
    unit == BACKSLASH || unit == SLASH
}

/// The DOS path under which a program sees an absolute Linux path.
#[must_use]
pub fn from_linux(path: &Path) -> Vec<u16> {
    let (drive, rest) = match drive_c().and_then(|c| path.strip_prefix(c).ok().map(Path::to_owned))
    {
        Some(rest) => (b'C', Path::new("/").join(rest)),
        None => (b'Z', path.to_owned()),
    };
    let mut units = vec![u16::from(drive), COLON];
    units.extend(
        wide::from_bytes(rest.as_os_str().as_bytes())
            .into_iter()
            .map(|u| if u == SLASH { BACKSLASH } else { u }),
    );
    units
}

/// The directory that is drive `C:`, if the user has a home to keep it in.
#[must_use]
pub fn drive_c() -> Option<PathBuf> {
    let base = match std::env::var_os("XDG_DATA_HOME") {
        Some(dir) if Path::new(&dir).is_absolute() => PathBuf::from(dir),
        _ => PathBuf::from(std::env::var_os("HOME")?).join(".local/share"),
    };
    Some(base.join("haft/c"))
}

/// The Linux path of a full DOS path (`X:\...`), names as spelled: the caller looks for other
/// spellings. `None` for a drive that haft does not have.
#[must_use]
pub fn to_linux(full: &[u16]) -> Option<PathBuf> {
    let [drive, COLON, rest @ ..] = full else { return None };
    let root = match u8::try_from(*drive).ok()?.to_ascii_uppercase() {
        b'Z' => PathBuf::from("/"),
        b'C' => drive_c()?,
        _ => return None,
    };
    let bytes = wide::to_bytes(rest);
    let mut path = root;
    for name in bytes.split(|&b| b == b'\\' || b == b'/').filter(|n| !n.is_empty()) {
        path.push(std::ffi::OsString::from_vec(name.to_vec()));
    }
    Some(path)
}

/// The full DOS path of a path as a program gives it: drive, directory and `.` and `..` resolved
/// (Microsoft: "GetFullPathNameW function").
#[must_use]
pub fn full(given: &[u16]) -> Vec<u16> {
    let (drive, rest, absolute) = match given {
        [BACKSLASH, BACKSLASH, dot, BACKSLASH, tail @ ..]
            if *dot == u16::from(b'?') || *dot == u16::from(b'.') =>
        {
            return full(tail);
        }
        [drive, COLON, tail @ ..] => {
            (Some(*drive), tail, tail.first().is_some_and(|&u| is_separator(u)))
        }
        _ => (None, given, given.first().is_some_and(|&u| is_separator(u))),
    };
    let current = current_directory();
    let mut base = match drive {
        Some(d) if !same_letter(d, current[0]) => vec![upper(d), COLON],
        _ if absolute => current[..2].to_vec(),
        _ => current,
    };
    while base.last() == Some(&BACKSLASH) {
        base.pop();
    }
    for name in rest.split(|&u| is_separator(u)) {
        match name {
            [] => {}
            [d] if *d == u16::from(b'.') => {}
            [d, e] if *d == u16::from(b'.') && *e == u16::from(b'.') => {
                if let Some(at) = base.iter().rposition(|&u| u == BACKSLASH) {
                    base.truncate(at);
                }
            }
            _ => {
                base.push(BACKSLASH);
                base.extend_from_slice(name);
            }
        }
    }
    if base.len() == 2 || given.last().is_some_and(|&u| is_separator(u)) {
        base.push(BACKSLASH);
    }
    base
}

fn upper(letter: u16) -> u16 {
    u8::try_from(letter).map_or(letter, |b| u16::from(b.to_ascii_uppercase()))
}

fn same_letter(a: u16, b: u16) -> bool {
    upper(a) == upper(b)
}

/// The current directory, without a trailing backslash unless it is a root.
#[must_use]
pub fn current_directory() -> Vec<u16> {
    from_linux(&std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")))
}

/// The Linux path of a full DOS path if something is there, whatever the case of its names.
#[must_use]
pub fn find(full: &[u16]) -> Option<PathBuf> {
    let path = to_linux(full)?;
    if path.symlink_metadata().is_ok() {
        return Some(path);
    }
    let mut found = PathBuf::new();
    for part in path.components() {
        let next = found.join(part);
        if next.symlink_metadata().is_ok() {
            found = next;
            continue;
        }
        let wanted = part.as_os_str().to_string_lossy().to_lowercase();
        let entry = std::fs::read_dir(&found)
            .ok()?
            .flatten()
            .find(|e| e.file_name().to_string_lossy().to_lowercase() == wanted)?;
        found = entry.path();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_paths_are_on_drive_z() {
        let dos = from_linux(Path::new("/usr/bin/x"));
        assert_eq!(wide::to_string(&dos), r"Z:\usr\bin\x");
        assert_eq!(to_linux(&dos), Some(PathBuf::from("/usr/bin/x")));
    }

    #[test]
    fn a_drive_that_is_not_there_has_no_path() {
        assert_eq!(to_linux(&wide::from_str(r"Q:\x")), None);
        assert_eq!(to_linux(&wide::from_str("x")), None);
    }
}

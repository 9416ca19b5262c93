//! Names of files: DOS paths of Windows programs, and the Linux paths behind them.
//!
//! `Z:` is the root of Linux. `C:` is a small drive of the user's own under
//! `$XDG_DATA_HOME/haft/c`. A path that starts with a slash and names no drive is on the current
//! drive, as on Windows.
//!
//! Linux names may hold characters that DOS names cannot. Such a character shows as U+F000 plus
//! its code, as in Windows' own Linux subsystem, so every file can be reached.

use super::lookup::{self, Found};
use haft_abi::wide;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

const BACKSLASH: u16 = b'\\' as u16;
const SLASH: u16 = b'/' as u16;
const COLON: u16 = b':' as u16;
const DOT: u16 = b'.' as u16;
const SPACE: u16 = b' ' as u16;
const QUESTION: u16 = b'?' as u16;

/// Where characters that DOS names cannot hold are shown.
const PRIVATE: u16 = 0xF000;

/// Whether a unit separates the names of a path.
#[must_use]
pub const fn is_separator(unit: u16) -> bool {
    unit == BACKSLASH || unit == SLASH
}

/// Whether no DOS name can hold the unit.
#[must_use]
pub const fn is_forbidden(unit: u16) -> bool {
    if unit >= 0x80 {
        return false;
    }
    matches!(unit as u8, 0..=31 | b'<' | b'>' | b'"' | b'|' | b'?' | b'*' | b':' | b'\\' | b'/')
}

/// A name of a file, as a program sees it.
#[must_use]
pub fn name_from_linux(name: &[u8]) -> Vec<u16> {
    let mut units = wide::from_bytes(name);
    for unit in &mut units {
        if is_forbidden(*unit) {
            *unit |= PRIVATE;
        }
    }
    units
}

/// A name of a file, as Linux sees it.
#[must_use]
pub fn name_to_linux(name: &[u16]) -> Vec<u8> {
    let shown = |u: u16| u & 0xFF80 == PRIVATE && is_forbidden(u & 0x7F) && u != PRIVATE;
    if name.iter().any(|&u| shown(u)) {
        let units: Vec<u16> = name.iter().map(|&u| if shown(u) { u & 0x7F } else { u }).collect();
        return wide::to_bytes(&units);
    }
    wide::to_bytes(name)
}

/// The DOS path under which a program sees an absolute Linux path.
#[must_use]
pub fn from_linux(path: &Path) -> Vec<u16> {
    let (drive, rest) = match drive_c().and_then(|c| path.strip_prefix(c).ok()) {
        Some(rest) => (b'C', rest),
        None => (b'Z', path),
    };
    let mut units = vec![u16::from(drive), COLON];
    for name in rest.as_os_str().as_bytes().split(|&b| b == b'/').filter(|n| !n.is_empty()) {
        units.push(BACKSLASH);
        units.extend(name_from_linux(name));
    }
    if units.len() == 2 {
        units.push(BACKSLASH);
    }
    units
}

/// The directory that is drive `C:`, if the user has a home to keep it in.
#[must_use]
pub fn drive_c() -> Option<&'static Path> {
    static DRIVE_C: OnceLock<Option<PathBuf>> = OnceLock::new();
    DRIVE_C.get_or_init(|| Some(haft_host::data_folder::path()?.join("c"))).as_deref()
}

/// The Linux directory that is the root of a drive; `C:` is made the first time that it is named.
#[must_use]
pub fn root_of(drive: u16) -> Option<&'static Path> {
    static MADE: OnceLock<()> = OnceLock::new();
    match u8::try_from(drive).ok()?.to_ascii_uppercase() {
        b'Z' => Some(Path::new("/")),
        b'C' => {
            let root = drive_c()?;
            MADE.get_or_init(|| {
                // Where it cannot be made it is empty, and what is written there fails.
                let _ = std::fs::create_dir_all(root);
            });
            Some(root)
        }
        _ => None,
    }
}

/// The Linux path of a full DOS path (`X:\...`), names as spelled: the caller looks for other
/// spellings. `None` for a drive that haft does not have.
#[must_use]
pub fn to_linux(full: &[u16]) -> Option<PathBuf> {
    let [drive, COLON, rest @ ..] = full else { return None };
    let mut bytes = root_of(*drive)?.as_os_str().as_bytes().to_vec();
    for name in rest.split(|&u| is_separator(u)).filter(|n| !n.is_empty()) {
        if bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend(name_to_linux(name));
    }
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// The part of a path that `..` does not leave, and the rest of it.
enum Root<'a> {
    /// `\\server\share`, `\\?\X:`, `\\.\X:`, `X:` before a separator: as spelled, with
    /// backslashes.
    Fixed(Vec<u16>, &'a [u16]),
    /// Relative to a directory.
    Directory(Vec<u16>, &'a [u16]),
}

fn split_root(given: &[u16]) -> Root<'_> {
    match given {
        [a, b, kind @ (QUESTION | DOT), c, rest @ ..]
            if is_separator(*a) && is_separator(*b) && is_separator(*c) =>
        {
            let mut root = vec![BACKSLASH, BACKSLASH, *kind, BACKSLASH];
            let end = rest.iter().position(|&u| is_separator(u)).unwrap_or(rest.len());
            root.extend_from_slice(&rest[..end]);
            Root::Fixed(root, &rest[end..])
        }
        [a, b, rest @ ..] if is_separator(*a) && is_separator(*b) => {
            let server = rest.iter().position(|&u| is_separator(u)).unwrap_or(rest.len());
            let share = rest[server..].iter().skip(1).position(|&u| is_separator(u));
            let end = share.map_or(rest.len(), |n| server + 1 + n);
            let mut root = vec![BACKSLASH, BACKSLASH];
            root.extend(rest[..end].iter().map(|&u| if u == SLASH { BACKSLASH } else { u }));
            Root::Fixed(root, &rest[end..])
        }
        [drive, COLON, rest @ ..] if rest.first().is_some_and(|&u| is_separator(u)) => {
            Root::Fixed(vec![*drive, COLON], rest)
        }
        [drive, COLON, rest @ ..] => Root::Directory(directory_of_drive(*drive), rest),
        [first, ..] if is_separator(*first) => {
            Root::Fixed(current_directory()[..2].to_vec(), given)
        }
        _ => Root::Directory(current_directory(), given),
    }
}

/// Whether the whole of a name is a device's: `NUL`, `CON`, `COM1`, ...
#[must_use]
pub fn is_device(name: &[u16]) -> bool {
    let name = strip_end(name);
    if name.len() > 7 {
        return false;
    }
    let upper = wide::to_string(name).to_ascii_uppercase();
    match upper.as_str() {
        "NUL" | "CON" | "AUX" | "PRN" | "CONIN$" | "CONOUT$" => true,
        _ => matches!(
            upper.as_bytes(),
            [b'C', b'O', b'M', b'1'..=b'9'] | [b'L', b'P', b'T', b'1'..=b'9']
        ),
    }
}

/// A name without the dots and spaces at its end, which Win32 takes away.
fn strip_end(name: &[u16]) -> &[u16] {
    let end = name.iter().rposition(|&u| u != DOT && u != SPACE).map_or(0, |n| n + 1);
    &name[..end]
}

/// The full DOS path of a path as a program gives it: drive, directory and `.` and `..` resolved
/// (Microsoft: "GetFullPathNameW function", "Naming Files, Paths, and Namespaces"). A device's
/// name gives `\\.\NAME`.
#[must_use]
pub fn full(given: &[u16]) -> Vec<u16> {
    if is_device(given) {
        return device_path(strip_end(given));
    }
    let (mut base, rest, fixed) = match split_root(given) {
        Root::Fixed(root, rest) => {
            let fixed = root.len();
            (root, rest, fixed)
        }
        Root::Directory(mut directory, rest) => {
            if directory.last() == Some(&BACKSLASH) {
                directory.pop();
            }
            let fixed = match split_root(&directory) {
                Root::Fixed(root, _) | Root::Directory(root, _) => root.len().min(directory.len()),
            };
            (directory, rest, fixed)
        }
    };
    let mut names = rest.split(|&u| is_separator(u)).peekable();
    while let Some(name) = names.next() {
        let last = names.peek().is_none();
        match name {
            [] | [DOT] => {}
            [DOT, DOT] => {
                if let Some(at) = base[fixed..].iter().rposition(|&u| u == BACKSLASH) {
                    base.truncate(fixed + at);
                }
            }
            _ => {
                let name = match name {
                    _ if last => strip_end(name),
                    [kept @ .., DOT] if kept.last() != Some(&DOT) => kept,
                    _ => name,
                };
                if name.is_empty() {
                    continue;
                }
                base.push(BACKSLASH);
                base.extend_from_slice(name);
            }
        }
    }
    let ends_open =
        rest.last().is_some_and(|&u| is_separator(u)) || base.len() == 2 && base[1] == COLON;
    if ends_open && base.last() != Some(&BACKSLASH) {
        base.push(BACKSLASH);
    }
    let nul = wide::from_str("\\NUL");
    if base.len() > 4 && base[..2] != [BACKSLASH; 2] && same_text(&base[base.len() - 4..], &nul) {
        return device_path(&base[base.len() - 3..]);
    }
    base
}

fn device_path(name: &[u16]) -> Vec<u16> {
    let mut path = wide::from_str(r"\\.\");
    path.extend_from_slice(name);
    path
}

/// Whether two texts are the same but for the case of ASCII letters.
#[must_use]
pub fn same_text(a: &[u16], b: &[u16]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| upper(a) == upper(b))
}

fn upper(letter: u16) -> u16 {
    u8::try_from(letter).map_or(letter, |b| u16::from(b.to_ascii_uppercase()))
}

/// The current directory, and those that drives were left in.
struct Directories {
    current: Option<Vec<u16>>,
    by_drive: Vec<(u16, Vec<u16>)>,
}

static DIRECTORIES: Mutex<Directories> =
    Mutex::new(Directories { current: None, by_drive: Vec::new() });

/// The current directory, without a trailing backslash unless it is a root.
#[must_use]
pub fn current_directory() -> Vec<u16> {
    let mut directories = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
    let current = directories.current.get_or_insert_with(|| {
        from_linux(&std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")))
    });
    current.clone()
}

/// The directory that a drive was last left in: where `X:name` is.
fn directory_of_drive(drive: u16) -> Vec<u16> {
    let current = current_directory();
    if upper(drive) == upper(current[0]) {
        return current;
    }
    let directories = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = directories.by_drive.iter().find(|(d, _)| *d == upper(drive));
    known.map_or_else(|| vec![drive, COLON, BACKSLASH], |(_, directory)| directory.clone())
}

/// Notes a new current directory: a full path of a directory that Linux has been told of.
pub(super) fn note_current_directory(full: Vec<u16>) {
    let mut directories = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
    let drive = upper(full[0]);
    directories.by_drive.retain(|(d, _)| *d != drive);
    directories.by_drive.push((drive, full.clone()));
    directories.current = Some(full);
}

/// The Linux path of a full DOS path if something is there, whatever the case of its names; also of
/// one that is to be taken as it is (`\\?\X:\...`).
#[must_use]
pub fn find(full: &[u16]) -> Option<PathBuf> {
    let path = match full {
        [BACKSLASH, BACKSLASH, QUESTION | DOT, BACKSLASH, literal @ ..] => to_linux(literal)?,
        full => to_linux(full)?,
    };
    if path.symlink_metadata().is_ok() {
        return Some(path);
    }
    match lookup::ignoring_case(&path) {
        Ok(Found::There(path)) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_paths_are_on_drive_z() {
        let dos = from_linux(Path::new("/usr/bin/x"));
        assert_eq!(wide::to_string(&dos), r"Z:\usr\bin\x");
        assert_eq!(to_linux(&dos), Some(PathBuf::from("/usr/bin/x")));
        assert_eq!(wide::to_string(&from_linux(Path::new("/"))), r"Z:\");
    }

    #[test]
    fn a_path_to_be_taken_as_it_is_is_found() {
        let found = |text: &str| find(&full(&wide::from_str(text)));
        assert_eq!(found(r"\\?\Z:\proc\self"), found(r"Z:\proc\self"));
        assert_eq!(found(r"\\?\Z:\proc\self"), Some(PathBuf::from("/proc/self")));
        assert_eq!(found(r"\\?\Z:\proc\none"), None);
    }

    #[test]
    fn a_drive_that_is_not_there_has_no_path() {
        assert_eq!(to_linux(&wide::from_str(r"Q:\x")), None);
        assert_eq!(to_linux(&wide::from_str("x")), None);
    }

    #[test]
    fn names_that_dos_cannot_hold_come_back() {
        let shown = name_from_linux(b"a:b\\c?");
        assert!(!shown.iter().any(|&u| is_forbidden(u)));
        assert_eq!(name_to_linux(&shown), b"a:b\\c?");
    }

    #[test]
    fn full_paths() {
        let cases = [
            (r"C:\a\b\..\c", r"C:\a\c"),
            (r"C:\a\.\b\", r"C:\a\b\"),
            ("C:/a/b", r"C:\a\b"),
            (r"C:\..\..\x", r"C:\x"),
            (r"C:\a\\b", r"C:\a\b"),
            (r"C:\a.\b ", r"C:\a\b"),
            (r"C:\", r"C:\"),
            (r"C:\a\..", r"C:\"),
            (r"\\server\share\a\..\..\b", r"\\server\share\b"),
            (r"\\?\C:\a\..\b", r"\\?\C:\b"),
            (r"\\?\C:\", r"\\?\C:\"),
            ("nul", r"\\.\nul"),
            (r"C:\x\NUL", r"\\.\NUL"),
            ("COM1", r"\\.\COM1"),
            (r"\\.\pipe\a", r"\\.\pipe\a"),
        ];
        for (given, expected) in cases {
            assert_eq!(wide::to_string(&full(&wide::from_str(given))), expected, "{given}");
        }
        let here = wide::to_string(&current_directory());
        assert_eq!(wide::to_string(&full(&wide::from_str(r"y\..\x."))), format!(r"{here}\x"));
    }
}

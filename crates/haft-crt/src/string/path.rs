//! The text side of paths (Microsoft: "_splitpath", "_makepath", "_fullpath").

use crate::Unit;

/// `_MAX_PATH`.
pub const MAX_PATH: usize = 260;

/// The parts of a path; together they are the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a, U> {
    /// The drive letter with its colon, or nothing.
    pub drive: &'a [U],
    /// The directory with its last slash, or nothing.
    pub directory: &'a [U],
    /// The name up to its last dot.
    pub name: &'a [U],
    /// The extension with its dot, or nothing.
    pub extension: &'a [U],
}

fn is_slash<U: Unit>(unit: U) -> bool {
    unit.is(b'\\') || unit.is(b'/')
}

/// `_splitpath`: no part is checked against its `_MAX_*`; `_splitpath_s` compares lengths.
#[must_use]
pub fn split<U: Unit>(path: &[U]) -> Parts<'_, U> {
    let path = crate::unit::until_null(path);
    let drive = if path.get(1).is_some_and(|u| u.is(b':')) { 2 } else { 0 };
    let (drive, rest) = path.split_at(drive);
    let directory = rest.iter().rposition(|&u| is_slash(u)).map_or(0, |at| at + 1);
    let (directory, file) = rest.split_at(directory);
    let name = file.iter().rposition(|u| u.is(b'.')).unwrap_or(file.len());
    let (name, extension) = file.split_at(name);
    Parts { drive, directory, name, extension }
}

/// `_makepath`: puts a colon behind the drive letter, a backslash behind the directory and a dot
/// before the extension where they are missing. Only the drive's first unit counts.
#[must_use]
pub fn make<U: Unit>(parts: &Parts<'_, U>) -> Vec<U> {
    let mut path = Vec::new();
    if let Some(&letter) = parts.drive.first() {
        path.extend([letter, U::from_ascii(b':')]);
    }
    path.extend_from_slice(parts.directory);
    if parts.directory.last().is_some_and(|&u| !is_slash(u)) {
        path.push(U::from_ascii(b'\\'));
    }
    path.extend_from_slice(parts.name);
    if parts.extension.first().is_some_and(|u| !u.is(b'.')) {
        path.push(U::from_ascii(b'.'));
    }
    path.extend_from_slice(parts.extension);
    path
}

/// `_fullpath`: the absolute form of a path, by text alone.
///
/// `current` gives the current directory of a drive letter (upper case), or of the current drive
/// for `None`, as `C:\dir`. Slashes become backslashes, `.` and `..` are resolved, dots and
/// spaces at the end of a name go. UNC and device paths (`\\...`) keep their first two names.
pub fn full<U: Unit>(path: &[U], current: impl Fn(Option<u8>) -> Vec<U>) -> Vec<U> {
    let path = crate::unit::until_null(path);
    let back = U::from_ascii(b'\\');
    let letter = path.first().and_then(|u| u.ascii()).filter(u8::is_ascii_alphabetic);
    let drive = letter.filter(|_| path.get(1).is_some_and(|u| u.is(b':')));
    let mut rest = if drive.is_some() { &path[2..] } else { path };
    let rooted = rest.first().is_some_and(|&u| is_slash(u));
    let unc = drive.is_none() && rooted && rest.get(1).is_some_and(|&u| is_slash(u));
    let mut names: Vec<&[U]> = Vec::new();
    let base = if unc { Vec::new() } else { current(drive.map(|d| d.to_ascii_uppercase())) };
    let mut root: Vec<U>;
    let mut keep = 0;
    if unc {
        (root, rest, keep) = (vec![back, back], &rest[2..], 2);
    } else {
        root = base[..base.len().min(2)].to_vec();
        if let (Some(_), Some(first)) = (drive, root.first_mut()) {
            *first = path[0];
        }
        root.push(back);
        if !rooted {
            names.extend(
                base[base.len().min(2)..].split(|&u| is_slash(u)).filter(|n| !n.is_empty()),
            );
        }
    }
    for name in rest.split(|&u| is_slash(u)) {
        if name.len() == 2 && name.iter().all(|u| u.is(b'.')) {
            if names.len() > keep {
                names.pop();
            }
            continue;
        }
        let dropped = |u: &U| u.is(b'.') || u.is(b' ');
        let end = name.iter().rposition(|u| !dropped(u)).map_or(0, |last| last + 1);
        if end > 0 {
            names.push(&name[..end]);
        }
    }
    let mut full = root;
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            full.push(back);
        }
        full.extend_from_slice(name);
    }
    if path.last().is_some_and(|&u| is_slash(u)) && full.last().is_some_and(|u| *u != back) {
        full.push(back);
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(path: &str) -> [String; 4] {
        let parts = split(path.as_bytes());
        [parts.drive, parts.directory, parts.name, parts.extension]
            .map(|part| String::from_utf8_lossy(part).into_owned())
    }

    #[test]
    fn documented_parts() {
        assert_eq!(
            parts("c:\\sample\\crt\\makepath.c"),
            ["c:", "\\sample\\crt\\", "makepath", ".c"]
        );
        assert_eq!(parts("a/b\\c.d.e"), ["", "a/b\\", "c.d", ".e"]);
        assert_eq!(parts("dir.x\\name"), ["", "dir.x\\", "name", ""]);
        assert_eq!(parts("c:"), ["c:", "", "", ""]);
        assert_eq!(parts(".profile"), ["", "", "", ".profile"]);
        assert_eq!(parts("dir\\"), ["", "dir\\", "", ""]);
    }

    #[test]
    fn made_paths_gain_what_is_missing() {
        let make = |drive: &str, directory: &str, name: &str, extension: &str| {
            let path = make(&Parts {
                drive: drive.as_bytes(),
                directory: directory.as_bytes(),
                name: name.as_bytes(),
                extension: extension.as_bytes(),
            });
            String::from_utf8(path).expect("ASCII")
        };
        assert_eq!(make("c", "\\sample\\crt\\", "makepath", "c"), "c:\\sample\\crt\\makepath.c");
        assert_eq!(make("c:", "\\dir", "n", ".e"), "c:\\dir\\n.e");
        assert_eq!(make("", "", "n", ""), "n");
    }

    #[test]
    fn full_paths() {
        let full = |path: &str| {
            let current = |drive: Option<u8>| match drive {
                None | Some(b'C') => b"C:\\Users\\me".to_vec(),
                Some(letter) => vec![letter, b':', b'\\'],
            };
            String::from_utf8(full(path.as_bytes(), current)).expect("ASCII")
        };
        assert_eq!(full("test"), "C:\\Users\\me\\test");
        assert_eq!(full("..\\.\\x/y"), "C:\\Users\\x\\y");
        assert_eq!(full("..\\..\\..\\.."), "C:\\");
        assert_eq!(full("\\test"), "C:\\test");
        assert_eq!(full("d:x"), "d:\\x");
        assert_eq!(full("C:x"), "C:\\Users\\me\\x");
        assert_eq!(full("Z:/a//b/"), "Z:\\a\\b\\");
        assert_eq!(full("a. \\b."), "C:\\Users\\me\\a\\b");
        assert_eq!(full("\\\\server\\share\\..\\..\\x"), "\\\\server\\share\\x");
        assert_eq!(full(""), "C:\\Users\\me");
        assert_eq!(full("C:\\"), "C:\\");
    }

    proptest! {
        #[test]
        fn split_and_make_undo_each_other(path in "([a-z]:)?[a-z\\\\./]{0,12}") {
            prop_assert_eq!(make(&split(path.as_bytes())), path.as_bytes());
        }
    }
}

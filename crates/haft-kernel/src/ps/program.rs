//! Which file a new process runs: the search that CreateProcess documents.

use crate::io::path;
use crate::{ex, ldr};
use haft_abi::{NtStatus, wide};
use std::path::{Path, PathBuf};

const QUOTE: u16 = b'"' as u16;

/// A program's file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its Linux path.
    pub file: PathBuf,
    /// Its full path as programs see it.
    pub name: Vec<u16>,
}

/// The program named by `lpApplicationName`: exactly that file, relative to the current
/// directory; no folder is searched and no extension added.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`.
pub fn named(application: &[u16]) -> Result<Found, NtStatus> {
    if application.is_empty() {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    }
    let full = path::full(unquoted(application));
    existing(&full).ok_or_else(|| why_not(&full))
}

/// The program that a command line begins with: its first word, or the text in quotes, or, where
/// a path with spaces is not quoted, the shortest prefix that is a file. Such a prefix is put in
/// quotes in the command line that comes back, so that the program takes it for one word too.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`.
pub fn from_command_line(whole: &[u16]) -> Result<(Found, Vec<u16>), NtStatus> {
    let line = trimmed(whole);
    if let [QUOTE, rest @ ..] = line {
        let end = rest.iter().position(|&u| u == QUOTE).unwrap_or(rest.len());
        let found = search(&rest[..end]).ok_or_else(|| why_not(&path::full(&rest[..end])))?;
        return Ok((found, whole.to_vec()));
    }
    let blank = |&u: &u16| u == u16::from(b' ') || u == u16::from(b'\t');
    let ends = line.iter().enumerate().filter(|(_, u)| blank(u)).map(|(at, _)| at);
    let mut first = None;
    for end in ends.chain([line.len()]) {
        let word = &line[..end];
        let is_first = first.is_none();
        first.get_or_insert(word);
        if let Some(found) = search(word) {
            let whole = if is_first {
                whole.to_vec()
            } else {
                [&[QUOTE], word, &[QUOTE], &line[end..]].concat()
            };
            return Ok((found, whole));
        }
    }
    Err(why_not(&path::full(first.unwrap_or_default())))
}

/// Whether the file is one of commands, for the command interpreter.
#[must_use]
pub fn is_batch(found: &Found) -> bool {
    let extension = found.file.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("bat") || extension.eq_ignore_ascii_case("cmd")
}

/// The command interpreter, and its command line for a batch file: the whole command line in quotes,
/// with the file in the place of its first word where that was `named` apart.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` where there is no interpreter.
pub fn by_interpreter(
    batch: &Found,
    line: &[u16],
    named: bool,
) -> Result<(Found, Vec<u16>), NtStatus> {
    let system = path::full(&wide::from_str(r"C:\Windows\System32\cmd.exe"));
    let interpreter = existing(&system).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let mut whole = wide::from_str("cmd.exe /c \"");
    let line = trimmed(line);
    if named {
        let quoted = line.first() == Some(&QUOTE);
        let mut ends = line.iter().enumerate().skip(usize::from(quoted));
        let end = match quoted {
            true => ends.find(|(_, u)| **u == QUOTE).map(|(at, _)| at + 1),
            false => ends.find(|(_, u)| **u == u16::from(b' ')).map(|(at, _)| at),
        };
        whole.push(QUOTE);
        whole.extend_from_slice(&batch.name);
        whole.push(QUOTE);
        whole.extend_from_slice(&line[end.unwrap_or(line.len())..]);
    } else {
        whole.extend_from_slice(line);
    }
    whole.push(QUOTE);
    Ok((interpreter, whole))
}

fn trimmed(line: &[u16]) -> &[u16] {
    let start = line.iter().position(|&u| u != u16::from(b' ') && u != u16::from(b'\t'));
    &line[start.unwrap_or(line.len())..]
}

fn unquoted(name: &[u16]) -> &[u16] {
    match name {
        [QUOTE, inner @ .., QUOTE] => inner,
        _ => name,
    }
}

/// Looks for a program: beside the running one, in the current directory and in `PATH`, where it
/// names no folder.
fn search(word: &[u16]) -> Option<Found> {
    if word.is_empty() {
        return None;
    }
    let base = ldr::base_name(word);
    let mut spellings = vec![word.to_vec()];
    if !base.contains(&u16::from(b'.')) {
        spellings.insert(0, [word, &wide::from_str(".exe")].concat());
    }
    if base.len() != word.len() {
        return spellings.iter().find_map(|name| existing(&path::full(name)));
    }
    let own = ldr::main_module().path.clone();
    let own = own[..own.len() - ldr::base_name(&own).len()].to_vec();
    let mut folders = vec![own, path::current_directory()];
    let system = [r"C:\Windows\System32", r"C:\Windows"].map(wide::from_str);
    folders.extend(system);
    let list = ex::environment::get(&wide::from_str("PATH")).unwrap_or_default();
    folders.extend(list.split(|&u| u == u16::from(b';')).map(<[u16]>::to_vec));
    folders.iter().filter(|folder| !folder.is_empty()).find_map(|folder| {
        spellings.iter().find_map(|name| {
            let joined = [folder, &[u16::from(b'\\')][..], name].concat();
            existing(&path::full(&joined))
        })
    })
}

fn existing(full: &[u16]) -> Option<Found> {
    let file = path::find(full)?;
    file.is_file().then(|| Found { name: full.to_vec(), file })
}

/// Why a path names no program: a directory cannot be run, a folder may be missing, or the file.
fn why_not(full: &[u16]) -> NtStatus {
    match path::find(full) {
        Some(found) if found.is_dir() => return NtStatus::ACCESS_DENIED,
        _ => {}
    }
    let folder = &full[..full.len() - ldr::base_name(full).len()];
    let exists = path::find(folder).is_some_and(|p: PathBuf| Path::is_dir(&p));
    if exists { NtStatus::OBJECT_NAME_NOT_FOUND } else { NtStatus::OBJECT_PATH_NOT_FOUND }
}

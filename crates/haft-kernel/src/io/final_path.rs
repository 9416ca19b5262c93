//! The paths of files as they are, and where files are looked for.

use super::file::{self, FileKind, FileObject};
use super::name::{self, Target};
use super::{lookup, path};
use crate::ex::environment;
use crate::ps::process;
use haft_abi::nt::{ProcessParameters, UnicodeString};
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::guest;

const BACKSLASH: u16 = b'\\' as u16;

/// The full DOS path of an open file, as it is now.
#[must_use]
pub fn of_file(file: &FileObject) -> Vec<u16> {
    path::from_linux(&file.path())
}

/// The full DOS path of an open file (Microsoft: "GetFinalPathNameByHandleW function").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what has no path.
pub fn by_handle(handle: Handle) -> Result<Vec<u16>, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    match file.description.kind {
        FileKind::Disk | FileKind::Directory => Ok(of_file(&file)),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

/// A path with its names as the disk has them; what the program spelled before and between them
/// stays (Microsoft: "GetLongPathNameW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`.
pub fn long(given: &[u16]) -> Result<Vec<u16>, NtStatus> {
    let linux = name::linux_path(given)?;
    let there = lookup::existing(&linux)?;
    let spelled = path::from_linux(&lookup::true_spelling(&there));
    let mut names = spelled.split(|&u| u == BACKSLASH).filter(|n| !n.is_empty()).rev();
    let mut long = Vec::with_capacity(given.len());
    let mut rest = given;
    // From the end, name by name, while they are the same but for case.
    let mut parts: Vec<Vec<u16>> = Vec::new();
    while let Some(cut) = rest.iter().rposition(|&u| path::is_separator(u)) {
        let (before, last) = rest.split_at(cut);
        parts.push(replacement(&last[1..], &mut names));
        parts.push(vec![last[0]]);
        rest = before;
    }
    parts.push(replacement(rest, &mut names));
    for part in parts.iter().rev() {
        long.extend_from_slice(part);
    }
    Ok(long)
}

fn replacement<'a>(given: &[u16], names: &mut impl Iterator<Item = &'a [u16]>) -> Vec<u16> {
    let dots = given.iter().all(|&u| u == u16::from(b'.'));
    if given.is_empty() || dots || given.last() == Some(&u16::from(b':')) {
        return given.to_vec();
    }
    let fold = |text: &[u16]| lookup::fold(&wide::to_bytes(text));
    match names.next() {
        Some(name) if fold(name) == fold(given) => name.to_vec(),
        _ => given.to_vec(),
    }
}

/// Looks for a file in the directories of `path`, or where programs are looked for: its full path
/// (Microsoft: "SearchPathW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`.
pub fn search(
    path: Option<&[u16]>,
    name: &[u16],
    extension: Option<&[u16]>,
) -> Result<Vec<u16>, NtStatus> {
    let mut wanted = name.to_vec();
    let last = name.iter().rposition(|&u| path::is_separator(u)).map_or(0, |n| n + 1);
    if let Some(extension) = extension
        && !name[last..].contains(&u16::from(b'.'))
    {
        wanted.extend_from_slice(extension);
    }
    let is_there = |full: &[u16]| {
        name::dos(full).is_ok_and(|name| match &name.target {
            Target::File(path) => lookup::existing(path).is_ok(),
            _ => false,
        })
    };
    let anchored = last > 0 || name.contains(&u16::from(b':'));
    if anchored {
        let full = path::full(&wanted);
        return if is_there(&full) { Ok(full) } else { Err(NtStatus::OBJECT_NAME_NOT_FOUND) };
    }
    let folders = match path {
        Some(path) => path.to_vec(),
        None => usual_folders(),
    };
    for folder in folders.split(|&u| u == u16::from(b';')).filter(|f| !f.is_empty()) {
        let mut candidate = folder.to_vec();
        if !candidate.last().is_some_and(|&u| path::is_separator(u)) {
            candidate.push(BACKSLASH);
        }
        candidate.extend_from_slice(&wanted);
        let full = path::full(&candidate);
        if is_there(&full) {
            return Ok(full);
        }
    }
    Err(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// The program's folder, the current directory, and those of `PATH`.
fn usual_folders() -> Vec<u16> {
    let mut folders = application_folder().unwrap_or_default();
    for more in [Some(path::current_directory()), environment::get(&wide::from_str("PATH"))] {
        folders.push(u16::from(b';'));
        folders.extend(more.unwrap_or_default());
    }
    folders
}

/// The folder of the program's file, with a backslash behind it.
fn application_folder() -> Option<Vec<u16>> {
    let at = process().parameters + core::mem::offset_of!(ProcessParameters, image_path_name);
    let name: UnicodeString = guest::read(at).ok()?;
    let image: Vec<u16> =
        guest::read_slice(name.buffer as usize, usize::from(name.length) / 2).ok()?;
    let cut = image.iter().rposition(|&u| u == BACKSLASH)?;
    Some(image[..=cut].to_vec())
}

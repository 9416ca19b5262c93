//! Hard and symbolic links.

use super::delete::check_share;
use super::file;
use super::lookup::{self, Found};
use super::name::{self, Name, Target};
use super::open::errno;
use super::path;
use super::query::REPARSE_TAG_SYMLINK;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::rustix::fs::readlinkat;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Gives a file at an exact path another name.
///
/// # Errors
/// `OBJECT_NAME_COLLISION`, `OBJECT_PATH_NOT_FOUND`, `NOT_SAME_DEVICE`, `FILE_IS_A_DIRECTORY`.
pub fn hard(from: &Path, to: &Name, replace: bool) -> Result<(), NtStatus> {
    let Target::File(to) = &to.target else { return Err(NtStatus::OBJECT_NAME_COLLISION) };
    if from.is_dir() {
        return Err(NtStatus::FILE_IS_A_DIRECTORY);
    }
    let to = match lookup::find(to)? {
        Found::There(to) if replace => {
            check_share(&to)?;
            std::fs::remove_file(&to).map_err(|error| errno(&error))?;
            to
        }
        Found::There(_) => return Err(NtStatus::OBJECT_NAME_COLLISION),
        Found::Missing(to) => to,
    };
    std::fs::hard_link(from, to).map_err(|error| errno(&error))
}

/// Gives a file another name (Microsoft: "CreateHardLinkW function").
///
/// # Errors
/// As for [`hard`].
pub fn hard_by_name(existing: &[u16], new: &[u16]) -> Result<(), NtStatus> {
    let from = lookup::existing(&name::linux_path(existing)?)?;
    hard(&from, &name::dos(new)?, false)
}

/// Makes a symbolic link: Linux's own, which follows names as they are spelled (Microsoft:
/// "CreateSymbolicLinkW function").
///
/// # Errors
/// `OBJECT_NAME_COLLISION`, `OBJECT_PATH_NOT_FOUND`.
pub fn symbolic(link: &[u16], target: &[u16]) -> Result<(), NtStatus> {
    let at = match lookup::find(&name::linux_path(link)?)? {
        Found::There(_) => return Err(NtStatus::OBJECT_NAME_COLLISION),
        Found::Missing(at) => at,
    };
    let absolute = target.first().is_some_and(|&u| path::is_separator(u))
        || target.get(1) == Some(&u16::from(b':'));
    let leads = if absolute {
        name::linux_path(target)?
    } else {
        let names: Vec<Vec<u8>> = target
            .split(|&u| path::is_separator(u))
            .filter(|name| !name.is_empty())
            .map(path::name_to_linux)
            .collect();
        PathBuf::from(OsString::from_vec(names.join(&b'/')))
    };
    std::os::unix::fs::symlink(leads, at).map_err(|error| errno(&error))
}

/// `IO_REPARSE_TAG_SYMLINK` data of an open link (Microsoft: "REPARSE_DATA_BUFFER structure").
///
/// # Errors
/// `NOT_A_REPARSE_POINT`.
pub fn reparse_data(handle: Handle) -> Result<Vec<u8>, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let target =
        readlinkat(&file.fd, c"", Vec::new()).map_err(|_| NtStatus::NOT_A_REPARSE_POINT)?;
    let target = Path::new(std::ffi::OsStr::from_bytes(target.as_bytes())).to_owned();
    let (substitute, print) = if target.is_absolute() {
        let dos = path::from_linux(&target);
        ([&wide::from_str(r"\??\")[..], &dos].concat(), dos)
    } else {
        let names: Vec<Vec<u16>> = target
            .components()
            .map(|part| path::name_from_linux(part.as_os_str().as_bytes()))
            .collect();
        let relative = names.join(&u16::from(b'\\'));
        (relative.clone(), relative)
    };
    let bytes = |text: &[u16]| -> Vec<u8> { text.iter().flat_map(|u| u.to_le_bytes()).collect() };
    let (substitute, print) = (bytes(&substitute), bytes(&print));
    let mut data = Vec::new();
    data.extend(REPARSE_TAG_SYMLINK.to_le_bytes());
    data.extend(((12 + substitute.len() + print.len()) as u16).to_le_bytes());
    data.extend([0; 2]);
    data.extend(0u16.to_le_bytes());
    data.extend((substitute.len() as u16).to_le_bytes());
    data.extend((substitute.len() as u16).to_le_bytes());
    data.extend((print.len() as u16).to_le_bytes());
    data.extend(u32::from(!target.is_absolute()).to_le_bytes());
    data.extend(substitute);
    data.extend(print);
    Ok(data)
}

//! Temporary files.

use super::lookup;
use super::name;
use super::open::errno;
use super::path;
use crate::ex::environment;
use haft_abi::{NtStatus, wide};
use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering};

const BACKSLASH: u16 = b'\\' as u16;

/// The directory for temporary files, with a backslash behind it (Microsoft: "GetTempPathW
/// function"): `TMP`, `TEMP`, or what Linux has.
#[must_use]
pub fn directory() -> Vec<u16> {
    let named = ["TMP", "TEMP"]
        .iter()
        .filter_map(|name| environment::get(&wide::from_str(name)))
        .find(|value| !value.is_empty());
    let mut directory = match named {
        // Linux programs have set it to a path of Linux.
        Some(value) => path::full(&value),
        None => path::from_linux(&std::env::temp_dir()),
    };
    if directory.last() != Some(&BACKSLASH) {
        directory.push(BACKSLASH);
    }
    directory
}

/// The name of a temporary file, and the number in it. With zero for `unique` the file is made
/// (Microsoft: "GetTempFileNameW function").
///
/// # Errors
/// `NOT_A_DIRECTORY` for a directory that is none, `OBJECT_NAME_COLLISION` when every number is
/// taken, `ACCESS_DENIED`.
pub fn file_name(
    directory: &[u16],
    prefix: &[u16],
    unique: u16,
) -> Result<(Vec<u16>, u16), NtStatus> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut start = directory.to_vec();
    if !start.last().is_some_and(|&u| path::is_separator(u)) {
        start.push(BACKSLASH);
    }
    start.extend(&prefix[..prefix.len().min(3)]);
    let with = |number: u16| {
        let mut name = start.clone();
        name.extend(wide::from_str(&format!("{number:x}.tmp")));
        name
    };
    if unique != 0 {
        return Ok((with(unique), unique));
    }
    let folder = name::linux_path(directory)?;
    if !lookup::existing(&folder).is_ok_and(|folder| folder.is_dir()) {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    let seed = haft_host::clock::system_time() as u32 / 10_000 + std::process::id();
    for _ in 0..=u16::MAX {
        let number = seed.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) as u16;
        if number == 0 {
            continue;
        }
        let name = with(number);
        let linux = name::linux_path(&name)?;
        let linux = match lookup::find(&linux)? {
            lookup::Found::Missing(path) => path,
            lookup::Found::There(_) => continue,
        };
        match File::create_new(linux) {
            Ok(_) => return Ok((name, number)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(errno(&error)),
        }
    }
    Err(NtStatus::OBJECT_NAME_COLLISION)
}

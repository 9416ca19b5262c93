//! Files and folders by name: `remove`, `rename`, `_access`, `_mkdir`, `_getcwd`, `_fullpath`.

use super::error::Error;
use super::text::{self, GuestUnit};
use super::{descriptor, heap, open, stream, strings, thread_state};
use crate::io::attributes::FileAttributes;
use crate::io::move_file::{self, MoveFlags};
use crate::io::open::OpenRequest;
use crate::io::{delete, directory, information, name, path, query, temporary};
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use haft_abi::{AccessMask, wide};
use haft_crt::Errno;
use haft_crt::stdio::{Mode, share};
use haft_crt::string::path::{MAX_PATH, Parts, make, split};
use haft_host::guest;

/// `_S_IWRITE`.
const WRITE: i32 = 0x80;

static MASK: AtomicI32 = AtomicI32::new(0);

/// `_umask`: the mask before.
pub fn set_mask(mask: i32) -> i32 {
    MASK.swap(mask, Ordering::Relaxed)
}

/// Whether a file made with this permission may be written.
#[must_use]
pub fn is_writable(permission: i32) -> bool {
    permission & !MASK.load(Ordering::Relaxed) & WRITE != 0
}

fn name_at<U: GuestUnit>(address: usize) -> Result<Vec<u16>, Error> {
    if address == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    Ok(text::read_wide::<U>(address)?)
}

/// `_open`, `_sopen`: the descriptor.
///
/// # Errors
/// Those of [`open::open`] and [`open::parse_flags`].
pub fn open_descriptor<U: GuestUnit>(
    file: usize,
    flags: i32,
    share: i32,
    permission: i32,
) -> Result<i32, Error> {
    open::open(&name_at::<U>(file)?, &open::parse_flags(flags)?, share, is_writable(permission))
}

/// `remove`, `_unlink`.
///
/// # Errors
/// `ENOENT`, `EACCES`.
pub fn remove<U: GuestUnit>(file: usize) -> Result<(), Error> {
    Ok(delete::file(&name::dos(&name_at::<U>(file)?)?)?)
}

/// `rename`, which replaces nothing.
///
/// # Errors
/// `ENOENT`, `EEXIST`, `EACCES`.
pub fn rename<U: GuestUnit>(from: usize, to: usize) -> Result<(), Error> {
    let (from, to) = (name_at::<U>(from)?, name_at::<U>(to)?);
    Ok(move_file::move_file(&from, Some(&to), MoveFlags::COPY_ALLOWED)?)
}

/// `_access`: whether a file is there, and with 2 in the mode can be written.
///
/// # Errors
/// `ENOENT`, `EACCES`, `EINVAL` for a mode that is none.
pub fn check_access<U: GuestUnit>(file: usize, mode: i32) -> Result<(), Error> {
    if mode & !6 != 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let information = query::by_name(&name::dos(&name_at::<U>(file)?)?)?;
    let locked = information.attributes.contains(FileAttributes::READONLY);
    if mode & 2 != 0 && locked && !information.is_directory() {
        return Err(Errno::EACCES.into());
    }
    Ok(())
}

/// `_chmod`: a file that may not be written is read-only.
///
/// # Errors
/// `ENOENT`, `EACCES`.
pub fn set_permission<U: GuestUnit>(file: usize, permission: i32) -> Result<(), Error> {
    let attributes =
        if permission & WRITE == 0 { FileAttributes::READONLY } else { FileAttributes::NORMAL };
    Ok(information::set_attributes(&name::dos(&name_at::<U>(file)?)?, attributes)?)
}

/// `_mkdir`.
///
/// # Errors
/// `EEXIST`, `ENOENT`.
pub fn make_directory<U: GuestUnit>(folder: usize) -> Result<(), Error> {
    Ok(directory::create(&name_at::<U>(folder)?)?)
}

/// `_rmdir`.
///
/// # Errors
/// `ENOTEMPTY`, `ENOENT`, `EACCES`.
pub fn remove_directory<U: GuestUnit>(folder: usize) -> Result<(), Error> {
    Ok(delete::directory(&name::dos(&name_at::<U>(folder)?)?)?)
}

/// `_chdir`.
///
/// # Errors
/// `ENOENT`.
pub fn change_directory<U: GuestUnit>(folder: usize) -> Result<(), Error> {
    Ok(directory::set_current(&name_at::<U>(folder)?)?)
}

/// `_getdrive`: 1 for `A:`.
#[must_use]
pub fn drive() -> i32 {
    let current = path::current_directory();
    let letter = current.first().and_then(|&unit| u8::try_from(unit).ok()).unwrap_or(0);
    if letter.is_ascii_alphabetic() { i32::from(letter.to_ascii_uppercase() - b'@') } else { 0 }
}

/// Stores a text in a buffer of `size` units, or in one of the heap if there is none.
fn give<U: GuestUnit>(buffer: usize, size: usize, units: &[u16]) -> Result<usize, Error> {
    let mut units = text::from_wide::<U>(units);
    if buffer == 0 {
        let room = size.max(units.len() + 1);
        units.resize(room, U::default());
        return heap::place(&units);
    }
    if units.len() >= size {
        return Err(Errno::ERANGE.into());
    }
    text::write_z(buffer, &units)?;
    Ok(buffer)
}

/// `_getcwd`: a backslash ends it only at the root of a drive.
///
/// # Errors
/// `ERANGE` if it does not fit.
pub fn current_directory<U: GuestUnit>(buffer: usize, size: i32) -> Result<usize, Error> {
    let mut current = path::current_directory();
    if current.len() > 3 {
        current.pop_if(|last| path::is_separator(*last));
    }
    give::<U>(buffer, usize::try_from(size).map_err(|_| Error::Invalid(Errno::EINVAL))?, &current)
}

/// `_fullpath`; of no or an empty path the current directory.
///
/// # Errors
/// `ERANGE` if it does not fit.
pub fn full_path<U: GuestUnit>(buffer: usize, given: usize, size: usize) -> Result<usize, Error> {
    let given = if given == 0 { Vec::new() } else { text::read_wide::<U>(given)? };
    if given.is_empty() {
        return current_directory::<U>(buffer, i32::try_from(size).unwrap_or(i32::MAX));
    }
    give::<U>(buffer, size, &path::full(&given))
}

fn split_parts<U: GuestUnit>(path: &[U]) -> [&[U]; 4] {
    let parts = split(path);
    [parts.drive, parts.directory, parts.name, parts.extension]
}

/// `_splitpath`: each part goes where the program wants it, unless that is null.
///
/// # Errors
/// A fault for a bad address.
pub fn split_path<U: GuestUnit>(path: usize, targets: [usize; 4]) -> Result<(), Error> {
    let path = text::read::<U>(path)?;
    for (part, target) in split_parts(&path).into_iter().zip(targets) {
        if target != 0 {
            text::write_z(target, part)?;
        }
    }
    Ok(())
}

/// `_splitpath_s`.
///
/// # Errors
/// `EINVAL` for no path or a target without a size, `ERANGE` if a part does not fit.
pub fn split_path_secure<U: GuestUnit>(
    path: usize,
    targets: [(usize, usize); 4],
) -> Result<(), Error> {
    if path == 0 || targets.iter().any(|&(target, size)| (target == 0) != (size == 0)) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let path = text::read::<U>(path)?;
    for (part, (target, size)) in split_parts(&path).into_iter().zip(targets) {
        if target != 0 {
            strings::store(target, size, part)?;
        }
    }
    Ok(())
}

/// `_makepath`, and with a size `_makepath_s`.
///
/// # Errors
/// `ERANGE` if it does not fit.
pub fn make_path<U: GuestUnit>(
    target: usize,
    size: Option<usize>,
    parts: [usize; 4],
) -> Result<(), Error> {
    let read = |address: usize| if address == 0 { Ok(Vec::new()) } else { text::read(address) };
    let [drive, directory, name, extension] = parts;
    let (drive, directory, name, extension): (Vec<U>, Vec<U>, Vec<U>, Vec<U>) =
        (read(drive)?, read(directory)?, read(name)?, read(extension)?);
    let parts = Parts { drive: &drive, directory: &directory, name: &name, extension: &extension };
    strings::store(target, size.unwrap_or(usize::MAX), &make(&parts))
}

fn new_name(folder: &[u16], prefix: &[u16]) -> Vec<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut name = folder.to_vec();
        if !name.last().is_some_and(|&unit| path::is_separator(unit)) {
            name.push(b'\\'.into());
        }
        name.extend_from_slice(prefix);
        name.extend(wide::from_str(&format!("{:x}.{number}", std::process::id())));
        if path::find(&path::full(&name)).is_none() {
            return name;
        }
    }
}

/// `tmpnam`: a name in the folder of temporary files that no file has, in the program's buffer
/// or the thread's own.
///
/// # Errors
/// `ENOMEM`.
pub fn temporary_name<U: GuestUnit>(buffer: usize) -> Result<usize, Error> {
    let mut units = text::from_wide::<U>(&new_name(&temporary::directory(), &[b's'.into()]));
    if buffer != 0 {
        text::write_z(buffer, &units)?;
        return Ok(buffer);
    }
    units.push(U::default());
    let own = if U::WIDE { thread_state::Buffer::WideName } else { thread_state::Buffer::Name };
    thread_state::put(own, &units)
}

/// `tmpnam_s`.
///
/// # Errors
/// `ERANGE` if it does not fit.
pub fn temporary_name_secure<U: GuestUnit>(buffer: usize, size: usize) -> Result<(), Error> {
    let name = new_name(&temporary::directory(), &[b's'.into()]);
    strings::store(buffer, size, &text::from_wide::<U>(&name))
}

/// `_tempnam`: a name on the heap, in the folder of temporary files or, if that is none, in the
/// given one.
///
/// # Errors
/// `ENOMEM`.
pub fn temporary_name_in<U: GuestUnit>(folder: usize, prefix: usize) -> Result<usize, Error> {
    let read = |at: usize| if at == 0 { Ok(Vec::new()) } else { text::read_wide::<U>(at) };
    let (given, prefix) = (read(folder)?, read(prefix)?);
    let usual = temporary::directory();
    let there = path::find(&path::full(&usual)).is_some();
    let folder = if there || given.is_empty() { usual } else { given };
    give::<U>(0, 0, &new_name(&folder, &prefix))
}

/// `tmpfile`: a stream on a file that is gone when it is closed.
///
/// # Errors
/// Those of [`open::open`].
pub fn temporary_file() -> Result<usize, Error> {
    let mode = Mode::parse(b"w+bTD").ok_or(Errno::EINVAL)?;
    let name = new_name(&temporary::directory(), &[b't'.into()]);
    stream::open_named(&name, &mode, share::DENYNO)
}

/// `_mktemp`: makes the `XXXXXX` at the end of a name a letter and digits that no file has.
///
/// # Errors
/// `EINVAL` for a name without them, `EEXIST` when all letters are taken.
pub fn make_unique<U: GuestUnit>(template: usize) -> Result<usize, Error> {
    let mut units = text::read::<U>(template)?;
    let start = units.len().checked_sub(6).ok_or(Errno::EINVAL)?;
    if !units[start..].iter().all(|unit| unit.is(b'X')) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let digits = format!("{:05}", std::process::id() % 100_000);
    for letter in b'a'..=b'z' {
        let ending = [&[letter], digits.as_bytes()].concat();
        for (unit, byte) in units[start..].iter_mut().zip(ending) {
            *unit = U::from_ascii(byte);
        }
        let name: Vec<u16> = if U::WIDE {
            units.iter().map(|&unit| unit.into() as u16).collect()
        } else {
            wide::from_bytes(&units.iter().map(|&unit| unit.into() as u8).collect::<Vec<_>>())
        };
        if path::find(&path::full(&name)).is_none() {
            guest::write_slice(template, &units)?;
            return Ok(template);
        }
    }
    Err(Errno::EEXIST.into())
}

fn windows_time(seconds: i64) -> i64 {
    haft_abi::time::from_unix(seconds, 0)
}

/// Sets the access and write times of an open file, in seconds since 1970; `None` is now.
///
/// # Errors
/// `EBADF`, `EACCES`.
pub fn set_descriptor_times(number: i32, times: Option<(i64, i64)>) -> Result<(), Error> {
    let handle = descriptor::get(number)?.handle;
    let (accessed, written) = times.unwrap_or_else(|| {
        let now = super::time::now().0;
        (now, now)
    });
    Ok(information::set_times(handle, windows_time(accessed), windows_time(written))?)
}

/// `_utime`.
///
/// # Errors
/// `ENOENT`, `EACCES`.
pub fn set_times<U: GuestUnit>(file: usize, times: Option<(i64, i64)>) -> Result<(), Error> {
    const WRITE_ATTRIBUTES: AccessMask = AccessMask(0x0010_0100);
    let name = name::dos(&name_at::<U>(file)?)?;
    let request = OpenRequest::existing(name, WRITE_ATTRIBUTES);
    let handle = crate::io::open::open(request)?.0;
    let (accessed, written) = times.unwrap_or_else(|| {
        let now = super::time::now().0;
        (now, now)
    });
    let set = information::set_times(handle, windows_time(accessed), windows_time(written));
    crate::ob::close(handle)?;
    Ok(set?)
}

/// `_searchenv`: stores the full path of a file in the current directory or one that a variable
/// lists; the empty string if it is nowhere.
///
/// # Errors
/// `ENOENT` if it is nowhere, `ERANGE` if it does not fit.
pub fn search<U: GuestUnit>(
    file: usize,
    variable: usize,
    target: usize,
    size: usize,
) -> Result<(), Error> {
    let (file, variable) = (name_at::<U>(file)?, text::read_wide::<U>(variable)?);
    let list = crate::ex::environment::get(&variable).unwrap_or_default();
    let folders = core::iter::once(&[][..]).chain(list.split(|&unit| unit == u16::from(b';')));
    for folder in folders {
        let mut name = folder.to_vec();
        if !name.is_empty() && !path::is_separator(name[name.len() - 1]) {
            name.push(b'\\'.into());
        }
        name.extend_from_slice(&file);
        let full = path::full(&name);
        if path::find(&full).is_some() {
            return strings::store(target, size, &text::from_wide::<U>(&full));
        }
    }
    guest::write(target, U::default())?;
    Err(Errno::ENOENT.into())
}

/// The size that `_searchenv` counts on.
pub const SEARCH_ROOM: usize = MAX_PATH;

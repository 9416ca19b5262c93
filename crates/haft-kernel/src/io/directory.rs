//! What is in a directory: `.` and `..` first, then the names in order, as NTFS has them.

use super::attributes::FileAttributes;
use super::file::{self, FileKind, FileObject};
use super::lookup::{self, Found};
use super::name::{self, Target};
use super::path::{self, is_separator};
use super::pattern::{Pattern, has_wildcards};
use super::query::{self, FileInformation};
use super::rights::FILE_READ_DATA;
use crate::ob::side::SideTable;
use haft_abi::{Handle, NtStatus, wide};
use haft_host::file::status;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use haft_host::rustix::io::Errno;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// One name.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name.
    pub name: Vec<u16>,
    /// What is known of it.
    pub information: FileInformation,
}

/// The names of a directory that are still to be told.
pub(crate) struct Listing {
    directory: OwnedFd,
    pattern: Pattern,
    /// In reverse, so that the next is the last.
    names: Vec<CString>,
    /// An entry that did not fit where it was to go.
    pushed_back: Option<Entry>,
    told: bool,
}

impl Listing {
    fn open(path: &Path, pattern: Pattern) -> Result<Self, NtStatus> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, path, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOTDIR => NtStatus::NOT_A_DIRECTORY,
            error => status(error),
        })?;
        let is_root = path == Path::new("/") || path::drive_c() == Some(path);
        let mut names = Vec::new();
        for entry in Dir::read_from(&directory).map_err(status)? {
            let name = entry.map_err(status)?.file_name().to_owned();
            if name.as_bytes() != b"." && name.as_bytes() != b".." {
                names.push(name);
            }
        }
        names.sort_by_cached_key(|name| core::cmp::Reverse(lookup::fold(name.as_bytes())));
        if !is_root {
            names.extend([c"..".to_owned(), c".".to_owned()]);
        }
        Ok(Self { directory, pattern, names, pushed_back: None, told: false })
    }

    fn next(&mut self) -> Option<Entry> {
        if let Some(entry) = self.pushed_back.take() {
            return Some(entry);
        }
        while let Some(name) = self.names.pop() {
            let shown = path::name_from_linux(name.as_bytes());
            if !self.pattern.matches(&shown) {
                continue;
            }
            // What is gone by now is told no more.
            if let Ok(information) = query::in_directory(self.directory.as_fd(), &name) {
                self.told = true;
                return Some(Entry { name: shown, information });
            }
        }
        None
    }
}

/// A search by FindFirstFile.
pub struct Search(Mutex<State>);

enum State {
    Listing(Listing),
    /// A name without wildcards was told.
    Done,
}

static SEARCHES: SideTable<Search> = SideTable::new();

/// Search handles are no kernel handles; they look like addresses, as on Windows.
const FIRST_SEARCH: usize = 0x7E00_0000_0000;

/// Begins a search: a handle for it, and the first name (Microsoft: "FindFirstFileExW
/// function").
///
/// # Errors
/// `NO_SUCH_FILE` when no name matches, `OBJECT_PATH_NOT_FOUND`, `NOT_A_DIRECTORY`,
/// `OBJECT_NAME_INVALID`, `ACCESS_DENIED`.
pub fn find_first(given: &[u16]) -> Result<(Handle, Entry), NtStatus> {
    let split = given.iter().rposition(|&u| is_separator(u) || u == u16::from(b':'));
    let (folder, last) = given.split_at(split.map_or(0, |n| n + 1));
    let (state, entry) = if has_wildcards(last) {
        let dot = wide::from_str(".");
        let folder = if folder.is_empty() { &dot[..] } else { folder };
        let Target::File(folder) = name::dos(folder)?.target else {
            return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
        };
        let folder = match lookup::find(&folder)? {
            Found::There(folder) => folder,
            Found::Missing(_) => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        };
        let mut listing = Listing::open(&folder, Pattern::dos(last))?;
        let first = listing.next().ok_or(NtStatus::NO_SUCH_FILE)?;
        (State::Listing(listing), first)
    } else {
        (State::Done, one(given)?)
    };
    let key = SEARCHES.insert(Arc::new(Search(Mutex::new(state))));
    Ok((Handle(FIRST_SEARCH + key as usize * 16), entry))
}

/// The entry of a name without wildcards.
fn one(given: &[u16]) -> Result<Entry, NtStatus> {
    let name = name::dos(given)?;
    let path = match name.target {
        // A directory is found by its name, not by the name of all that is in it.
        Target::File(_) if name.directory => return Err(NtStatus::NO_SUCH_FILE),
        Target::File(path) => lookup::existing(&path).map_err(|status| {
            if status == NtStatus::OBJECT_NAME_NOT_FOUND { NtStatus::NO_SUCH_FILE } else { status }
        })?,
        Target::Null
        | Target::Console
        | Target::ConsoleInput
        | Target::ConsoleOutput
        | Target::Serial(_) => {
            let mut information = query::by_path(Path::new("/dev/null"))?;
            information.attributes = FileAttributes::ARCHIVE;
            return Ok(Entry { name: given.to_vec(), information });
        }
        Target::Pipe(_)
        | Target::PipeDirectory
        | Target::Mailslot(_)
        | Target::MountManager
        | Target::Sockets => {
            return Err(NtStatus::NO_SUCH_FILE);
        }
    };
    let shown = path.file_name().ok_or(NtStatus::NO_SUCH_FILE)?;
    Ok(Entry { name: path::name_from_linux(shown.as_bytes()), information: query::by_path(&path)? })
}

fn key_of(search: Handle) -> Result<u64, NtStatus> {
    let offset = search.0.checked_sub(FIRST_SEARCH).filter(|o| o.is_multiple_of(16));
    offset.map(|o| o as u64 / 16).ok_or(NtStatus::INVALID_HANDLE)
}

/// The next name of a search (Microsoft: "FindNextFileW function").
///
/// # Errors
/// `NO_MORE_FILES`, `INVALID_HANDLE`.
pub fn find_next(search: Handle) -> Result<Entry, NtStatus> {
    let search = SEARCHES.get(key_of(search)?).ok_or(NtStatus::INVALID_HANDLE)?;
    let mut state = search.0.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *state {
        State::Listing(listing) => listing.next().ok_or(NtStatus::NO_MORE_FILES),
        State::Done => Err(NtStatus::NO_MORE_FILES),
    }
}

/// Ends a search (Microsoft: "FindClose function").
///
/// # Errors
/// `INVALID_HANDLE`.
pub fn find_close(search: Handle) -> Result<(), NtStatus> {
    SEARCHES.remove(key_of(search)?).map(drop).ok_or(NtStatus::INVALID_HANDLE)
}

/// Names of a directory by its handle, one call after the other (Microsoft: "NtQueryDirectoryFile
/// function"). The first call's pattern holds until `restart`. `take` is given each entry and
/// says whether it had room for it; what it had none for is the next call's first.
///
/// # Errors
/// `NO_SUCH_FILE` when nothing matches, `NO_MORE_FILES` at the end, `INVALID_PARAMETER` for what
/// is no directory.
pub fn list(
    handle: Handle,
    pattern: Option<&[u16]>,
    restart: bool,
    mut take: impl FnMut(&Entry) -> Result<bool, NtStatus>,
) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_READ_DATA)?;
    if file.description.kind != FileKind::Directory {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut place = file.state.listing.lock().unwrap_or_else(PoisonError::into_inner);
    let before = place.as_ref().map(|listing| listing.pattern.clone());
    if restart || place.is_none() {
        let pattern = pattern
            .filter(|p| !p.is_empty())
            .map(Pattern::nt)
            .or(before)
            .unwrap_or_else(|| Pattern::nt(&wide::from_str("*")));
        *place = Some(open_listing(&file, pattern)?);
    }
    let Some(listing) = place.as_mut() else { return Err(NtStatus::INVALID_PARAMETER) };
    let first = !listing.told;
    let mut any = false;
    while let Some(entry) = listing.next() {
        if !take(&entry)? {
            listing.pushed_back = Some(entry);
            return if any { Ok(()) } else { Err(NtStatus::BUFFER_OVERFLOW) };
        }
        any = true;
    }
    match (any, first) {
        (true, _) => Ok(()),
        (false, true) => Err(NtStatus::NO_SUCH_FILE),
        (false, false) => Err(NtStatus::NO_MORE_FILES),
    }
}

fn open_listing(file: &FileObject, pattern: Pattern) -> Result<Listing, NtStatus> {
    Listing::open(&file.path(), pattern)
}

/// Makes a directory (Microsoft: "CreateDirectoryW function").
///
/// # Errors
/// `OBJECT_NAME_COLLISION`, `OBJECT_PATH_NOT_FOUND`, `OBJECT_NAME_INVALID`, `ACCESS_DENIED`.
pub fn create(given: &[u16]) -> Result<(), NtStatus> {
    let path = match name::dos(given)?.target {
        Target::File(path) => path,
        _ => return Err(NtStatus::OBJECT_NAME_COLLISION),
    };
    match lookup::find(&path)? {
        Found::There(_) => Err(NtStatus::OBJECT_NAME_COLLISION),
        Found::Missing(path) => {
            std::fs::create_dir(path).map_err(|error| super::open::errno(&error))
        }
    }
}

/// Makes another directory the current one (Microsoft: "SetCurrentDirectory function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`, `NOT_A_DIRECTORY`, `ACCESS_DENIED`.
pub fn set_current(given: &[u16]) -> Result<(), NtStatus> {
    let name = name::dos(given)?;
    let Target::File(path) = name.target else { return Err(NtStatus::OBJECT_NAME_INVALID) };
    let path = lookup::existing(&path)?;
    if !path.is_dir() {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    std::env::set_current_dir(&path).map_err(|error| super::open::errno(&error))?;
    let full = path::from_linux(&path);
    path::note_current_directory(full.clone());
    super::current_directory::forget();
    crate::ps::params::set_current_directory(&full)
}

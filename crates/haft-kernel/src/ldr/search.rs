//! Where a DLL's file is found (Microsoft: "Dynamic-link library search order").

use super::name;
use crate::io::path;
use haft_abi::{NtStatus, wide};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// DLLs that are always haft's own, as the system's "known DLLs" are always the system's.
const KNOWN: &[&str] = &[
    "advapi32.dll",
    "combase.dll",
    "gdi32.dll",
    "kernel32.dll",
    "kernelbase.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "sechost.dll",
    "shell32.dll",
    "shlwapi.dll",
    "ucrtbase.dll",
    "user32.dll",
    "ws2_32.dll",
];

/// Folders that the user or the program named, in the order they are searched.
static NAMED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Adds a folder to search after the program's own.
pub fn add_folder(folder: PathBuf) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).push(folder);
}

/// Takes a folder out again.
pub fn remove_folder(folder: &Path) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).retain(|f| f != folder);
}

/// Whether a DLL of this normalized name is never taken from a file.
#[must_use]
pub(super) fn is_known(normalized: &str) -> bool {
    KNOWN.binary_search(&normalized).is_ok()
}

/// Flags of `LoadLibraryEx` (Microsoft: "LoadLibraryExW function").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadFlags(pub u32);

haft_abi::flags!(LoadFlags);

impl LoadFlags {
    /// `DONT_RESOLVE_DLL_REFERENCES`.
    pub const DONT_RESOLVE: Self = Self(0x1);
    /// `LOAD_LIBRARY_AS_DATAFILE` (for this process alone, too) and
    /// `LOAD_LIBRARY_AS_IMAGE_RESOURCE`.
    pub const AS_DATA: Self = Self(0x2 | 0x40 | 0x20);
    /// `LOAD_LIBRARY_AS_IMAGE_RESOURCE`.
    pub const AS_IMAGE_RESOURCE: Self = Self(0x20);
    /// `LOAD_WITH_ALTERED_SEARCH_PATH`.
    pub const ALTERED: Self = Self(0x8);
    /// `LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR`.
    pub const OWN_FOLDER: Self = Self(0x100);
    /// `LOAD_LIBRARY_SEARCH_APPLICATION_DIR`.
    pub const APPLICATION: Self = Self(0x200);
    /// `LOAD_LIBRARY_SEARCH_USER_DIRS`.
    pub const USER: Self = Self(0x400);
    /// `LOAD_LIBRARY_SEARCH_SYSTEM32`.
    pub const SYSTEM: Self = Self(0x800);
    /// `LOAD_LIBRARY_SEARCH_DEFAULT_DIRS`.
    pub const DEFAULT: Self = Self(0x1000);
    /// Every flag that there is; the others are about signatures and security levels.
    const KNOWN: u32 = 0x1 | 0x2 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x1F00 | 0x2000;
    const SEARCHES: u32 = 0x1F00;

    /// Checks that the flags go together.
    ///
    /// # Errors
    /// `INVALID_PARAMETER`.
    pub const fn check(self) -> Result<(), NtStatus> {
        let searches = self.0 & Self::SEARCHES != 0;
        if self.0 & !Self::KNOWN != 0 || (searches && self.any(Self::ALTERED)) {
            Err(NtStatus::INVALID_PARAMETER)
        } else {
            Ok(())
        }
    }
}

/// What the program set about searches.
struct Settings {
    /// `SetDllDirectory`'s folder, in DOS form; empty to only leave the current directory out.
    set: Option<Vec<u16>>,
    /// `AddDllDirectory`'s folders, by cookie.
    added: Vec<(usize, PathBuf)>,
    /// The flags of loads that name no folders; zero for the standard search.
    default: u32,
    /// The flags of the load that is going on, and the folder of what it loads.
    current: Option<(LoadFlags, Option<PathBuf>)>,
    next_cookie: usize,
}

static SETTINGS: Mutex<Settings> = Mutex::new(Settings {
    set: None,
    added: Vec::new(),
    default: 0,
    current: None,
    next_cookie: 1,
});

fn settings() -> MutexGuard<'static, Settings> {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a folder to the standard search and takes the current directory out; `None` undoes both
/// (Microsoft: "SetDllDirectoryW function").
pub fn set_dll_directory(folder: Option<&[u16]>) {
    settings().set = folder.map(<[u16]>::to_vec);
}

/// What [`set_dll_directory`] was told.
#[must_use]
pub fn dll_directory() -> Vec<u16> {
    settings().set.clone().unwrap_or_default()
}

/// Adds a folder of the user's; the cookie takes it out (Microsoft: "AddDllDirectory function").
///
/// # Errors
/// `INVALID_PARAMETER` for a path that is not absolute, `OBJECT_NAME_NOT_FOUND`.
pub fn add_dll_directory(folder: &[u16]) -> Result<usize, NtStatus> {
    if folder.get(1) != Some(&u16::from(b':')) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let found = path::find(&path::full(folder)).filter(|f| f.is_dir());
    let found = found.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let mut settings = settings();
    // A cookie is not null, and looks like the address that it is on Windows.
    let cookie = settings.next_cookie * 16;
    settings.next_cookie += 1;
    settings.added.push((cookie, found));
    Ok(cookie)
}

/// Takes a folder of the user's out again (Microsoft: "RemoveDllDirectory function").
///
/// # Errors
/// `INVALID_PARAMETER` for a cookie of none.
pub fn remove_dll_directory(cookie: usize) -> Result<(), NtStatus> {
    let added = &mut settings().added;
    let before = added.len();
    added.retain(|&(known, _)| known != cookie);
    if added.len() == before { Err(NtStatus::INVALID_PARAMETER) } else { Ok(()) }
}

/// Sets where loads search that name no folders (Microsoft: "SetDefaultDllDirectories function").
///
/// # Errors
/// `INVALID_PARAMETER` for other flags than searches.
pub fn set_default_search(flags: LoadFlags) -> Result<(), NtStatus> {
    let own = LoadFlags::OWN_FOLDER.0;
    if flags.0 == 0 || flags.0 & !(LoadFlags::SEARCHES & !own) != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    settings().default = flags.0;
    Ok(())
}

/// A load that goes on with flags of its own; what it searches ends with this.
#[must_use]
pub(super) struct Searching(Option<(LoadFlags, Option<PathBuf>)>);

impl Drop for Searching {
    fn drop(&mut self) {
        settings().current = self.0.take();
    }
}

/// Starts a load with flags of its own, under the loader lock.
pub(super) fn search_with(flags: LoadFlags, requested: &[u16]) -> Searching {
    let wants_own = flags.any(LoadFlags(LoadFlags::ALTERED.0 | LoadFlags::OWN_FOLDER.0));
    let own = (wants_own && name::has_folder(requested))
        .then(|| path::find(&path::full(requested)))
        .flatten()
        .and_then(|file| file.parent().map(Path::to_owned));
    Searching(settings().current.replace((flags, own)))
}

/// The folders of a search, in order.
struct Search {
    before_system: Vec<PathBuf>,
    system: bool,
    /// Whether the current directory and `PATH` follow.
    standard: bool,
    current_directory: bool,
}

fn search(program: &Path) -> Search {
    let settings = settings();
    let (flags, own) = match &settings.current {
        Some((flags, own)) => (*flags, own.clone()),
        None => (LoadFlags(0), None),
    };
    let mut searches = flags.0 & LoadFlags::SEARCHES;
    if searches == 0 && !flags.any(LoadFlags::ALTERED) {
        searches = settings.default;
    }
    let application = program.parent().map(Path::to_owned);
    let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if searches == 0 {
        let altered = flags.any(LoadFlags::ALTERED) && own.is_some();
        let first = if altered { own } else { application };
        let set = settings.set.as_deref();
        let set = set.filter(|s| !s.is_empty()).and_then(|s| path::find(&path::full(s)));
        return Search {
            before_system: first.into_iter().chain(named).chain(set).collect(),
            system: true,
            standard: true,
            current_directory: settings.set.is_none(),
        };
    }
    let searches = LoadFlags(searches);
    let wants = |which: LoadFlags| searches.any(LoadFlags(which.0 | LoadFlags::DEFAULT.0));
    let mut folders = Vec::new();
    if searches.any(LoadFlags::OWN_FOLDER) {
        folders.extend(own);
    }
    if wants(LoadFlags::APPLICATION) {
        folders.extend(application);
        folders.extend(named);
    }
    if wants(LoadFlags::USER) {
        folders.extend(settings.added.iter().map(|(_, folder)| folder.clone()));
        let set = settings.set.as_deref();
        folders.extend(set.filter(|s| !s.is_empty()).and_then(|s| path::find(&path::full(s))));
    }
    let system = wants(LoadFlags::SYSTEM);
    Search { before_system: folders, system, standard: false, current_directory: false }
}

/// Whether the built-in DLLs, which are the system's folder, are searched.
pub(super) fn includes_system(program: &Path) -> bool {
    search(program).system
}

/// The file in `folder` whose name is `wanted` in any case.
fn in_folder(folder: &Path, wanted: &str) -> Option<PathBuf> {
    let exact = folder.join(wanted);
    if exact.is_file() {
        return Some(exact);
    }
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().to_lowercase() == wanted)
        .map(|entry| entry.path())
        .filter(|p| p.is_file())
}

/// The file of a DLL that was asked for by `requested`, by its path or from the folders that are
/// searched before the system's. `program` is the program's own file.
#[must_use]
pub(super) fn beside_program(requested: &[u16], program: &Path) -> Option<PathBuf> {
    if name::has_folder(requested) {
        let full = path::full(requested);
        let found = path::find(&full).filter(|p| p.is_file());
        return found.or_else(|| {
            // `LoadLibrary(L"C:\\x\\plug")` means plug.dll.
            let mut with_extension = full;
            with_extension.extend(wide::from_str(".dll"));
            path::find(&with_extension).filter(|p| p.is_file())
        });
    }
    let wanted = name::normalize(requested);
    search(program).before_system.iter().find_map(|folder| in_folder(folder, &wanted))
}

/// The file of a DLL in the current directory or in a folder of `PATH`, which are searched
/// after the built-in DLLs.
#[must_use]
pub(super) fn in_path(requested: &[u16], program: &Path) -> Option<PathBuf> {
    let search = search(program);
    if name::has_folder(requested) || !search.standard {
        return None;
    }
    let wanted = name::normalize(requested);
    let current = search.current_directory.then(|| std::env::current_dir().ok()).flatten();
    let here = current.and_then(|folder| in_folder(&folder, &wanted));
    here.or_else(|| {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).find_map(|folder| in_folder(&folder, &wanted))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_dlls_are_sorted_for_the_search() {
        assert!(super::KNOWN.is_sorted());
        assert!(super::is_known("kernel32.dll") && !super::is_known("libstdc++-6.dll"));
    }
}

//! Programs that are part of haft, such as the command interpreter: files of drive `C:` where no
//! file of the user's is in their place.
//!
//! A process that looks for one gets it as a memory file of its own, so it is there too where
//! nothing can be written.

use super::{lookup, path};
use haft_abi::wide;
use haft_host::mem;
use haft_host::rustix::fd::{AsRawFd, OwnedFd};
use haft_host::spawn;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A program of haft's own.
#[derive(Debug)]
pub struct BuiltInProgram {
    /// Its file, as programs see it: `C:\Windows\System32\cmd.exe`.
    pub file: &'static str,
    /// Its image.
    pub image: &'static [u8],
}

impl BuiltInProgram {
    /// Where its file would be for Linux; `None` where the user has no drive `C:`.
    #[must_use]
    pub fn place(&self) -> Option<PathBuf> {
        path::to_linux(&wide::from_str(self.file))
    }

    fn name(&self) -> &'static str {
        self.file.rsplit('\\').next().unwrap_or(self.file)
    }
}

struct Known {
    program: &'static BuiltInProgram,
    /// Made when it is first asked for; `None` where Linux gives none.
    file: OnceLock<Option<OwnedFd>>,
}

static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();

/// Makes the programs known, once.
pub(crate) fn set(programs: &'static [BuiltInProgram]) {
    let known = |program| Known { program, file: OnceLock::new() };
    let _ = KNOWN.set(programs.iter().map(known).collect());
}

/// The program of this file name, with or without `.exe`.
#[must_use]
pub fn named<'p>(name: &[u8], among: &'p [BuiltInProgram]) -> Option<&'p BuiltInProgram> {
    let folded = lookup::fold(name);
    among.iter().find(|program| {
        let own = program.name().as_bytes();
        folded == own || own.strip_suffix(b".exe") == Some(&*folded)
    })
}

/// A path by which this process can open the program whose file would be at `path`.
pub(super) fn find(path: &Path) -> Option<PathBuf> {
    let name = lookup::fold(path.file_name()?.as_bytes());
    let known = KNOWN.get()?.iter().find(|known| known.program.name().as_bytes() == name)?;
    let place = known.program.place()?;
    if lookup::fold(place.as_os_str().as_bytes()) != lookup::fold(path.as_os_str().as_bytes()) {
        return None;
    }
    let file = known.file.get_or_init(|| {
        let made = mem::constant_memfd(known.program.name(), known.program.image).ok()?;
        spawn::above_standard(made).ok()
    });
    Some(PathBuf::from(format!("/proc/self/fd/{}", file.as_ref()?.as_raw_fd())))
}

/// Whether a path is that of such a program in this process, and of nothing in another one.
#[must_use]
pub fn is_own(path: &Path) -> bool {
    path.starts_with("/proc/self/fd")
}

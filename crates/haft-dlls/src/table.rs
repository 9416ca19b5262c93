//! The table of built-in DLLs, which the build script makes.

use crate::apiset;
use crate::export::Export;
use crate::image::{Image, Segment, Variable};
use crate::missing::{Failure, Missing};
use crate::ready::ReadyImage;
use haft_host::mem::Protection;

/// A built-in DLL.
pub struct Dll {
    /// Its file name in lower case: `kernel32.dll`.
    pub name: &'static str,
    /// Its image.
    pub(crate) image: Image,
    /// What it exports, by name in byte order.
    pub exports: &'static [Slot],
    /// What it ought to export and does not, by name in byte order.
    pub missing: &'static [Missing],
    /// The index of its first missing function among all.
    pub first_missing: usize,
}

/// A name in a DLL's export table.
pub struct Slot {
    /// The name.
    pub name: &'static str,
    /// The ordinal, unique in the DLL.
    pub ordinal: u16,
    /// What it names.
    pub export: &'static Export,
}

/// What a DLL has under a name.
pub enum Found {
    /// An export.
    Export(&'static Slot),
    /// A function of Windows that haft does not have; the index is for
    /// [`missing::entry`](crate::missing::entry).
    KnownMissing(usize, &'static Missing),
    /// Nothing, and as far as haft knows Windows has nothing either.
    Unknown,
}

impl Dll {
    /// The name without `.dll`.
    #[must_use]
    pub fn stem(&self) -> &'static str {
        self.name.strip_suffix(".dll").unwrap_or(self.name)
    }

    /// Looks a name up; case counts, as on Windows.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Found {
        if let Ok(at) = self.exports.binary_search_by(|slot| slot.name.cmp(name)) {
            return Found::Export(&self.exports[at]);
        }
        match self.missing.binary_search_by(|missing| missing.name.cmp(name)) {
            Ok(at) => Found::KnownMissing(self.first_missing + at, &self.missing[at]),
            Err(_) => Found::Unknown,
        }
    }

    /// Looks an ordinal up among what the DLL ought to export and does not.
    #[must_use]
    pub fn missing_ordinal(&self, ordinal: u16) -> Found {
        let is_its = |missing: &Missing| missing.ordinal == Some(ordinal);
        match self.missing.iter().position(is_its) {
            Some(at) => Found::KnownMissing(self.first_missing + at, &self.missing[at]),
            None => Found::Unknown,
        }
    }

    /// Looks an ordinal up.
    #[must_use]
    pub fn by_ordinal(&self, ordinal: u16) -> Option<&'static Slot> {
        self.exports.iter().find(|slot| slot.ordinal == ordinal)
    }
}

/// Finds a built-in DLL by its file name or API set name, in any case, with `.dll` or without.
#[must_use]
pub fn find_dll(name: &str) -> Option<&'static Dll> {
    let lower = name.to_ascii_lowercase();
    let host = apiset::resolve(&lower).map(str::to_owned);
    let file = host.unwrap_or_else(|| {
        let has_extension = lower.contains('.');
        if has_extension { lower } else { lower + ".dll" }
    });
    let at = DLLS.binary_search_by(|dll| dll.name.cmp(file.as_str())).ok()?;
    Some(&DLLS[at])
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

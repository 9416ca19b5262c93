//! Places in code, as a person is told of them.

use super::module::{Module, find_by_address};
use crate::io::path;
use core::fmt;
use haft_host::host_unwind;
use haft_image::symbols::{self, Symbol};

/// An address in code: `prog.exe+0x1234`. Shown without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place(pub usize);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match find_by_address(self.0) {
            Some(module) => write!(f, "{}+{:#x}", module.name, self.0 - module.base),
            None if host_unwind::contains(self.0) => {
                write!(f, "haft+{:#x}", self.0 - host_unwind::text_start())
            }
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl Place {
    /// The function of the program or of one of its DLLs that it is in, where the file was not
    /// stripped of its symbols. Reads the file.
    #[must_use]
    pub fn function(self) -> Option<Symbol> {
        let module = find_by_address(self.0).filter(|module| module.built_in.is_none())?;
        let file = file_of(module)?;
        symbols::function_at(&file, u32::try_from(self.0 - module.base).ok()?)
    }

    /// With the function that it is in: `prog.exe+0x1234 (main+0x24)`.
    #[must_use]
    pub fn in_full(self) -> String {
        match self.function() {
            Some(Symbol { name, offset }) => format!("{self} ({name}+{offset:#x})"),
            None => self.to_string(),
        }
    }
}

/// The file of a module.
pub(super) fn file_of(module: &Module) -> Option<Vec<u8>> {
    std::fs::read(path::to_linux(&module.path)?).ok()
}

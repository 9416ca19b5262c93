//! The built-in DLLs as the loader sees them: images that are there already.

use crate::export::Body;
use crate::missing;
use crate::ready::{self, Place};
use crate::table::{Dll, Found, find_dll};
use crate::trace;
use haft_abi::NtStatus;
use haft_host::guest;
use haft_host::mem::{self, Protection};
use haft_kernel::ldr::{BuiltInDll, BuiltIns, Found as LoaderFound, LaidOut, Procedure};
use haft_kernel::mm::{self, ImagePart};

/// The image of a built-in DLL, as the build script made it.
pub(crate) struct Image {
    /// Where it is.
    pub at: Place,
    /// Its size in bytes.
    pub size: usize,
    /// Where the addresses begin that its thunks jump to, in the order of its functions.
    pub slots: usize,
    /// Its pieces.
    pub segments: &'static [Segment],
    /// Its variables.
    pub variables: &'static [Variable],
    /// Whether it is among those that nobody writes, which are side by side.
    pub is_constant: bool,
}

/// Whole pages of an image.
pub(crate) struct Segment {
    pub rva: usize,
    pub size: usize,
    pub protection: Protection,
}

/// A variable that the program links to.
pub(crate) struct Variable {
    /// Its place among the exports.
    pub export: usize,
    pub rva: usize,
    /// The bytes set aside for it.
    pub room: usize,
}

struct All;

/// The built-in DLLs, for the loader.
#[must_use]
pub fn built_ins() -> &'static dyn BuiltIns {
    &All
}

impl BuiltIns for All {
    fn find(&self, name: &str) -> Option<&'static dyn BuiltInDll> {
        find_dll(name).map(|dll| dll as &dyn BuiltInDll)
    }

    fn protect_all(&self) -> Result<(), NtStatus> {
        ready::protect_all()
    }
}

impl Dll {
    /// Has the thunks of functions that the user wants to see called jump to code that tells.
    fn trace_calls(&self) -> Result<(), NtStatus> {
        let slots = self.image.at.address() + self.image.slots;
        let functions = self.exports.iter().filter(|slot| slot.export.is_function());
        let traced: Vec<(usize, usize)> = functions
            .enumerate()
            .filter_map(|(n, slot)| Some((slots + n * 8, slot.export.traced()?)))
            .collect();
        let (Some((first, _)), Some((last, _))) = (traced.first(), traced.last()) else {
            return Ok(());
        };
        let start = first & !(mem::PAGE - 1);
        let size = (last + 8 - start).next_multiple_of(mem::PAGE);
        mem::protect(start, size, Protection::READ_WRITE)?;
        for (slot, code) in traced {
            guest::write(slot, code)?;
        }
        // The slots share their first and last pages with the code and the export directory.
        mem::protect(start, size, Protection::READ_EXECUTE)
    }
}

impl BuiltInDll for Dll {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_hollow(&self) -> bool {
        self.exports.is_empty()
    }

    fn place(&self) -> LaidOut {
        LaidOut { base: self.image.at.address(), size: self.image.size }
    }

    fn lay_out(&self) -> Result<LaidOut, NtStatus> {
        ready::protect(&self.image)?;
        if trace::is_on() {
            self.trace_calls()?;
        }
        let Image { at, size, segments, variables, .. } = self.image;
        let base = at.address();
        let parts = segments.iter().map(|segment| ImagePart {
            rva: segment.rva,
            size: segment.size,
            protection: segment.protection,
        });
        mm::adopt_image(base, size, parts);
        for variable in variables {
            if let Body::Data(data) = &self.exports[variable.export].export.body {
                debug_assert!(data.size() <= variable.room);
                data.place(base + variable.rva)?;
            }
        }
        Ok(self.place())
    }

    fn missing(&self, wanted: Procedure<'_>) -> LoaderFound {
        let found = match wanted {
            Procedure::Name(name) => {
                core::str::from_utf8(name).map_or(Found::Unknown, |name| self.lookup(name))
            }
            Procedure::Ordinal(ordinal) => self.missing_ordinal(ordinal),
        };
        match found {
            Found::KnownMissing(index, _) => LoaderFound::KnownMissing(missing::entry(index)),
            Found::Export(_) | Found::Unknown => LoaderFound::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::DLLS;
    use haft_image::exports::{ExportTarget, Exports};
    use haft_image::parse::MappedHeaders;
    use haft_image::{DirectoryKind, ImageMemory};
    use haft_kernel::ldr::LiveImage;

    #[test]
    fn each_variable_fits_its_place() {
        for dll in DLLS {
            for variable in dll.image.variables {
                let export = dll.exports[variable.export].export;
                let Body::Data(data) = &export.body else { panic!("{} is code", export.name) };
                assert!(data.size() <= variable.room, "{} of {}", export.name, dll.name);
                assert!(variable.rva.is_multiple_of(data.align()), "{}", export.name);
            }
        }
    }

    #[test]
    fn each_export_is_in_its_image() {
        for dll in DLLS {
            let base = dll.image.at.address();
            assert!(base.is_multiple_of(mem::GRANULARITY), "{}", dll.name);
            let image = LiveImage::new(base, dll.image.size as u32);
            let headers = MappedHeaders::read(&image).unwrap();
            assert_eq!(image.read_u64(0xB0), Ok(base as u64), "{}", dll.name);
            let directory = headers.directories.get(DirectoryKind::Export).unwrap();
            let exports = Exports::read(&image, directory).unwrap();
            for slot in dll.exports {
                let found = exports.by_name(&image, slot.name.as_bytes()).unwrap().unwrap();
                assert_eq!(found.ordinal, u32::from(slot.ordinal), "{}", slot.name);
                let ExportTarget::Rva(rva) = found.target else { panic!("{}", slot.name) };
                let Body::Function { entry, .. } = slot.export.body else { continue };
                let displacement = image.read_u32(rva + 2).unwrap();
                let target = image.read_u64(rva + 6 + displacement).unwrap();
                assert_eq!(target, entry.address() as u64, "{}", slot.name);
            }
        }
    }
}

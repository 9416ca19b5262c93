//! The built-in DLLs as the loader sees them: images to lay out.

use crate::export::Body;
use crate::missing;
use crate::table::{Dll, Found, Slot, find_dll};
use haft_abi::{NtStatus, version};
use haft_host::guest;
use haft_host::mem::Protection;
use haft_image::builtin::{BuiltinExport, BuiltinKind, BuiltinPlan, VersionInfo};
use haft_kernel::ldr::{BuiltInDll, BuiltIns, Found as LoaderFound};
use haft_kernel::mm;

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
}

impl Dll {
    fn image_exports(&self) -> impl Iterator<Item = BuiltinExport<'static>> {
        self.exports.iter().map(|slot: &Slot| BuiltinExport {
            name: slot.name,
            ordinal: Some(slot.ordinal),
            kind: match &slot.export.body {
                Body::Function { .. } => BuiltinKind::Code { target: slot.export.entry() },
                Body::Data(data) => BuiltinKind::Data {
                    size: data.size() as u32,
                    align: data.align() as u32,
                    initial: &[],
                },
            },
        })
    }

    /// The version resource: programs read the system's version from that of kernel32.dll.
    fn version(&self) -> Vec<u8> {
        let number = [version::MAJOR, version::MINOR, version::BUILD, 0].map(|part| part as u16);
        let [major, minor, build, revision] = number;
        let text = format!("{major}.{minor}.{build}.{revision}");
        VersionInfo {
            file_version: number,
            product_version: number,
            is_dll: true,
            strings: &[
                ("FileDescription", "built-in DLL of haft"),
                ("FileVersion", &text),
                ("InternalName", self.name),
                ("OriginalFilename", self.name),
                ("ProductName", "haft"),
                ("ProductVersion", &text),
            ],
        }
        .to_bytes()
    }

    fn plan<'v>(&self, version: &'v [u8]) -> Result<BuiltinPlan<'v>, NtStatus> {
        // The tables are haft's own, so a list that cannot be written is a mistake of its makers.
        BuiltinPlan::new(self.name, self.image_exports(), Some(version))
            .map_err(|_| NtStatus::INTERNAL_ERROR)
    }
}

impl BuiltInDll for Dll {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_hollow(&self) -> bool {
        self.exports.is_empty()
    }

    fn image_size(&self) -> Result<usize, NtStatus> {
        Ok(self.plan(&self.version())?.size() as usize)
    }

    fn lay_out(&self, base: usize) -> Result<(), NtStatus> {
        let version = self.version();
        let plan = self.plan(&version)?;
        let mut image = vec![0; plan.size() as usize];
        let mut variables = Vec::new();
        let exports = self.image_exports();
        plan.write(&mut image, base as u64, exports, |index, rva| {
            if let Body::Data(data) = &self.exports[index].export.body {
                variables.push((*data, rva));
            }
        })
        .map_err(|_| NtStatus::INTERNAL_ERROR)?;
        guest::copy_out(base, &image)?;
        for (data, rva) in variables {
            data.place(base + rva as usize)?;
        }
        for segment in plan.segments() {
            let p = segment.protection;
            let protection = Protection { read: p.read, write: p.write, execute: p.execute };
            mm::protect_image(base + segment.rva as usize, segment.size as usize, protection)?;
        }
        Ok(())
    }

    fn missing(&self, name: &str) -> LoaderFound {
        match self.lookup(name) {
            Found::KnownMissing(index, _) => LoaderFound::KnownMissing(missing::entry(index)),
            Found::Export(_) | Found::Unknown => LoaderFound::Unknown,
        }
    }
}

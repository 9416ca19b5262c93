//! Import tables (Microsoft: "PE Format", the .idata section and delay-load import tables).

use crate::memory::{NameAt, entry};
use crate::{Directory, ImageError, ImageMemory};

const DESCRIPTOR: u32 = 20;
const DELAY_DESCRIPTOR: u32 = 32;
const THUNK: u32 = 8;
const ORDINAL_FLAG: u64 = 1 << 63;

/// A program that imports from more DLLs than this is not believed.
const MAX_DLLS: u32 = 0x1_0000;

/// What an import asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportName {
    /// A named export.
    ByName {
        /// A guess of the name's index in the exporter's name table.
        hint: u16,
        /// Where the name is, in the importing image.
        name: NameAt,
    },
    /// An export by its ordinal.
    ByOrdinal(u16),
}

/// One import of a DLL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Import {
    /// The 64-bit slot of the import address table to write the address to.
    pub iat: u32,
    /// What is imported.
    pub name: ImportName,
}

/// A DLL and the tables of what is imported from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportedDll {
    /// The DLL's name.
    pub name: NameAt,
    /// The table of names and ordinals. An older binding leaves addresses in the address table,
    /// so the separate table is preferred where there is one.
    pub lookup: u32,
    /// The table of addresses to fill.
    pub iat: u32,
}

/// A delay-loaded DLL: its imports are bound by the program's own helper at their first call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DelayImportedDll {
    /// The DLL and its tables.
    pub dll: ImportedDll,
    /// Where the program keeps the module's handle, 64 bits.
    pub module_handle: u32,
    /// The table with the addresses of before the DLL was loaded, or 0.
    pub unload: u32,
}

/// The DLLs that an image imports from, in order. Ends after the first error.
pub fn dlls<M: ImageMemory + ?Sized>(
    memory: &M,
    directory: Directory,
) -> impl Iterator<Item = Result<ImportedDll, ImageError>> {
    walk(move |index| descriptor(memory, directory.rva, index))
}

/// The DLLs that an image loads late, in order. Ends after the first error.
pub fn delay_dlls<M: ImageMemory + ?Sized>(
    memory: &M,
    directory: Directory,
) -> impl Iterator<Item = Result<DelayImportedDll, ImageError>> {
    walk(move |index| delay_descriptor(memory, directory.rva, index))
}

impl ImportedDll {
    /// What is imported from this DLL, in order. Ends after the first error.
    pub fn imports<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
    ) -> impl Iterator<Item = Result<Import, ImageError>> {
        walk(move |index| self.import(memory, index))
    }

    fn import<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        index: u32,
    ) -> Result<Option<Import>, ImageError> {
        let thunk = memory.read_u64(entry(self.lookup, index, THUNK)?)?;
        if thunk == 0 {
            return Ok(None);
        }
        let iat = entry(self.iat, index, THUNK)?;
        let name = if thunk & ORDINAL_FLAG != 0 {
            ImportName::ByOrdinal(thunk as u16)
        } else {
            let at = u32::try_from(thunk)
                .ok()
                .filter(|at| at.checked_add(2).is_some_and(|name| name < memory.size()))
                .ok_or(ImageError::Damaged("an import has no name within it"))?;
            ImportName::ByName { hint: memory.read_u16(at)?, name: NameAt(at + 2) }
        };
        Ok(Some(Import { iat, name }))
    }
}

/// Calls `read` with 0, 1, 2, ... until it gives `None` or an error.
fn walk<T>(
    mut read: impl FnMut(u32) -> Result<Option<T>, ImageError>,
) -> impl Iterator<Item = Result<T, ImageError>> {
    let mut next = Some(0u32);
    core::iter::from_fn(move || {
        let index = next?;
        let item = read(index).transpose();
        next = if matches!(item, Some(Ok(_))) { index.checked_add(1) } else { None };
        item
    })
}

fn limit(index: u32) -> Result<(), ImageError> {
    if index < MAX_DLLS {
        Ok(())
    } else {
        Err(ImageError::Damaged("the list of its imported DLLs does not end"))
    }
}

fn descriptor<M: ImageMemory + ?Sized>(
    memory: &M,
    table: u32,
    index: u32,
) -> Result<Option<ImportedDll>, ImageError> {
    limit(index)?;
    let mut bytes = [0; DESCRIPTOR as usize];
    memory.read(entry(table, index, DESCRIPTOR)?, &mut bytes)?;
    let [original_first_thunk, _, _, name, first_thunk] = words(&bytes);
    if name == 0 || first_thunk == 0 {
        return Ok(None);
    }
    // Old linkers leave no lookup table, or rubbish in its place.
    let has_lookup = original_first_thunk != 0 && original_first_thunk < memory.size();
    let lookup = if has_lookup { original_first_thunk } else { first_thunk };
    Ok(Some(ImportedDll { name: NameAt(name), lookup, iat: first_thunk }))
}

fn delay_descriptor<M: ImageMemory + ?Sized>(
    memory: &M,
    table: u32,
    index: u32,
) -> Result<Option<DelayImportedDll>, ImageError> {
    limit(index)?;
    let mut bytes = [0; DELAY_DESCRIPTOR as usize];
    memory.read(entry(table, index, DELAY_DESCRIPTOR)?, &mut bytes)?;
    let [attributes, name, module_handle, iat, lookup, _, unload, _] = words(&bytes);
    if name == 0 {
        return Ok(None);
    }
    if attributes & 1 == 0 {
        return Err(ImageError::Damaged("its delay imports are in the old 32-bit form"));
    }
    let dll = ImportedDll { name: NameAt(name), lookup, iat };
    Ok(Some(DelayImportedDll { dll, module_handle, unload }))
}

fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put32(image: &mut [u8], at: usize, values: &[u32]) {
        for (index, value) in values.iter().enumerate() {
            image[at + index * 4..][..4].copy_from_slice(&value.to_le_bytes());
        }
    }

    fn put64(image: &mut [u8], at: usize, values: &[u64]) {
        for (index, value) in values.iter().enumerate() {
            image[at + index * 8..][..8].copy_from_slice(&value.to_le_bytes());
        }
    }

    fn name(image: &[u8], at: NameAt) -> String {
        let mut scratch = Vec::new();
        String::from_utf8(at.read(image, &mut scratch).unwrap().to_vec()).unwrap()
    }

    fn image() -> Vec<u8> {
        let mut image = vec![0; 0x400];
        put32(&mut image, 0, &[0x100, 0, 0, 0x200, 0x180]);
        put32(&mut image, 20, &[0, 0x1234, 0xFFFF_FFFF, 0x210, 0x140]);
        put64(&mut image, 0x100, &[0x220, ORDINAL_FLAG | 23, 0]);
        put64(&mut image, 0x140, &[0x230, 0]);
        image[0x200..0x207].copy_from_slice(b"one.dll");
        image[0x210..0x217].copy_from_slice(b"two.dll");
        image[0x220..0x228].copy_from_slice(b"\x05\x01Create");
        image[0x230..0x238].copy_from_slice(b"\x00\x00Delete");
        image
    }

    #[test]
    fn names_and_ordinals_from_either_table() {
        let image = image();
        let memory = image.as_slice();
        let dlls: Vec<_> =
            dlls(memory, Directory { rva: 0, size: 0 }).collect::<Result<_, _>>().unwrap();
        assert_eq!(dlls.len(), 2);
        assert_eq!(name(memory, dlls[0].name), "one.dll");
        let imports: Vec<_> = dlls[0].imports(memory).collect::<Result<_, _>>().unwrap();
        assert_eq!(
            imports,
            [
                Import {
                    iat: 0x180,
                    name: ImportName::ByName { hint: 0x105, name: NameAt(0x222) }
                },
                Import { iat: 0x188, name: ImportName::ByOrdinal(23) },
            ]
        );
        assert_eq!(name(memory, NameAt(0x222)), "Create");
        let imports: Vec<_> = dlls[1].imports(memory).collect::<Result<_, _>>().unwrap();
        assert_eq!(
            imports,
            [Import { iat: 0x140, name: ImportName::ByName { hint: 0, name: NameAt(0x232) } }]
        );
    }

    #[test]
    fn a_table_that_runs_out_of_the_image_ends_with_one_error() {
        let mut image = image();
        image.truncate(0x148);
        put64(&mut image, 0x140, &[ORDINAL_FLAG | 1]);
        let dll = ImportedDll { name: NameAt(0), lookup: 0x140, iat: 0x140 };
        let results: Vec<_> = dll.imports(image.as_slice()).collect();
        assert_eq!(results.len(), 2);
        assert!(results[0].is_ok() && results[1].is_err());
    }

    #[test]
    fn delay_imports() {
        let mut image = image();
        put32(&mut image, 0x300, &[1, 0x200, 0x2F0, 0x180, 0x100, 0, 0, 0]);
        let memory = image.as_slice();
        let found: Vec<_> = delay_dlls(memory, Directory { rva: 0x300, size: 0 })
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].module_handle, 0x2F0);
        assert_eq!(found[0].dll.imports(memory).count(), 2);
        put32(&mut image, 0x300, &[0]);
        let mut old = delay_dlls(image.as_slice(), Directory { rva: 0x300, size: 0 });
        assert!(old.next().unwrap().is_err());
        assert!(old.next().is_none());
    }
}

//! Writing the bytes of a built-in image.

use super::{BuiltinError, BuiltinExport, BuiltinKind, BuiltinPlan, Part, THUNK_SIZE};
use crate::parse::{DirectoryKind, PAGE_SIZE};
use object::pod::{self, Pod};
use object::{LittleEndian as LE, U16, U32, U64, pe};

/// Where the PE signature is put: behind room for a DOS program, as linkers do.
const NT_HEADERS: u32 = 0x80;

/// The three directories of a version resource and its data entry.
pub(super) const RSRC_HEADER: u64 = 3 * (16 + 8) + 16;

const READ: u32 = 0x4000_0000;
const WRITE: u32 = 0x8000_0000;
const EXECUTE: u32 = 0x2000_0000;
const CODE: u32 = 0x20;
const DATA: u32 = 0x40;

/// `jmp qword ptr [rip + 0]`, filled up with `int3`.
const THUNK: [u8; THUNK_SIZE as usize] = {
    let mut thunk = [0xCC; THUNK_SIZE as usize];
    thunk[0] = 0xFF;
    thunk[1] = 0x25;
    thunk
};

/// The length of the jump, from whose end its displacement counts.
const JUMP: u32 = 6;

/// A destination that refuses what does not fit.
struct Image<'b>(&'b mut [u8]);

impl Image<'_> {
    #[inline]
    fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), BuiltinError> {
        self.0
            .get_mut(at as usize..)
            .and_then(|tail| tail.get_mut(..bytes.len()))
            .ok_or(BuiltinError::NotAsPlanned)?
            .copy_from_slice(bytes);
        Ok(())
    }

    fn put_pod<T: Pod>(&mut self, at: u32, value: &T) -> Result<u32, BuiltinError> {
        self.put(at, pod::bytes_of(value))?;
        Ok(at + size_of::<T>() as u32)
    }

    /// Puts a text and, after it, a zero, which is there already; gives the place after it.
    #[inline]
    fn put_text(&mut self, at: u32, text: &str) -> Result<u32, BuiltinError> {
        self.put(at, text.as_bytes())?;
        Ok(at + text.len() as u32 + 1)
    }

    fn word(&self, at: u32) -> Option<u32> {
        let bytes = self.0.get(at as usize..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    }
}

/// The places where the next export's parts go.
struct Cursor {
    code: u32,
    name: u32,
    implicit: u32,
    data: u32,
    text: u32,
}

/// The places of the export directory's tables.
struct Tables {
    functions: u32,
    names: u32,
    name_ordinals: u32,
    strings: u32,
    end: u32,
}

impl BuiltinPlan<'_> {
    /// Writes the image into `destination`, memory of [`BuiltinPlan::size`] zeros that the
    /// program will see at `base`, a multiple of 64 KB. `exports` are those that the plan was
    /// made from. `placed` is told the RVA of each, by its index in the list: a function's thunk,
    /// a variable, a forwarder's text.
    ///
    /// # Errors
    /// [`BuiltinError::Ordinal`] for an ordinal that is given twice, and
    /// [`BuiltinError::NotAsPlanned`] when the buffer is too small or the list has changed.
    pub fn write<'e>(
        &self,
        destination: &mut [u8],
        base: u64,
        exports: impl Iterator<Item = BuiltinExport<'e>>,
        mut placed: impl FnMut(usize, u32),
    ) -> Result<(), BuiltinError> {
        let destination =
            destination.get_mut(..self.size as usize).ok_or(BuiltinError::NotAsPlanned)?;
        let mut image = Image(destination);
        self.write_headers(&mut image, base)?;
        let tables = self.write_export_directory(&mut image)?;
        self.pad_text(&mut image)?;
        let mut cursor =
            Cursor { code: 0, name: 0, implicit: 0, data: self.data.rva, text: tables.strings };
        for (index, export) in exports.enumerate() {
            let rva = self.write_export(&mut image, &tables, &mut cursor, &export)?;
            placed(index, rva);
        }
        self.write_version(&mut image)?;
        let complete = cursor.code == self.code_count
            && cursor.name == self.name_count
            && cursor.text == tables.end;
        if complete { Ok(()) } else { Err(BuiltinError::NotAsPlanned) }
    }

    fn write_export(
        &self,
        image: &mut Image<'_>,
        tables: &Tables,
        cursor: &mut Cursor,
        export: &BuiltinExport<'_>,
    ) -> Result<u32, BuiltinError> {
        let rva = self.write_contents(image, cursor, export.kind)?;
        let slot = match export.ordinal {
            Some(ordinal) => u32::from(ordinal)
                .checked_sub(self.ordinal_base)
                .filter(|&slot| slot < self.fixed_slots)
                .ok_or(BuiltinError::NotAsPlanned)?,
            None => {
                cursor.implicit += 1;
                self.fixed_slots + cursor.implicit - 1
            }
        };
        if slot >= self.slot_count {
            return Err(BuiltinError::NotAsPlanned);
        }
        let function = tables.functions + slot * 4;
        if image.word(function) != Some(0) {
            return Err(BuiltinError::Ordinal(self.ordinal_base + slot));
        }
        image.put(function, &rva.to_le_bytes())?;
        if !export.name.is_empty() {
            if cursor.name >= self.name_count {
                return Err(BuiltinError::NotAsPlanned);
            }
            image.put(tables.names + cursor.name * 4, &cursor.text.to_le_bytes())?;
            image.put(tables.name_ordinals + cursor.name * 2, &(slot as u16).to_le_bytes())?;
            cursor.text = image.put_text(cursor.text, export.name)?;
            cursor.name += 1;
        }
        Ok(rva)
    }

    /// Writes what an export stands for and gives its RVA.
    fn write_contents(
        &self,
        image: &mut Image<'_>,
        cursor: &mut Cursor,
        kind: BuiltinKind<'_>,
    ) -> Result<u32, BuiltinError> {
        match kind {
            BuiltinKind::Code { target } => {
                if cursor.code >= self.code_count {
                    return Err(BuiltinError::NotAsPlanned);
                }
                let slot = self.rdata.rva + cursor.code * 8;
                let thunk = self.text.rva + (cursor.code + 1) * THUNK_SIZE;
                let mut bytes = THUNK;
                bytes[2..6].copy_from_slice(&(slot - (thunk + JUMP)).to_le_bytes());
                image.put(thunk, &bytes)?;
                image.put(slot, &(target as u64).to_le_bytes())?;
                cursor.code += 1;
                Ok(thunk)
            }
            BuiltinKind::Data { size, align, initial } => {
                let rva = cursor.data.next_multiple_of(align);
                let end = rva.checked_add(size).ok_or(BuiltinError::NotAsPlanned)?;
                if end > self.data.rva + self.data.size || initial.len() > size as usize {
                    return Err(BuiltinError::NotAsPlanned);
                }
                image.put(rva, initial)?;
                cursor.data = end;
                Ok(rva)
            }
            BuiltinKind::Forward(to) => {
                let rva = cursor.text;
                cursor.text = image.put_text(rva, to)?;
                Ok(rva)
            }
        }
    }

    /// Fills what the thunks leave of `.text` with `int3`.
    fn pad_text(&self, image: &mut Image<'_>) -> Result<(), BuiltinError> {
        image.put(self.text.rva, &[0xCC; THUNK_SIZE as usize])?;
        let end = (self.text.rva + self.text.size) as usize;
        let page_end = end.next_multiple_of(PAGE_SIZE as usize);
        image.0.get_mut(end..page_end).ok_or(BuiltinError::NotAsPlanned)?.fill(0xCC);
        Ok(())
    }

    fn write_export_directory(&self, image: &mut Image<'_>) -> Result<Tables, BuiltinError> {
        let functions = self.exports.rva + size_of::<pe::ImageExportDirectory>() as u32;
        let names = functions + self.slot_count * 4;
        let name_ordinals = names + self.name_count * 4;
        let dll_name = name_ordinals + self.name_count * 2;
        image.put_pod(
            self.exports.rva,
            &pe::ImageExportDirectory {
                characteristics: U32::new(LE, 0),
                time_date_stamp: U32::new(LE, 0),
                major_version: U16::new(LE, 0),
                minor_version: U16::new(LE, 0),
                name: U32::new(LE, dll_name),
                base: U32::new(LE, self.ordinal_base),
                number_of_functions: U32::new(LE, self.slot_count),
                number_of_names: U32::new(LE, self.name_count),
                address_of_functions: U32::new(LE, functions),
                address_of_names: U32::new(LE, names),
                address_of_name_ordinals: U32::new(LE, name_ordinals),
            },
        )?;
        let strings = image.put_text(dll_name, self.dll_name)?;
        let end = self.exports.rva + self.exports.size;
        Ok(Tables { functions, names, name_ordinals, strings, end })
    }

    fn write_version(&self, image: &mut Image<'_>) -> Result<(), BuiltinError> {
        const SUBDIRECTORY: u32 = 0x8000_0000;
        let Some(bytes) = self.version else { return Ok(()) };
        let contents = self.rsrc.rva + RSRC_HEADER as u32;
        // RT_VERSION, VS_VERSION_INFO, US English; each directory has one entry.
        let mut at = self.rsrc.rva;
        for (id, target) in [(16, SUBDIRECTORY | 24), (1, SUBDIRECTORY | 48), (0x409, 72)] {
            at = image.put_pod(
                at,
                &pe::ImageResourceDirectory {
                    characteristics: U32::new(LE, 0),
                    time_date_stamp: U32::new(LE, 0),
                    major_version: U16::new(LE, 0),
                    minor_version: U16::new(LE, 0),
                    number_of_named_entries: U16::new(LE, 0),
                    number_of_id_entries: U16::new(LE, 1),
                },
            )?;
            at = image.put_pod(
                at,
                &pe::ImageResourceDirectoryEntry {
                    name_or_id: U32::new(LE, id),
                    offset_to_data_or_directory: U32::new(LE, target),
                },
            )?;
        }
        image.put_pod(
            at,
            &pe::ImageResourceDataEntry {
                offset_to_data: U32::new(LE, contents),
                size: U32::new(LE, bytes.len() as u32),
                code_page: U32::new(LE, 0),
                reserved: U32::new(LE, 0),
            },
        )?;
        image.put(contents, bytes)
    }

    fn write_headers(&self, image: &mut Image<'_>, base: u64) -> Result<(), BuiltinError> {
        image.put(0, b"MZ")?;
        image.put(0x3C, &NT_HEADERS.to_le_bytes())?;
        let sections = self.sections();
        let present = sections.iter().filter(|section| section.part.size != 0);
        let mut at = image.put_pod(NT_HEADERS, &self.nt_headers(base, present.clone().count()))?;
        for number in 0..pe::IMAGE_NUMBEROF_DIRECTORY_ENTRIES {
            let part = if number == DirectoryKind::Export as usize {
                self.exports
            } else if number == DirectoryKind::Resource as usize && self.rsrc.size != 0 {
                self.rsrc
            } else {
                Part::default()
            };
            let entry = pe::ImageDataDirectory {
                virtual_address: U32::new(LE, part.rva),
                size: U32::new(LE, part.size),
            };
            at = image.put_pod(at, &entry)?;
        }
        for section in present {
            at = image.put_pod(at, &section.header())?;
        }
        Ok(())
    }

    fn sections(&self) -> [NewSection; 4] {
        [
            NewSection { name: *b".text\0\0\0", part: self.text, flags: CODE | READ | EXECUTE },
            NewSection { name: *b".rdata\0\0", part: self.rdata, flags: DATA | READ },
            NewSection { name: *b".data\0\0\0", part: self.data, flags: DATA | READ | WRITE },
            NewSection { name: *b".rsrc\0\0\0", part: self.rsrc, flags: DATA | READ },
        ]
    }

    fn nt_headers(&self, base: u64, section_count: usize) -> pe::ImageNtHeaders64 {
        let raw = |part: Part| part.size.next_multiple_of(PAGE_SIZE);
        let directories =
            pe::IMAGE_NUMBEROF_DIRECTORY_ENTRIES * size_of::<pe::ImageDataDirectory>();
        let optional_size = size_of::<pe::ImageOptionalHeader64>() + directories;
        // The slots hold absolute addresses of haft's own code and there are no relocations:
        // copied elsewhere the image is still right, as long as it is in the same process.
        let characteristics = pe::IMAGE_FILE_EXECUTABLE_IMAGE
            | pe::IMAGE_FILE_LARGE_ADDRESS_AWARE
            | pe::IMAGE_FILE_DLL;
        let dll_characteristics = pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
            | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
            | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
        pe::ImageNtHeaders64 {
            signature: U32::new(LE, pe::IMAGE_NT_SIGNATURE),
            file_header: pe::ImageFileHeader {
                machine: U16::new(LE, pe::IMAGE_FILE_MACHINE_AMD64),
                number_of_sections: U16::new(LE, section_count as u16),
                time_date_stamp: U32::new(LE, 0),
                pointer_to_symbol_table: U32::new(LE, 0),
                number_of_symbols: U32::new(LE, 0),
                size_of_optional_header: U16::new(LE, optional_size as u16),
                characteristics: U16::new(LE, characteristics),
            },
            optional_header: pe::ImageOptionalHeader64 {
                magic: U16::new(LE, pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC),
                major_linker_version: 14,
                minor_linker_version: 0,
                size_of_code: U32::new(LE, raw(self.text)),
                size_of_initialized_data: U32::new(
                    LE,
                    raw(self.rdata) + raw(self.data) + raw(self.rsrc),
                ),
                size_of_uninitialized_data: U32::new(LE, 0),
                address_of_entry_point: U32::new(LE, 0),
                base_of_code: U32::new(LE, self.text.rva),
                image_base: U64::new(LE, base),
                section_alignment: U32::new(LE, PAGE_SIZE),
                file_alignment: U32::new(LE, PAGE_SIZE),
                major_operating_system_version: U16::new(LE, 10),
                minor_operating_system_version: U16::new(LE, 0),
                major_image_version: U16::new(LE, 10),
                minor_image_version: U16::new(LE, 0),
                major_subsystem_version: U16::new(LE, 10),
                minor_subsystem_version: U16::new(LE, 0),
                win32_version_value: U32::new(LE, 0),
                size_of_image: U32::new(LE, self.size),
                size_of_headers: U32::new(LE, PAGE_SIZE),
                check_sum: U32::new(LE, 0),
                subsystem: U16::new(LE, pe::IMAGE_SUBSYSTEM_WINDOWS_CUI),
                dll_characteristics: U16::new(LE, dll_characteristics),
                size_of_stack_reserve: U64::new(LE, 0x4_0000),
                size_of_stack_commit: U64::new(LE, 0x1000),
                size_of_heap_reserve: U64::new(LE, 0x10_0000),
                size_of_heap_commit: U64::new(LE, 0x1000),
                loader_flags: U32::new(LE, 0),
                number_of_rva_and_sizes: U32::new(LE, pe::IMAGE_NUMBEROF_DIRECTORY_ENTRIES as u32),
            },
        }
    }
}

/// A section to be put in the section table.
struct NewSection {
    name: [u8; 8],
    part: Part,
    flags: u32,
}

impl NewSection {
    fn header(&self) -> pe::ImageSectionHeader {
        pe::ImageSectionHeader {
            name: self.name,
            virtual_size: U32::new(LE, self.part.size),
            virtual_address: U32::new(LE, self.part.rva),
            size_of_raw_data: U32::new(LE, self.part.size.next_multiple_of(PAGE_SIZE)),
            pointer_to_raw_data: U32::new(LE, self.part.rva),
            characteristics: U32::new(LE, pe::SectionFlags(self.flags)),
            ..Default::default()
        }
    }
}

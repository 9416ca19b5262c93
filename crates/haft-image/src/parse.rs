//! The headers of a PE file.

use crate::{ImageError, ImageMemory};
use object::LittleEndian as LE;
use object::pe;
use object::pod::{self, Pod};

/// How many bytes from a file's beginning to give to [`Headers::parse`] when the whole file is
/// not at hand. Ordinary headers are below 4 KB; no linker comes near this.
pub const HEADER_BYTES: usize = 64 * 1024;

/// The largest image: what 32-bit relative addresses in code can span.
const MAX_IMAGE: u32 = 0x8000_0000;

/// The size of a page of memory.
pub const PAGE_SIZE: u32 = 4096;

/// A part of an image that a data directory names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// Where it begins, relative to the image base.
    pub rva: u32,
    /// Its size in bytes. Windows ignores it for several directories, and so does haft.
    pub size: u32,
}

/// The data directories by number (Microsoft: "PE Format", optional header data directories).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the documentation's")]
pub enum DirectoryKind {
    Export = 0,
    Import = 1,
    Resource = 2,
    Exception = 3,
    /// A file offset, not an RVA.
    Certificate = 4,
    BaseRelocation = 5,
    Debug = 6,
    Tls = 9,
    LoadConfig = 10,
    BoundImport = 11,
    ImportAddressTable = 12,
    DelayImport = 13,
    ComDescriptor = 14,
}

/// All data directories of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Directories(pub [Directory; 16]);

impl Directories {
    /// The directory of this kind, or `None` when the image has none.
    #[must_use]
    pub fn get(&self, kind: DirectoryKind) -> Option<Directory> {
        self.by_number(kind as usize)
    }

    /// The directory of this number (`IMAGE_DIRECTORY_ENTRY_*`), or `None` when the image has
    /// none.
    #[must_use]
    pub fn by_number(&self, number: usize) -> Option<Directory> {
        self.0.get(number).copied().filter(|directory| directory.rva != 0)
    }
}

/// A section as the section table has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name, filled with zeros to eight bytes.
    pub name: [u8; 8],
    /// Where it begins, relative to the image base.
    pub rva: u32,
    /// Its size in memory, in bytes; never 0 unless the section is empty, since the size in the
    /// file then takes its place, as in Windows.
    pub virtual_size: u32,
    /// Where its bytes begin in the file.
    pub raw_offset: u32,
    /// How many bytes of it are in the file.
    pub raw_size: u32,
    /// `IMAGE_SCN_*` flags.
    pub characteristics: u32,
}

impl Section {
    /// The section's name for a person.
    #[must_use]
    pub fn name(&self) -> String {
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        String::from_utf8_lossy(&self.name[..end]).into_owned()
    }
}

/// `IMAGE_DLLCHARACTERISTICS_*` flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DllCharacteristics(pub u16);

impl DllCharacteristics {
    /// Whether the image may be placed above 4 GB at random.
    #[must_use]
    pub const fn high_entropy_va(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Whether the image may be placed anywhere.
    #[must_use]
    pub const fn dynamic_base(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Whether the program works without executable data.
    #[must_use]
    pub const fn nx_compat(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// Whether the image was built with control flow guard.
    #[must_use]
    pub const fn guard_cf(self) -> bool {
        self.0 & 0x4000 != 0
    }
}

/// What a PE32+ file for x86-64 says about itself, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Headers {
    /// `IMAGE_FILE_*` flags.
    pub characteristics: u16,
    /// Link time, or a hash of the contents.
    pub time_date_stamp: u32,
    /// The address that the image was linked for, a multiple of 64 KB.
    pub image_base: u64,
    /// The size of the mapped image in bytes, a multiple of [`PAGE_SIZE`].
    pub size_of_image: u32,
    /// How many bytes of the file's beginning are mapped as headers.
    pub size_of_headers: u32,
    /// The program's first instruction, or a DLL's entry, relative to the base; `None` when the
    /// header has 0.
    pub entry_point: Option<u32>,
    /// Sections begin at multiples of this in memory.
    pub section_alignment: u32,
    /// Sections begin at multiples of this in the file.
    pub file_alignment: u32,
    /// `IMAGE_SUBSYSTEM_*`.
    pub subsystem: u16,
    /// The subsystem version the program asks for, major and minor.
    pub subsystem_version: (u16, u16),
    /// `IMAGE_DLLCHARACTERISTICS_*`.
    pub dll_characteristics: DllCharacteristics,
    /// The header's checksum, which Windows checks for drivers only.
    pub checksum: u32,
    /// Bytes of address space for the first thread's stack. Unchecked: the program's wish.
    pub stack_reserve: u64,
    /// Bytes of that to commit at once. Unchecked.
    pub stack_commit: u64,
    /// Bytes of address space for the process heap. Unchecked.
    pub heap_reserve: u64,
    /// Bytes of that to commit at once. Unchecked.
    pub heap_commit: u64,
    /// Where the PE signature lies in the file and in the image.
    pub nt_headers: u32,
    /// The data directories.
    pub directories: Directories,
    /// The sections, in order of their place in memory, without overlaps.
    pub sections: Vec<Section>,
}

const FILE_RELOCS_STRIPPED: u16 = 0x0001;
const FILE_EXECUTABLE_IMAGE: u16 = 0x0002;
const FILE_LARGE_ADDRESS_AWARE: u16 = 0x0020;
const FILE_DLL: u16 = 0x2000;

impl Headers {
    /// Parses and checks the headers of a PE file.
    ///
    /// `head` is the whole file, or its first [`HEADER_BYTES`] bytes; `file_length` is the length
    /// of the whole file, against which the sections are checked.
    ///
    /// # Errors
    /// An [`ImageError`] saying what the file is instead, or what its headers lie about. See
    /// Microsoft: "PE Format".
    pub fn parse(head: &[u8], file_length: u64) -> Result<Self, ImageError> {
        let reader = Reader { head, file_length };
        let (headers, section_table, section_count) = parse_nt(&reader)?;
        let sections = parse_sections(&reader, &headers, section_table, section_count)?;
        Ok(Self { sections, ..headers })
    }

    /// Whether the image is a DLL and not a program.
    #[must_use]
    pub const fn is_dll(&self) -> bool {
        self.characteristics & FILE_DLL != 0
    }

    /// Whether the image can be used at `image_base` only.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.characteristics & FILE_RELOCS_STRIPPED != 0
    }

    /// Whether the program can use addresses above 2 GB (almost every x86-64 program).
    #[must_use]
    pub const fn is_large_address_aware(&self) -> bool {
        self.characteristics & FILE_LARGE_ADDRESS_AWARE != 0
    }

    /// Whether the program is for the console subsystem.
    #[must_use]
    pub const fn is_console(&self) -> bool {
        self.subsystem == 3
    }

    /// The directory of this kind, or `None` when the image has none.
    #[must_use]
    pub fn directory(&self, kind: DirectoryKind) -> Option<Directory> {
        self.directories.get(kind)
    }
}

/// A file's beginning and its length.
struct Reader<'a> {
    head: &'a [u8],
    file_length: u64,
}

impl Reader<'_> {
    fn get<T: Pod>(&self, offset: u64, part: &'static str) -> Result<&T, ImageError> {
        usize::try_from(offset)
            .ok()
            .and_then(|offset| self.head.get(offset..))
            .and_then(|tail| pod::from_bytes::<T>(tail).ok())
            .map(|(value, _)| value)
            .ok_or_else(|| {
                let end = offset.saturating_add(size_of::<T>() as u64);
                if end > self.file_length {
                    ImageError::EndsBefore(part)
                } else {
                    ImageError::HeadersTooFar(part)
                }
            })
    }
}

/// Everything but the sections; and where the section table is, and how many sections it has.
fn parse_nt(reader: &Reader<'_>) -> Result<(Headers, u64, u16), ImageError> {
    let nt_headers = find_nt_headers(reader)?;
    let file_header = reader
        .get::<pe::ImageFileHeader>(u64::from(nt_headers) + 4, "the end of its file header")?;
    let optional_offset = u64::from(nt_headers) + 4 + size_of::<pe::ImageFileHeader>() as u64;
    let optional_size = u64::from(file_header.size_of_optional_header.get(LE));
    let machine = file_header.machine.get(LE).0;
    if machine != 0x8664 {
        return Err(foreign(reader, machine, optional_offset));
    }
    let characteristics = file_header.characteristics.get(LE).0;
    if characteristics & FILE_EXECUTABLE_IMAGE == 0 {
        return Err(ImageError::NotExecutable);
    }
    let magic = reader.get::<object::U16<LE>>(optional_offset, "its optional header")?.get(LE);
    if magic != pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC {
        return Err(ImageError::OptionalMagic(magic));
    }
    if optional_size < size_of::<pe::ImageOptionalHeader64>() as u64 {
        return Err(ImageError::Lies("its optional header is too short for PE32+"));
    }
    let optional = reader
        .get::<pe::ImageOptionalHeader64>(optional_offset, "the end of its optional header")?;
    let directories = parse_directories(reader, optional_offset, optional_size, optional)?;
    if directories.get(DirectoryKind::ComDescriptor).is_some() {
        return Err(ImageError::DotNet);
    }
    let entry_point = optional.address_of_entry_point.get(LE);
    let headers = Headers {
        characteristics,
        time_date_stamp: file_header.time_date_stamp.get(LE),
        image_base: optional.image_base.get(LE),
        size_of_image: optional
            .size_of_image
            .get(LE)
            .checked_next_multiple_of(PAGE_SIZE)
            .ok_or(ImageError::Lies("its image is larger than 2 GB"))?,
        size_of_headers: optional.size_of_headers.get(LE),
        entry_point: (entry_point != 0).then_some(entry_point),
        section_alignment: optional.section_alignment.get(LE),
        file_alignment: optional.file_alignment.get(LE),
        subsystem: optional.subsystem.get(LE).0,
        subsystem_version: (
            optional.major_subsystem_version.get(LE),
            optional.minor_subsystem_version.get(LE),
        ),
        dll_characteristics: DllCharacteristics(optional.dll_characteristics.get(LE).0),
        checksum: optional.check_sum.get(LE),
        stack_reserve: optional.size_of_stack_reserve.get(LE),
        stack_commit: optional.size_of_stack_commit.get(LE),
        heap_reserve: optional.size_of_heap_reserve.get(LE),
        heap_commit: optional.size_of_heap_commit.get(LE),
        nt_headers,
        directories,
        sections: Vec::new(),
    };
    check_sizes(&headers, reader.file_length)?;
    let section_table = optional_offset + optional_size;
    Ok((headers, section_table, file_header.number_of_sections.get(LE)))
}

/// The offset of the PE signature.
fn find_nt_headers(reader: &Reader<'_>) -> Result<u32, ImageError> {
    if reader.head.get(..2) != Some(b"MZ") {
        return Err(ImageError::NotMz);
    }
    // A DOS program may be shorter than the header that later systems gave it.
    let Ok(dos) = reader.get::<pe::ImageDosHeader>(0, "the end of its DOS header") else {
        return Err(ImageError::Dos);
    };
    let offset = dos.e_lfanew.get(LE);
    let signature = match reader.get::<[u8; 4]>(u64::from(offset), "its PE header") {
        Ok(signature) => signature,
        Err(error @ ImageError::HeadersTooFar(_)) => return Err(error),
        Err(_) => return Err(ImageError::Dos),
    };
    match signature {
        b"PE\0\0" => Ok(offset),
        [b'N', b'E', ..] => Err(ImageError::NewExecutable),
        [b'L', b'E' | b'X', ..] => Err(ImageError::LinearExecutable),
        _ => Err(ImageError::Dos),
    }
}

/// Says what a PE file for another machine is: .NET programs for any machine are marked x86.
fn foreign(reader: &Reader<'_>, machine: u16, optional_offset: u64) -> ImageError {
    let com_descriptor = || {
        let optional = reader.get::<pe::ImageOptionalHeader32>(optional_offset, "").ok()?;
        if optional.magic.get(LE) != pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC
            || optional.number_of_rva_and_sizes.get(LE) <= DirectoryKind::ComDescriptor as u32
        {
            return None;
        }
        let offset = optional_offset
            + size_of::<pe::ImageOptionalHeader32>() as u64
            + DirectoryKind::ComDescriptor as u64 * size_of::<pe::ImageDataDirectory>() as u64;
        let entry = reader.get::<pe::ImageDataDirectory>(offset, "").ok()?;
        (entry.virtual_address.get(LE) != 0).then_some(())
    };
    if com_descriptor().is_some() { ImageError::DotNet } else { ImageError::Machine(machine) }
}

fn parse_directories(
    reader: &Reader<'_>,
    optional_offset: u64,
    optional_size: u64,
    optional: &pe::ImageOptionalHeader64,
) -> Result<Directories, ImageError> {
    const STRIDE: u64 = size_of::<pe::ImageDataDirectory>() as u64;
    let fixed = size_of::<pe::ImageOptionalHeader64>() as u64;
    let mut directories = Directories::default();
    // More than 16 are ignored, as Windows does; fewer than the count says would overlap the
    // section table.
    let count = u64::from(optional.number_of_rva_and_sizes.get(LE)).min(16);
    if fixed + count * STRIDE > optional_size {
        return Err(ImageError::Lies("its data directories run over its section table"));
    }
    for (index, directory) in directories.0.iter_mut().enumerate().take(count as usize) {
        let offset = optional_offset + fixed + index as u64 * STRIDE;
        let entry = reader.get::<pe::ImageDataDirectory>(offset, "its data directories")?;
        *directory = Directory { rva: entry.virtual_address.get(LE), size: entry.size.get(LE) };
    }
    Ok(directories)
}

fn check_sizes(headers: &Headers, file_length: u64) -> Result<(), ImageError> {
    let Headers { section_alignment, file_alignment, .. } = *headers;
    if !section_alignment.is_power_of_two() || !file_alignment.is_power_of_two() {
        return Err(ImageError::Lies("an alignment in its headers is not a power of two"));
    }
    if section_alignment < file_alignment {
        return Err(ImageError::Lies("its sections are aligned less in memory than in the file"));
    }
    if section_alignment > MAX_IMAGE / 2 || file_alignment > 0x1_0000 {
        return Err(ImageError::Lies("an alignment in its headers is too large"));
    }
    if (section_alignment < PAGE_SIZE || file_alignment < 512)
        && section_alignment != file_alignment
    {
        return Err(ImageError::Lies("its alignments are small and differ"));
    }
    if headers.size_of_image == 0 || headers.size_of_image > MAX_IMAGE {
        return Err(ImageError::Lies("its image is empty or larger than 2 GB"));
    }
    if !headers.image_base.is_multiple_of(0x1_0000)
        || headers.image_base.checked_add(u64::from(headers.size_of_image)).is_none()
    {
        return Err(ImageError::Lies("its image base is not an address of an image"));
    }
    if headers.size_of_headers == 0
        || headers.size_of_headers > headers.size_of_image
        || u64::from(headers.size_of_headers) > file_length
    {
        return Err(ImageError::Lies("the size of its headers is wrong"));
    }
    if headers.entry_point.is_some_and(|entry| entry >= headers.size_of_image) {
        return Err(ImageError::Lies("its entry point is outside it"));
    }
    Ok(())
}

fn parse_sections(
    reader: &Reader<'_>,
    headers: &Headers,
    table: u64,
    count: u16,
) -> Result<Vec<Section>, ImageError> {
    const STRIDE: u64 = size_of::<pe::ImageSectionHeader>() as u64;
    if table + u64::from(count) * STRIDE > reader.file_length {
        return Err(ImageError::EndsBefore("the end of its section table"));
    }
    let mut sections = Vec::with_capacity(usize::from(count));
    let mut previous_end = u64::from(headers.size_of_headers);
    for index in 0..u64::from(count) {
        let header = reader.get::<pe::ImageSectionHeader>(
            table + index * STRIDE,
            "the end of its section table",
        )?;
        let raw_size = header.size_of_raw_data.get(LE);
        let virtual_size = match header.virtual_size.get(LE) {
            0 => raw_size,
            size => size,
        };
        let section = Section {
            name: header.name,
            rva: header.virtual_address.get(LE),
            virtual_size,
            raw_offset: header.pointer_to_raw_data.get(LE),
            raw_size,
            characteristics: header.characteristics.get(LE).0,
        };
        check_section(headers, &section, previous_end, reader.file_length)?;
        previous_end = u64::from(section.rva) + u64::from(section.virtual_size);
        sections.push(section);
    }
    Ok(sections)
}

fn check_section(
    headers: &Headers,
    section: &Section,
    previous_end: u64,
    file_length: u64,
) -> Result<(), ImageError> {
    if !section.rva.is_multiple_of(headers.section_alignment) {
        return Err(ImageError::Lies("a section does not begin at its alignment"));
    }
    if u64::from(section.rva) < previous_end {
        return Err(ImageError::Lies("its sections overlap or are not in order"));
    }
    if u64::from(section.rva) + u64::from(section.virtual_size) > u64::from(headers.size_of_image) {
        return Err(ImageError::Lies("a section is larger than the image"));
    }
    let in_file = section.raw_offset != 0 && section.raw_size != 0;
    if in_file && u64::from(section.raw_offset) + u64::from(section.raw_size) > file_length {
        return Err(ImageError::EndsBefore("the end of a section"));
    }
    if in_file && headers.section_alignment < PAGE_SIZE && section.raw_offset != section.rva {
        return Err(ImageError::Lies(
            "its sections are aligned below a page and lie elsewhere in the file than in memory",
        ));
    }
    Ok(())
}

/// The headers of an image that is mapped already, as far as its directories are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MappedHeaders {
    /// `IMAGE_FILE_*` flags.
    pub characteristics: u16,
    /// `SizeOfImage` as the mapped header has it, at most the memory's size.
    pub size_of_image: u32,
    /// The entry point relative to the base, `None` when the header has 0.
    pub entry_point: Option<u32>,
    /// Where the PE signature lies in the image.
    pub nt_headers: u32,
    /// The data directories.
    pub directories: Directories,
}

impl MappedHeaders {
    /// Reads the headers of a mapped image. The sections are not looked at and nothing is
    /// allocated.
    ///
    /// # Errors
    /// As for [`Headers::parse`], and [`ImageError::Inaccessible`].
    pub fn read<M: ImageMemory + ?Sized>(memory: &M) -> Result<Self, ImageError> {
        let size = memory.size();
        let mut head = [0u8; 1024];
        let first = head.len().min(size as usize);
        memory.read(0, &mut head[..first])?;
        match parse_mapped(&head[..first], size) {
            Err(ImageError::HeadersTooFar(_)) => {
                let mut head = vec![0; HEADER_BYTES.min(size as usize)];
                memory.read(0, &mut head)?;
                parse_mapped(&head, size)
            }
            result => result,
        }
    }
}

fn parse_mapped(head: &[u8], size: u32) -> Result<MappedHeaders, ImageError> {
    let (headers, _, _) = parse_nt(&Reader { head, file_length: u64::from(size) })?;
    Ok(MappedHeaders {
        characteristics: headers.characteristics,
        size_of_image: headers.size_of_image.min(size),
        entry_point: headers.entry_point,
        nt_headers: headers.nt_headers,
        directories: headers.directories,
    })
}

#[cfg(test)]
pub(crate) mod tests;

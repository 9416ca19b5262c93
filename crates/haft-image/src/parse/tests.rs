//! Headers, right and wrong in one thing each.

use super::*;
use haft_abi::NtStatus;

/// A section for [`Builder`].
#[derive(Clone)]
pub(crate) struct NewSection {
    pub rva: u32,
    pub virtual_size: u32,
    pub raw_offset: u32,
    pub raw_size: u32,
    pub flags: u32,
}

/// Makes a PE32+ file; the defaults make a valid one.
#[derive(Clone)]
pub(crate) struct Builder {
    pub machine: u16,
    pub characteristics: u16,
    pub magic: u16,
    pub entry_point: u32,
    pub image_base: u64,
    pub section_alignment: u32,
    pub file_alignment: u32,
    pub size_of_image: u32,
    pub size_of_headers: u32,
    pub directory_count: u32,
    pub directories: Vec<(usize, u32)>,
    pub sections: Vec<NewSection>,
    pub file_length: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            machine: 0x8664,
            characteristics: 0x22,
            magic: 0x20B,
            entry_point: 0x1010,
            image_base: 0x1_4000_0000,
            section_alignment: 0x1000,
            file_alignment: 0x200,
            size_of_image: 0x2000,
            size_of_headers: 0x400,
            directory_count: 16,
            directories: Vec::new(),
            sections: vec![NewSection {
                rva: 0x1000,
                virtual_size: 0x123,
                raw_offset: 0x400,
                raw_size: 0x200,
                flags: 0x6000_0020,
            }],
            file_length: 0x600,
        }
    }
}

const NT: usize = 0x80;
const OPTIONAL: usize = NT + 24;

impl Builder {
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut file = vec![0; self.file_length];
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(place) = file.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        let optional_size = 112 + self.directory_count.min(16) as u16 * 8;
        put(0, b"MZ");
        put(0x3C, &(NT as u32).to_le_bytes());
        put(NT, b"PE\0\0");
        put(NT + 4, &self.machine.to_le_bytes());
        put(NT + 6, &(self.sections.len() as u16).to_le_bytes());
        put(NT + 20, &optional_size.to_le_bytes());
        put(NT + 22, &self.characteristics.to_le_bytes());
        put(OPTIONAL, &self.magic.to_le_bytes());
        put(OPTIONAL + 16, &self.entry_point.to_le_bytes());
        put(OPTIONAL + 24, &self.image_base.to_le_bytes());
        put(OPTIONAL + 32, &self.section_alignment.to_le_bytes());
        put(OPTIONAL + 36, &self.file_alignment.to_le_bytes());
        put(OPTIONAL + 48, &[6, 0, 1, 0]);
        put(OPTIONAL + 56, &self.size_of_image.to_le_bytes());
        put(OPTIONAL + 60, &self.size_of_headers.to_le_bytes());
        put(OPTIONAL + 68, &[3, 0, 0x60, 0x41]);
        for (index, value) in [0x10_0000u64, 0x1000, 0x20_0000, 0x2000].into_iter().enumerate() {
            put(OPTIONAL + 72 + index * 8, &value.to_le_bytes());
        }
        put(OPTIONAL + 108, &self.directory_count.to_le_bytes());
        for &(number, rva) in &self.directories {
            put(OPTIONAL + 112 + number * 8, &rva.to_le_bytes());
            put(OPTIONAL + 116 + number * 8, &[8, 0, 0, 0]);
        }
        for (index, section) in self.sections.iter().enumerate() {
            let at = OPTIONAL + usize::from(optional_size) + index * 40;
            put(at, b".sect");
            let words = [section.virtual_size, section.rva, section.raw_size, section.raw_offset];
            for (index, word) in words.into_iter().enumerate() {
                put(at + 8 + index * 4, &word.to_le_bytes());
            }
            put(at + 36, &section.flags.to_le_bytes());
        }
        file
    }

    fn parse(&self) -> Result<Headers, ImageError> {
        let file = self.build();
        Headers::parse(&file, file.len() as u64)
    }
}

#[test]
fn everything_is_read() {
    let headers = Builder { directories: vec![(1, 0x1020), (9, 0x1040)], ..Builder::default() }
        .parse()
        .unwrap();
    assert_eq!(headers.image_base, 0x1_4000_0000);
    assert_eq!((headers.size_of_image, headers.size_of_headers), (0x2000, 0x400));
    assert_eq!(headers.entry_point, Some(0x1010));
    assert_eq!((headers.section_alignment, headers.file_alignment), (0x1000, 0x200));
    assert_eq!((headers.subsystem, headers.subsystem_version), (3, (6, 1)));
    assert_eq!((headers.stack_reserve, headers.stack_commit), (0x10_0000, 0x1000));
    assert_eq!((headers.heap_reserve, headers.heap_commit), (0x20_0000, 0x2000));
    assert!(headers.is_console() && !headers.is_dll() && !headers.is_fixed());
    assert!(headers.is_large_address_aware());
    let dll = headers.dll_characteristics;
    assert!(dll.dynamic_base() && dll.nx_compat() && dll.high_entropy_va() && dll.guard_cf());
    let import = headers.directory(DirectoryKind::Import);
    assert_eq!(import, Some(Directory { rva: 0x1020, size: 8 }));
    assert_eq!(headers.directory(DirectoryKind::Export), None);
    assert_eq!(headers.sections.len(), 1);
    let section = headers.sections[0];
    assert_eq!(section.name(), ".sect");
    assert_eq!((section.rva, section.virtual_size), (0x1000, 0x123));
    assert_eq!((section.raw_offset, section.raw_size), (0x400, 0x200));
}

#[test]
fn what_is_optional_may_be_missing() {
    let dll = Builder { characteristics: 0x2022, entry_point: 0, ..Builder::default() };
    let headers = dll.parse().unwrap();
    assert!(headers.is_dll() && headers.entry_point.is_none());
    let few = Builder { directory_count: 2, directories: vec![(1, 0x1020)], ..Builder::default() };
    let headers = few.parse().unwrap();
    assert!(headers.directory(DirectoryKind::Import).is_some());
    assert!(headers.directory(DirectoryKind::Tls).is_none());
    assert_eq!(headers.sections.len(), 1);
    // The size in the file stands in for a size in memory of 0.
    let mut builder = Builder::default();
    builder.sections[0].virtual_size = 0;
    assert_eq!(builder.parse().unwrap().sections[0].virtual_size, 0x200);
}

#[test]
fn other_files_are_named() {
    let file = Builder::default().build();
    let parse = |file: &[u8]| Headers::parse(file, file.len() as u64).unwrap_err();
    assert_eq!(parse(b"\x7FELF"), ImageError::NotMz);
    assert_eq!(parse(b""), ImageError::NotMz);
    assert_eq!(parse(b"MZ"), ImageError::Dos);
    let with_signature = |signature: &[u8]| {
        let mut file = file.clone();
        file[NT..NT + signature.len()].copy_from_slice(signature);
        file
    };
    assert_eq!(parse(&with_signature(b"NE")), ImageError::NewExecutable);
    assert_eq!(parse(&with_signature(b"LE")), ImageError::LinearExecutable);
    assert_eq!(parse(&with_signature(b"LX")), ImageError::LinearExecutable);
    assert_eq!(parse(&with_signature(b"PE\0\x01")), ImageError::Dos);
    let mut far = file.clone();
    far[0x3C..0x40].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(parse(&far), ImageError::Dos);
    assert_eq!(parse(&far).status(), NtStatus::INVALID_IMAGE_PROTECT);
}

#[test]
fn other_machines_are_named() {
    let with = |machine, magic| Builder { machine, magic, ..Builder::default() };
    assert_eq!(with(0x14C, 0x10B).parse(), Err(ImageError::Machine(0x14C)));
    assert_eq!(with(0xAA64, 0x20B).parse(), Err(ImageError::Machine(0xAA64)));
    assert_eq!(with(0x8664, 0x10B).parse(), Err(ImageError::OptionalMagic(0x10B)));
    let managed = Builder { directories: vec![(14, 0x1008)], ..Builder::default() };
    assert_eq!(managed.parse(), Err(ImageError::DotNet));
    // In a PE32 file the directories begin 16 bytes earlier.
    let managed = Builder { machine: 0x14C, magic: 0x10B, ..managed };
    let mut file = managed.build();
    file[OPTIONAL + 92..OPTIONAL + 96].copy_from_slice(&16u32.to_le_bytes());
    file[OPTIONAL + 96 + 14 * 8] = 8;
    assert_eq!(Headers::parse(&file, file.len() as u64), Err(ImageError::DotNet));
    let object = Builder { characteristics: 0, ..Builder::default() };
    assert_eq!(object.parse(), Err(ImageError::NotExecutable));
}

#[test]
fn lies_are_refused() {
    let lies: [fn(&mut Builder); 20] = [
        |b| b.section_alignment = 0x1800,
        |b| b.section_alignment = 0,
        |b| b.file_alignment = 0x300,
        |b| b.file_alignment = 0x2000,
        |b| b.file_alignment = 0x100,
        |b| b.section_alignment = 0x8000_0000,
        |b| b.size_of_image = 0,
        |b| b.size_of_image = u32::MAX,
        |b| b.size_of_image = 0x8000_1000,
        |b| b.size_of_image = 0x1000,
        |b| b.image_base = 0x1_4000_1000,
        |b| (b.image_base, b.size_of_image) = (0xFFFF_FFFF_FFFF_0000, 0x2_0000),
        |b| b.size_of_headers = 0,
        |b| b.size_of_headers = 0x601,
        |b| b.size_of_headers = 0x1001,
        |b| b.entry_point = 0x2000,
        |b| b.sections[0].rva = 0x1001,
        |b| b.sections[0].rva = 0,
        |b| b.sections[0].virtual_size = u32::MAX,
        |b| b.sections.push(b.sections[0].clone()),
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let mut builder = Builder::default();
        lie(&mut builder);
        let result = builder.parse();
        assert!(matches!(result, Err(ImageError::Lies(_))), "{index}: {result:?}");
    }
    let small = Builder { section_alignment: 0x20, file_alignment: 0x20, ..Builder::default() };
    assert!(matches!(small.parse(), Err(ImageError::Lies(_))));
}

#[test]
fn files_that_are_cut_off_are_refused() {
    let mut builder = Builder::default();
    builder.sections[0].raw_size = 0x201;
    assert_eq!(builder.parse(), Err(ImageError::EndsBefore("the end of a section")));
    builder.sections[0].raw_offset = u32::MAX;
    assert_eq!(builder.parse(), Err(ImageError::EndsBefore("the end of a section")));
    let file = Builder::default().build();
    for length in 2..file.len() {
        let error = Headers::parse(&file[..length], length as u64).unwrap_err();
        let cut_off = matches!(
            error,
            ImageError::Dos
                | ImageError::EndsBefore(_)
                | ImageError::Lies("the size of its headers is wrong")
        );
        assert!(cut_off, "{length:#x}: {error:?}");
    }
}

#[test]
fn the_beginning_of_a_file_is_enough() {
    let file = Builder::default().build();
    let length = file.len() as u64;
    let whole = Headers::parse(&file, length);
    assert_eq!(Headers::parse(&file[..0x200], length), whole);
    assert!(matches!(Headers::parse(&file[..0x100], length), Err(ImageError::HeadersTooFar(_))));
}

#[test]
fn mapped_headers_are_found_however_far_they_are() {
    let file = Builder { directories: vec![(1, 0x1020)], ..Builder::default() }.build();
    let mapped = MappedHeaders::read(file.as_slice()).unwrap();
    assert_eq!(mapped.directories.get(DirectoryKind::Import).unwrap().rva, 0x1020);
    assert_eq!(mapped.entry_point, Some(0x1010));
    assert_eq!(mapped.size_of_image as usize, file.len());
    // The same behind a long DOS program.
    let mut far = vec![0; 0x1000];
    far[..2].copy_from_slice(b"MZ");
    far[0x3C..0x40].copy_from_slice(&0xC00u32.to_le_bytes());
    far[0xC00..0xC00 + 0x200].copy_from_slice(&file[NT..NT + 0x200]);
    let mapped = MappedHeaders::read(far.as_slice()).unwrap();
    assert_eq!(mapped.nt_headers, 0xC00);
    assert_eq!(MappedHeaders::read([0u8; 8].as_slice()), Err(ImageError::NotMz));
}

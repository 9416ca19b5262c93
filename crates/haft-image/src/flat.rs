//! The contents of an image without running it: a PE file of any machine, as it lies on disk or
//! mapped by sections.

use crate::memory::{add, entry};
use crate::{Directories, Directory, ImageError, ImageMemory};

const SECTIONS: u32 = 96;

/// How an image's bytes lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// As in the file.
    File,
    /// As in memory.
    Mapped,
}

/// A stretch of the image that is in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Extent {
    rva: u32,
    offset: u32,
    size: u32,
}

/// An image, PE32 or PE32+, of which only contents are wanted. Reads by RVA, whatever the layout.
#[derive(Clone, Debug)]
pub struct DataImage<M> {
    memory: M,
    size_of_image: u32,
    directories: Directories,
    extents: Vec<Extent>,
}

impl<M: ImageMemory> DataImage<M> {
    /// Reads the headers of an image whose bytes `memory` gives in the layout that is named.
    ///
    /// # Errors
    /// An [`ImageError`] saying what it is instead.
    pub fn open(memory: M, layout: Layout) -> Result<Self, ImageError> {
        const DIRECTORY_SIZE: u32 = 8;
        if memory.read_u16(0)? != u16::from_le_bytes(*b"MZ") {
            return Err(ImageError::NotMz);
        }
        let nt_headers = memory.read_u32(0x3C).map_err(|_| ImageError::Dos)?;
        let at = |offset| add(nt_headers, offset);
        if memory.read_u32(nt_headers).map_err(|_| ImageError::Dos)? != 0x4550 {
            return Err(ImageError::Dos);
        }
        let section_count = u32::from(memory.read_u16(at(6)?)?);
        let optional_size = u32::from(memory.read_u16(at(20)?)?);
        let optional = at(24)?;
        let at = |offset| add(optional, offset);
        let first_directory = match memory.read_u16(optional)? {
            0x10B => 96,
            0x20B => 112,
            magic => return Err(ImageError::OptionalMagic(magic)),
        };
        let mut directories = Directories::default();
        let count = memory.read_u32(at(first_directory - 4)?)?.min(16);
        if first_directory + count * DIRECTORY_SIZE > optional_size {
            return Err(ImageError::Lies("its data directories run over its section table"));
        }
        for (index, directory) in (0..count).zip(&mut directories.0) {
            let rva = memory.read_u32(at(first_directory + index * DIRECTORY_SIZE)?)?;
            let size = memory.read_u32(at(first_directory + index * DIRECTORY_SIZE + 4)?)?;
            *directory = Directory { rva, size };
        }
        let size_of_image = memory.read_u32(at(56)?)?;
        let headers = memory.read_u32(at(60)?)?;
        let mut extents = vec![Extent { rva: 0, offset: 0, size: headers }];
        if layout == Layout::Mapped {
            extents[0].size = size_of_image.min(memory.size());
        } else {
            let table = at(optional_size)?;
            for index in 0..section_count.min(SECTIONS) {
                let section = entry(table, index, 40)?;
                let field = |offset| memory.read_u32(add(section, offset)?);
                extents.push(Extent { rva: field(12)?, offset: field(20)?, size: field(16)? });
            }
        }
        Ok(Self { memory, size_of_image, directories, extents })
    }

    /// The directory of this number (`IMAGE_DIRECTORY_ENTRY_*`), or `None` when there is none.
    #[must_use]
    pub fn directory(&self, number: usize) -> Option<Directory> {
        self.directories.by_number(number)
    }

    /// Where the `length` bytes at an RVA lie, counted from the beginning of the bytes given.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when they do not lie there in one piece.
    pub fn offset(&self, rva: u32, length: u32) -> Result<u32, ImageError> {
        let piece = self.extents.iter().find_map(|extent| {
            let within = rva.checked_sub(extent.rva)?;
            (u64::from(within) + u64::from(length) <= u64::from(extent.size))
                .then(|| extent.offset.checked_add(within))?
        });
        piece.ok_or(ImageError::Outside { rva, length })
    }

    /// The RVA of what lies at an offset; `None` for what is in no section.
    #[must_use]
    pub fn rva(&self, offset: u32) -> Option<u32> {
        self.extents.iter().find_map(|extent| {
            let within = offset.checked_sub(extent.offset)?;
            (within < extent.size).then(|| extent.rva.checked_add(within))?
        })
    }
}

impl<M: ImageMemory> ImageMemory for DataImage<M> {
    fn read(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ImageError> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        self.memory.read(self.offset(rva, length)?, buffer)
    }

    fn size(&self) -> u32 {
        self.size_of_image
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DirectoryKind;

    /// A PE32 file for i386: one section of 0x40 bytes at RVA 0x1000 and offset 0x200.
    fn file() -> Vec<u8> {
        let mut file = vec![0u8; 0x240];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(0x3C, &[0x40]);
        put(0x40, b"PE\0\0\x4C\x01\x01\0");
        put(0x40 + 20, &[224, 0]);
        let optional = 0x58;
        put(optional, &[0x0B, 0x01]);
        put(optional + 56, &0x2000u32.to_le_bytes());
        put(optional + 60, &0x200u32.to_le_bytes());
        put(optional + 92, &[16]);
        put(optional + 96 + 16, &0x1004u32.to_le_bytes());
        let section = optional + 224;
        put(section + 12, &0x1000u32.to_le_bytes());
        put(section + 16, &0x40u32.to_le_bytes());
        put(section + 20, &0x200u32.to_le_bytes());
        put(0x204, b"here");
        file
    }

    #[test]
    fn a_file_is_read_by_rva() {
        let file = file();
        let image = DataImage::open(file.as_slice(), Layout::File).unwrap();
        let directory = image.directory(DirectoryKind::Resource as usize).unwrap();
        assert_eq!(directory.rva, 0x1004);
        assert_eq!(image.read_u32(0x1004).unwrap().to_le_bytes(), *b"here");
        assert_eq!(image.offset(0x103C, 4), Ok(0x23C));
        assert_eq!(image.offset(0x103C, 5), Err(ImageError::Outside { rva: 0x103C, length: 5 }));
        assert_eq!(image.rva(0x204), Some(0x1004));
        assert_eq!(image.rva(0x240), None);
    }

    #[test]
    fn a_mapped_image_lies_as_it_is() {
        let mut bytes = file();
        bytes.resize(0x1100, 0);
        let image = DataImage::open(bytes.as_slice(), Layout::Mapped).unwrap();
        assert_eq!(image.offset(0x1004, 4), Ok(0x1004));
        assert!(image.offset(0x10FE, 4).is_err());
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let mut file = file();
        file[0x59] = 7;
        let open = |bytes: &[u8]| DataImage::open(bytes, Layout::File).map(|_| ());
        assert_eq!(open(&file), Err(ImageError::OptionalMagic(0x070B)));
        assert_eq!(open(b"text that is no program"), Err(ImageError::NotMz));
        assert_eq!(open(b"MZ"), Err(ImageError::Dos));
        for length in 0..file.len() {
            let _ = open(&file[..length]);
        }
    }
}

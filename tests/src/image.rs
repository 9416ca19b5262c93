//! Windows images made by hand, byte by byte, so that one field at a time can lie.

/// The smallest good program: its entry point is `mov eax, 42; ret`.
///
/// | file offset | what |
/// | --- | --- |
/// | 0x000 | DOS header, `e_lfanew` 0x80 |
/// | 0x080 | "PE\0\0", file header |
/// | 0x098 | optional header (PE32+), 16 data directories |
/// | 0x188 | section header `.text` |
/// | 0x200 | `.text`, 0x200 bytes |
pub fn good() -> Vec<u8> {
    let mut image = vec![0u8; 0x400];
    image[..2].copy_from_slice(b"MZ");
    put32(&mut image, 0x3c, 0x80);
    image[0x80..0x84].copy_from_slice(b"PE\0\0");
    put16(&mut image, MACHINE, 0x8664);
    put16(&mut image, SECTIONS, 1);
    put16(&mut image, OPTIONAL_SIZE, 0xf0);
    put16(&mut image, CHARACTERISTICS, 0x0022);
    put16(&mut image, MAGIC, 0x20b);
    put32(&mut image, 0x9c, 0x200); // SizeOfCode
    put32(&mut image, ENTRY, 0x1000);
    put32(&mut image, 0xac, 0x1000); // BaseOfCode
    put64(&mut image, IMAGE_BASE, 0x1_4000_0000);
    put32(&mut image, SECTION_ALIGNMENT, 0x1000);
    put32(&mut image, FILE_ALIGNMENT, 0x200);
    put16(&mut image, 0xc0, 6); // MajorOperatingSystemVersion
    put16(&mut image, 0xc8, 6); // MajorSubsystemVersion
    put32(&mut image, SIZE_OF_IMAGE, 0x2000);
    put32(&mut image, SIZE_OF_HEADERS, 0x200);
    put16(&mut image, SUBSYSTEM, 3);
    put64(&mut image, 0xe0, 0x10_0000); // SizeOfStackReserve
    put64(&mut image, 0xe8, 0x1000); // SizeOfStackCommit
    put64(&mut image, 0xf0, 0x10_0000); // SizeOfHeapReserve
    put64(&mut image, 0xf8, 0x1000); // SizeOfHeapCommit
    put32(&mut image, DIRECTORIES, 16);
    image[0x188..0x18d].copy_from_slice(b".text");
    put32(&mut image, SECTION_VIRTUAL_SIZE, 0x200);
    put32(&mut image, SECTION_ADDRESS, 0x1000);
    put32(&mut image, SECTION_RAW_SIZE, 0x200);
    put32(&mut image, SECTION_RAW_POINTER, 0x200);
    put32(&mut image, 0x1ac, 0x6000_0020); // code, execute, read
    image[0x200..0x206].copy_from_slice(&[0xb8, 42, 0, 0, 0, 0xc3]);
    image
}

/// File header: machine.
pub const MACHINE: usize = 0x84;
/// File header: number of sections.
pub const SECTIONS: usize = 0x86;
/// File header: size of the optional header.
pub const OPTIONAL_SIZE: usize = 0x94;
/// File header: characteristics.
pub const CHARACTERISTICS: usize = 0x96;
/// Optional header: magic.
pub const MAGIC: usize = 0x98;
/// Optional header: address of the entry point.
pub const ENTRY: usize = 0xa8;
/// Optional header: image base (64 bits).
pub const IMAGE_BASE: usize = 0xb0;
/// Optional header: section alignment.
pub const SECTION_ALIGNMENT: usize = 0xb8;
/// Optional header: file alignment.
pub const FILE_ALIGNMENT: usize = 0xbc;
/// Optional header: size of the image.
pub const SIZE_OF_IMAGE: usize = 0xd0;
/// Optional header: size of the headers.
pub const SIZE_OF_HEADERS: usize = 0xd4;
/// Optional header: subsystem.
pub const SUBSYSTEM: usize = 0xdc;
/// Optional header: number of data directories.
pub const DIRECTORIES: usize = 0x104;
/// Section header: virtual size.
pub const SECTION_VIRTUAL_SIZE: usize = 0x190;
/// Section header: virtual address.
pub const SECTION_ADDRESS: usize = 0x194;
/// Section header: size of raw data.
pub const SECTION_RAW_SIZE: usize = 0x198;
/// Section header: pointer to raw data.
pub const SECTION_RAW_POINTER: usize = 0x19c;

/// The place of a data directory's address; its size is 4 further. 0 is exports, 1 imports,
/// 3 exceptions, 5 relocations, 9 TLS, 10 load configuration, 13 delayed imports.
pub const fn directory(index: usize) -> usize {
    0x108 + 8 * index
}

/// Writes a little-endian 16-bit number.
pub fn put16(image: &mut [u8], at: usize, value: u16) {
    image[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

/// Writes a little-endian 32-bit number.
pub fn put32(image: &mut [u8], at: usize, value: u32) {
    image[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Writes a little-endian 64-bit number.
pub fn put64(image: &mut [u8], at: usize, value: u64) {
    image[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

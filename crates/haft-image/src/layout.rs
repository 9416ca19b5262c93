//! Which bytes of a file belong where in memory.

use crate::parse::{Headers, PAGE_SIZE, Section};

/// Windows reads sections in whole disk sectors: an offset in between is rounded down.
const SECTOR: u32 = 512;

const SCN_MEM_DISCARDABLE: u32 = 0x0200_0000;
const SCN_MEM_SHARED: u32 = 0x1000_0000;
const SCN_MEM_EXECUTE: u32 = 0x2000_0000;
const SCN_MEM_READ: u32 = 0x4000_0000;
const SCN_MEM_WRITE: u32 = 0x8000_0000;

/// What a program may do with the pages of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Protection {
    /// Reads are allowed.
    pub read: bool,
    /// Writes are allowed.
    pub write: bool,
    /// Its instructions may be executed.
    pub execute: bool,
}

impl Protection {
    /// Reading only.
    pub const READ: Self = Self { read: true, write: false, execute: false };
    /// Reading and writing.
    pub const READ_WRITE: Self = Self { read: true, write: true, execute: false };
    /// Reading and executing.
    pub const READ_EXECUTE: Self = Self { read: true, write: false, execute: true };
    /// Everything.
    pub const ALL: Self = Self { read: true, write: true, execute: true };

    /// The protection that section characteristics ask for.
    #[must_use]
    pub const fn from_characteristics(characteristics: u32) -> Self {
        Self {
            read: characteristics & SCN_MEM_READ != 0,
            write: characteristics & SCN_MEM_WRITE != 0,
            execute: characteristics & SCN_MEM_EXECUTE != 0,
        }
    }
}

/// What a segment is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SegmentKind {
    /// The headers.
    Headers,
    /// The section with this index in [`Headers::sections`].
    Section(usize),
    /// The whole file, of an image whose sections are aligned below a page.
    WholeFile,
}

/// A page-granular piece of an image. Its memory is, in order:
/// `mapped` bytes that a private mapping of the file at `file_offset` gives,
/// then `copied` bytes that must be read from the file at `file_offset + mapped`,
/// then zeros up to `size`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// What it is made from.
    pub kind: SegmentKind,
    /// Where it begins, relative to the image base; a multiple of the page size.
    pub rva: u32,
    /// Its size in memory in bytes; a multiple of the page size, never 0.
    pub size: u32,
    /// Where its bytes begin in the file.
    pub file_offset: u64,
    /// How many bytes from its beginning can be mapped from the file; a multiple of the page
    /// size, and 0 when `file_offset` is not one.
    pub mapped: u32,
    /// How many bytes after those must be read from the file.
    pub copied: u32,
    /// The protection once the image is relocated and bound.
    pub protection: Protection,
    /// Whether all processes that map this file share the segment's memory
    /// (`IMAGE_SCN_MEM_SHARED` on a writable section).
    pub shared: bool,
    /// Whether the program does not need the segment once it runs (`IMAGE_SCN_MEM_DISCARDABLE`:
    /// relocations, debugging information). Its bytes are there all the same in Windows, but a
    /// loader may put off reading them.
    pub discardable: bool,
}

impl Segment {
    /// How many bytes come from the file.
    #[must_use]
    pub const fn file_length(&self) -> u32 {
        self.mapped + self.copied
    }

    /// Whether the segment's file bytes begin at a page of the file, so that some may be mapped.
    #[must_use]
    pub const fn can_map(&self) -> bool {
        self.mapped != 0
    }

    fn new(
        kind: SegmentKind,
        rva: u32,
        size: u32,
        file: (u64, u32),
        protection: Protection,
    ) -> Self {
        let (file_offset, length) = file;
        let length = length.min(size);
        let mapped = if file_offset.is_multiple_of(u64::from(PAGE_SIZE)) {
            length - length % PAGE_SIZE
        } else {
            0
        };
        let copied = length - mapped;
        Self {
            kind,
            rva,
            size,
            file_offset,
            mapped,
            copied,
            protection,
            shared: false,
            discardable: false,
        }
    }
}

/// How to lay out an image in memory. Pages of the image that no segment covers are reserved and
/// inaccessible.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappingPlan {
    /// How many bytes of address space to reserve.
    pub size: u32,
    /// The pieces, in order of their place, without overlaps.
    pub segments: Vec<Segment>,
}

impl MappingPlan {
    /// Plans the layout of an image whose headers were parsed from a file of `file_length`
    /// bytes.
    #[must_use]
    pub fn new(headers: &Headers, file_length: u64) -> Self {
        let size = headers.size_of_image;
        if headers.section_alignment < PAGE_SIZE {
            return Self { size, segments: vec![whole_file(size, file_length)] };
        }
        let mut segments = Vec::with_capacity(headers.sections.len() + 1);
        segments.push(Segment::new(
            SegmentKind::Headers,
            0,
            page_ceil(headers.size_of_headers).min(size),
            (0, headers.size_of_headers),
            Protection::READ,
        ));
        for (index, section) in headers.sections.iter().enumerate() {
            segments.extend(section_segment(index, section, size));
        }
        Self { size, segments }
    }

    /// The segment that holds the byte at `rva`.
    #[must_use]
    pub fn segment_at(&self, rva: u32) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.rva <= rva);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        (rva - segment.rva < segment.size).then_some(segment)
    }
}

/// Sections below page alignment share pages, so no page has a protection of its own: Windows
/// maps such a file as it is, writable (copy on write) and executable.
fn whole_file(size: u32, file_length: u64) -> Segment {
    let length = u32::try_from(file_length).unwrap_or(u32::MAX);
    Segment::new(SegmentKind::WholeFile, 0, size, (0, length), Protection::ALL)
}

fn section_segment(index: usize, section: &Section, image_size: u32) -> Option<Segment> {
    let room = image_size.saturating_sub(section.rva);
    let size = page_ceil(section.virtual_size).min(room);
    if size == 0 {
        return None;
    }
    let file = if section.raw_offset == 0 || section.raw_size == 0 {
        (0, 0)
    } else {
        let offset = section.raw_offset - section.raw_offset % SECTOR;
        (u64::from(offset), section.raw_size)
    };
    let protection = Protection::from_characteristics(section.characteristics);
    let kind = SegmentKind::Section(index);
    let mut segment = Segment::new(kind, section.rva, size, file, protection);
    segment.discardable = section.characteristics & SCN_MEM_DISCARDABLE != 0;
    segment.shared = section.characteristics & SCN_MEM_SHARED != 0 && protection.write;
    Some(segment)
}

/// The next page boundary. Sizes that are checked against an image below 2 GB do not overflow.
const fn page_ceil(size: u32) -> u32 {
    match size.checked_next_multiple_of(PAGE_SIZE) {
        Some(size) => size,
        None => u32::MAX - (PAGE_SIZE - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{Builder, NewSection};

    fn plan(builder: &Builder) -> MappingPlan {
        let file = builder.build();
        let length = file.len() as u64;
        MappingPlan::new(&Headers::parse(&file, length).unwrap(), length)
    }

    fn section(rva: u32, virtual_size: u32, raw: (u32, u32), flags: u32) -> NewSection {
        NewSection { rva, virtual_size, raw_offset: raw.0, raw_size: raw.1, flags }
    }

    #[test]
    fn what_can_be_mapped_is_and_the_rest_is_copied() {
        let builder = Builder {
            size_of_image: 0x9000,
            sections: vec![
                section(0x1000, 0x1234, (0x400, 0x1400), 0x6000_0020),
                section(0x3000, 0x2800, (0x2000, 0x1A00), 0xC000_0040),
                section(0x6000, 0x1000, (0, 0), 0xC000_0080),
                section(0x7000, 0x0800, (0x3A00, 0x600), 0xD000_0040),
                section(0x8000, 0x0010, (0x3A00, 0x200), 0x4200_0040),
            ],
            file_length: 0x4000,
            ..Builder::default()
        };
        let plan = plan(&builder);
        let rows: Vec<_> = plan
            .segments
            .iter()
            .map(|s| (s.rva, s.size, s.file_offset, s.mapped, s.copied))
            .collect();
        assert_eq!(
            rows,
            [
                (0, 0x1000, 0, 0, 0x400),
                (0x1000, 0x2000, 0x400, 0, 0x1400),
                (0x3000, 0x3000, 0x2000, 0x1000, 0xA00),
                (0x6000, 0x1000, 0, 0, 0),
                (0x7000, 0x1000, 0x3A00, 0, 0x600),
                (0x8000, 0x1000, 0x3A00, 0, 0x200),
            ]
        );
        let protections: Vec<_> = plan.segments.iter().map(|s| s.protection).collect();
        let (read, write) = (Protection::READ, Protection::READ_WRITE);
        assert_eq!(protections, [read, Protection::READ_EXECUTE, write, write, write, read]);
        let flags: Vec<_> = plan.segments.iter().map(|s| (s.shared, s.discardable)).collect();
        assert_eq!(flags[4], (true, false));
        assert_eq!(flags[5], (false, true));
        assert!(plan.segments[2].can_map() && !plan.segments[1].can_map());
        assert_eq!(plan.segment_at(0x2FFF).unwrap().rva, 0x1000);
        assert_eq!(plan.segment_at(0x9000), None);
    }

    #[test]
    fn more_bytes_in_the_file_than_in_memory_are_left_out() {
        let builder = Builder {
            sections: vec![section(0x1000, 0x10, (0x400, 0x1800), 0x4000_0040)],
            file_length: 0x2000,
            ..Builder::default()
        };
        assert_eq!(plan(&builder).segments[1].file_length(), 0x1000);
    }

    #[test]
    fn offsets_between_sectors_are_rounded_down() {
        let builder = Builder {
            sections: vec![section(0x1000, 0x100, (0x4FF, 0x100), 0x4000_0040)],
            file_length: 0x2000,
            ..Builder::default()
        };
        assert_eq!(plan(&builder).segments[1].file_offset, 0x400);
    }

    #[test]
    fn an_offset_without_bytes_is_no_place_in_the_file() {
        let builder = Builder {
            sections: vec![section(0x1000, 0x100, (0x8000_0000, 0), 0xC000_0080)],
            ..Builder::default()
        };
        let segment = plan(&builder).segments[1];
        assert_eq!((segment.file_offset, segment.file_length()), (0, 0));
    }

    #[test]
    fn small_alignments_map_the_file_as_it_is() {
        let builder = Builder {
            section_alignment: 0x20,
            file_alignment: 0x20,
            size_of_image: 0x1800,
            sections: vec![section(0x400, 0x100, (0x400, 0x100), 0x6000_0020)],
            file_length: 0x1400,
            ..Builder::default()
        };
        let plan = plan(&builder);
        assert_eq!(plan.segments.len(), 1);
        let whole = plan.segments[0];
        assert_eq!((whole.kind, whole.size), (SegmentKind::WholeFile, 0x2000));
        assert_eq!((whole.mapped, whole.copied), (0x1000, 0x400));
        assert_eq!(whole.protection, Protection::ALL);
    }

    #[test]
    fn pages_between_sections_belong_to_none() {
        let builder = Builder {
            size_of_image: 0x9000,
            sections: vec![section(0x8000, 0x100, (0x400, 0x200), 0x4000_0040)],
            ..Builder::default()
        };
        let plan = plan(&builder);
        assert_eq!(plan.segment_at(0x1000), None);
        assert_eq!(plan.segment_at(0x8000).unwrap().kind, SegmentKind::Section(0));
    }
}

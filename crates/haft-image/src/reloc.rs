//! Base relocations (Microsoft: "PE Format", the .reloc section).

use crate::memory::{add, check_table};
use crate::{Directory, ImageError, ImageMemory, ImageMemoryMut};

const BLOCK_HEADER: u32 = 8;

/// What to do at a relocated place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocationKind {
    /// Add the whole difference to a 64-bit address (`IMAGE_REL_BASED_DIR64`).
    Dir64,
    /// Add the low half of the difference to a 32-bit address (`IMAGE_REL_BASED_HIGHLOW`).
    HighLow,
}

/// A place that holds an absolute address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// Where it is, relative to the image base.
    pub rva: u32,
    /// What to do there.
    pub kind: RelocationKind,
}

/// Walks the base relocations without holding on to the image's memory.
#[derive(Clone, Debug)]
pub struct RelocationCursor {
    next_block: u32,
    end: u32,
    page: u32,
    entry: u32,
    block_end: u32,
}

impl RelocationCursor {
    /// A cursor before the first relocation.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when the directory is not within the image.
    pub fn new<M: ImageMemory + ?Sized>(
        memory: &M,
        directory: Directory,
    ) -> Result<Self, ImageError> {
        check_table(memory, directory.rva, directory.size, 1)?;
        let end = add(directory.rva, directory.size)?;
        Ok(Self { next_block: directory.rva, end, page: 0, entry: 0, block_end: 0 })
    }

    /// The next relocation, or `None` at the end. `IMAGE_REL_BASED_ABSOLUTE` entries are padding
    /// and passed over.
    ///
    /// # Errors
    /// [`ImageError::Relocation`] for a kind that x86-64 images do not have, and
    /// [`ImageError::Damaged`] for a block whose size is wrong.
    #[inline]
    pub fn next<M: ImageMemory + ?Sized>(
        &mut self,
        memory: &M,
    ) -> Result<Option<Relocation>, ImageError> {
        loop {
            if self.entry == self.block_end && !self.open_block(memory)? {
                return Ok(None);
            }
            if self.entry == self.block_end {
                continue;
            }
            let entry = memory.read_u16(self.entry)?;
            self.entry += 2;
            let kind = match entry >> 12 {
                0 => continue,
                3 => RelocationKind::HighLow,
                10 => RelocationKind::Dir64,
                other => return Err(ImageError::Relocation(other as u8)),
            };
            return Ok(Some(Relocation { rva: add(self.page, u32::from(entry & 0xFFF))?, kind }));
        }
    }

    /// Opens the next block; false at the end of the directory.
    fn open_block<M: ImageMemory + ?Sized>(&mut self, memory: &M) -> Result<bool, ImageError> {
        let left = self.end - self.next_block;
        if left < BLOCK_HEADER {
            return Ok(false);
        }
        let page = memory.read_u32(self.next_block)?;
        let size = memory.read_u32(self.next_block + 4)?;
        if size == 0 {
            // Some linkers count padding in the directory's size.
            return Ok(false);
        }
        if size < BLOCK_HEADER || size > left || size % 2 != 0 {
            return Err(ImageError::Damaged("a block of its base relocations has a wrong size"));
        }
        self.page = page;
        self.entry = self.next_block + BLOCK_HEADER;
        self.block_end = self.next_block + size;
        self.next_block = self.block_end;
        Ok(true)
    }
}

/// Adds `delta`, the actual base less the base that the image holds now, at every relocated
/// place; gives their number.
///
/// The pages must be writable. On an error the image is relocated in part and of no use.
///
/// # Errors
/// As for [`RelocationCursor::next`] and [`ImageMemory::read`].
pub fn apply<M: ImageMemoryMut + ?Sized>(
    memory: &mut M,
    directory: Directory,
    delta: u64,
) -> Result<usize, ImageError> {
    let mut cursor = RelocationCursor::new(memory, directory)?;
    let mut count = 0;
    while let Some(Relocation { rva, kind }) = cursor.next(memory)? {
        match kind {
            RelocationKind::Dir64 => {
                let value = memory.read_u64(rva)?;
                memory.write_u64(rva, value.wrapping_add(delta))?;
            }
            RelocationKind::HighLow => {
                let value = memory.read_u32(rva)?;
                memory.write_u32(rva, value.wrapping_add(delta as u32))?;
            }
        }
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(page: u32, entries: &[u16]) -> Vec<u8> {
        let mut bytes = page.to_le_bytes().to_vec();
        bytes.extend((8 + entries.len() as u32 * 2).to_le_bytes());
        bytes.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
        bytes
    }

    /// An image of three pages whose relocations are in the third.
    fn image(relocations: &[u8]) -> (Vec<u8>, Directory) {
        let mut image = vec![0; 0x3000];
        image[0x2000..][..relocations.len()].copy_from_slice(relocations);
        (image, Directory { rva: 0x2000, size: relocations.len() as u32 })
    }

    #[test]
    fn both_kinds_are_applied_and_padding_is_not() {
        let relocations =
            [block(0, &[0xA010, 0x0000]), block(0x1000, &[0x3004, 0xAFFC]), vec![0; 8]].concat();
        let (mut image, directory) = image(&relocations);
        image[0x10..0x18].copy_from_slice(&0x1_4000_1234u64.to_le_bytes());
        image[0x1004..0x1008].copy_from_slice(&0x4000_0000u32.to_le_bytes());
        // The last one reaches over the page it belongs to.
        image[0x1FFC..0x2000].fill(1);
        let expected = image.as_slice().read_u64(0x1FFC).unwrap().wrapping_add(0x7_0001_0000);
        let copy = image.clone();
        assert_eq!(apply(image.as_mut_slice(), directory, 0x7_0001_0000), Ok(3));
        let memory = image.as_slice();
        assert_eq!(memory.read_u64(0x10), Ok(0x8_4001_1234));
        assert_eq!(memory.read_u32(0x1004), Ok(0x4001_0000));
        assert_eq!(memory.read_u64(0x1FFC), Ok(expected));
        assert_eq!(memory[0x1008..0x1FFC], copy[0x1008..0x1FFC]);
    }

    #[test]
    fn wrong_blocks_are_refused() {
        for bytes in [
            [0, 0, 0, 0, 7, 0, 0, 0].as_slice(),
            &[0, 0, 0, 0, 9, 0, 0, 0, 0],
            &[0, 0, 0, 0, 10, 0, 0, 0],
            &[0, 0, 0, 0, 255, 255, 255, 255],
        ] {
            let (mut image, directory) = image(bytes);
            let result = apply(image.as_mut_slice(), directory, 1);
            assert!(matches!(result, Err(ImageError::Damaged(_))), "{bytes:?}: {result:?}");
        }
    }

    #[test]
    fn other_kinds_and_places_outside_are_refused() {
        let (mut memory, directory) = image(&block(0, &[0x1000]));
        assert_eq!(apply(memory.as_mut_slice(), directory, 1), Err(ImageError::Relocation(1)));
        let (mut memory, directory) = image(&block(0x2FFF, &[0xA000]));
        assert!(apply(memory.as_mut_slice(), directory, 1).is_err());
        let (mut memory, directory) = image(&block(u32::MAX, &[0xA001]));
        assert!(apply(memory.as_mut_slice(), directory, 1).is_err());
        let outside = Directory { rva: 0x2FF0, size: 0x11 };
        assert!(apply(memory.as_mut_slice(), outside, 1).is_err());
    }
}

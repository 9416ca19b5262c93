//! The function table (Microsoft: "x64 exception handling", struct RUNTIME_FUNCTION).

use crate::memory::{check_table, entry};
use crate::{Directory, ImageError, ImageMemory};

/// The size of an entry.
const STRIDE: u32 = 12;

/// How many links a chain of unwind information may have; real ones have two or three.
pub(crate) const MAX_CHAIN: usize = 32;

/// A function, or a part of one, and its unwind information; all relative to the image base.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct RuntimeFunction {
    /// Its first byte.
    pub begin: u32,
    /// The byte after its last.
    pub end: u32,
    /// Its `UNWIND_INFO`.
    pub unwind_info: u32,
}

impl RuntimeFunction {
    /// Reads an entry.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn read<M: ImageMemory + ?Sized>(memory: &M, rva: u32) -> Result<Self, ImageError> {
        let mut bytes = [0; STRIDE as usize];
        memory.read(rva, &mut bytes)?;
        let word =
            |index: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| bytes[index * 4 + byte]));
        Ok(Self { begin: word(0), end: word(1), unwind_info: word(2) })
    }

    /// Whether the instruction at `rva` belongs to this entry.
    #[must_use]
    pub const fn contains(&self, rva: u32) -> bool {
        self.begin <= rva && rva < self.end
    }
}

/// The function table of a mapped image, or one that a program registered for code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionTable {
    /// Where it begins, relative to the image base.
    pub rva: u32,
    /// How many entries it has.
    pub count: u32,
}

/// An entry of a function table, and where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The entry's own RVA: what `RtlLookupFunctionEntry` returns a pointer to.
    pub rva: u32,
    /// The entry.
    pub function: RuntimeFunction,
}

impl FunctionTable {
    /// The table that the exception data directory names.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when it is not within the image.
    pub fn new<M: ImageMemory + ?Sized>(
        memory: &M,
        directory: Directory,
    ) -> Result<Self, ImageError> {
        let count = directory.size / STRIDE;
        check_table(memory, directory.rva, count, STRIDE)?;
        Ok(Self { rva: directory.rva, count })
    }

    /// The entry of this index.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn get<M: ImageMemory + ?Sized>(self, memory: &M, index: u32) -> Result<Found, ImageError> {
        let rva = entry(self.rva, index, STRIDE)?;
        Ok(Found { rva, function: RuntimeFunction::read(memory, rva)? })
    }

    /// The entry for the code at `rva`; `None` for a leaf function, which has none. The table is
    /// in order of the functions' beginnings. An entry that refers to another (bit 0 of its
    /// unwind information) is followed.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn lookup<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        rva: u32,
    ) -> Result<Option<Found>, ImageError> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = self.get(memory, middle)?;
            if rva < found.function.begin {
                high = middle;
            } else if rva >= found.function.end {
                low = middle + 1;
            } else {
                return follow(memory, found).map(Some);
            }
        }
        Ok(None)
    }
}

fn follow<M: ImageMemory + ?Sized>(memory: &M, mut found: Found) -> Result<Found, ImageError> {
    for _ in 0..MAX_CHAIN {
        if found.function.unwind_info & 1 == 0 {
            return Ok(found);
        }
        let rva = found.function.unwind_info & !1;
        found = Found { rva, function: RuntimeFunction::read(memory, rva)? };
    }
    Err(ImageError::Damaged("a function's unwind information refers to itself"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(entries: &[[u32; 3]]) -> Vec<u8> {
        entries.as_flattened().iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn lookup_finds_the_entry_or_none() {
        let image = image(&[
            [0x10, 0x20, 0x100],
            [0x20, 0x28, 0x104],
            [0x40, 0x80, 0x25],
            [0x9, 0x9, 0x108],
        ]);
        let memory = image.as_slice();
        let table = FunctionTable::new(memory, Directory { rva: 0, size: 36 }).unwrap();
        assert_eq!(table.count, 3);
        let unwind =
            |rva| table.lookup(memory, rva).unwrap().map(|found| found.function.unwind_info);
        assert_eq!(unwind(0x0F), None);
        assert_eq!(unwind(0x10), Some(0x100));
        assert_eq!(unwind(0x1F), Some(0x100));
        assert_eq!(unwind(0x20), Some(0x104));
        assert_eq!(unwind(0x28), None);
        assert_eq!(unwind(0x40), Some(0x108));
        assert_eq!(unwind(0x80), None);
    }

    #[test]
    fn an_entry_that_refers_to_itself_is_refused() {
        let image = image(&[[0, 0x10, 1]]);
        let memory = image.as_slice();
        let table = FunctionTable::new(memory, Directory { rva: 0, size: 12 }).unwrap();
        assert!(table.lookup(memory, 4).is_err());
        assert!(FunctionTable::new(memory, Directory { rva: 0, size: 24 }).is_err());
    }
}

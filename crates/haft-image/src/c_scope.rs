//! The scope table of C functions: the data that `__C_specific_handler` works on (Microsoft:
//! "x64 exception handling" and the C compiler's documentation of structured exception handling).
//!
//! This is the data alone. Calling filters and handlers is for whoever dispatches exceptions.

use crate::memory::{check_table, entry};
use crate::{ImageError, ImageMemory};

const RECORD: u32 = 16;

/// What a guarded range of instructions is guarded by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// `__except`: the filter decides.
    Except {
        /// Its first instruction; `None` when it is the constant `EXCEPTION_EXECUTE_HANDLER`.
        filter: Option<u32>,
        /// Where the body of the `__except` begins.
        target: u32,
    },
    /// `__finally`.
    Finally {
        /// The first instruction of its body.
        handler: u32,
    },
}

/// A guarded range of instructions; places are relative to the image base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScopeRecord {
    /// Its first byte.
    pub begin: u32,
    /// The byte after its last.
    pub end: u32,
    /// What guards it.
    pub scope: Scope,
}

impl ScopeRecord {
    /// Whether the instruction at `rva` is guarded.
    #[must_use]
    pub const fn contains(&self, rva: u32) -> bool {
        self.begin <= rva && rva < self.end
    }
}

/// A scope table, inner scopes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScopeTable {
    records: u32,
    /// How many records it has.
    pub count: u32,
}

impl ScopeTable {
    /// Reads the scope table at `rva`, the handler data of a function with
    /// `__C_specific_handler`.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when it is not within the image.
    pub fn read<M: ImageMemory + ?Sized>(memory: &M, rva: u32) -> Result<Self, ImageError> {
        let count = memory.read_u32(rva)?;
        let records = entry(rva, 1, 4)?;
        check_table(memory, records, count, RECORD)?;
        Ok(Self { records, count })
    }

    /// The record of this index; a dispatcher that goes on after a handler starts from there.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`]; an index beyond the table is `Ok(None)`.
    pub fn get<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        index: u32,
    ) -> Result<Option<ScopeRecord>, ImageError> {
        if index >= self.count {
            return Ok(None);
        }
        let at = entry(self.records, index, RECORD)?;
        let [begin, end, handler, target] = {
            let mut words = [0; 4];
            for (word, offset) in words.iter_mut().zip([0, 4, 8, 12]) {
                *word = memory.read_u32(at + offset)?;
            }
            words
        };
        let scope = match (handler, target) {
            (handler, 0) => Scope::Finally { handler },
            (1, target) => Scope::Except { filter: None, target },
            (filter, target) => Scope::Except { filter: Some(filter), target },
        };
        Ok(Some(ScopeRecord { begin, end, scope }))
    }

    /// The records from `first` on that guard the instruction at `rva`, with their indices.
    pub fn guarding<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        rva: u32,
        first: u32,
    ) -> impl Iterator<Item = Result<(u32, ScopeRecord), ImageError>> {
        (first..self.count).filter_map(move |index| match self.get(memory, index) {
            Ok(Some(record)) if record.contains(rva) => Some(Ok((index, record))),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(records: &[[u32; 4]]) -> Vec<u8> {
        let mut image = (records.len() as u32).to_le_bytes().to_vec();
        image.extend(records.as_flattened().iter().flat_map(|word| word.to_le_bytes()));
        image
    }

    #[test]
    fn scopes_are_told_apart_and_found_by_instruction() {
        let image =
            image(&[[0x10, 0x20, 0x500, 0], [0x10, 0x30, 1, 0x80], [0x40, 0x50, 0x600, 0x90]]);
        let memory = image.as_slice();
        let table = ScopeTable::read(memory, 0).unwrap();
        let guarding =
            |rva, first| table.guarding(memory, rva, first).collect::<Result<Vec<_>, _>>().unwrap();
        let except = ScopeRecord {
            begin: 0x10,
            end: 0x30,
            scope: Scope::Except { filter: None, target: 0x80 },
        };
        assert_eq!(
            guarding(0x1F, 0),
            [
                (
                    0,
                    ScopeRecord {
                        begin: 0x10,
                        end: 0x20,
                        scope: Scope::Finally { handler: 0x500 }
                    }
                ),
                (1, except)
            ]
        );
        assert_eq!(guarding(0x1F, 1), [(1, except)]);
        assert_eq!(guarding(0x20, 0), [(1, except)]);
        assert_eq!(guarding(0x30, 0), []);
        let scope = Scope::Except { filter: Some(0x600), target: 0x90 };
        assert_eq!(guarding(0x40, 0), [(2, ScopeRecord { begin: 0x40, end: 0x50, scope })]);
        assert_eq!(table.get(memory, 3), Ok(None));
    }

    #[test]
    fn a_table_larger_than_the_image_is_refused() {
        let mut image = image(&[[0, 1, 2, 3]]);
        image[3] = 0xFF;
        assert!(matches!(ScopeTable::read(image.as_slice(), 0), Err(ImageError::Outside { .. })));
    }
}

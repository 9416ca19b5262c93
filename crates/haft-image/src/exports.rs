//! Export tables (Microsoft: "PE Format", the .edata section).

use crate::memory::{NameAt, check_table, entry};
use crate::{Directory, ImageError, ImageMemory};
use core::cmp::Ordering;

const EXPORT_DIRECTORY: usize = 40;

/// What an export stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportTarget {
    /// Code or data in this image.
    Rva(u32),
    /// Another DLL's export; see [`Forwarder::parse`].
    Forwarder(NameAt),
}

/// An export, with its ordinal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its ordinal, with the base added.
    pub ordinal: u32,
    /// What it stands for.
    pub target: ExportTarget,
}

/// An export's name, and the export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NamedExport {
    /// The name.
    pub name: NameAt,
    /// The export; `None` for a name that points to an empty slot.
    pub export: Option<Export>,
}

/// Whether the name table is in order, as the format demands and some linkers do not keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Unknown,
    Sorted,
    Unsorted,
}

/// The export directory of a mapped image. It holds places and counts, no reference: each
/// method is given the image's memory anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exports {
    directory: Directory,
    /// The DLL's own name for itself.
    pub dll_name: NameAt,
    /// The ordinal of the first slot.
    pub ordinal_base: u32,
    /// How many slots there are.
    pub function_count: u32,
    /// How many names there are.
    pub name_count: u32,
    functions: u32,
    names: u32,
    name_ordinals: u32,
    order: Order,
}

impl Exports {
    /// Reads the export directory.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when one of its tables is not within the image.
    pub fn read<M: ImageMemory + ?Sized>(
        memory: &M,
        directory: Directory,
    ) -> Result<Self, ImageError> {
        let mut bytes = [0; EXPORT_DIRECTORY];
        memory.read(directory.rva, &mut bytes)?;
        let word = |index: usize| {
            let bytes: [u8; 4] = [0, 1, 2, 3].map(|byte| bytes[index * 4 + byte]);
            u32::from_le_bytes(bytes)
        };
        let exports = Self {
            directory,
            dll_name: NameAt(word(3)),
            ordinal_base: word(4),
            function_count: word(5),
            name_count: word(6),
            functions: word(7),
            names: word(8),
            name_ordinals: word(9),
            order: Order::Unknown,
        };
        check_table(memory, exports.functions, exports.function_count, 4)?;
        check_table(memory, exports.names, exports.name_count, 4)?;
        check_table(memory, exports.name_ordinals, exports.name_count, 2)?;
        Ok(exports)
    }

    /// Finds out whether the names are in order (one pass over all of them), so that a name that
    /// is not there is told by a binary search alone from then on. Worth it for a module that is
    /// asked more than once.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn check_order<M: ImageMemory + ?Sized>(&mut self, memory: &M) -> Result<(), ImageError> {
        let mut previous = Vec::new();
        let mut scratch = Vec::new();
        self.order = Order::Sorted;
        for index in 0..self.name_count {
            let name = self.name(memory, index)?.read(memory, &mut scratch)?;
            if index > 0 && name < previous.as_slice() {
                self.order = Order::Unsorted;
                break;
            }
            core::mem::swap(&mut previous, &mut scratch);
        }
        Ok(())
    }

    /// Finds an export by name.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`]; a name that is not there is `Ok(None)`.
    pub fn by_name<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        wanted: &[u8],
    ) -> Result<Option<Export>, ImageError> {
        let mut found = None;
        if self.order != Order::Unsorted {
            found = self.binary_search(memory, wanted)?;
        }
        if found.is_none() && self.order != Order::Sorted {
            found = self.linear_search(memory, wanted)?;
        }
        match found {
            Some(index) => self.by_name_index(memory, index),
            None => Ok(None),
        }
    }

    /// Finds an export by name, trying the import's hint first.
    ///
    /// # Errors
    /// As for [`Self::by_name`].
    pub fn by_hint<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        hint: u16,
        wanted: &[u8],
    ) -> Result<Option<Export>, ImageError> {
        let hint = u32::from(hint);
        if hint < self.name_count
            && self.name(memory, hint)?.compare(memory, wanted)? == Ordering::Equal
        {
            return self.by_name_index(memory, hint);
        }
        self.by_name(memory, wanted)
    }

    /// Finds an export by ordinal.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`]; an ordinal that is not there is `Ok(None)`.
    pub fn by_ordinal<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        ordinal: u32,
    ) -> Result<Option<Export>, ImageError> {
        // An ordinal below the base becomes a slot that is far too large.
        self.slot(memory, ordinal.wrapping_sub(self.ordinal_base))
    }

    /// All names in the table's order, each with its export.
    pub fn names<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
    ) -> impl Iterator<Item = Result<NamedExport, ImageError>> {
        (0..self.name_count).map(move |index| {
            let name = self.name(memory, index)?;
            Ok(NamedExport { name, export: self.by_name_index(memory, index)? })
        })
    }

    /// All exports in order of their ordinals, without the empty slots.
    pub fn all<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
    ) -> impl Iterator<Item = Result<Export, ImageError>> {
        (0..self.function_count).filter_map(move |slot| self.slot(memory, slot).transpose())
    }

    fn name<M: ImageMemory + ?Sized>(&self, memory: &M, index: u32) -> Result<NameAt, ImageError> {
        Ok(NameAt(memory.read_u32(entry(self.names, index, 4)?)?))
    }

    fn by_name_index<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        index: u32,
    ) -> Result<Option<Export>, ImageError> {
        let slot = memory.read_u16(entry(self.name_ordinals, index, 2)?)?;
        self.slot(memory, u32::from(slot))
    }

    fn slot<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        slot: u32,
    ) -> Result<Option<Export>, ImageError> {
        if slot >= self.function_count {
            return Ok(None);
        }
        let rva = memory.read_u32(entry(self.functions, slot, 4)?)?;
        if rva == 0 {
            return Ok(None);
        }
        if rva >= memory.size() {
            return Err(ImageError::Outside { rva, length: 1 });
        }
        let is_forwarder =
            rva.checked_sub(self.directory.rva).is_some_and(|offset| offset < self.directory.size);
        let target = if is_forwarder {
            ExportTarget::Forwarder(NameAt(rva))
        } else {
            ExportTarget::Rva(rva)
        };
        Ok(Some(Export { ordinal: self.ordinal_base.wrapping_add(slot), target }))
    }

    fn binary_search<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        wanted: &[u8],
    ) -> Result<Option<u32>, ImageError> {
        let (mut low, mut high) = (0, self.name_count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(memory, middle)?.compare(memory, wanted)? {
                Ordering::Equal => return Ok(Some(middle)),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    fn linear_search<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        wanted: &[u8],
    ) -> Result<Option<u32>, ImageError> {
        for index in 0..self.name_count {
            if self.name(memory, index)?.compare(memory, wanted)? == Ordering::Equal {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

/// Where a forwarder leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forwarder<'a> {
    /// The DLL's name, without `.dll` as a rule.
    pub dll: &'a str,
    /// The export in it.
    pub symbol: ForwarderSymbol<'a>,
}

/// The export that a forwarder leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForwarderSymbol<'a> {
    /// By name.
    Name(&'a str),
    /// By ordinal.
    Ordinal(u16),
}

impl<'a> Forwarder<'a> {
    /// Takes a forwarder's text apart: `NTDLL.RtlAllocateHeap` or `foo.#12`. The DLL's name ends
    /// at the last dot.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] when the text has another form.
    pub fn parse(text: &'a [u8]) -> Result<Self, ImageError> {
        let damaged = ImageError::Damaged("a forwarded export leads nowhere");
        let text = core::str::from_utf8(text).map_err(|_| damaged)?;
        let (dll, symbol) = text.rsplit_once('.').ok_or(damaged)?;
        if dll.is_empty() || symbol.is_empty() {
            return Err(damaged);
        }
        let symbol = match symbol.strip_prefix('#') {
            Some(number) => ForwarderSymbol::Ordinal(number.parse().map_err(|_| damaged)?),
            None => ForwarderSymbol::Name(symbol),
        };
        Ok(Self { dll, symbol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: Directory = Directory { rva: 0, size: 0x100 };

    /// An image with slots 5..=8 (the second is empty) and the given names for slots 0, 2, 3.
    fn image(names: [&str; 3]) -> Vec<u8> {
        let mut image = vec![0u8; 0x300];
        let mut put = |at: usize, value: u32| {
            image[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        for (index, value) in [0x28, 5, 4, 3, 0x40, 0x50, 0x60].into_iter().enumerate() {
            put(12 + index * 4, value);
        }
        for (index, value) in [0x200, 0, 0x80, 0x204].into_iter().enumerate() {
            put(0x40 + index * 4, value);
        }
        for index in 0..3 {
            put(0x50 + index * 4, 0xA0 + index as u32 * 16);
        }
        for (index, slot) in [0u8, 2, 3].into_iter().enumerate() {
            image[0x60 + index * 2] = slot;
        }
        image[0x28..0x2D].copy_from_slice(b"x.dll");
        image[0x80..0x8B].copy_from_slice(b"NTDLL.RtlFo");
        for (index, name) in names.into_iter().enumerate() {
            image[0xA0 + index * 16..][..name.len()].copy_from_slice(name.as_bytes());
        }
        image
    }

    fn rva(ordinal: u32, rva: u32) -> Option<Export> {
        Some(Export { ordinal, target: ExportTarget::Rva(rva) })
    }

    #[test]
    fn lookups_in_order() {
        let image = image(["Alpha", "Beta", "Gamma"]);
        let memory = image.as_slice();
        let mut exports = Exports::read(memory, DIRECTORY).unwrap();
        for _ in 0..2 {
            assert_eq!(exports.by_name(memory, b"Alpha").unwrap(), rva(5, 0x200));
            assert_eq!(exports.by_name(memory, b"Gamma").unwrap(), rva(8, 0x204));
            assert_eq!(exports.by_hint(memory, 2, b"Gamma").unwrap(), rva(8, 0x204));
            assert_eq!(exports.by_hint(memory, 9, b"Gamma").unwrap(), rva(8, 0x204));
            assert_eq!(exports.by_name(memory, b"Gamm").unwrap(), None);
            exports.check_order(memory).unwrap();
            assert_eq!(exports.order, Order::Sorted);
        }
        let target = exports.by_name(memory, b"Beta").unwrap().unwrap().target;
        assert_eq!(target, ExportTarget::Forwarder(NameAt(0x80)));
        assert_eq!(exports.by_ordinal(memory, 8).unwrap(), rva(8, 0x204));
        assert_eq!(exports.by_ordinal(memory, 6).unwrap(), None);
        assert_eq!(exports.by_ordinal(memory, 4).unwrap(), None);
        assert_eq!(exports.by_ordinal(memory, 9).unwrap(), None);
        assert_eq!(exports.all(memory).count(), 3);
        assert_eq!(exports.names(memory).filter(Result::is_ok).count(), 3);
    }

    #[test]
    fn names_out_of_order_are_found_all_the_same() {
        let image = image(["Gamma", "Alpha", "Beta"]);
        let memory = image.as_slice();
        let mut exports = Exports::read(memory, DIRECTORY).unwrap();
        for _ in 0..2 {
            assert_eq!(exports.by_name(memory, b"Gamma").unwrap(), rva(5, 0x200));
            assert_eq!(exports.by_name(memory, b"Beta").unwrap(), rva(8, 0x204));
            assert_eq!(exports.by_name(memory, b"Delta").unwrap(), None);
            exports.check_order(memory).unwrap();
            assert_eq!(exports.order, Order::Unsorted);
        }
    }

    #[test]
    fn ordinals_that_wrap_around_are_found_where_they_are_listed() {
        let mut image = image(["A", "B", "C"]);
        image[16..20].copy_from_slice(&(u32::MAX - 1).to_le_bytes());
        let memory = image.as_slice();
        let exports = Exports::read(memory, DIRECTORY).unwrap();
        assert_eq!(exports.by_name(memory, b"C").unwrap(), rva(1, 0x204));
        assert_eq!(exports.by_ordinal(memory, 1).unwrap(), rva(1, 0x204));
        assert_eq!(exports.by_ordinal(memory, 2).unwrap(), None);
    }

    #[test]
    fn tables_outside_the_image_are_refused() {
        let mut image = image(["A", "B", "C"]);
        image[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(
            Exports::read(image.as_slice(), DIRECTORY),
            Err(ImageError::Outside { .. })
        ));
    }

    #[test]
    fn forwarders() {
        assert_eq!(
            Forwarder::parse(b"NTDLL.RtlAllocateHeap"),
            Ok(Forwarder { dll: "NTDLL", symbol: ForwarderSymbol::Name("RtlAllocateHeap") })
        );
        assert_eq!(
            Forwarder::parse(b"a.b.#12"),
            Ok(Forwarder { dll: "a.b", symbol: ForwarderSymbol::Ordinal(12) })
        );
        for wrong in [b"foo".as_slice(), b".bar", b"foo.", b"foo.#", b"foo.#99999", b"\xFF.a"] {
            assert!(Forwarder::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

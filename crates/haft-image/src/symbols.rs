//! The symbols of a PE file: what GNU's, LLVM's and Go's linkers leave in it for debuggers
//! (Microsoft: "PE Format", COFF Symbol Table).

use object::read::pe::PeFile64;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

/// A function, and how far into it a place is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name, as the linker has it.
    pub name: String,
    /// Bytes from its beginning.
    pub offset: u32,
}

/// The function of a file that a relative virtual address lies in; `None` where the file does not
/// tell, as when it was stripped.
#[must_use]
pub fn function_at(file: &[u8], rva: u32) -> Option<Symbol> {
    let file = PeFile64::parse(file).ok()?;
    let address = file.relative_address_base().checked_add(u64::from(rva))?;
    let section = file.sections().find(|section| {
        let begin = section.address();
        (begin..begin.saturating_add(section.size())).contains(&address)
    })?;
    let nearest = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.address() <= address)
        .filter(|symbol| symbol.section_index() == Some(section.index()))
        .max_by_key(ObjectSymbol::address)?;
    let offset = u32::try_from(address - nearest.address()).ok()?;
    let name = nearest.name().ok().filter(|name| !name.is_empty())?;
    Some(Symbol { name: name.to_owned(), offset })
}

#[cfg(test)]
mod tests {
    use super::{Symbol, function_at};

    #[test]
    fn bytes_that_are_no_image_have_no_symbols() {
        assert_eq!(function_at(b"", 0x1000), None);
        assert_eq!(function_at(&[b'M'; 4096], 0x1000), None);
    }

    /// A file of one section of code at 0x1000 with two functions in its symbol table.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x600];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(0x3C, &0x80u32.to_le_bytes());
        put(0x80, b"PE\0\0");
        put(0x84, &0x8664u16.to_le_bytes());
        put(0x86, &1u16.to_le_bytes());
        put(0x8C, &0x400u32.to_le_bytes());
        put(0x90, &2u32.to_le_bytes());
        put(0x94, &240u16.to_le_bytes());
        put(0x98, &0x20Bu16.to_le_bytes());
        put(0x98 + 24, &0x1_4000_0000u64.to_le_bytes());
        put(0x98 + 108, &16u32.to_le_bytes());
        let section = 0x98 + 240;
        put(section, b".text");
        put(section + 8, &0x100u32.to_le_bytes());
        put(section + 12, &0x1000u32.to_le_bytes());
        put(section + 16, &0x200u32.to_le_bytes());
        put(section + 20, &0x200u32.to_le_bytes());
        for (n, (name, value)) in [(b"first\0\0\0", 0u32), (b"second\0\0", 0x40)].iter().enumerate()
        {
            let at = 0x400 + n * 18;
            put(at, *name);
            put(at + 8, &value.to_le_bytes());
            put(at + 12, &1u16.to_le_bytes());
            put(at + 14, &0x20u16.to_le_bytes());
            put(at + 16, &[2, 0]);
        }
        put(0x400 + 36, &4u32.to_le_bytes());
        file
    }

    #[test]
    fn a_place_is_in_the_function_that_begins_before_it() {
        let at = |rva| function_at(&file(), rva);
        let symbol = |name: &str, offset| Some(Symbol { name: name.to_owned(), offset });
        assert_eq!(at(0x1000), symbol("first", 0));
        assert_eq!(at(0x103F), symbol("first", 0x3F));
        assert_eq!(at(0x1044), symbol("second", 4));
        assert_eq!((at(0xFFF), at(0x1100)), (None, None));
    }

    #[test]
    fn a_file_that_was_cut_or_lies_says_nothing_or_less() {
        let file = file();
        for length in 0..file.len() {
            let _ = function_at(&file[..length], 0x1044);
        }
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0xFF;
            let _ = function_at(&changed, 0x1044);
        }
        // Without the table there is no name.
        assert_eq!(function_at(&file[..0x400], 0x1044), None);
    }
}

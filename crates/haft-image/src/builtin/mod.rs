//! Built-in DLLs written as real PE images.
//!
//! A built-in DLL is Rust code in haft's own binary. Programs look for it as a module: they walk
//! its headers and its export directory by hand, patch its functions, read its version. So each
//! one is laid out in memory as an image of its own:
//!
//! - `.text` has one thunk of 16 bytes for each function, `jmp qword ptr [rip + slot]` filled up
//!   with `int3`. An indirect jump leaves every register alone (`__chkstk` takes its argument in
//!   rax), it is a leaf function, so no unwind information is needed, and hot patchers and
//!   disassemblers know it.
//! - `.rdata` has the slots, one 64-bit address for each function, and the export directory.
//!   Writing a slot redirects a function, which is how tracing is switched on.
//! - `.data` has the exported variables, `.rsrc` the version.
//!
//! Sizes in memory and in a file are the same, so the bytes are also a valid DLL file.

mod version;
mod write;

pub use version::VersionInfo;

use crate::Protection;
use crate::parse::PAGE_SIZE;
use core::fmt;
use core::ops::Range;

/// The distance between thunks.
pub const THUNK_SIZE: u32 = 16;

/// The largest alignment of an exported variable.
const MAX_ALIGN: u32 = PAGE_SIZE;

/// What an export of a built-in DLL is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuiltinKind<'a> {
    /// A function: the address that its thunk jumps to.
    Code {
        /// The absolute address.
        target: usize,
    },
    /// A variable.
    Data {
        /// Its size in bytes.
        size: u32,
        /// Its alignment, a power of two up to 4096.
        align: u32,
        /// Its first bytes; the rest is zero.
        initial: &'a [u8],
    },
    /// An export of another DLL, as `ntdll.RtlAllocateHeap` or `ws2_32.#12`.
    Forward(&'a str),
}

/// An export of a built-in DLL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltinExport<'a> {
    /// Its name, empty for an export that has an ordinal only.
    pub name: &'a str,
    /// Its ordinal, where it has a fixed one.
    pub ordinal: Option<u16>,
    /// What it is.
    pub kind: BuiltinKind<'a>,
}

/// Why a list of exports cannot be written. The list is haft's own, so this is a mistake in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuiltinError {
    /// The export of this index does not come after the one before it (names are sorted by
    /// bytes, those without a name come first).
    NotSorted(usize),
    /// The export of this index has neither name nor ordinal, a zero in its name, or data that
    /// does not fit its size or alignment.
    Malformed(usize),
    /// Two exports have this ordinal, or it does not fit with the others.
    Ordinal(u32),
    /// The image would be larger than 2 GB, or have more than 65536 exports.
    TooLarge,
    /// The buffer is not as large as the plan asked for, or the list is not the one that the plan
    /// was made from.
    NotAsPlanned,
}

impl fmt::Display for BuiltinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSorted(index) => write!(f, "export {index} is out of order; sort by name"),
            Self::Malformed(index) => write!(f, "export {index} has no valid name or contents"),
            Self::Ordinal(ordinal) => write!(f, "ordinal {ordinal} is given twice or too large"),
            Self::TooLarge => f.write_str("the DLL has too many exports or too much data"),
            Self::NotAsPlanned => f.write_str("the buffer or the exports differ from the plan"),
        }
    }
}

impl core::error::Error for BuiltinError {}

/// A page-granular piece of a built-in image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltinSegment {
    /// Where it begins, relative to the image base.
    pub rva: u32,
    /// Its size in bytes, a multiple of the page size.
    pub size: u32,
    /// Its protection once the image is written.
    pub protection: Protection,
}

/// How the image of a built-in DLL is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltinPlan<'a> {
    dll_name: &'a str,
    version: Option<&'a [u8]>,
    code_count: u32,
    name_count: u32,
    ordinal_base: u32,
    /// Slots of the address table for the exports with fixed ordinals; the others follow.
    fixed_slots: u32,
    slot_count: u32,
    text: Part,
    rdata: Part,
    /// The export directory, within `.rdata`.
    exports: Part,
    data: Part,
    rsrc: Part,
    size: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Part {
    rva: u32,
    size: u32,
}

/// What the first look at the exports counts.
#[derive(Default)]
struct Census {
    code: u32,
    names: u32,
    implicit: u32,
    ordinals: Option<(u16, u16)>,
    text: u64,
    data: u64,
}

impl<'a> BuiltinPlan<'a> {
    /// Plans the image of the DLL `dll_name` (with `.dll`). `exports` are sorted by name, those
    /// without a name first. `version` is what [`VersionInfo::to_bytes`] gives.
    ///
    /// # Errors
    /// A [`BuiltinError`] when the list is not fit to be written.
    pub fn new<'e>(
        dll_name: &'a str,
        exports: impl Iterator<Item = BuiltinExport<'e>>,
        version: Option<&'a [u8]>,
    ) -> Result<Self, BuiltinError> {
        let mut census = Census::default();
        let mut previous = "";
        for (index, export) in exports.enumerate() {
            if !export.name.is_empty() && export.name <= previous
                || export.name.is_empty() && !previous.is_empty()
            {
                return Err(BuiltinError::NotSorted(index));
            }
            previous = export.name;
            census.count(&export).ok_or(BuiltinError::Malformed(index))?;
        }
        Self::place(dll_name, &census, version).ok_or(BuiltinError::TooLarge)
    }

    fn place(dll_name: &'a str, census: &Census, version: Option<&'a [u8]>) -> Option<Self> {
        let (ordinal_base, fixed_slots) = match census.ordinals {
            Some((least, most)) => (u32::from(least), u32::from(most - least) + 1),
            None => (1, 0),
        };
        let slot_count = fixed_slots.checked_add(census.implicit)?;
        if slot_count > 0x1_0000 || census.names > 0x1_0000 {
            return None;
        }
        let tables = 40 + u64::from(slot_count) * 4 + u64::from(census.names) * 6;
        let strings = census.text + dll_name.len() as u64 + 1;
        let slots = u64::from(census.code) * 8;
        let mut end = PAGE_SIZE;
        let mut part = |size: u64| {
            let part = Part { rva: end, size: u32::try_from(size).ok()? };
            end = end.checked_add(part.size)?.checked_next_multiple_of(PAGE_SIZE)?;
            Some(part)
        };
        // The first thunk too has padding before it, for patchers that want some.
        let text = part((u64::from(census.code) + 1) * u64::from(THUNK_SIZE))?;
        let rdata = part(slots + tables + strings)?;
        let data = part(census.data)?;
        let rsrc = part(version.map_or(0, |bytes| write::RSRC_HEADER + bytes.len() as u64))?;
        let exports =
            Part { rva: rdata.rva + slots as u32, size: u32::try_from(tables + strings).ok()? };
        (end <= i32::MAX as u32).then_some(Self {
            dll_name,
            version,
            code_count: census.code,
            name_count: census.names,
            ordinal_base,
            fixed_slots,
            slot_count,
            text,
            rdata,
            exports,
            data,
            rsrc,
            size: end,
        })
    }

    /// How many bytes of memory the image takes, a multiple of the page size.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// The pieces of the image and their protections, in order, without gaps.
    pub fn segments(&self) -> impl Iterator<Item = BuiltinSegment> + use<> {
        let headers = Part { rva: 0, size: PAGE_SIZE };
        [
            (headers, Protection::READ),
            (self.text, Protection::READ_EXECUTE),
            (self.rdata, Protection::READ),
            (self.data, Protection::READ_WRITE),
            (self.rsrc, Protection::READ),
        ]
        .into_iter()
        .filter(|(part, _)| part.size != 0)
        .map(|(part, protection)| BuiltinSegment {
            rva: part.rva,
            size: part.size.next_multiple_of(PAGE_SIZE),
            protection,
        })
    }

    /// Where the 64-bit addresses are that the thunks jump to, in the order of the functions in
    /// the list, relative to the image base.
    #[must_use]
    pub const fn slots(&self) -> Range<u32> {
        self.rdata.rva..self.exports.rva
    }
}

impl Census {
    fn count(&mut self, export: &BuiltinExport<'_>) -> Option<()> {
        if export.name.as_bytes().contains(&0) {
            return None;
        }
        if !export.name.is_empty() {
            self.names = self.names.checked_add(1)?;
            self.text = self.text.checked_add(export.name.len() as u64 + 1)?;
        }
        match export.ordinal {
            Some(ordinal) => {
                let (least, most) = self.ordinals.unwrap_or((ordinal, ordinal));
                self.ordinals = Some((least.min(ordinal), most.max(ordinal)));
            }
            None if export.name.is_empty() => return None,
            None => self.implicit = self.implicit.checked_add(1)?,
        }
        match export.kind {
            BuiltinKind::Code { .. } => self.code = self.code.checked_add(1)?,
            BuiltinKind::Data { size, align, initial } => {
                if !align.is_power_of_two() || align > MAX_ALIGN || initial.len() > size as usize {
                    return None;
                }
                let begin = self.data.checked_next_multiple_of(u64::from(align))?;
                self.data = begin.checked_add(u64::from(size))?;
            }
            BuiltinKind::Forward(to) => {
                if to.as_bytes().contains(&0) {
                    return None;
                }
                self.text = self.text.checked_add(to.len() as u64 + 1)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;

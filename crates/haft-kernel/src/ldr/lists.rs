//! The loader's lists in the program's memory, which debuggers and programs walk by hand.

use super::module::Module;
use crate::ps::block;
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::{LdrDataTableEntry, ListEntry, Peb, PebLdrData, UnicodeString};
use haft_host::guest;
use std::sync::OnceLock;

/// Where each list's head is in `PebLdrData`, and its link in `LdrDataTableEntry`.
const LOAD_ORDER: (usize, usize) =
    (offset_of!(PebLdrData, in_load_order), offset_of!(LdrDataTableEntry, in_load_order));
const MEMORY_ORDER: (usize, usize) =
    (offset_of!(PebLdrData, in_memory_order), offset_of!(LdrDataTableEntry, in_memory_order));
const INITIALIZATION_ORDER: (usize, usize) = (
    offset_of!(PebLdrData, in_initialization_order),
    offset_of!(LdrDataTableEntry, in_initialization_order),
);

static HEADS: OnceLock<usize> = OnceLock::new();

/// Lays out the empty lists and names them in the PEB.
pub(super) fn create(peb: usize) -> Result<(), NtStatus> {
    let at = block::place(PebLdrData {
        length: size_of::<PebLdrData>() as u32,
        initialized: 1,
        ..PebLdrData::default()
    })?;
    for (head, _) in [LOAD_ORDER, MEMORY_ORDER, INITIALIZATION_ORDER] {
        let link = (at + head) as u64;
        guest::write(at + head, ListEntry { forward: link, backward: link })?;
    }
    guest::write(peb + offset_of!(Peb, ldr), at as u64)?;
    let _ = HEADS.set(at);
    Ok(())
}

/// Lays out an entry for an image; it is linked by [`link_loaded`].
pub(super) fn place_entry(
    base: usize,
    size: u32,
    entry: Option<usize>,
    path: &[u16],
    is_dll: bool,
) -> Result<usize, NtStatus> {
    const LDRP_IMAGE_DLL: u32 = 4;
    let full_dll_name = block::place_string(path)?;
    let base_length = (super::name::base_name(path).len() * 2) as u16;
    let base_dll_name = UnicodeString {
        length: base_length,
        maximum_length: base_length + 2,
        buffer: full_dll_name.buffer + u64::from(full_dll_name.length - base_length),
    };
    let at = block::place(LdrDataTableEntry {
        dll_base: base as u64,
        entry_point: entry.unwrap_or(0) as u64,
        size_of_image: size,
        full_dll_name,
        base_dll_name,
        flags: if is_dll { LDRP_IMAGE_DLL } else { 0 },
        load_count: if is_dll { 1 } else { u16::MAX },
        ..LdrDataTableEntry::default()
    })?;
    let own = (at + offset_of!(LdrDataTableEntry, hash_links)) as u64;
    guest::write(own as usize, ListEntry { forward: own, backward: own })?;
    Ok(at)
}

/// Appends an entry to the list; a program that broke its lists only breaks them further.
fn append(entry: usize, (head, link): (usize, usize)) {
    let Some(heads) = HEADS.get() else { return };
    let head = heads + head;
    let own = entry + link;
    let backward_of = offset_of!(ListEntry, backward);
    let Ok(last) = guest::read::<u64>(head + backward_of) else { return };
    let _ = guest::write(own, ListEntry { forward: head as u64, backward: last });
    let _ = guest::write(last as usize, own as u64);
    let _ = guest::write(head + backward_of, own as u64);
}

fn unlink(entry: usize, (_, link): (usize, usize)) {
    let own = entry + link;
    let (Ok(forward), Ok(backward)) =
        (guest::read::<u64>(own), guest::read::<u64>(own + offset_of!(ListEntry, backward)))
    else {
        return;
    };
    if forward == 0 || backward == 0 {
        return;
    }
    let _ = guest::write(backward as usize, forward);
    let _ = guest::write(forward as usize + offset_of!(ListEntry, backward), backward);
}

/// Links a module that was mapped.
pub(super) fn link_loaded(module: &Module) {
    append(module.list_entry, LOAD_ORDER);
    append(module.list_entry, MEMORY_ORDER);
}

/// Links a module whose entry point is about to run.
pub(super) fn link_initialized(module: &Module) {
    append(module.list_entry, INITIALIZATION_ORDER);
}

/// Takes a module out of every list.
pub(super) fn unlink_all(module: &Module) {
    for list in [LOAD_ORDER, MEMORY_ORDER, INITIALIZATION_ORDER] {
        unlink(module.list_entry, list);
    }
}

//! Which function an address belongs to: the tables of the loaded images, and those that
//! programs register for code that they made.

use crate::ldr::{self, LiveImage};
use haft_abi::NtStatus;
use haft_host::{guest, host_unwind, jump};
use haft_image::DirectoryKind;
use haft_image::exception::{FunctionTable, RuntimeFunction};
use std::sync::{PoisonError, RwLock};

/// An entry of a function table, found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FunctionEntry {
    /// Its address.
    pub address: usize,
    /// The address that its contents are relative to.
    pub image_base: usize,
    /// Its contents.
    pub function: RuntimeFunction,
    /// The table that it is in, when that is the one of an image.
    pub table: Option<FunctionTable>,
    /// Bytes of the image.
    pub image_size: u32,
}

impl FunctionEntry {
    /// The memory that its contents refer to.
    pub const fn image(&self) -> LiveImage {
        LiveImage::new(self.image_base, self.image_size)
    }
}

/// A growable table's own value (Microsoft: "RtlAddGrowableFunctionTable function").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Growable(pub usize);

#[derive(Clone, Copy)]
enum Source {
    /// Entries one after the other.
    Table { count: u32 },
    /// A routine of the program, asked with this context.
    Callback { routine: usize, context: usize },
}

#[derive(Clone, Copy)]
struct Registered {
    /// What it is removed by: the table's address or the program's identifier.
    key: usize,
    /// What a growable one is known by.
    growable: Option<Growable>,
    table: usize,
    base: usize,
    /// The code that it covers; for a plain table found in its entries.
    range: Option<(usize, usize)>,
    source: Source,
}

static TABLES: RwLock<Vec<Registered>> = RwLock::new(Vec::new());

/// Bytes of an entry.
const ENTRY: usize = size_of::<RuntimeFunction>();

fn register(entry: Registered) {
    TABLES.write().unwrap_or_else(PoisonError::into_inner).push(entry);
}

fn remove(which: impl Fn(&Registered) -> bool) -> bool {
    let mut tables = TABLES.write().unwrap_or_else(PoisonError::into_inner);
    let Some(index) = tables.iter().position(which) else { return false };
    tables.remove(index);
    true
}

/// Registers `count` entries at `table`, relative to `base` (Microsoft: "RtlAddFunctionTable
/// function").
///
/// # Errors
/// `ACCESS_VIOLATION` when they cannot be read.
pub fn add_table(table: usize, count: u32, base: usize) -> Result<(), NtStatus> {
    guest::probe(table, count as usize * ENTRY, false)?;
    let source = Source::Table { count };
    register(Registered { key: table, growable: None, table, base, range: None, source });
    Ok(())
}

/// Registers a routine that is asked for entries (Microsoft: "RtlInstallFunctionTableCallback
/// function").
///
/// # Errors
/// `INVALID_PARAMETER` for an identifier without its two low bits.
pub fn add_callback(
    key: usize,
    base: usize,
    length: u32,
    routine: usize,
    context: usize,
) -> Result<(), NtStatus> {
    if key & 3 != 3 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let range = Some((base, base + length as usize));
    let source = Source::Callback { routine, context };
    register(Registered { key, growable: None, table: 0, base, range, source });
    Ok(())
}

/// Registers a table that may grow later; its entries cover `range`.
pub fn add_growable(table: usize, count: u32, range: (usize, usize)) -> Growable {
    use core::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let growable = Growable(0x1_0000 + 16 * NEXT.fetch_add(1, Ordering::Relaxed));
    register(Registered {
        key: 0,
        growable: Some(growable),
        table,
        base: range.0,
        range: Some(range),
        source: Source::Table { count },
    });
    growable
}

/// Says how many entries a growable table has now.
///
/// # Errors
/// `INVALID_PARAMETER` when there is no such table.
pub fn grow(growable: Growable, count: u32) -> Result<(), NtStatus> {
    let mut tables = TABLES.write().unwrap_or_else(PoisonError::into_inner);
    let entry = tables.iter_mut().find(|entry| entry.growable == Some(growable));
    entry.ok_or(NtStatus::INVALID_PARAMETER)?.source = Source::Table { count };
    Ok(())
}

/// Removes a growable table.
///
/// # Errors
/// `INVALID_PARAMETER` when there is no such table.
pub fn delete_growable(growable: Growable) -> Result<(), NtStatus> {
    let there = remove(|entry| entry.growable == Some(growable));
    there.then_some(()).ok_or(NtStatus::INVALID_PARAMETER)
}

/// Removes what was registered under a table's address or an identifier.
///
/// # Errors
/// `INVALID_PARAMETER` when there is nothing.
pub fn delete_table(key: usize) -> Result<(), NtStatus> {
    let there = remove(|entry| entry.key == key && entry.growable.is_none());
    there.then_some(()).ok_or(NtStatus::INVALID_PARAMETER)
}

/// The function table's entry for the code at an address; `None` for a leaf function.
pub(super) fn lookup(pc: usize) -> Option<FunctionEntry> {
    match ldr::find_by_address(pc) {
        Some(module) => in_module(module, pc),
        None if host_unwind::contains(pc) => None,
        None => in_registered(pc),
    }
}

/// What programs are told for haft's own code: an entry that covers all of it, which
/// [`super::virtual_unwind`] knows. So a program's walk passes the frames of haft between its own.
static HOST: [u32; 3] = [0, u32::MAX, 0];

/// The address of the entry for haft's own code.
pub(super) fn host_entry() -> usize {
    HOST.as_ptr().expose_provenance()
}

/// The addresses of the entry for the code at `pc` and of its image, for a program (Microsoft:
/// "RtlLookupFunctionEntry function").
#[must_use]
pub fn lookup_for_program(pc: usize) -> Option<(usize, usize)> {
    if host_unwind::contains(pc) {
        return Some((host_entry(), host_unwind::text_start()));
    }
    lookup(pc).map(|entry| (entry.address, entry.image_base))
}

fn in_module(module: &ldr::Module, pc: usize) -> Option<FunctionEntry> {
    let image = module.image();
    let directory = module.directories.get(DirectoryKind::Exception)?;
    let table = FunctionTable::new(&image, directory).ok()?;
    let found = table.lookup(&image, (pc - module.base) as u32).ok()??;
    Some(FunctionEntry {
        address: module.base + found.rva as usize,
        image_base: module.base,
        function: found.function,
        table: Some(table),
        image_size: module.size,
    })
}

fn in_registered(pc: usize) -> Option<FunctionEntry> {
    let tables = TABLES.read().unwrap_or_else(PoisonError::into_inner).clone();
    tables.iter().find_map(|registered| {
        if registered.range.is_some_and(|(start, end)| !(start..end).contains(&pc)) {
            return None;
        }
        let rva = u32::try_from(pc.checked_sub(registered.base)?).ok()?;
        match registered.source {
            // Programs may register entries in any order.
            Source::Table { count } => (0..count as usize)
                .map(|index| registered.table + index * ENTRY)
                .find_map(|address| entry_at(address, registered.base, rva)),
            Source::Callback { routine, context } => {
                entry_at(jump::call(routine, [pc, context, 0, 0]), registered.base, rva)
            }
        }
    })
}

/// The entry at an address, if it is one for the code at `rva`.
fn entry_at(address: usize, image_base: usize, rva: u32) -> Option<FunctionEntry> {
    let [begin, end, unwind_info] = guest::read::<[u32; 3]>(address).ok()?;
    let function = RuntimeFunction { begin, end, unwind_info };
    let entry = FunctionEntry { address, image_base, function, table: None, image_size: u32::MAX };
    function.contains(rva).then_some(entry)
}

/// The entry that a program points to, which it looked up before.
pub(super) fn given(address: usize, image_base: usize) -> Option<FunctionEntry> {
    let [begin, end, unwind_info] = guest::read::<[u32; 3]>(address).ok()?;
    let module = ldr::find_by_base(image_base);
    let table = module.and_then(|module| {
        let directory = module.directories.get(DirectoryKind::Exception)?;
        FunctionTable::new(&module.image(), directory).ok()
    });
    Some(FunctionEntry {
        address,
        image_base,
        function: RuntimeFunction { begin, end, unwind_info },
        table,
        image_size: module.map_or(u32::MAX, |module| module.size),
    })
}

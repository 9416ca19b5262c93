//! The names of functions, for programs that ask: sessions of "SymInitialize", each with the modules
//! that it knows (Microsoft: "DbgHelp Functions"). Names are those of a file's symbol table, or else
//! of its exports; PDB files are not read.

use super::module::{Module, find_by_address, modules};
use super::place::file_of;
use haft_abi::{Handle, NtStatus};
use haft_image::DirectoryKind;
use haft_image::exports::{ExportTarget, Exports};
use haft_image::symbols;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A function that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name, as the linker has it.
    pub name: String,
    /// Where it begins.
    pub address: usize,
    /// Where the module is that it belongs to.
    pub module: usize,
    /// The name is that of an export: others that begin before the address may have none.
    pub exported: bool,
}

/// Why a question was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoSymbol {
    /// There is no such session.
    Session,
    /// The session knows no module there.
    Module,
    /// The module tells no name for it.
    Name,
}

#[derive(Default)]
struct Session {
    modules: Vec<&'static Module>,
    /// The file that was read last.
    file: Option<(usize, Vec<u8>)>,
}

static SESSIONS: Mutex<BTreeMap<usize, Session>> = Mutex::new(BTreeMap::new());

fn sessions() -> MutexGuard<'static, BTreeMap<usize, Session>> {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a session under `key`, a handle of the process or any other number; with `all` it knows
/// all modules.
///
/// # Errors
/// `INVALID_PARAMETER` when there is one; with `all`, what opening the process gives, and
/// `NOT_SUPPORTED` for another process: haft reads its own modules alone.
pub fn begin(key: usize, all: bool) -> Result<(), NtStatus> {
    let known = if all { own_modules(key)? } else { Vec::new() };
    let mut sessions = sessions();
    if sessions.contains_key(&key) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    sessions.insert(key, Session { modules: known, file: None });
    Ok(())
}

fn own_modules(key: usize) -> Result<Vec<&'static Module>, NtStatus> {
    let pid = crate::ps::object::id(Handle(key))?;
    if pid == crate::ps::process().pid { Ok(modules()) } else { Err(NtStatus::NOT_SUPPORTED) }
}

/// Has a session know the modules that there are by now.
///
/// # Errors
/// `INVALID_HANDLE` when there is none, and as for [`begin`].
pub fn refresh(key: usize) -> Result<(), NtStatus> {
    let known = own_modules(key)?;
    let mut sessions = sessions();
    sessions.get_mut(&key).ok_or(NtStatus::INVALID_HANDLE)?.modules = known;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// `INVALID_HANDLE` when there is none.
pub fn end(key: usize) -> Result<(), NtStatus> {
    sessions().remove(&key).map(|_| ()).ok_or(NtStatus::INVALID_HANDLE)
}

/// The base of the module that an address is in.
///
/// # Errors
/// [`NoSymbol::Session`], [`NoSymbol::Module`].
pub fn module_base(key: usize, address: usize) -> Result<usize, NoSymbol> {
    let sessions = sessions();
    let session = sessions.get(&key).ok_or(NoSymbol::Session)?;
    session.module(address).map(|module| module.base).ok_or(NoSymbol::Module)
}

/// The function that an address is in.
///
/// # Errors
/// [`NoSymbol`] says what is not there.
pub fn function_at(key: usize, address: usize) -> Result<Function, NoSymbol> {
    let mut sessions = sessions();
    let session = sessions.get_mut(&key).ok_or(NoSymbol::Session)?;
    let module = session.module(address).ok_or(NoSymbol::Module)?;
    let rva = u32::try_from(address - module.base).map_err(|_| NoSymbol::Name)?;
    let found = match module.built_in {
        Some(_) => None,
        None => session.in_file(module, rva),
    };
    let (name, rva, exported) = match found {
        Some((name, rva)) => (name, rva, false),
        None => exported(module, rva).map(|(name, rva)| (name, rva, true)).ok_or(NoSymbol::Name)?,
    };
    Ok(Function { name, address: module.base + rva as usize, module: module.base, exported })
}

impl Session {
    fn module(&self, address: usize) -> Option<&'static Module> {
        // What was unloaded since has left the place to others.
        let module = find_by_address(address)?;
        self.modules.iter().copied().find(|known| core::ptr::eq(*known, module))
    }

    fn in_file(&mut self, module: &Module, rva: u32) -> Option<(String, u32)> {
        if self.file.as_ref().is_none_or(|(base, _)| *base != module.base) {
            self.file = Some((module.base, file_of(module)?));
        }
        let (_, file) = self.file.as_ref()?;
        let found = symbols::function_at(file, rva)?;
        Some((found.name, rva - found.offset))
    }
}

/// The named export that begins last at or before a place.
fn exported(module: &Module, rva: u32) -> Option<(String, u32)> {
    let image = module.image();
    let directory = module.directories.get(DirectoryKind::Export)?;
    let exports = Exports::read(&image, directory).ok()?;
    let mut nearest = None;
    for named in exports.names(&image) {
        let named = named.ok()?;
        if let Some(ExportTarget::Rva(start)) = named.export.map(|export| export.target)
            && start <= rva
            && nearest.is_none_or(|(_, best)| best < start)
        {
            nearest = Some((named.name, start));
        }
    }
    let (name, start) = nearest?;
    let mut text = Vec::new();
    name.read(&image, &mut text).ok()?;
    Some((String::from_utf8_lossy(&text).into_owned(), start))
}

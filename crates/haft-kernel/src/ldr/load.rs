//! Loading and unloading.

use super::bind::{self, Procedure, Resolved};
use super::built_in::{BuiltInDll, BuiltIns, LaidOut};
use super::module::{self, Module};
use super::search::LoadFlags;
use super::{LiveImage, LoadError, data, init, kept, lists, map, name, search, tls};
use crate::io::{lookup, path};
use crate::ke::recursive_lock::RecursiveLock;
use crate::mm;
use crate::ps::{Birth, process};
use core::mem::offset_of;
use haft_abi::nt::Peb;
use haft_abi::{NtStatus, wide};
use haft_host::guest;
use haft_image::load_config::LoadConfig;
use haft_image::parse::MappedHeaders;
use haft_image::{DirectoryKind, ImageMemory, ImageMemoryMut};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The loader lock: held while modules are loaded, unloaded and told of threads.
pub(super) static LOCK: RecursiveLock = RecursiveLock::new();

static BUILT_INS: OnceLock<&'static dyn BuiltIns> = OnceLock::new();
static PROGRAM_FILE: OnceLock<PathBuf> = OnceLock::new();

/// Modules that were mapped and wait for their entry points to be called, dependencies first.
static PENDING: Mutex<Vec<&'static Module>> = Mutex::new(Vec::new());

/// What starting a program needs to know of its image.
pub struct Program {
    /// Address of its entry point.
    pub entry: usize,
    /// The stack its first thread gets, in bytes.
    pub stack_reserve: usize,
}

pub(super) fn take_pending() -> Vec<&'static Module> {
    core::mem::take(&mut *PENDING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The stack of threads that ask for none, in bytes.
#[must_use]
pub fn default_stack_reserve() -> usize {
    module::main_module().stack_reserve
}

/// Maps the program and everything it needs, and binds it all. Nothing of the program runs yet.
///
/// # Errors
/// The file that is not fit, with a sentence for a person.
pub fn load_program(birth: &Birth) -> Result<Program, LoadError> {
    let _lock = LOCK.enter();
    let peb = process().peb;
    let file = PathBuf::from(OsStr::from_bytes(&birth.image));
    let _ = PROGRAM_FILE.set(file.clone());
    let shown = file.display().to_string();
    // A built-in program is under its name in every process.
    let there = lookup::existing(&file).unwrap_or(file);
    let (program, mapped) = load_file(&there, &shown, birth.image_name.clone(), false)?;
    guest::write(peb + offset_of!(Peb, image_base), program.base as u64)
        .map_err(|f| LoadError::setup(f.into()))?;
    // ntdll and kernel32 are in every process, whether the program imports them or not.
    for always in ["ntdll.dll", "kernel32.dll"] {
        load_needed(&wide::from_str(always), program)?;
    }
    bind::bind(program, &mapped.bound)?;
    mapped.protect()?;
    // What a program is linked to stays as long as it runs, whatever it frees.
    for module in module::modules() {
        module.state().pinned = true;
    }
    PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(program);
    let entry = program.entry.ok_or_else(|| LoadError {
        status: NtStatus::INVALID_IMAGE_FORMAT,
        sentence: format!("{shown} has no entry point; it is not a program"),
    })?;
    Ok(Program { entry, stack_reserve: program.stack_reserve })
}

/// The module that `importer` needs under this name, loaded if it is not there yet.
pub(super) fn load_needed(
    requested: &[u16],
    importer: &'static Module,
) -> Result<&'static Module, LoadError> {
    let target = load_one(requested)?
        .ok_or_else(|| LoadError::missing_dll(&importer.name, &wide::to_string(requested)))?;
    importer.state().needs.push(target);
    Ok(target)
}

pub(super) fn built_in(requested: &[u16]) -> Option<&'static dyn BuiltInDll> {
    let normalized = name::normalize(requested);
    BUILT_INS.get().and_then(|all| all.find(&normalized))
}

/// The name under which a DLL is looked for: an API set is served by a DLL of another name.
pub(super) fn effective_name(requested: &[u16]) -> Vec<u16> {
    match built_in(requested) {
        Some(dll) if !name::has_folder(requested) => wide::from_str(dll.name()),
        _ => requested.to_vec(),
    }
}

/// Finds or maps a module and binds it; one more reference to it.
fn load_one(requested: &[u16]) -> Result<Option<&'static Module>, LoadError> {
    let built_in = built_in(requested);
    let effective = effective_name(requested);
    if let Some(known) = module::find_by_name(&effective) {
        known.state().references += 1;
        return Ok(Some(known));
    }
    let program = PROGRAM_FILE.get().map_or(Path::new("/"), PathBuf::as_path);
    let file = find_file(requested);
    match (file, built_in) {
        (Some(file), _) => {
            let shown = file.display().to_string();
            let dos = path::from_linux(&file);
            if let Some(known) = module::find_by_name(&dos) {
                known.state().references += 1;
                return Ok(Some(known));
            }
            let (module, mapped) = load_file(&file, &shown, dos, true)?;
            if let Err(error) = bind::bind(module, &mapped.bound).and_then(|()| mapped.protect()) {
                unload(module);
                return Err(error);
            }
            PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(module);
            Ok(Some(module))
        }
        (None, Some(dll)) if name::has_folder(requested) || search::includes_system(program) => {
            load_built_in(dll).map(Some).map_err(LoadError::setup)
        }
        (None, _) => Ok(None),
    }
}

/// Maps a file and makes it known. Its pages stay writable until it is bound.
fn load_file(
    file: &Path,
    shown: &str,
    dos: Vec<u16>,
    must_be_dll: bool,
) -> Result<(&'static Module, map::Mapped), LoadError> {
    let mapped = match kept::take(file) {
        Some(mapped) => mapped,
        None => {
            let open = File::open(file).map_err(|e| {
                let status = match e.kind() {
                    std::io::ErrorKind::NotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
                    std::io::ErrorKind::PermissionDenied => NtStatus::ACCESS_DENIED,
                    _ => NtStatus::INVALID_IMAGE_FORMAT,
                };
                LoadError::file(shown, status, e)
            })?;
            map::map(&open, shown)?
        }
    };
    let headers = &mapped.headers;
    if !must_be_dll && headers.is_dll() {
        return Err(LoadError {
            status: NtStatus::INVALID_IMAGE_FORMAT,
            sentence: format!("{shown} is a DLL; name the program that uses it instead"),
        });
    }
    let entry = headers.entry_point.map(|rva| mapped.base + rva as usize);
    let list_entry =
        lists::place_entry(mapped.base, headers.size_of_image, entry, &dos, headers.is_dll())
            .map_err(LoadError::setup)?;
    let module = Module::new(
        mapped.image,
        mapped.base,
        name::normalize(&dos),
        dos,
        entry,
        headers.directories,
        headers.is_dll(),
        None,
        (headers.stack_reserve as usize).clamp(0x1_0000, 0x4000_0000),
        list_entry,
    );
    set_security_cookie(module);
    tls::add_module(module).map_err(|e| LoadError::image(shown, e))?;
    module::add(module);
    lists::link_loaded(module);
    Ok((module, mapped))
}

/// Built-in DLLs that are laid out, and that nobody has asked for yet.
static PREPARED: Mutex<Vec<&'static Module>> = Mutex::new(Vec::new());

/// Lays out the loader's lists, and some built-in DLLs, before the program is known.
///
/// # Errors
/// `NO_MEMORY`.
pub fn prepare(
    peb: usize,
    built_ins: &'static dyn BuiltIns,
    names: &[&str],
) -> Result<(), NtStatus> {
    let _ = BUILT_INS.set(built_ins);
    lists::create(peb)?;
    for dll in names.iter().filter_map(|name| built_ins.find(name)) {
        let module = lay_out_built_in(dll)?;
        PREPARED.lock().unwrap_or_else(PoisonError::into_inner).push(module);
    }
    Ok(())
}

fn load_built_in(dll: &'static dyn BuiltInDll) -> Result<&'static Module, NtStatus> {
    let prepared = {
        let mut all = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|module| module.name == dll.name());
        at.map(|at| all.swap_remove(at))
    };
    let module = match prepared {
        Some(module) => module,
        None => lay_out_built_in(dll)?,
    };
    module::add(module);
    lists::link_loaded(module);
    lists::link_initialized(module);
    Ok(module)
}

fn lay_out_built_in(dll: &'static dyn BuiltInDll) -> Result<&'static Module, NtStatus> {
    let LaidOut { base, size } = dll.lay_out()?;
    let image = LiveImage::new(base, size as u32);
    let headers = MappedHeaders::read(&image).map_err(|e| e.status())?;
    let dos = wide::from_str(&format!(r"C:\Windows\System32\{}", dll.name()));
    let entry = headers.entry_point.map(|rva| base + rva as usize);
    let list_entry = lists::place_entry(base, image.size(), entry, &dos, true)?;
    let module = Module::new(
        image,
        base,
        dll.name().to_owned(),
        dos,
        entry,
        headers.directories,
        true,
        Some(dll),
        0,
        list_entry,
    );
    {
        let mut state = module.state();
        state.pinned = true;
        state.initialized = true;
    }
    Ok(module)
}

/// The cookie that compilers put into images for the loader to replace.
const DEFAULT_COOKIE: u64 = 0x0000_2B99_2DDF_A232;

fn set_security_cookie(module: &Module) {
    let Some(directory) = module.directories.get(DirectoryKind::LoadConfig) else { return };
    let mut image = module.image();
    let Ok(config) = LoadConfig::read(&image, directory, module.base as u64) else { return };
    let Some(rva) = config.security_cookie else { return };
    if image.read_u64(rva) == Ok(DEFAULT_COOKIE) {
        let mut random = [0; 8];
        let _ = haft_host::rustix::rand::getrandom(
            &mut random,
            haft_host::rustix::rand::GetRandomFlags::empty(),
        );
        // The top 16 bits stay clear, as the check's failure path expects.
        let _ = image.write_u64(rva, u64::from_le_bytes(random) >> 16 | 1);
    }
}

/// Whether only a built-in DLL without a single function would be found, which nobody has loaded.
fn is_hollow(requested: &[u16]) -> bool {
    built_in(requested).is_some_and(BuiltInDll::is_hollow)
        && find_file(requested).is_none()
        && module::find_by_name(&effective_name(requested)).is_none()
}

/// Loads a DLL for the program (Microsoft: "LoadLibraryExW function").
///
/// # Errors
/// `DLL_NOT_FOUND`, `INVALID_IMAGE_FORMAT`, `ENTRYPOINT_NOT_FOUND`, `DLL_INIT_FAILED`.
pub fn load_library(requested: &[u16]) -> Result<&'static Module, LoadError> {
    let _lock = LOCK.enter();
    let loaded = if is_hollow(requested) { Ok(None) } else { load_one(requested) };
    let order = take_pending();
    let module = match loaded {
        Ok(Some(module)) => module,
        Ok(None) => {
            return Err(LoadError::missing_dll("the program", &wide::to_string(requested)));
        }
        Err(error) => {
            order.into_iter().for_each(unload);
            return Err(error);
        }
    };
    if let Err(refused) = init::attach(&order, 0) {
        let error = LoadError {
            status: NtStatus::DLL_INIT_FAILED,
            sentence: format!("{} refused to start (its DllMain returned FALSE)", refused.name),
        };
        release(module);
        return Err(error);
    }
    Ok(module)
}

/// Loads a DLL as flags say (Microsoft: "LoadLibraryExW function"); its handle.
///
/// # Errors
/// As [`load_library`]; `INVALID_PARAMETER` for flags that do not go together, `NOT_SUPPORTED`
/// for a DLL that is not to be run.
pub fn load_library_with(requested: &[u16], flags: LoadFlags) -> Result<usize, LoadError> {
    flags.check().map_err(LoadError::setup)?;
    if flags.any(LoadFlags::AS_DATA) {
        return data::load_data(requested, flags);
    }
    if flags.any(LoadFlags::DONT_RESOLVE) {
        return Err(LoadError::setup(NtStatus::NOT_SUPPORTED));
    }
    let _lock = LOCK.enter();
    let _searching = search::search_with(flags, requested);
    load_library(requested).map(|module| module.base)
}

/// The file that a name would be loaded from; `None` where it is a built-in DLL's or nothing's.
pub(super) fn find_file(requested: &[u16]) -> Option<PathBuf> {
    let built_in = built_in(requested);
    let effective = effective_name(requested);
    let program = PROGRAM_FILE.get().map_or(Path::new("/"), PathBuf::as_path);
    match built_in {
        Some(dll) if search::is_known(dll.name()) => None,
        _ => search::beside_program(&effective, program)
            .or_else(|| built_in.is_none().then(|| search::in_path(&effective, program)).flatten()),
    }
}

/// Gives back one reference to a DLL (Microsoft: "FreeLibrary function").
///
/// # Errors
/// `INVALID_HANDLE` when no module is there.
pub fn free_library(base: usize) -> Result<(), NtStatus> {
    let _lock = LOCK.enter();
    if base & data::MARKS != 0 {
        return data::free_data(base);
    }
    let module = module::find_by_base(base).ok_or(NtStatus::INVALID_HANDLE)?;
    release(module);
    Ok(())
}

fn release(module: &'static Module) {
    let last = {
        let mut state = module.state();
        if state.pinned || !module.is_dll {
            return;
        }
        state.references = state.references.saturating_sub(1);
        state.references == 0
    };
    if last {
        init::detach(module);
        unload(module);
    }
}

/// Takes a module out of the process, and lets go of what it needs.
fn unload(module: &'static Module) {
    module::remove(module);
    lists::unlink_all(module);
    tls::remove_module(module);
    let needs = core::mem::take(&mut module.state().needs);
    mm::unmap_image(module.base, module.size as usize);
    needs.into_iter().for_each(release);
}

/// The address of a module's procedure (Microsoft: "GetProcAddress function").
///
/// # Errors
/// `ENTRYPOINT_NOT_FOUND`, `ORDINAL_NOT_FOUND`.
pub fn procedure_address(
    module: &'static Module,
    wanted: Procedure<'_>,
) -> Result<usize, NtStatus> {
    let _lock = LOCK.enter();
    let found = bind::find(module, wanted).map_err(|e| e.status);
    let order = take_pending();
    let _ = init::attach(&order, 0);
    match found? {
        Resolved::At(address) => Ok(address),
        // What is not there yet is not found: programs ask in order to do without.
        Resolved::KnownMissing(_) | Resolved::Nowhere => Err(match wanted {
            Procedure::Name(_) => NtStatus::ENTRYPOINT_NOT_FOUND,
            Procedure::Ordinal(_) => NtStatus::ORDINAL_NOT_FOUND,
        }),
    }
}

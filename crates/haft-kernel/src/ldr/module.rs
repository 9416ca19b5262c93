//! The modules of the process.

use super::LiveImage;
use super::built_in::BuiltInDll;
use core::sync::atomic::{AtomicBool, Ordering};
use haft_image::Directories;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// An image in this process. The record outlives the image: what still points to it after
/// `FreeLibrary` finds it marked as gone.
pub struct Module {
    /// Address of the image.
    pub base: usize,
    /// Bytes of the image.
    pub size: u32,
    /// The name it is compared by: lower case, with an extension.
    pub name: String,
    /// The full path, as the program sees it.
    pub path: Vec<u16>,
    /// Address of its entry point, if it has one.
    pub entry: Option<usize>,
    /// Its data directories.
    pub directories: Directories,
    /// Whether it is a DLL (the program itself is not).
    pub is_dll: bool,
    /// The built-in DLL it is the image of, if it is one.
    pub built_in: Option<&'static dyn BuiltInDll>,
    /// The stack that the program wants for its threads, in bytes.
    pub stack_reserve: usize,
    /// Address of its entry in the loader's lists.
    pub(super) list_entry: usize,
    state: Mutex<ModuleState>,
    gone: AtomicBool,
}

/// What changes about a module, under the loader lock.
#[derive(Default)]
pub struct ModuleState {
    /// References: one for each `LoadLibrary` and each module that imports it.
    pub references: u32,
    /// Whether it stays for good.
    pub pinned: bool,
    /// The modules that it imports, which it keeps loaded.
    pub needs: Vec<&'static Module>,
    /// Whether its entry point has been told of the process.
    pub initialized: bool,
    /// Its static TLS index.
    pub tls: Option<u32>,
    /// Whether it wants to hear of threads (`DisableThreadLibraryCalls`).
    pub no_thread_calls: bool,
}

static MODULES: RwLock<Vec<&'static Module>> = RwLock::new(Vec::new());

impl Module {
    /// A module of these properties, not yet known to anybody.
    #[expect(clippy::too_many_arguments, reason = "each is a property of its own")]
    pub(super) fn new(
        image: LiveImage,
        base: usize,
        name: String,
        path: Vec<u16>,
        entry: Option<usize>,
        directories: Directories,
        is_dll: bool,
        built_in: Option<&'static dyn BuiltInDll>,
        stack_reserve: usize,
        list_entry: usize,
    ) -> &'static Self {
        Box::leak(Box::new(Self {
            base,
            size: haft_image::ImageMemory::size(&image),
            name,
            path,
            entry,
            directories,
            is_dll,
            built_in,
            stack_reserve,
            list_entry,
            state: Mutex::new(ModuleState { references: 1, ..ModuleState::default() }),
            gone: AtomicBool::new(false),
        }))
    }

    /// Its memory.
    #[must_use]
    pub fn image(&self) -> LiveImage {
        LiveImage::new(self.base, self.size)
    }

    /// What changes about it.
    pub fn state(&self) -> MutexGuard<'_, ModuleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an address is in its image.
    #[must_use]
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.size as usize
    }

    /// Whether it was unloaded.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }
}

fn all() -> std::sync::RwLockReadGuard<'static, Vec<&'static Module>> {
    MODULES.read().unwrap_or_else(PoisonError::into_inner)
}

/// The modules, in the order they were loaded: the program first.
#[must_use]
pub fn modules() -> Vec<&'static Module> {
    all().clone()
}

/// The program's own module.
///
/// # Panics
/// Before the program is loaded; no program code runs then.
#[must_use]
pub fn main_module() -> &'static Module {
    all().first().copied().expect("the program is the first module")
}

/// The module that an address lies in.
#[must_use]
pub fn find_by_address(address: usize) -> Option<&'static Module> {
    all().iter().copied().find(|m| m.contains(address))
}

/// The module at this base address.
#[must_use]
pub fn find_by_base(base: usize) -> Option<&'static Module> {
    all().iter().copied().find(|m| m.base == base)
}

/// The module of this name or path, as `GetModuleHandle` looks for it.
#[must_use]
pub fn find_by_name(name: &[u16]) -> Option<&'static Module> {
    let wanted = super::name::normalize(name);
    let by_path = super::name::has_folder(name);
    all()
        .iter()
        .copied()
        .find(|m| m.name == wanted && (!by_path || super::name::same_path(&m.path, name)))
}

pub(super) fn add(module: &'static Module) {
    MODULES.write().unwrap_or_else(PoisonError::into_inner).push(module);
}

pub(super) fn remove(module: &'static Module) {
    module.gone.store(true, Ordering::Release);
    MODULES.write().unwrap_or_else(PoisonError::into_inner).retain(|m| !core::ptr::eq(*m, module));
}

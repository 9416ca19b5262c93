//! Modules by handle, name and address, for the program.

use super::load::{self, LOCK};
use super::module::{self, Module};
use crate::ps::thread;
use haft_abi::{NtStatus, wide};

/// The module of this name or path if it is loaded; an API set's name is that of the DLL that
/// serves it.
#[must_use]
pub fn find_loaded(requested: &[u16]) -> Option<&'static Module> {
    let name = load::effective_name(requested);
    module::find_by_name(&name).or_else(|| {
        // Every process of Windows has it, so programs ask for it without loading it; here it is
        // laid out for those that do.
        let wanted = wide::to_string(&name).eq_ignore_ascii_case(ALWAYS_THERE);
        if wanted { load::load_library(&name).ok() } else { None }
    })
}

/// The DLL that kernel32.dll is made of.
const ALWAYS_THERE: &str = "kernelbase.dll";

/// Counts a module up, so that one more `FreeLibrary` is needed; `pin` keeps it for good
/// (Microsoft: "GetModuleHandleExW function").
pub fn keep(module: &'static Module, pin: bool) {
    let _lock = LOCK.enter();
    let mut state = module.state();
    state.pinned |= pin;
    state.references = state.references.saturating_add(1);
}

/// Has a module hear no more of threads (Microsoft: "DisableThreadLibraryCalls function").
///
/// # Errors
/// `INVALID_PARAMETER` for a module with static TLS, which has to hear of them.
pub fn disable_thread_calls(module: &'static Module) -> Result<(), NtStatus> {
    let mut state = module.state();
    if state.tls.is_some() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    state.no_thread_calls = true;
    Ok(())
}

/// Lets go of a DLL and ends the running thread, which may have run in it (Microsoft:
/// "FreeLibraryAndExitThread function").
pub fn free_library_and_exit_thread(base: usize, code: u32) -> ! {
    // The thread ends whether or not the handle was good.
    let _ = load::free_library(base);
    thread::exit_thread(code)
}

/// The base of the image that an address is in.
#[must_use]
pub fn base_of(address: usize) -> Option<usize> {
    module::find_by_address(address).map(|module| module.base)
}

/// Enters the loader lock, for a program that asks for it.
pub fn lock() {
    core::mem::forget(LOCK.enter());
}

/// Leaves the loader lock.
///
/// # Errors
/// `INVALID_PARAMETER` on a thread that is not inside.
pub fn unlock() -> Result<(), NtStatus> {
    if !LOCK.is_inside() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    LOCK.leave();
    Ok(())
}

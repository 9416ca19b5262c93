//! Telling modules of the process and its threads: TLS callbacks and `DllMain`.

use super::lists;
use super::module::{Module, modules};
use crate::ps::thread;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

const DLL_PROCESS_DETACH: usize = 0;
const DLL_PROCESS_ATTACH: usize = 1;
const DLL_THREAD_ATTACH: usize = 2;
const DLL_THREAD_DETACH: usize = 3;

/// Modules in the order in which their entry points were called.
static INITIALIZED: Mutex<Vec<&'static Module>> = Mutex::new(Vec::new());

/// Whether the process is ending: no module is told anything twice.
static DETACHING: AtomicBool = AtomicBool::new(false);

fn initialized() -> Vec<&'static Module> {
    INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Calls a module's TLS callbacks and, for a DLL, its entry point. False when the entry point
/// refused to be attached.
fn notify(module: &Module, reason: usize, reserved: usize) -> bool {
    super::tls::call_callbacks(module, reason);
    match module.entry {
        Some(entry) if module.is_dll => {
            // BOOL is 32 bits wide: the rest of RAX is not the DLL's answer.
            haft_host::jump::call(entry, [module.base, reason, reserved, 0]) as u32 != 0
        }
        _ => true,
    }
}

/// Attaches the modules in `order` that are not attached yet. `reserved` is nonzero for those
/// loaded with the program.
///
/// # Errors
/// The module whose entry point returned FALSE.
pub(super) fn attach(order: &[&'static Module], reserved: usize) -> Result<(), &'static Module> {
    for &module in order {
        if core::mem::replace(&mut module.state().initialized, true) {
            continue;
        }
        lists::link_initialized(module);
        INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner).push(module);
        if !notify(module, DLL_PROCESS_ATTACH, reserved) {
            return Err(module);
        }
    }
    Ok(())
}

/// Detaches a module that is about to be unloaded.
pub(super) fn detach(module: &'static Module) {
    let was = {
        let mut list = INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner);
        let before = list.len();
        list.retain(|m| !core::ptr::eq(*m, module));
        list.len() != before
    };
    if was {
        notify(module, DLL_PROCESS_DETACH, 0);
    }
}

/// Attaches everything that the program was loaded with; on its first thread, before its entry
/// point.
pub fn initialize_process() {
    let _lock = super::load::LOCK.enter();
    let _ = super::fill_thread(thread::current());
    let order = super::load::take_pending();
    if let Err(module) = attach(&order, 1) {
        crate::log::say(&format!("{} refused to start (its DllMain returned FALSE)", module.name));
        crate::ps::exit_process(haft_abi::NtStatus::DLL_INIT_FAILED.0);
    }
}

fn notify_thread(module: &'static Module, reason: usize) {
    if !module.state().no_thread_calls {
        notify(module, reason, 0);
    }
}

/// Tells every module of the running thread, which has just started.
pub fn thread_attach() {
    let _lock = super::load::LOCK.enter();
    let _ = super::fill_thread(thread::current());
    for module in initialized() {
        notify_thread(module, DLL_THREAD_ATTACH);
    }
}

/// Leaves the loader to others, for a thread that ends where it is.
pub fn leave_for_good() {
    while super::load::LOCK.is_inside() {
        super::load::LOCK.leave();
    }
}

/// Tells every module that the running thread is ending.
pub fn thread_detach() {
    let _lock = super::load::LOCK.enter();
    for module in initialized().into_iter().rev() {
        notify_thread(module, DLL_THREAD_DETACH);
    }
}

/// Tells every module that the process is ending, once. `stop_others` stops every other thread
/// before that; none of them is inside a module's entry point then. A second thread that comes
/// here waits for an end that it does not see.
pub fn process_detach(stop_others: fn()) {
    let _lock = super::load::LOCK.enter();
    if DETACHING.swap(true, Ordering::AcqRel) {
        return;
    }
    stop_others();
    for module in initialized().into_iter().rev() {
        notify(module, DLL_PROCESS_DETACH, 1);
    }
    debug_assert!(!modules().is_empty());
}

//! What exports need from the running system beyond its services: how to end.

use haft_host::guest::Fault;
use std::sync::OnceLock;

/// What the system does where an export cannot return.
pub struct Hooks {
    /// A program called a function that haft does not have, by DLL and name, and which has no
    /// documented way to fail.
    pub missing: fn(dll: &str, name: &str) -> !,
    /// A program passed a bad pointer to a function that has no way to fail: on Windows the
    /// access violation is the program's own.
    pub fault: fn(Fault) -> !,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Sets the hooks, once, before the program runs; later calls change nothing.
pub fn set(hooks: Hooks) {
    // A second call is a second program in one process, with the same hooks.
    let _ = HOOKS.set(hooks);
}

/// Ends on a call of a missing function.
pub fn missing(dll: &str, name: &str) -> ! {
    match HOOKS.get() {
        Some(hooks) => (hooks.missing)(dll, name),
        None => panic!("{dll}: {name} was called, which is not implemented"),
    }
}

/// Ends on a bad pointer.
#[cold]
pub fn fault(fault: Fault) -> ! {
    match HOOKS.get() {
        Some(hooks) => (hooks.fault)(fault),
        None => panic!("{fault:?}"),
    }
}

/// The value, or the end on a bad pointer: for a function that has no way to fail.
pub fn or_fault<T>(result: Result<T, Fault>) -> T {
    result.unwrap_or_else(|bad| fault(bad))
}

/// Looks, on the way back to the program, whether another thread wants this one to stop: here
/// nothing of haft's is held. Nothing may be called behind it.
#[inline(always)]
pub fn leave() {
    haft_host::border::last_look();
}

//! Vectored handlers (Microsoft: "Vectored Exception Handling").

use super::slot::Slot;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::exception::{EXCEPTION_CONTINUE_EXECUTION, ExceptionPointers};
use haft_host::jump;
use std::sync::{PoisonError, RwLock};

/// When a handler is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VectoredKind {
    /// For every exception, before any frame is asked.
    Exception,
    /// When an exception was handled and the thread is about to go on.
    Continue,
}

#[derive(Clone, Copy)]
struct Entry {
    id: usize,
    kind: VectoredKind,
    routine: usize,
}

static ENTRIES: RwLock<Vec<Entry>> = RwLock::new(Vec::new());

/// Adds a handler before or behind all others of its kind, and gives the value to remove it by.
pub fn add(kind: VectoredKind, first: bool, routine: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    // Programs take it for a pointer: aligned and not small.
    let id = 0x1_0000 + 16 * NEXT.fetch_add(1, Ordering::Relaxed);
    let entry = Entry { id, kind, routine };
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    let at = if first { 0 } else { entries.len() };
    entries.insert(at, entry);
    id
}

/// Removes a handler of this kind; false when there is none of this value.
pub fn remove(kind: VectoredKind, id: usize) -> bool {
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    let before = entries.len();
    entries.retain(|entry| entry.id != id || entry.kind != kind);
    entries.len() != before
}

/// Calls the handlers of a kind until one says that the thread is to go on; whether one did.
pub(super) fn call(kind: VectoredKind, record: usize, context: usize) -> bool {
    let routines: Vec<usize> = {
        let entries = ENTRIES.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.routine).collect()
    };
    if routines.is_empty() {
        return false;
    }
    let pointers = Slot::new(ExceptionPointers { record: record as u64, context: context as u64 });
    routines.into_iter().any(|routine| {
        let answer = jump::call(routine, [pointers.address(), 0, 0, 0]);
        answer as u32 as i32 == EXCEPTION_CONTINUE_EXECUTION
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_removed_once_and_by_its_own_kind() {
        let id = add(VectoredKind::Continue, true, 0);
        assert!(!remove(VectoredKind::Exception, id));
        assert!(remove(VectoredKind::Continue, id));
        assert!(!remove(VectoredKind::Continue, id));
    }
}

//! What C++ programs end by.

use super::signal;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_host::jump;

thread_local!(static TERMINATE: Cell<usize> = const { Cell::new(0) });

static PURE_CALL: AtomicUsize = AtomicUsize::new(0);

/// `set_terminate`: the thread's handler before, 0 for none.
pub fn set_handler(handler: usize) -> usize {
    TERMINATE.replace(handler)
}

/// `_get_terminate`: the thread's handler, 0 for none.
#[must_use]
pub fn handler() -> usize {
    TERMINATE.get()
}

/// `terminate`: calls the handler, and aborts when there is none or it returns.
pub fn terminate() -> ! {
    let handler = handler();
    if handler != 0 {
        let _ = jump::call(handler, [0; 4]);
    }
    signal::abort()
}

/// `_set_purecall_handler`: the handler before, 0 for none.
pub fn set_pure_call_handler(handler: usize) -> usize {
    PURE_CALL.swap(handler, Ordering::AcqRel)
}

/// `_purecall`: a function that no class has written was called.
pub fn pure_call() -> ! {
    let handler = PURE_CALL.load(Ordering::Acquire);
    if handler != 0 {
        let _ = jump::call(handler, [0; 4]);
    }
    crate::log::say("the program called a pure virtual function");
    signal::abort()
}

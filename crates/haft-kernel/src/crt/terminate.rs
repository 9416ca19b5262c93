//! What C++ programs end by, and what they throw.

use super::signal;
use crate::ke::exception;
use crate::ldr;
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

/// The exception that a C++ `throw` is.
const EXCEPTION: u32 = 0xE06D_7363;
/// What marks its parameters.
const MAGIC: u64 = 0x1993_0520;

/// `throw`: raises the exception of an object and of what describes its type, whose addresses are
/// relative to the image that it is in.
pub fn throw(object: usize, type_of_it: usize) -> ! {
    let image = ldr::find_by_address(type_of_it).map_or(0, |module| module.base);
    let arguments = [MAGIC, object as u64, type_of_it as u64, image as u64];
    // EXCEPTION_NONCONTINUABLE.
    exception::raise(EXCEPTION, 1, &arguments)
}

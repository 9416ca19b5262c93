//! Invalid parameters: the handler that the program set, or the end.

use crate::ps;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use haft_host::jump;

/// `STATUS_INVALID_CRUNTIME_PARAMETER`.
const STATUS: u32 = 0xC000_0417;

/// Whether an invalid parameter that nobody handles ends the process: so it is in the UCRT, while
/// a function of msvcrt.dll just fails.
static ENDS: AtomicBool = AtomicBool::new(false);

/// Has an invalid parameter that nobody handles end the process: the program is one of the UCRT.
pub fn end_if_unhandled() {
    ENDS.store(true, Ordering::Relaxed);
}

static HANDLER: AtomicUsize = AtomicUsize::new(0);

thread_local!(static THREAD_HANDLER: Cell<usize> = const { Cell::new(0) });

/// Sets the process's handler, 0 for none; the one before.
pub fn set_handler(handler: usize) -> usize {
    HANDLER.swap(handler, Ordering::AcqRel)
}

/// The process's handler, 0 if there is none.
#[must_use]
pub fn handler() -> usize {
    HANDLER.load(Ordering::Acquire)
}

/// Sets the thread's handler, 0 for none; the one before.
pub fn set_thread_handler(handler: usize) -> usize {
    THREAD_HANDLER.replace(handler)
}

/// The thread's handler, 0 if there is none.
#[must_use]
pub fn thread_handler() -> usize {
    THREAD_HANDLER.get()
}

/// Calls the handler, as for a parameter of which nothing more is known; without one a program
/// of the UCRT ends.
pub fn invoke() {
    invoke_with([0; 3], 0, 0);
}

/// Calls the handler with the texts of the expression, the function and the file.
pub fn invoke_with(texts: [usize; 3], line: u32, reserved: usize) {
    let handler = match thread_handler() {
        0 => handler(),
        own => own,
    };
    if handler == 0 {
        if ENDS.load(Ordering::Relaxed) {
            fail();
        }
        return;
    }
    // The fifth argument is reserved and always 0.
    let _ = (jump::call(handler, [texts[0], texts[1], texts[2], line as usize]), reserved);
}

/// Ends the process because of an invalid parameter.
pub fn fail() -> ! {
    crate::log::say("the program passed an invalid parameter to a C runtime function; it ends");
    ps::terminate(STATUS)
}

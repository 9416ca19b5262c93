//! Interrupting a call of Linux that another thread waits in: a signal whose handler does nothing,
//! so that the call returns.
#![allow(unsafe_code, reason = "signal handlers and tgkill are raw calls")]

use haft_abi::Tid;
use std::sync::Once;

/// The signal, one of those that Linux leaves to programs.
fn signal() -> libc::c_int {
    libc::SIGRTMIN() + 4
}

extern "C" fn on_interrupt(_signal: libc::c_int) {}

/// Has the call fail, once, that a thread of this process is in just now, if it waits. Who means a
/// call that the thread is about to make has to repeat this.
pub fn interrupt(tid: Tid) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // SAFETY: the handler does nothing. Without SA_RESTART, so that calls return.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_interrupt as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK;
            crate::border::hold_requests(&mut action);
            libc::sigaction(signal(), &raw const action, core::ptr::null_mut());
        }
    });
    // SAFETY: the system call takes numbers; a thread that is gone is an error, after which
    // nothing is left to be done.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid.0, signal()) };
}

//! Signals that the processor raises, on their way to becoming exceptions.
#![allow(unsafe_code, reason = "signal handlers get raw machine state")]

use crate::guest;
use haft_abi::NtStatus;

/// Installs the handlers of the processor's faults, and has writes to closed pipes fail rather
/// than kill.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses a handler.
pub fn install() -> Result<(), NtStatus> {
    // SAFETY: the handler is async-signal-safe: it looks at the machine state and changes it.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            if libc::sigaction(signal, &raw const action, core::ptr::null_mut()) != 0 {
                return Err(NtStatus::UNSUCCESSFUL);
            }
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
    Ok(())
}

unsafe extern "C" fn on_fault(
    signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid ucontext that is this handler's alone.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let rip = &mut context.uc_mcontext.gregs[libc::REG_RIP as usize];
    if let Some(resume) = guest::fixup(*rip as usize) {
        *rip = resume as i64;
        return;
    }
    // SAFETY: restoring the default action lets the fault end the process when it recurs.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

//! For tests: memory with an edge, and a signal handler.

use super::fixup;
use std::sync::Once;

/// Two mapped pages, the first writable and the second not readable at all.
#[derive(Debug)]
pub struct Edge(usize);

impl Edge {
    /// Maps the pages and installs the handler.
    #[must_use]
    pub fn new() -> Self {
        // SAFETY: a fresh private mapping.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                8192,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        } as usize;
        // SAFETY: the second page of that mapping.
        unsafe { libc::mprotect((base + 4096) as *mut _, 4096, libc::PROT_NONE) };
        handler();
        Self(base)
    }

    /// The address of the first page.
    #[must_use]
    pub fn start(&self) -> usize {
        self.0
    }

    /// The address of the second page.
    #[must_use]
    pub fn end(&self) -> usize {
        self.0 + 4096
    }
}

impl Default for Edge {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        // SAFETY: the mapping made above.
        unsafe { libc::munmap(self.0 as *mut _, 8192) };
    }
}

/// Installs a handler that does with `fixup` what the process's does, and aborts on any other
/// fault.
pub fn handler() {
    extern "C" fn on_fault(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel passes a ucontext to an SA_SIGINFO handler.
        let rip = unsafe { &mut (*context).uc_mcontext.gregs[libc::REG_RIP as usize] };
        match fixup(*rip as usize) {
            Some(resume) => *rip = resume as i64,
            // SAFETY: ends the test run, loudly.
            None => unsafe { libc::abort() },
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a zeroed sigaction is valid; the handler is async-signal-safe.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGSEGV, &action, core::ptr::null_mut());
            libc::sigaction(libc::SIGBUS, &action, core::ptr::null_mut());
        }
    });
}

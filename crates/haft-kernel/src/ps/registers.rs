//! The registers of a thread, within the reach of others.
//!
//! Where a thread stops, it leaves the registers that the program has there, and goes on with what
//! it finds. A signal that finds it in haft leaves those of that moment, for who asks where it is:
//! nothing is ever resumed from them, since haft's frames are gone by then. A signal that was sent
//! before the thread stopped may come when it has; so the second kind never replaces the first.

use haft_abi::Context;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Registers(Mutex<Option<Known>>);

enum Known {
    /// The program's, where the thread waits.
    Program(Context),
    /// Haft's, where a signal found it.
    Haft(Context),
}

impl Registers {
    /// Leaves the program's, of the running thread that is about to wait.
    pub fn leave(&self, program: &Context) {
        *self.lock() = Some(Known::Program(*program));
    }

    /// Takes the program's back, as others have set them.
    pub fn take(&self) -> Option<Context> {
        match self.lock().take() {
            Some(Known::Program(program)) => Some(program),
            _ => None,
        }
    }

    /// Takes note of haft's. Called in a signal handler, which may have interrupted the thread just
    /// where it holds the lock itself.
    pub fn note(&self, haft: &Context) {
        if let Ok(mut known) = self.0.try_lock()
            && !matches!(*known, Some(Known::Program(_)))
        {
            *known = Some(Known::Haft(*haft));
        }
    }

    /// Forgets where in haft a signal found the thread some time ago.
    pub fn forget_note(&self) {
        self.lock().take_if(|known| matches!(known, Known::Haft(_)));
    }

    /// Whether anything is known.
    pub fn are_known(&self) -> bool {
        self.lock().is_some()
    }

    /// Calls `body` with what is known. What it changes counts if the thread waits.
    pub fn with<T>(&self, body: impl FnOnce(&mut Context) -> T) -> Option<T> {
        match self.lock().as_mut() {
            Some(Known::Program(known) | Known::Haft(known)) => Some(body(known)),
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Registers;
    use haft_abi::Context;

    fn at(rip: u64) -> Context {
        Context { rip, ..Context::default() }
    }

    #[test]
    fn a_late_signal_changes_nothing_for_a_thread_that_waits() {
        let registers = Registers::default();
        registers.note(&at(1));
        registers.leave(&at(2));
        registers.note(&at(3));
        registers.forget_note();
        assert_eq!(registers.take().map(|own| own.rip), Some(2));
    }

    #[test]
    fn a_thread_never_goes_on_in_haft() {
        let registers = Registers::default();
        registers.note(&at(1));
        assert_eq!(registers.with(|known| known.rip), Some(1));
        assert!(registers.take().is_none());
        registers.note(&at(1));
        registers.forget_note();
        assert!(!registers.are_known());
    }

    #[test]
    fn what_others_set_is_taken() {
        let registers = Registers::default();
        registers.leave(&at(1));
        registers.with(|known| known.rip = 7);
        assert_eq!(registers.take().map(|own| own.rip), Some(7));
    }
}

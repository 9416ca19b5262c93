//! The registers of a thread, within the reach of others.
//!
//! Where a thread stops, it leaves the registers that the program has there, and goes on with what
//! it finds. A signal that finds it in haft leaves those of that moment, for who asks where it is:
//! nothing is ever resumed from them, since haft's frames are gone by then. A signal that was sent
//! before the thread stopped may come when it has; so the second kind never replaces the first. And
//! who was told the second kind, changes it and sets it again would do so in frames that are gone by
//! then: that is refused.

use haft_abi::Context;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Registers(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The program's, where the thread waits.
    program: Option<Context>,
    /// Haft's, where a signal found it.
    haft: Option<Context>,
    /// Whether haft's were told last.
    told_haft: bool,
}

impl Registers {
    /// Leaves the program's, of the running thread that is about to wait.
    pub fn leave(&self, program: &Context) {
        let mut known = self.lock();
        known.program = Some(*program);
        known.haft = None;
    }

    /// Takes the program's back, as others have set them.
    pub fn take(&self) -> Option<Context> {
        self.lock().program.take()
    }

    /// Takes note of haft's. Called in a signal handler, which may have interrupted the thread just
    /// where it holds the lock itself.
    pub fn note(&self, haft: &Context) {
        if let Ok(mut known) = self.0.try_lock()
            && known.program.is_none()
        {
            known.haft = Some(*haft);
        }
    }

    /// Forgets everything, for a thread that is about to begin.
    pub fn forget(&self) {
        *self.lock() = Known::default();
    }

    /// Forgets where in haft a signal found the thread some time ago.
    pub fn forget_note(&self) {
        let mut known = self.lock();
        known.haft = None;
        known.told_haft = false;
    }

    /// Those that `into.context_flags` names, if anything is known.
    pub fn get(&self, into: &mut Context) -> Option<()> {
        let mut known = self.lock();
        known.told_haft = known.program.is_none();
        into.take(known.program.as_ref().or(known.haft.as_ref())?, into.context_flags);
        Some(())
    }

    /// Sets those that `from.context_flags` names, if the thread goes on with them, and they do not
    /// come from where it was in haft.
    pub fn set(&self, from: &Context) -> Option<()> {
        let mut known = self.lock();
        if known.told_haft {
            return None;
        }
        let program = known.program.as_mut()?;
        program.take(from, from.context_flags);
        program.context_flags |= from.context_flags;
        Some(())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Registers;
    use haft_abi::Context;
    use haft_abi::context::CONTEXT_CONTROL;

    fn at(rip: u64) -> Context {
        Context { rip, context_flags: CONTEXT_CONTROL, ..Context::default() }
    }

    fn rip(registers: &Registers) -> Option<u64> {
        let mut seen = at(0);
        registers.get(&mut seen).map(|()| seen.rip)
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
        assert_eq!(rip(&registers), Some(1));
        assert!(registers.set(&at(2)).is_none());
        assert!(registers.take().is_none());
        registers.note(&at(1));
        registers.forget_note();
        assert_eq!(rip(&registers), None);
    }

    #[test]
    fn what_others_set_is_taken() {
        let registers = Registers::default();
        registers.leave(&at(1));
        assert!(registers.set(&at(7)).is_some());
        assert_eq!(registers.take().map(|own| own.rip), Some(7));
    }

    #[test]
    fn what_was_told_of_haft_is_never_set() {
        let registers = Registers::default();
        registers.note(&at(1));
        assert_eq!(rip(&registers), Some(1));
        registers.leave(&at(2));
        assert!(registers.set(&at(1)).is_none());
        assert_eq!(rip(&registers), Some(2));
        assert!(registers.set(&at(3)).is_some());
    }
}

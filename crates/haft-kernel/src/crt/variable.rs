//! Variables that the runtime and the program share: msvcrt.dll exports them, ucrtbase.dll has
//! functions that give their addresses.

use core::sync::atomic::{AtomicUsize, Ordering};
use haft_host::guest::{self, Fault, Pod};

/// A variable of `WORDS` 64-bit words: at the place that msvcrt.dll has for it once that is laid
/// out, else at one of its own.
pub struct Variable<const WORDS: usize = 1> {
    own: [AtomicUsize; WORDS],
    placed: AtomicUsize,
}

impl<const WORDS: usize> Variable<WORDS> {
    /// A variable that starts as these words.
    #[must_use]
    pub const fn new(initial: [usize; WORDS]) -> Self {
        let mut own = [const { AtomicUsize::new(0) }; WORDS];
        let mut n = 0;
        while n < WORDS {
            own[n] = AtomicUsize::new(initial[n]);
            n += 1;
        }
        Self { own, placed: AtomicUsize::new(0) }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> usize {
        match self.placed.load(Ordering::Acquire) {
            0 => self.own.as_ptr().expose_provenance(),
            at => at,
        }
    }

    /// Has it be at the place of a DLL's variable from now on, whose value it takes.
    pub fn place(&self, address: usize) {
        self.placed.store(address, Ordering::Release);
    }

    /// Its value.
    ///
    /// # Errors
    /// A [`Fault`] if the DLL that it is in was unloaded.
    pub fn get<T: Pod>(&self) -> Result<T, Fault> {
        guest::read(self.address())
    }

    /// Changes its value.
    ///
    /// # Errors
    /// A [`Fault`] if the DLL that it is in was unloaded.
    pub fn set<T: Copy + 'static>(&self, value: T) -> Result<(), Fault> {
        guest::write(self.address(), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placed_variable_is_the_dlls() {
        static VARIABLE: Variable<2> = Variable::new([7, 8]);
        assert_eq!(VARIABLE.get::<[usize; 2]>(), Ok([7, 8]));
        let place = [1usize, 2];
        VARIABLE.place(place.as_ptr().expose_provenance());
        assert_eq!(VARIABLE.get::<[usize; 2]>(), Ok([1, 2]));
        VARIABLE.place(0);
        VARIABLE.set(9u32).unwrap();
        assert_eq!(VARIABLE.get::<u32>(), Ok(9));
    }
}

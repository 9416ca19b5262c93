//! Values that program code is given the address of.

use core::cell::UnsafeCell;
use haft_host::guest::{self, Pod};

/// A value on haft's stack that program code reads and writes by address. Every access here is
/// one to the program's memory, so the compiler takes nothing for granted about it.
#[repr(C, align(16))]
pub(super) struct Slot<T>(UnsafeCell<T>);

impl<T: Pod> Slot<T> {
    /// A slot with a value in it.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Its address.
    pub fn address(&self) -> usize {
        self.0.get().expose_provenance()
    }

    /// The value that is there now.
    ///
    /// # Panics
    /// Never: a stack is readable as long as its frames are there.
    pub fn get(&self) -> T {
        guest::read(self.address()).expect("haft's own stack can be read")
    }

    /// Puts a value there.
    ///
    /// # Panics
    /// Never: a stack is writable as long as its frames are there.
    pub fn set(&self, value: T) {
        guest::write(self.address(), value).expect("haft's own stack can be written");
    }
}

//! Variables that programs link to.

use core::sync::atomic::{AtomicUsize, Ordering};
use haft_host::guest::{self, Fault, Pod};

/// A variable in a built-in DLL's image, which the program reads and writes directly
/// (`_fmode`, `_environ`). The image writer sets a place aside and calls [`AnyData::place`].
pub struct Data<T> {
    initial: Initial<T>,
    placed: Option<fn(usize)>,
    address: AtomicUsize,
}

enum Initial<T> {
    Value(T),
    Made(fn() -> T),
}

impl<T: Pod> Data<T> {
    /// A variable that starts as `initial`.
    #[must_use]
    pub const fn new(initial: T) -> Self {
        Self { initial: Initial::Value(initial), placed: None, address: AtomicUsize::new(0) }
    }

    /// A variable that starts as what `make` says when its DLL is laid out.
    #[must_use]
    pub const fn made(make: fn() -> T) -> Self {
        Self { initial: Initial::Made(make), placed: None, address: AtomicUsize::new(0) }
    }

    /// The same variable, of whose address `placed` hears when its DLL is laid out.
    #[must_use]
    pub const fn when_placed(self, placed: fn(usize)) -> Self {
        Self { initial: self.initial, placed: Some(placed), address: self.address }
    }

    /// Its value.
    ///
    /// # Errors
    /// A [`Fault`] if its DLL is not laid out.
    pub fn get(&self) -> Result<T, Fault> {
        guest::read(self.address())
    }

    /// Changes its value.
    ///
    /// # Errors
    /// A [`Fault`] if its DLL is not laid out.
    pub fn set(&self, value: T) -> Result<(), Fault> {
        guest::write(self.address(), value)
    }

    /// Its address; zero while its DLL is not laid out.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address.load(Ordering::Relaxed)
    }
}

/// A variable of any type, as the image writer sees it.
pub trait AnyData: Sync {
    /// Bytes to set aside.
    fn size(&self) -> usize;
    /// What its address must be a multiple of.
    fn align(&self) -> usize;
    /// Tells where it stands, and stores the initial value there.
    ///
    /// # Errors
    /// A [`Fault`] if that cannot be written.
    fn place(&self, address: usize) -> Result<(), Fault>;
}

impl<T: Pod + Sync> AnyData for Data<T> {
    fn size(&self) -> usize {
        size_of::<T>()
    }

    fn align(&self) -> usize {
        align_of::<T>()
    }

    fn place(&self, address: usize) -> Result<(), Fault> {
        let initial = match self.initial {
            Initial::Value(value) => value,
            Initial::Made(make) => make(),
        };
        guest::write(address, initial)?;
        self.address.store(address, Ordering::Relaxed);
        if let Some(placed) = self.placed {
            placed(address);
        }
        Ok(())
    }
}

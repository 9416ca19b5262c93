//! Pointers into the program's memory.

use super::param::{Nullable, Param};
use crate::trace;
use core::fmt;
use core::marker::PhantomData;
use haft_host::guest::{self, Fault, Pod};

/// An address in the program's memory where `T`s stand. Nothing is known of it: every access is
/// guarded.
pub struct Ptr<T> {
    address: usize,
    // Neither owns nor borrows a `T`, and may cross threads.
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ptr<T> {}

impl<T> fmt::Debug for Ptr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.address)
    }
}

impl<T> PartialEq for Ptr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Ptr<T> {
    /// The null pointer.
    pub const NULL: Self = Self::new(0);

    /// The pointer to `address`.
    #[must_use]
    pub const fn new(address: usize) -> Self {
        Self { address, marker: PhantomData }
    }

    /// The address: for system calls, which check it themselves.
    #[must_use]
    pub const fn addr(self) -> usize {
        self.address
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// `None` if it is null.
    #[must_use]
    pub const fn non_null(self) -> Option<Self> {
        if self.address == 0 { None } else { Some(self) }
    }

    /// The same address, seen as another type.
    #[must_use]
    pub const fn cast<U>(self) -> Ptr<U> {
        Ptr::new(self.address)
    }

    /// The address `bytes` further on.
    #[must_use]
    pub const fn byte_add(self, bytes: usize) -> Self {
        Self::new(self.address.wrapping_add(bytes))
    }

    /// The pointer to element `index`.
    #[must_use]
    pub const fn at(self, index: usize) -> Self {
        self.byte_add(index.wrapping_mul(size_of::<T>()))
    }
}

impl<T: Pod> Ptr<T> {
    /// Reads the value.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be read.
    #[inline]
    pub fn read(self) -> Result<T, Fault> {
        guest::read(self.address)
    }

    /// Reads `count` values.
    ///
    /// # Errors
    /// A [`Fault`] if they cannot be read.
    pub fn read_slice(self, count: usize) -> Result<Vec<T>, Fault> {
        guest::read_slice(self.address, count)
    }
}

impl<T: Copy + 'static> Ptr<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    #[inline]
    pub fn write(self, value: T) -> Result<(), Fault> {
        guest::write(self.address, value)
    }

    /// Writes the value, unless the pointer is null.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    #[inline]
    pub fn write_if_some(self, value: T) -> Result<(), Fault> {
        if self.is_null() { Ok(()) } else { self.write(value) }
    }

    /// Writes values one after the other.
    ///
    /// # Errors
    /// A [`Fault`] if they cannot be written.
    pub fn write_slice(self, values: &[T]) -> Result<(), Fault> {
        guest::write_slice(self.address, values)
    }
}

impl Ptr<u8> {
    /// Fills `destination` from here.
    ///
    /// # Errors
    /// A [`Fault`] if the bytes cannot be read.
    pub fn copy_in(self, destination: &mut [u8]) -> Result<(), Fault> {
        guest::copy_in(destination, self.address)
    }

    /// Checks that `len` bytes can be read, or with `write` written.
    ///
    /// # Errors
    /// A [`Fault`] if they cannot.
    pub fn probe(self, len: usize, write: bool) -> Result<(), Fault> {
        guest::probe(self.address, len, write)
    }
}

impl<T> Param for Ptr<T> {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self::new(raw))
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl<T> Nullable for Ptr<T> {}

/// A structure that the program passes by address and that is copied in before the call.
#[derive(Clone, Copy, Debug)]
pub struct In<T> {
    value: T,
    address: usize,
}

impl<T: Copy> In<T> {
    /// The value.
    #[must_use]
    pub const fn get(&self) -> T {
        self.value
    }
}

impl<T> In<T> {
    /// Where it stands in the program's memory.
    #[must_use]
    pub const fn ptr(&self) -> Ptr<T> {
        Ptr::new(self.address)
    }
}

impl<T> core::ops::Deref for In<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Pod> Param for In<T> {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self { value: guest::read(raw)?, address: raw })
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl<T: Pod> Nullable for In<T> {}

/// A place of the program that the function fills.
#[derive(Debug)]
pub struct Out<T>(Ptr<T>);

impl<T: Copy + 'static> Out<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    #[inline]
    pub fn set(&self, value: T) -> Result<(), Fault> {
        self.0.write(value)
    }

    /// Checks that the place can be written, before something is done that cannot be undone.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot.
    pub fn probe(&self) -> Result<(), Fault> {
        guest::probe(self.0.addr(), size_of::<T>(), true)
    }
}

impl<T> Out<T> {
    /// Where it stands.
    #[must_use]
    pub const fn ptr(&self) -> Ptr<T> {
        self.0
    }
}

impl<T> Param for Out<T> {
    type Raw = usize;

    /// Null is refused here, so that nothing is done before its result is lost.
    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        if raw == 0 { Err(Fault { address: 0, write: true }) } else { Ok(Self(Ptr::new(raw))) }
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl<T> Nullable for Out<T> {}

/// Sets the value if the program gave a place for it.
pub trait SetIfSome<T> {
    /// Writes the value, unless there is no place.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    fn set(&self, value: T) -> Result<(), Fault>;
}

impl<T: Copy + 'static> SetIfSome<T> for Option<Out<T>> {
    #[inline]
    fn set(&self, value: T) -> Result<(), Fault> {
        self.as_ref().map_or(Ok(()), |out| out.set(value))
    }
}

/// A value that the program passes by address, copied in before the call, and that the function
/// may change.
#[derive(Debug)]
pub struct InOut<T> {
    value: T,
    place: Ptr<T>,
}

impl<T: Copy + 'static> InOut<T> {
    /// The value as it was at the call.
    #[must_use]
    pub const fn get(&self) -> T {
        self.value
    }

    /// Writes a new value.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be written.
    #[inline]
    pub fn set(&self, value: T) -> Result<(), Fault> {
        self.place.write(value)
    }

    /// Where it stands.
    #[must_use]
    pub const fn ptr(&self) -> Ptr<T> {
        self.place
    }
}

impl<T: Pod> Param for InOut<T> {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self { value: guest::read(raw)?, place: Ptr::new(raw) })
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl<T: Pod> Nullable for InOut<T> {}

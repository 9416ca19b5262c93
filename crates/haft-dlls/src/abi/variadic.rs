//! Variable arguments.

use super::param::Param;
use super::pointer::Ptr;
use crate::trace;
use haft_abi::Handle;
use haft_host::guest::{self, Fault};

/// A row of arguments, eight bytes each: the variable ones of a `variadic` export, or the
/// `va_list` that a program passes to `vprintf` (on x86-64 Windows both are that).
#[derive(Clone, Copy, Debug)]
pub struct VaList {
    next: usize,
}

/// What an argument can be taken as.
pub trait VaArg {
    /// From the eight bytes of its slot.
    fn from_slot(slot: u64) -> Self;
}

impl VaList {
    /// The row that starts at `address`.
    #[must_use]
    pub const fn new(address: usize) -> Self {
        Self { next: address }
    }

    /// The address of the next argument's slot.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.next
    }

    /// Takes the next argument.
    ///
    /// # Errors
    /// A [`Fault`] if the row cannot be read there. That an argument was passed cannot be told.
    pub fn take<T: VaArg>(&mut self) -> Result<T, Fault> {
        let slot = guest::read(self.next)?;
        self.next = self.next.wrapping_add(8);
        Ok(T::from_slot(slot))
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl VaArg for $t {
            fn from_slot(slot: u64) -> Self {
                slot as $t
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl VaArg for f64 {
    /// C promotes a `float` to a `double`, and a caller passes it in an integer register too.
    fn from_slot(slot: u64) -> Self {
        Self::from_bits(slot)
    }
}

impl<T> VaArg for Ptr<T> {
    fn from_slot(slot: u64) -> Self {
        Self::new(slot as usize)
    }
}

impl VaArg for Handle {
    fn from_slot(slot: u64) -> Self {
        Self(slot as usize)
    }
}

impl Param for VaList {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self::new(raw))
    }

    fn show(_: usize, _: &str, out: &mut String) {
        trace::push(out, format_args!("..."));
    }
}

//! Parameters.

use crate::trace;
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid, Win32Error};
use haft_host::guest::Fault;
use windows_sys::Win32::System::Console::COORD;

/// A parameter of an export.
pub trait Param: Sized {
    /// The form in which the calling convention passes it. Integers narrower than 32 bits come
    /// as `u32`, because a caller leaves the rest of the register undefined.
    type Raw: Register;

    /// Makes the value.
    ///
    /// # Errors
    /// A [`Fault`] if it lies in memory that cannot be read.
    fn decode(raw: Self::Raw) -> Result<Self, Fault>;

    /// Writes the value for a trace line; `name` is the parameter's.
    fn show(raw: Self::Raw, name: &str, out: &mut String);
}

/// What the calling convention passes in one register or stack slot.
pub trait Register: Copy {
    /// Whether it goes in a floating-point register, if it is among the first four.
    const FLOAT: bool = false;

    /// From the eight bytes of a slot.
    fn from_slot(slot: u64) -> Self;
}

macro_rules! registers {
    ($($t:ty)*) => {$(
        impl Register for $t {
            #[inline]
            fn from_slot(slot: u64) -> Self {
                slot as $t
            }
        }
    )*};
}

registers!(u32 i32 u64 i64 usize isize);

impl Register for f32 {
    const FLOAT: bool = true;

    fn from_slot(slot: u64) -> Self {
        Self::from_bits(slot as u32)
    }
}

impl Register for f64 {
    const FLOAT: bool = true;

    fn from_slot(slot: u64) -> Self {
        Self::from_bits(slot)
    }
}

impl<T> Register for *const T {
    fn from_slot(slot: u64) -> Self {
        slot as Self
    }
}

impl<T> Register for *mut T {
    fn from_slot(slot: u64) -> Self {
        slot as Self
    }
}

/// No result.
impl Register for () {
    fn from_slot(_: u64) -> Self {}
}

/// A parameter that null stands for the absence of, so that `Option` of it is a parameter too.
pub trait Nullable: Param<Raw = usize> {}

impl<P: Nullable> Param for Option<P> {
    type Raw = usize;

    fn decode(raw: usize) -> Result<Self, Fault> {
        if raw == 0 { Ok(None) } else { P::decode(raw).map(Some) }
    }

    fn show(raw: usize, name: &str, out: &mut String) {
        if raw == 0 { out.push_str("NULL") } else { P::show(raw, name, out) }
    }
}

macro_rules! integers {
    ($($t:ty, $raw:ty;)*) => {$(
        impl Param for $t {
            type Raw = $raw;

            #[inline]
            fn decode(raw: $raw) -> Result<Self, Fault> {
                Ok(raw as $t)
            }

            fn show(raw: $raw, name: &str, out: &mut String) {
                let value = raw as $t;
                let bits = u64::MAX >> (64 - <$t>::BITS);
                trace::show_integer(i128::from(value), value as u64 & bits, name, out);
            }
        }
    )*};
}

integers! {
    u8, u32;
    i8, u32;
    u16, u32;
    i16, u32;
    u32, u32;
    i32, i32;
    u64, u64;
    i64, i64;
}

impl Param for usize {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(raw)
    }

    fn show(raw: usize, name: &str, out: &mut String) {
        trace::show_integer(raw as i128, raw as u64, name, out);
    }
}

impl Param for isize {
    type Raw = isize;

    #[inline]
    fn decode(raw: isize) -> Result<Self, Fault> {
        Ok(raw)
    }

    fn show(raw: isize, name: &str, out: &mut String) {
        trace::show_integer(raw as i128, raw as u64, name, out);
    }
}

/// Floats have registers of their own, by position, which the calling convention sees to.
macro_rules! floats {
    ($($t:ty),*) => {$(
        impl Param for $t {
            type Raw = $t;

            #[inline]
            fn decode(raw: $t) -> Result<Self, Fault> {
                Ok(raw)
            }

            fn show(raw: $t, _: &str, out: &mut String) {
                trace::push(out, format_args!("{raw:?}"));
            }
        }
    )*};
}

floats!(f32, f64);

/// A raw pointer, for `unsafe fn` exports that work on memory directly (`memcpy`).
macro_rules! pointers {
    ($($p:ty),*) => {$(
        impl<T> Param for $p {
            type Raw = $p;

            #[inline]
            fn decode(raw: $p) -> Result<Self, Fault> {
                Ok(raw)
            }

            fn show(raw: $p, _: &str, out: &mut String) {
                trace::show_address(raw as usize, out);
            }
        }
    )*};
}

pointers!(*const T, *mut T);

/// A `BOOL`: any value but zero is true. As a result it is 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bool(pub bool);

impl Bool {
    /// TRUE.
    pub const TRUE: Self = Self(true);
    /// FALSE.
    pub const FALSE: Self = Self(false);
}

impl From<bool> for Bool {
    fn from(value: bool) -> Self {
        Self(value)
    }
}

impl Param for Bool {
    type Raw = u32;

    #[inline]
    fn decode(raw: u32) -> Result<Self, Fault> {
        Ok(Self(raw != 0))
    }

    fn show(raw: u32, _: &str, out: &mut String) {
        match raw {
            0 => out.push_str("FALSE"),
            1 => out.push_str("TRUE"),
            other => trace::push(out, format_args!("{other:#x}")),
        }
    }
}

impl Param for Handle {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self(raw))
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_handle(Self(raw), out);
    }
}

impl Nullable for Handle {}

/// Newtypes over `u32`.
macro_rules! words {
    ($($t:ident)*) => {$(
        impl Param for $t {
            type Raw = u32;

            #[inline]
            fn decode(raw: u32) -> Result<Self, Fault> {
                Ok(Self(raw))
            }

            fn show(raw: u32, _: &str, out: &mut String) {
                trace::push(out, format_args!("{:?}", Self(raw)));
            }
        }
    )*};
}

words!(AccessMask NtStatus Win32Error Pid Tid);

/// A small structure is passed by value in the register itself.
impl Param for COORD {
    type Raw = u32;

    #[inline]
    fn decode(raw: u32) -> Result<Self, Fault> {
        Ok(Self { X: raw as i16, Y: (raw >> 16) as i16 })
    }

    fn show(raw: u32, _: &str, out: &mut String) {
        trace::push(out, format_args!("({}, {})", raw as i16, (raw >> 16) as i16));
    }
}

/// The address of a function of the program: a callback, a thread's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routine(pub usize);

impl Routine {
    /// Calls it with up to four integer arguments and returns its RAX.
    #[must_use]
    pub fn call(self, arguments: [usize; 4]) -> usize {
        haft_host::jump::call(self.0, arguments)
    }
}

impl Param for Routine {
    type Raw = usize;

    #[inline]
    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self(raw))
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_address(raw, out);
    }
}

impl Nullable for Routine {}

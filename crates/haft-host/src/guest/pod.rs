//! Plain data: what any bytes are a valid value of.

use haft_abi::exception::{DispatcherContext, ExceptionPointers, ExceptionRecord, JumpBuffer};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid, Win32Error};

/// Plain data: any bytes of the right length are a value of the type, so it may be read from a
/// program's memory. Integers, floats, raw pointers (never followed without a guard), arrays of
/// plain data, and structures of such fields.
///
/// Make a structure of one's own plain with [`plain!`](crate::plain); those of `windows-sys` are
/// listed in `guest/windows.rs`, where a missing one is one more word. Writing needs no mark.
///
/// # Safety
/// Every bit pattern must be a valid value: no `bool`, `char`, `enum`, reference or niche inside
/// (`BOOLEAN` of `windows-sys` is a `bool`).
pub unsafe trait Pod: Copy + 'static {}

macro_rules! pod {
    ($($t:ty),* $(,)?) => {$(
        // SAFETY: integers, floats, and structures of integers alone.
        unsafe impl Pod for $t {}
    )*};
}

pod!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, ());
pod!(Handle, AccessMask, NtStatus, Win32Error, Pid, Tid);
pod!(DispatcherContext, ExceptionPointers, ExceptionRecord, JumpBuffer);

// SAFETY: an array has the validity of its elements.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {}
// SAFETY: any bits are a valid raw pointer; what it points to is another matter.
unsafe impl<T: 'static> Pod for *const T {}
// SAFETY: any bits are a valid raw pointer; what it points to is another matter.
unsafe impl<T: 'static> Pod for *mut T {}

/// Declares C structures of plain data, as a Windows header lays them out:
///
/// ```
/// haft_host::plain! {
///     /// A counted string (Microsoft: "UNICODE_STRING structure").
///     pub struct UnicodeString {
///         pub length: u16,
///         pub maximum_length: u16,
///         pub buffer: usize,
///     }
/// }
/// assert_eq!(size_of::<UnicodeString>(), 16);
/// ```
///
/// The structure is `repr(C)`, `Clone`, `Copy`, and [`Pod`](crate::guest::Pod); each field's
/// type must be.
#[macro_export]
macro_rules! plain {
    ($($(#[$attr:meta])* $vis:vis struct $name:ident {
        $($(#[$fattr:meta])* $fvis:vis $field:ident: $t:ty),* $(,)?
    })*) => {$(
        $(#[$attr])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $vis struct $name {
            $($(#[$fattr])* $fvis $field: $t,)*
        }

        const _: () = {
            const fn plain<T: $crate::guest::Pod>() {}
            $(plain::<$t>();)*
        };

        // SAFETY: every field is `Pod`, which the lines above prove.
        #[allow(unsafe_code, reason = "proved field by field")]
        unsafe impl $crate::guest::Pod for $name {}
    )*};
}

//! The structures that Windows programs share with the system in their own memory: TEB, PEB,
//! process parameters, loader lists, the shared user data page. Public headers show only part of
//! them; the rest of each layout is fixed by what programs and debuggers read (see "Windows
//! Internals", 7th edition, part 1, chapter 3). Addresses are `u64`, never Rust references.

mod ldr;
mod params;
mod peb;
mod shared_data;
mod teb;

pub use ldr::{LdrDataTableEntry, ListEntry, PebLdrData};
pub use params::ProcessParameters;
pub use peb::Peb;
pub use shared_data::{KSYSTEM_TIME_SIZE, SharedUserData};
pub use teb::Teb;

/// A counted UTF-16 string by address (Microsoft: "UNICODE_STRING structure").
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnicodeString {
    /// Bytes used, without a terminator.
    pub length: u16,
    /// Bytes allocated.
    pub maximum_length: u16,
    /// Address of the UTF-16 units.
    pub buffer: u64,
}

/// Implements `Default` as all zero bits for plain structures with large arrays.
macro_rules! zero_default {
    ($name:ident { $($field:ident : $value:expr),* $(,)? }) => {
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $value),* }
            }
        }
    };
}
pub(crate) use zero_default;

const _: () = assert!(core::mem::size_of::<UnicodeString>() == 16);

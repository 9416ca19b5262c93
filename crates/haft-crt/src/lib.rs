//! The half of the Microsoft C runtime that needs no kernel: formatting, scanning, conversions,
//! character classes, calendar, strings, command lines, error numbers and stream modes.
//!
//! Everything here is a pure function or a small state machine in safe Rust. Memory of the
//! running program is reached only through traits that the DLL exports implement
//! ([`printf::Args`], [`scanf::Targets`]), so one implementation serves narrow and wide
//! functions, `msvcrt.dll` and `ucrtbase.dll`.
//!
//! Where the two runtimes differ the caller says which with a [`Dialect`].
#![forbid(unsafe_code)]

pub mod charset;
pub mod convert;
pub mod ctype;
pub mod errno;
mod float;
pub mod float_control;
pub mod locale;
pub mod printf;
pub mod rand;
pub mod scanf;
pub mod sort;
pub mod stdio;
pub mod string;
pub mod time;
pub mod undecorate;
mod unit;

pub use errno::Errno;
pub use unit::Unit;

/// Which of Microsoft's two system C runtimes a function behaves as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `msvcrt.dll`: the runtime of Visual C++ 6, kept as a part of Windows.
    Msvcrt,
    /// `ucrtbase.dll`: the Universal C Runtime.
    Ucrt,
}

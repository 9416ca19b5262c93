//! Unwinding x86-64 frames (Microsoft: "x64 exception handling").
//!
//! [`Unwinder::virtual_unwind`] has the semantics of `RtlVirtualUnwind`: it undoes one frame in a
//! [`Context`], whether control is in the function's prologue, its body or an epilogue, and says
//! which language handler the frame has. Which function an address belongs to is for the caller
//! to find out ([`crate::exception::FunctionTable::lookup`]); a function without an entry is a
//! leaf and undone by [`unwind_leaf`].
//!
//! The stack is the program's and may hold anything: it is read through [`StackMemory`], whose
//! owner decides what may be read at all.

mod epilogue;
mod info;
mod step;

pub use haft_abi::Context;
pub use haft_abi::context::M128;
pub use info::{HANDLER_EXCEPTION, HANDLER_UNWIND, Operation, UnwindCode, UnwindInfo};
pub use step::{Unwinder, unwind_leaf};

use crate::ImageError;
use core::fmt;
use haft_abi::NtStatus;

/// A thread's stack, read by copy.
pub trait StackMemory {
    /// The 64 bits at an address, or `None` when they cannot be read.
    fn read_u64(&self, address: u64) -> Option<u64>;

    /// The 128 bits at an address, or `None` when they cannot be read.
    fn read_m128(&self, address: u64) -> Option<M128> {
        let low = self.read_u64(address)?;
        let high = self.read_u64(address.checked_add(8)?)?;
        Some(M128 { low, high })
    }
}

/// Which language handlers a caller is interested in: a set of `UNW_FLAG_*` bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HandlerType(pub u8);

impl HandlerType {
    /// None (`UNW_FLAG_NHANDLER`).
    pub const NONE: Self = Self(0);
    /// Those that look for an exception's handler (`UNW_FLAG_EHANDLER`).
    pub const EXCEPTION: Self = Self(HANDLER_EXCEPTION);
    /// Those that clean up when a frame is unwound (`UNW_FLAG_UHANDLER`).
    pub const UNWIND: Self = Self(HANDLER_UNWIND);
}

/// A function's language handler; places are relative to the image base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The handler's first instruction.
    pub rva: u32,
    /// The data for it.
    pub data: u32,
}

/// What is known of a frame once it is undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unwound {
    /// The frame's own address: what `RtlVirtualUnwind` calls the establisher frame.
    pub establisher_frame: u64,
    /// The language handler, when it has one of the asked type and control is in the body.
    pub handler: Option<Handler>,
    /// Whether control was in an epilogue.
    pub in_epilogue: bool,
    /// Whether the frame was one that the processor pushed for an interrupt.
    pub machine_frame: bool,
}

/// Where on the stack the registers of a caller were saved
/// (Microsoft: "KNONVOLATILE_CONTEXT_POINTERS structure"); 0 for one that was not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ContextPointers {
    /// xmm0 to xmm15.
    pub xmm: [u64; 16],
    /// rax to r15 in the order of their numbers.
    pub integer: [u64; 16],
}

/// Why a frame cannot be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnwindError {
    /// The unwind information cannot be read.
    Image(ImageError),
    /// The unwind information is wrong; the text says how.
    Info(&'static str),
    /// The stack cannot be read at this address.
    Stack(u64),
}

impl UnwindError {
    /// The status for this error.
    #[must_use]
    pub const fn status(self) -> NtStatus {
        match self {
            Self::Image(_) | Self::Info(_) => NtStatus::BAD_FUNCTION_TABLE,
            Self::Stack(_) => NtStatus::BAD_STACK,
        }
    }
}

impl fmt::Display for UnwindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => write!(f, "the image {error}"),
            Self::Info(text) => write!(f, "the function's unwind information is wrong: {text}"),
            Self::Stack(address) => write!(f, "the stack cannot be read at {address:#x}"),
        }
    }
}

impl core::error::Error for UnwindError {}

impl From<ImageError> for UnwindError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

#[cfg(test)]
mod tests;

//! ntdll.dll.

pub(crate) mod context;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod exception;
pub(crate) mod handle;
pub(crate) mod heap;
pub(crate) mod memory;
pub(crate) mod random;
pub(crate) mod string;
pub(crate) mod time;
pub(crate) mod unwind;

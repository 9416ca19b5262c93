//! ntdll.dll.

pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod exception;
pub(crate) mod unwind;

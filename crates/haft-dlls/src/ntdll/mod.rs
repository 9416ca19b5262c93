//! ntdll.dll.

pub(crate) mod error;
pub(crate) mod memory;

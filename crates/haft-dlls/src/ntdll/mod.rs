//! ntdll.dll.

pub(crate) mod error;
pub(crate) mod memory;
pub(crate) mod time;

//! ntdll.dll.

pub(crate) mod error;
pub(crate) mod handle;
pub(crate) mod time;
pub(crate) mod memory;

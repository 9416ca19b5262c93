//! ntdll.dll.

pub(crate) mod error;

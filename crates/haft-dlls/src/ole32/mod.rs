//! ole32.dll and combase.dll.

pub(crate) mod apartment;
pub(crate) mod memory;

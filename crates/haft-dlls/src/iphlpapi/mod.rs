//! iphlpapi.dll: the machine's network interfaces.

pub(crate) mod adapters;
pub(crate) mod index;
pub(crate) mod luid;

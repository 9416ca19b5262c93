//! advapi32.dll.

pub(crate) mod event_tracing;
pub(crate) mod random;
pub(crate) mod registry;
pub(crate) mod sid;
pub(crate) mod user;

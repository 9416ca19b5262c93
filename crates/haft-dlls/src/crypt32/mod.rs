//! crypt32.dll: certificates.

pub(crate) mod chain;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod policy;
pub(crate) mod property;
pub(crate) mod store;
pub(crate) mod text;

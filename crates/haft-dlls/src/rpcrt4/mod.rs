//! rpcrt4.dll: its identifiers.

pub(crate) mod uuid;

//! userenv.dll.

pub(crate) mod profile;

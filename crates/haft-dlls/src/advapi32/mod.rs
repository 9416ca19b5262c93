//! advapi32.dll.

pub(crate) mod random;

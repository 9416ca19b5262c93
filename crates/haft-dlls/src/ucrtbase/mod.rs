//! ucrtbase.dll, where it differs from msvcrt.dll.

pub(crate) mod float;

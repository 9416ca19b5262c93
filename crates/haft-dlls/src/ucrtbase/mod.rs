//! ucrtbase.dll, where it differs from msvcrt.dll.

pub(crate) mod float;
pub(crate) mod float_environment;
pub(crate) mod math;
pub(crate) mod print;
pub(crate) mod start;
pub(crate) mod time_format;

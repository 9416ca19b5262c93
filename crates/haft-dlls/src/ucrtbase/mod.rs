//! ucrtbase.dll, where it differs from msvcrt.dll.

pub(crate) mod float;
pub(crate) mod float_environment;
pub(crate) mod locale;
pub(crate) mod math;
pub(crate) mod new_handler;
pub(crate) mod print;
pub(crate) mod start;
pub(crate) mod time_format;

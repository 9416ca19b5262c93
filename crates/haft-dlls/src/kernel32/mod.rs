//! kernel32.dll (and kernelbase.dll, which shares its exports).

pub(crate) mod error;
pub(crate) mod exception;
pub(crate) mod locale;
pub(crate) mod process;
pub(crate) mod string;

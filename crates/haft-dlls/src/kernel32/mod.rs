//! kernel32.dll (and kernelbase.dll, which shares its exports).

pub(crate) mod command_line;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod locale;
pub(crate) mod memory;
pub(crate) mod process;
pub(crate) mod string;
pub(crate) mod time;

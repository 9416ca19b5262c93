//! kernel32.dll (and kernelbase.dll, which shares its exports).

pub(crate) mod code_page;
pub(crate) mod command_line;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod process;
pub(crate) mod string;
pub(crate) mod time;

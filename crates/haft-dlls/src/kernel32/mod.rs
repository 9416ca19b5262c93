//! kernel32.dll (and kernelbase.dll, which shares its exports).

pub(crate) mod code_page;
pub(crate) mod command_line;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod exception;
pub(crate) mod file_mapping;
pub(crate) mod global;
pub(crate) mod handle;
pub(crate) mod heap;
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod process;
pub(crate) mod process_create;
pub(crate) mod std_handle;
pub(crate) mod string;
pub(crate) mod time;

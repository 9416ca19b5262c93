//! shell32.dll.

pub(crate) mod command_line;
pub(crate) mod folder;

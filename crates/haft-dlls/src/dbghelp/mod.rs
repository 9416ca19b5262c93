//! dbghelp.dll: names of functions, and the frames of a stack.

pub(crate) mod stack;
pub(crate) mod symbol;
pub(crate) mod undecorate;

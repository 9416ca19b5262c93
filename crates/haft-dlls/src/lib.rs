//! The built-in DLLs.

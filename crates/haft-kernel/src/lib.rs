//! NT services inside a process.

//! Synchronisation of the kernel itself, waits, and exceptions.

pub mod exception;
pub mod recursive_lock;

//! Synchronisation of the kernel itself, and waits.

pub mod recursive_lock;

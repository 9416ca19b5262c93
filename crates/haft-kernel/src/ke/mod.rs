//! Synchronisation of the kernel itself, and waits.

pub mod apc;
pub mod reactor;
pub mod recursive_lock;
pub mod wait;

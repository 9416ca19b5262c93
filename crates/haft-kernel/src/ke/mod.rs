//! Synchronisation of the kernel itself, waits, and exceptions.

pub mod apc;
pub mod exception;
pub mod reactor;
pub mod recursive_lock;
pub mod wait;

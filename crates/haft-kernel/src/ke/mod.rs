//! Synchronisation of the kernel itself, waits, and exceptions.

pub mod address_wait;
pub mod apc;
pub mod barrier;
pub mod condition_variable;
pub mod critical_section;
pub mod event;
pub mod exception;
pub mod fls;
pub mod mutant;
pub mod once;
pub mod reactor;
pub mod recursive_lock;
pub mod semaphore;
pub mod slist;
pub mod srw_lock;
pub mod thread_alert;
pub mod thread_pool;
pub mod time_limit;
pub mod timer;
pub mod tls_slots;
pub mod wait;

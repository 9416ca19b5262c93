//! ntdll.dll.

pub(crate) mod address_wait;
pub(crate) mod condition_variable;
pub(crate) mod context;
pub(crate) mod critical_section;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod exception;
pub(crate) mod file;
pub(crate) mod handle;
pub(crate) mod heap;
pub(crate) mod memory;
pub(crate) mod mutant;
pub(crate) mod object;
pub(crate) mod object_attributes;
pub(crate) mod random;
pub(crate) mod run_once;
pub(crate) mod semaphore;
pub(crate) mod slist;
pub(crate) mod srw_lock;
pub(crate) mod string;
pub(crate) mod system;
pub(crate) mod thread;
pub(crate) mod time;
pub(crate) mod unwind;
pub(crate) mod wait;

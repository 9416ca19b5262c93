//! Linux behind safe functions: mappings, futexes, descriptors, processes, signals, thread
//! registers. With `haft-image` the only home of `unsafe` host code; each module that needs it
//! opts in and says why.

pub mod alloc;
pub mod border;
pub mod clock;
pub mod code;
pub mod console_signal;
pub mod context;
pub mod cstring;
pub mod data_folder;
pub mod descriptor;
mod fault;
pub mod fiber;
pub mod file;
pub mod file_state;
pub mod float_control;
pub mod fork;
pub mod frames;
pub mod gs;
pub mod guest;
pub mod host_unwind;
pub mod identity;
pub mod inherited;
pub mod interfaces;
pub mod interrupt;
pub mod jump;
pub mod last_close;
pub mod leaf;
pub mod maps;
pub mod math;
pub mod mem;
pub mod ofd_lock;
pub mod packet;
pub mod park;
pub mod process;
pub mod process_memory;
pub mod processor;
pub mod processor_count;
pub mod reaper;
pub mod serial;
pub mod service;
pub mod signal;
pub mod socket;
pub mod spawn;
pub mod standard;
mod steps;
pub mod suspend;
pub mod thread;
pub mod usage;
pub mod wire;

pub use rustix;

//! Processes and threads.

mod birth;
pub(crate) mod block;
pub mod command_line;
mod current;
mod exit;
pub mod params;
mod start;
pub mod thread;

pub use birth::{Birth, Startup};
pub(crate) use block::allocate;
pub use current::{Process, process};
pub use exit::{exit_process, linux_status, terminate};
pub use start::{Hooks, run};

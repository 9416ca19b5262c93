//! Processes and threads.

mod birth;
pub(crate) mod block;
pub mod command_line;
mod create;
mod current;
mod exit;
mod gift;
pub mod object;
mod orphans;
pub mod params;
pub mod remote_thread;
mod start;
pub mod thread;

pub use birth::{Birth, Startup};
pub(crate) use block::allocate;
pub use create::{CreateRequest, Created, create_process};
pub use current::{Process, process};
pub use exit::{exit_process, linux_status, terminate};
pub use start::{Hooks, run, run_child};

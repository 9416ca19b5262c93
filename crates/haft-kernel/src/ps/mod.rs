//! Processes and threads.

pub mod accounting;
pub mod affinity;
pub mod attribute_list;
mod birth;
pub(crate) mod block;
pub mod command_line;
mod create;
mod current;
pub mod description;
mod exit;
pub mod fiber;
mod gift;
pub mod information;
pub mod job;
pub mod launch;
pub mod object;
pub mod opened;
mod orphans;
pub mod params;
pub mod priority;
mod program;
pub mod remote_thread;
pub mod snapshot;
mod start;
pub mod suspend;
pub mod thread;
pub mod thread_times;

pub use birth::{Birth, Startup};
pub(crate) use block::allocate;
pub(crate) use create::own_binary;
pub use create::{CreateRequest, Created, create_process};
pub use current::{Process, process};
pub use exit::{exit_process, linux_status, terminate};
pub(crate) use gift::{send as send_object, unwrap_one};
pub use start::{Hooks, run, run_child};

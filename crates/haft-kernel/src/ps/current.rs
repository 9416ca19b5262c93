//! The process that haft runs: one to a Linux process.

use super::thread::Thread;
use crate::ob::Pinned;
use haft_abi::Pid;
use std::sync::{Mutex, OnceLock};

/// What the kernel knows of the process it runs in.
pub struct Process {
    /// Its identifier: the Linux process id.
    pub pid: Pid,
    /// The object that handles to it name.
    pub object: Pinned,
    /// Address of the PEB.
    pub peb: usize,
    /// Address of the process parameters.
    pub parameters: usize,
    /// Its threads, the first one first.
    pub threads: Mutex<Vec<&'static Thread>>,
}

static PROCESS: OnceLock<Process> = OnceLock::new();

/// The process. May be asked for once [`super::run`] has set it up.
///
/// # Panics
/// Before that; no program code runs then.
#[must_use]
pub fn process() -> &'static Process {
    PROCESS.get().expect("the process is set up before anything asks for it")
}

/// Whether there is a process already.
pub(super) fn is_set() -> bool {
    PROCESS.get().is_some()
}

pub(super) fn set_process(process: Process) {
    assert!(PROCESS.set(process).is_ok(), "a process is set up once");
}

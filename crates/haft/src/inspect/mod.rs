//! `haft ps` and `haft handles`: processes and their handles, seen from outside.
//!
//! Nothing is asked of the processes themselves: their process blocks say everything, also of one
//! that hangs, is stopped, or has just ended. The executives say which objects of different
//! processes are one, and what they are called; one that hangs is not waited for. A block is found through `/proc/PID/fd`, so what is shown is what
//! Linux lets this user see.

mod handles;
mod processes;
mod shared;
mod show;

use crate::run::USAGE_ERROR;
use haft_kernel::log;
use processes::Process;
use std::ffi::{OsStr, OsString};

/// `haft ps`: the exit status.
pub fn ps(json: bool) -> i32 {
    let processes = processes::all();
    show::print(&if json { show::processes_json(&processes) } else { show::tree(&processes) })
}

/// `haft handles`: those of the processes that are named, or of all; the exit status.
pub fn handles(named: &[OsString], json: bool) -> i32 {
    let processes = processes::all();
    let mut chosen: Vec<&Process> = Vec::new();
    for name in named {
        let before = chosen.len();
        chosen.extend(processes.iter().filter(|p| is_named(p, name)));
        if chosen.len() == before {
            log::say(&format!(
                "no haft process is called {}; haft ps lists them",
                name.to_string_lossy()
            ));
            return USAGE_ERROR;
        }
    }
    if named.is_empty() {
        chosen.extend(&processes);
    }
    let holders = handles::Holders::of(&processes);
    let shared = shared::Shared::of(&processes, &chosen);
    let tables: Vec<_> = chosen.iter().map(|p| handles::table(p, &holders, &shared)).collect();
    show::print(&if json { show::tables_json(&tables) } else { show::tables(&tables) })
}

/// Whether a process is meant by an identifier, or by its program's file name with or without
/// `.exe`, in whatever case.
fn is_named(process: &Process, name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let program = process.program.to_lowercase();
    name == process.pid.to_string() || name == program || format!("{name}.exe") == program
}

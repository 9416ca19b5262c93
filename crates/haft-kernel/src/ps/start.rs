//! Starting the process that haft was asked to run.

use super::birth::Birth;
use super::current::{self, Process};
use super::{params, thread};
use crate::ldr::{self, BuiltIns};
use haft_abi::{NtStatus, Pid};
use std::sync::Mutex;

/// What the kernel is given from above.
pub struct Hooks {
    /// The built-in DLLs.
    pub built_ins: &'static dyn BuiltIns,
}

/// Turns the running Linux process into the Windows process that `birth` describes, and runs it
/// to its end.
///
/// # Errors
/// What kept the program from starting, with a sentence for a person.
pub fn run(birth: &Birth, hooks: Hooks) -> Result<core::convert::Infallible, ldr::LoadError> {
    haft_host::signal::install(crate::ke::exception::handlers()).map_err(ldr::LoadError::setup)?;
    let parameters = params::place_parameters(birth).map_err(ldr::LoadError::setup)?;
    let peb = params::place_peb(parameters).map_err(ldr::LoadError::setup)?;
    current::set_process(Process {
        pid: Pid(std::process::id()),
        peb,
        parameters,
        threads: Mutex::new(Vec::new()),
    });
    let program = ldr::load_program(birth, hooks.built_ins)?;
    thread::run_first(program.entry, program.stack_reserve)
        .map_err(|status: NtStatus| ldr::LoadError::setup(status))?;
    // The first thread has ended and others go on: this Linux thread has no more to do.
    haft_host::thread::exit_current()
}

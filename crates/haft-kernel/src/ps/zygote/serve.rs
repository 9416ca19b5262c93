//! The zygote itself, and the spares that it forks.

use crate::ldr::LoadError;
use crate::ps::start::{self, Hooks};
use core::convert::Infallible;
use haft_abi::NtStatus;
use haft_host::fork::{self, Forked, Quiet};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::{packet, spawn, wire};

/// Forks a process for each that is asked for over `line`, until nobody is there to ask.
///
/// # Errors
/// In a process that it forked: what kept the program from starting.
pub fn serve(line: OwnedFd, hooks: &Hooks) -> Result<Infallible, LoadError> {
    // Signals to the process group are meant for the programs in it.
    let quiet = Quiet::begin();
    fork::set_name(c"haft-zygote");
    fork::prepare().map_err(LoadError::setup)?;
    start::prepare(hooks)?;
    let mut buffer = [0; 8];
    loop {
        let wanted = match packet::receive(&line, &mut buffer) {
            Ok((bytes, _)) => bytes.first().copied().unwrap_or(0),
            // Its creator is gone, or wants no more.
            Err(_) => haft_host::thread::exit_process(0),
        };
        for _ in 0..wanted {
            match fork::sibling() {
                Ok(Forked::New) => return be_spare(line, quiet, hooks),
                Ok(Forked::Asked(_)) => {}
                // Whoever asks is not kept waiting.
                Err(_) => drop(packet::send(&line, &[0], &[])),
            }
        }
    }
}

/// Waits to be told what to be, and becomes it.
fn be_spare(line: OwnedFd, quiet: Quiet, hooks: &Hooks) -> Result<Infallible, LoadError> {
    let wire = introduce(line).unwrap_or_else(|_| haft_host::thread::exit_process(0));
    fork::set_name(c"haft-spare");
    haft_host::mem::scatter();
    let prepared = start::prepare_own(hooks)?;
    // Who is not told anything was not needed.
    let Ok((message, fds)) = crate::ps::create::receive(&wire) else {
        haft_host::thread::exit_process(0)
    };
    quiet.end();
    start::run_forked(prepared, wire, message, fds, hooks)
}

/// Tells the creator where this process is found: the wire's other end.
fn introduce(line: OwnedFd) -> Result<OwnedFd, NtStatus> {
    let (here, there) = wire::pair()?;
    packet::send(&line, &std::process::id().to_le_bytes(), &[there.as_fd()])?;
    drop(line);
    spawn::above_standard(here)
}

//! The zygote itself, and the spares that it forks.

use crate::ldr::{self, LoadError};
use crate::ob;
use crate::ps::start::{self, Hooks, Own};
use core::convert::Infallible;
use haft_abi::{NtStatus, Pid};
use haft_host::code::Enlarging;
use haft_host::fork::{self, Forked, Quiet};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::{console_signal, packet, spawn, wire};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Forks a process for each that is asked for over `line`, until nobody is there to ask.
///
/// # Errors
/// In a process that it forked: what kept the program from starting.
pub fn serve(line: OwnedFd, hooks: &Hooks) -> Result<Infallible, LoadError> {
    // Signals to the process group are meant for the programs in it.
    let quiet = Quiet::begin();
    let away = fork::leave_group();
    fork::set_name(c"haft-zygote");
    fork::prepare().map_err(LoadError::setup)?;
    let peb = start::prepare(hooks, LIKELY).map_err(LoadError::setup)?;
    hooks.built_ins.protect_all().map_err(LoadError::setup)?;
    // What is slow the first time is not slow in those that are forked.
    let _ = (haft_host::clock::system_time(), crate::io::path::drive_c());
    console_signal::listen().map_err(LoadError::setup)?;
    // On pages of the stack that are written in any case.
    let mut buffer = [0; ORDER];
    let mut forks = 0_u32;
    let mut enlarging = None;
    loop {
        let (wanted, program) = match packet::receive(&line, &mut buffer) {
            Ok((bytes, _)) => match bytes {
                [wanted, program @ ..] => (*wanted, PathBuf::from(OsStr::from_bytes(program))),
                [] => (0, PathBuf::new()),
            },
            // Its creator is gone, or wants no more.
            Err(_) => haft_host::thread::exit_process(0),
        };
        for _ in 0..wanted {
            match fork::sibling() {
                Ok(Forked::New) => return be_spare(line, (quiet, away), peb),
                // If it is killed before it says where it is, its creator knows of it all the same.
                Ok(Forked::Asked(pid)) => drop(packet::send(&line, &pid.0.to_le_bytes(), &[])),
                // Whoever asks is not kept waiting.
                Err(_) => drop(packet::send(&line, &[0], &[])),
            }
        }
        let before = forks;
        forks = forks.saturating_add(u32::from(wanted));
        if before < FORKS_BEFORE_LARGE_PAGES && forks >= FORKS_BEFORE_LARGE_PAGES {
            enlarging = Enlarging::new();
        }
        // One at a time, so that nobody waits long for the next process.
        enlarging = enlarging.and_then(Enlarging::step);
        if !program.as_os_str().is_empty() {
            ldr::keep_ready(&program);
        }
    }
}

/// The longest order: a number of processes, and the path of the program that is to be kept ready.
pub(super) const ORDER: usize = 4096;

/// How many processes are forked before the time is taken to put haft's code into large pages: as
/// much as a few of them take.
const FORKS_BEFORE_LARGE_PAGES: u32 = 32;

/// The built-in DLLs that many programs use, without variables that only a process can set.
const LIKELY: &[&str] =
    &["ntdll.dll", "kernel32.dll", "kernelbase.dll", "advapi32.dll", "ucrtbase.dll"];

/// Waits to be told what to be, and becomes it. A function of its own: what it needs of the stack is
/// on pages that the zygote does not touch, which Linux would have to copy after each fork.
#[inline(never)]
fn be_spare(
    line: OwnedFd,
    (quiet, away): (Quiet, bool),
    peb: usize,
) -> Result<Infallible, LoadError> {
    fork::set_name(c"haft-spare");
    haft_host::mem::scatter();
    let ready = introduce(line).and_then(|wire| Ok((wire, Own::prepare(peb)?)));
    let Ok((wire, own)) = ready else { haft_host::thread::exit_process(0) };
    // If there is no memory for it, there will be none when it is tried again.
    let _ = haft_host::thread::install_signal_stack();
    // Who is not told anything was not needed.
    let Ok((message, fds)) = crate::ps::create::receive(&wire) else {
        haft_host::thread::exit_process(0)
    };
    if away {
        // What has come since its creator took it into the group is the program's.
        quiet.end();
    } else {
        // What came before cannot be told from what came since.
        quiet.forget();
    }
    start::run_forked(own, wire, message, fds)
}

/// Makes this process's block, and tells the creator where it and the process are found: the
/// other end of the wire.
fn introduce(line: OwnedFd) -> Result<OwnedFd, NtStatus> {
    let pid = Pid(std::process::id());
    let parent = Pid(haft_host::thread::parent_process());
    let (file, words) = ob::create_block(pid, parent, b"")?;
    let file = spawn::above_standard(file)?;
    let (here, there) = wire::pair()?;
    packet::send(&line, &pid.0.to_le_bytes(), &[there.as_fd(), file.as_fd()])?;
    drop(line);
    ob::adopt_block(file, words)?;
    spawn::above_standard(here)
}

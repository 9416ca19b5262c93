//! Processes that Linux has stopped.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::time::{Duration, Instant};

/// How long a process may take to stop, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stops a process, and returns when none of its threads runs any more. `kill` returns before: until the
/// thread that took the signal has run, the others go on, and answer whoever asks.
///
/// # Panics
/// If it is not there, not ours, or does not stop.
#[track_caller]
pub fn stop(pid: Pid) {
    kill_process(pid, Signal::STOP).expect("it is there, and ours");
    let start = Instant::now();
    while !has_stopped(pid) {
        assert!(start.elapsed() < PATIENCE, "{pid} does not stop");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lets a stopped process go on.
///
/// # Panics
/// If it is not there, or not ours.
#[track_caller]
pub fn go(pid: Pid) {
    kill_process(pid, Signal::CONT).expect("it is there, and ours");
}

fn has_stopped(pid: Pid) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("it lives");
    threads.flatten().all(|thread| {
        // A thread that has ended meanwhile does not run.
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.is_empty() || stat.rsplit_once(')').is_some_and(|(_, state)| state.starts_with(" T"))
    })
}

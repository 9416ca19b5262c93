//! Objects, handles, waits and locks within one process and by name.

use haft_tests::{Run, fixture, fixtures};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};

fixtures! {
    apc,
    condition_variable,
    critical_section,
    desktop,
    duplicate,
    duplicate_into,
    duplicate_matrix,
    event,
    handle_count,
    handle_count_other,
    handles,
    init_once,
    mutex,
    named_objects,
    semaphore,
    srw_lock,
    timer,
    wait_fifo,
    wait_many,
    wait_on_address,
}

/// The part of the matrix in which Linux has stopped the source or the target.
#[test]
fn duplicate_matrix_stopped() {
    let mut run = Run::new(fixture("duplicate_matrix.exe")).arg("stopped");
    let mut child = run.start();
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let output = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let (mut stops, mut last) = (0, String::new());
    for line in output.lines() {
        let line = line.expect("text");
        let (what, pid) = line.split_once(' ').unwrap_or_default();
        let pid = pid.parse().ok().and_then(Pid::from_raw);
        match (what, pid) {
            ("stop" | "go", Some(pid)) => {
                let signal = if what == "stop" { Signal::STOP } else { Signal::CONT };
                kill_process(pid, signal).expect("the process is there");
                stops += u32::from(what == "stop");
                writeln!(input, "done").expect("the fixture listens");
            }
            _ => last = line,
        }
    }
    assert!(child.wait().expect("it can be waited for").success(), "{last}");
    assert!(last.starts_with("ok: "), "{last}");
    assert_eq!(stops, 4);
}

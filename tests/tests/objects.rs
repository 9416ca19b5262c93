//! Objects, handles, waits and locks within one process and by name.

use haft_tests::{Run, check_with, fixture, fixtures, sandbox, stopped};
use rustix::process::Pid;
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
    handle_lister,
    handles,
    init_once,
    mutex,
    named_objects,
    named_sections,
    namespace,
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
    if std::env::var_os("HAFT_SANDBOX").is_some() {
        println!("not tried: in a sandbox a stopped process hands nothing over (_silent)");
        return;
    }
    let run = Run::new(fixture("duplicate_matrix.exe")).arg("stopped");
    assert_eq!(stop_and_go(run), 4);
}

/// The matrix where Linux lets nobody take another process's descriptors: it hands them over itself.
#[test]
fn duplicate_matrix_in_a_sandbox() {
    if sandbox::is_possible() {
        check_with(Run::sandboxed(fixture("duplicate_matrix.exe")));
    }
}

/// One that is stopped cannot.
#[test]
fn duplicate_matrix_silent() {
    if sandbox::is_possible() {
        let run = Run::sandboxed(fixture("duplicate_matrix.exe")).arg("silent");
        assert_eq!(stop_and_go(run), 1);
    }
}

/// Runs a fixture that says which processes are to be stopped, and to go on: how many were.
#[track_caller]
fn stop_and_go(mut run: Run) -> u32 {
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
                if what == "stop" {
                    stopped::stop(pid);
                    stops += 1;
                } else {
                    stopped::go(pid);
                }
                writeln!(input, "done").expect("the fixture listens");
            }
            _ => last = line,
        }
    }
    assert!(child.wait().expect("it can be waited for").success(), "{last}");
    assert!(last.starts_with("ok: "), "{last}");
    stops
}

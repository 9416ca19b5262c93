//! The call trace: every call that was made is there, also the last one.

use haft_tests::{Run, fixture, haft};
use std::io::{BufRead, BufReader};

fn traced(dlls: &str, file: &str, arguments: &[&str]) -> haft_tests::Outcome {
    Run::bare(haft())
        .args(["--trace", dlls])
        .arg(fixture(file))
        .args(arguments.iter().copied())
        .outcome()
}

/// The last line of the trace without its thread identifier.
fn last_line(outcome: &haft_tests::Outcome) -> String {
    let text = outcome.err();
    let line = text.lines().last().unwrap_or_default();
    line.split_once("] ").map_or(line, |(_, call)| call).to_owned()
}

/// A process that ends itself ends within a call.
#[test]
fn trace_last_call() {
    let outcome = traced("kernel32", "exit_code.exe", &["TerminateProcess", "5"]);
    outcome.expect_code(5);
    assert_eq!(last_line(&outcome), "kernel32.TerminateProcess(hProcess=-1, uExitCode=5) ...");
    let outcome = traced("kernel32.dll,ntdll", "exit_code.exe", &["ExitProcess", "6"]);
    outcome.expect_code(6);
    assert!(outcome.err().contains("kernel32.ExitProcess(uExitCode=6) ...\n"), "{}", outcome.err());
}

/// What a program asks a module for is shown by name.
#[test]
fn trace_of_a_procedure_asked_for() {
    let outcome = traced("kernel32", "peb_walk.exe", &[]);
    outcome.expect_code(0);
    assert!(outcome.err().contains(", lpProcName=\"NtClose\") = 0x"), "{}", outcome.err());
}

/// A call that waits is shown while it waits.
#[test]
fn trace_of_a_waiting_thread() {
    let mut run = Run::bare(haft()).arg("--trace=KERNEL32").arg(fixture("ctrl_c.exe"));
    let mut child = run.start();
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let waits = BufReader::new(stderr)
        .lines()
        .map(|line| line.expect("it is text"))
        .find(|line| line.contains("WaitForSingleObject("));
    child.kill().expect("the child can be killed");
    child.wait().expect("it can be waited for");
    let waits = waits.expect("the wait is shown");
    assert!(waits.ends_with("dwMilliseconds=60000) ..."), "{waits}");
}

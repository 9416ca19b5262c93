//! CreateProcess and what belongs to it.

use haft_tests::{Run, fixture, fixtures};

fixtures! {
    cmd_parse,
    command_interpreter,
    open_process,
    parent_process,
    process_crt,
    process_command_line,
    process_create,
    process_end,
    process_environment,
    process_errors,
    process_flags,
    process_information,
    process_redirect,
    process_startup_info,
    process_std_handles,
    toolhelp,
}

/// Microsoft's program, unchanged: starts a child, waits and closes.
#[test]
fn creating_processes() {
    let child = fixture("child.exe");
    let line = format!("{} args started \"by the program\"", child.display());
    let outcome = Run::new(fixture("creating_processes.exe")).arg(line).outcome();
    assert!(outcome.signal.is_none(), "{outcome:?}");
    // The child's output comes through the standard handles that it got by default. (The
    // program's main returns nothing, so its exit code says nothing.)
    outcome.expect_out("[started]\n[by the program]\n").expect_quiet();
}

/// The parent returns from its wait only when the child has ended.
#[test]
fn creating_processes_waits() {
    let line = format!("{} sleep 100 then echo ended", fixture("child.exe").display());
    let outcome = Run::new(fixture("creating_processes.exe")).arg(line).outcome();
    outcome.expect_out("ended\n").expect_quiet();
}

#[test]
fn creating_processes_usage() {
    let outcome = Run::new(fixture("creating_processes.exe")).outcome();
    let text = outcome.out();
    assert!(
        text.starts_with("Usage: ") && text.ends_with("creating_processes.exe [cmdline]\n"),
        "{text:?} {}",
        outcome.err()
    );
}

#[test]
fn creating_processes_missing() {
    let outcome = Run::new(fixture("creating_processes.exe")).arg("no-such-program").outcome();
    outcome.expect_out("CreateProcess failed (2).\n");
}

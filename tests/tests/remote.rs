//! What one process does inside another, with and without what sandboxes refuse.

use haft_tests::{Run, check_with, fixture, fixtures, sandbox, stopped};
use rustix::process::Pid;
use std::io::{BufRead, BufReader, Read, Write};

fixtures! { remote }

/// Where Linux refuses to read another process's memory and to take its descriptors, the process
/// does it itself.
#[test]
fn remote_in_a_sandbox() {
    if sandbox::is_possible() {
        check_with(Run::sandboxed(fixture("remote.exe")));
    }
}

/// The filter of the sandbox refuses what it is to refuse.
#[test]
fn the_sandbox_refuses() {
    if !sandbox::is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let code = "import ctypes,os\n\
                l=ctypes.CDLL(None,use_errno=True)\n\
                for n in (101,310,311,323,425,426,427,438):\n\
                \x20ctypes.set_errno(0)\n\
                \x20print(l.syscall(n,0,0,0,0,0,0),ctypes.get_errno())\n";
    let mut command = sandbox::wrap("python3", folder.path());
    let output = command.args(["-c", code]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, "-1 1\n".repeat(8), "{output:?}");
}

/// A process that is stopped does not answer, and keeps nobody but who asks it.
#[test]
fn a_stopped_process_does_not_answer() {
    let mut run = Run::new(fixture("remote.exe")).arg("stopped");
    let mut child = run.start();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    stopped::stop(line.trim().parse().ok().and_then(Pid::from_raw).unwrap());
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() && rest.starts_with("ok: "), "{status} {rest} {errors}");
}

//! Standard streams, pipes, terminals, Ctrl-C.

use haft_tests::{Run, fixture, fixtures, haft};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fixtures! { console, mailslot, named_pipe, pipe }

/// Pipes on all three.
#[test]
fn std_streams_pipes() {
    let outcome = Run::new(fixture("std_streams.exe")).outcome();
    outcome.expect_code(0).expect_quiet().expect_out(
        "in type=3 console=0 error=6 tty=0\nout type=3 console=0 error=6 tty=0\nerr type=3 console=0 error=6 tty=0\n",
    );
}

fn shell(script: &str) -> (haft_tests::Outcome, String) {
    let mut run = Run::bare("sh")
        .args(["-c", script])
        .env("HAFT", &haft().display().to_string())
        .env("EXE", &fixture("std_streams.exe").display().to_string());
    let folder = run.folder().to_path_buf();
    let mut child = run.start();
    drop(child.stdin.take());
    let outcome = haft_tests::finish(child, std::time::Duration::from_secs(60));
    (outcome, std::fs::read_to_string(folder.join("report.txt")).unwrap_or_default())
}

/// Files, a device, and nothing at all.
#[test]
fn std_streams_files() {
    let (outcome, report) = shell("\"$HAFT\" \"$EXE\" < /dev/null > out.txt 2> err.txt");
    outcome.expect_code(0);
    assert_eq!(
        report.replace("\r\n", "\n"),
        "in type=2 console=0 error=6 tty=1\nout type=1 console=0 error=6 tty=0\nerr type=1 console=0 error=6 tty=0\n"
            .replace("in type=2 console=0 error=6 tty=1", report.lines().next().unwrap_or_default())
    );
    // /dev/null is a character device, as NUL is.
    assert!(report.starts_with("in type=2 console=0 "), "{report}");
    let (outcome, report) = shell("\"$HAFT\" \"$EXE\" <&- >&- 2>&-");
    outcome.expect_code(0);
    for stream in report.lines() {
        assert!(stream.contains(" type=0 console=0 "), "{report}");
    }
    assert_eq!(report.lines().count(), 3, "{report}");
}

/// A terminal on all three: a console.
#[test]
fn std_streams_terminal() {
    let (outcome, report) = shell("script -qec '\"$HAFT\" \"$EXE\"' /dev/null");
    outcome.expect_code(0);
    assert_eq!(
        report.replace("\r\n", "\n"),
        "in type=2 console=1 error=0 tty=1\nout type=2 console=1 error=0 tty=1\nerr type=2 console=1 error=0 tty=1\n"
    );
}

/// Creation flags where there is a terminal: a detached child finds no console all the same.
#[test]
fn creation_flags_terminal() {
    let run = Run::bare("script").args([
        "-qec",
        &format!("{} {}", haft().display(), fixture("process_flags.exe").display()),
        "/dev/null",
    ]);
    haft_tests::check_with(run);
}

/// A text stream: lines with and without CR, any length, the last without an end.
#[test]
fn stdin_echo() {
    let long = "x".repeat(100_000);
    let input = format!("one\ntwo\r\n{long}\nlast");
    let outcome = Run::new(fixture("stdin_echo.exe")).input(input.as_bytes()).outcome();
    outcome.expect_code(0).expect_out(&format!("one\ntwo\n{long}\nlast"));
    assert!(outcome.err().ends_with(", error 0\n"), "{}", outcome.err());
}

#[test]
fn stdin_empty() {
    let outcome = Run::new(fixture("stdin_echo.exe")).outcome();
    outcome.expect_code(0).expect_out("");
    assert_eq!(outcome.err(), "0 lines, 0 bytes, error 0\n");
}

/// Output to a reader that has gone away ends the program, and quietly.
#[test]
fn broken_pipe() {
    let (outcome, _) = shell(
        "seq 100000 | \"$HAFT\" \"$(dirname \"$EXE\")/child.exe\" cat 2>err.txt | head -1; cat err.txt",
    );
    outcome.expect_code(0).expect_out("1\n");
}

fn interrupted(mode: &str) -> (i32, Option<i32>, String) {
    let mut command = Command::new(haft());
    command.arg(fixture("ctrl_c.exe")).arg(mode);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let mut text = String::new();
    output.read_line(&mut text).expect("it says that it is ready");
    assert_eq!(text.trim_end(), "ready", "{mode}");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("there is kill");
    assert!(killed.success());
    let mut rest = String::new();
    while output.read_line(&mut rest).expect("its output can be read") > 0 {}
    let status = child.wait().expect("it can be waited for");
    use std::os::unix::process::ExitStatusExt;
    (status.code().unwrap_or(-1), status.signal(), rest.replace("\r\n", "\n"))
}

#[test]
fn ctrl_c() {
    assert_eq!(interrupted("handled"), (5, None, "handler 0\n".to_owned()));
    assert_eq!(interrupted("signal"), (5, None, "signal 2\n".to_owned()));
    assert_eq!(interrupted("ignored"), (6, None, String::new()));
}

/// Nobody takes it: ended, as a shell has it (130, or the signal itself) or as Windows has it
/// (STATUS_CONTROL_C_EXIT, 0xC000013A).
#[test]
fn ctrl_c_default() {
    for (mode, said) in [("default", ""), ("passed", "passing 0\n")] {
        let (code, signal, text) = interrupted(mode);
        assert!(signal == Some(2) || code == 130 || code == 0x3A, "{mode}: {code} {signal:?}");
        assert_eq!(text, said, "{mode}");
    }
}

/// Events that programs send one another, in a Linux process group of their own.
#[test]
fn ctrl_group() {
    use std::os::unix::process::CommandExt;
    let mut run = Run::new(fixture("ctrl_group.exe"));
    run.command().process_group(0);
    haft_tests::check_with(run);
}

/// Events in a container whose first shell is outside of its pid namespace, so that Linux has no
/// number for the session they are all in.
#[test]
fn ctrl_group_of_a_session_without_a_number() {
    use std::os::unix::process::CommandExt;
    if !haft_tests::sandbox::is_possible() {
        return;
    }
    let namespace = ["--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--as-pid-1"];
    let program = [
        "/bin/sh",
        "-c",
        "test \"$(cut -d' ' -f6 /proc/self/stat)\" = 0 || exit 3; \"$0\" \"$1\"; exit $?",
    ];
    let mut run = Run::bare("bwrap").args(namespace).args(program);
    run = run.args([haft().as_os_str(), fixture("ctrl_group.exe").as_os_str()]);
    run.command().process_group(0);
    let outcome = run.outcome();
    assert!(outcome.out().ends_with("ok: 36 checks\n"), "{}{}", outcome.out(), outcome.err());
}

/// Events of several groups of one console at the same time: Linux keeps one signal of a kind for
/// a process, so that one for another group may not come instead of its own.
#[test]
fn ctrl_groups_side_by_side() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..4).for_each(|_| ctrl_group()));
        }
    });
}

/// The console functions, with somebody who types.
#[test]
fn console_terminal() {
    let keys = [
        ("line", "hé 😀!\n"),
        ("password", "secret\n"),
        ("end", "\x04"),
        ("a", "a"),
        ("up", "\x1b[A"),
        ("e", "é"),
        ("enter", "\r"),
        ("backspace", "\x7f"),
        ("control-c", "\x03"),
    ];
    let outcome = haft_tests::terminal::on_terminal(&fixture("console_terminal.exe"), &[], &keys);
    let text = outcome.out();
    assert!(outcome.code == 0 && text.contains("ok: "), "exit code {}\n{text}", outcome.code);
    assert!(text.contains("héllo 😀"), "{text}");
    // The password is not shown.
    assert!(!text.contains("secret"), "{text}");
}

//! The registry: what programs see, and what stays when they are gone.

use haft_tests::{Run, check_with, fixture, haft};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The fixture in a session and with a data folder of its own.
fn run(session: &str, data: &Path) -> Run {
    let session = format!("registry-{}-{session}", std::process::id());
    let data = data.to_str().expect("a plain path");
    let run = Run::bare(haft()).args(["--session", &session]).arg(fixture("registry.exe"));
    run.env("XDG_DATA_HOME", data)
}

#[test]
fn registry() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    check_with(run("whole", data.path()));
}

/// What one run writes another reads, also in another session of the user.
#[test]
fn registry_is_kept() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let outcome = run("first", data.path()).arg("set").outcome();
    outcome.expect_code(0).expect_out("2 \n").expect_quiet();
    let outcome = run("second", data.path()).arg("get").outcome();
    outcome.expect_code(0).expect_out("0 still here\n").expect_quiet();
}

/// A private session has a registry of its own, gone with it.
#[test]
fn registry_of_a_private_session() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    for _ in 0..2 {
        let run = Run::bare(haft()).args(["--session", "private"]).arg(fixture("registry.exe"));
        let run = run.env("XDG_DATA_HOME", data.path().to_str().expect("a plain path"));
        run.arg("set").outcome().expect_code(0).expect_out("2 \n").expect_quiet();
    }
    assert!(!data.path().join("haft/registry.db").exists());
}

/// Where nothing can be kept a person is told, once; the program goes on.
#[test]
fn registry_that_cannot_be_kept() {
    let outcome = run("nowhere", Path::new("/dev/null/none")).arg("set").outcome();
    outcome.expect_code(0).expect_out("2 \n").expect_one_line(&["registry", "XDG_DATA_HOME"]);
}

/// A file that is no registry is left as it is.
#[test]
fn registry_that_is_none() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir_all(data.path().join("haft")).expect("a folder can be made");
    let file = data.path().join("haft/registry.db");
    std::fs::write(&file, "something else, and long enough to be looked at".repeat(50))
        .expect("written");
    let before = std::fs::read(&file).expect("read");
    let outcome = run("none", data.path()).arg("set").outcome();
    outcome.expect_code(0).expect_out("2 \n").expect_one_line(&["registry", "XDG_DATA_HOME"]);
    assert_eq!(std::fs::read(&file).expect("read"), before);
}

/// While another session's executive writes, who writes here waits for it, and nobody else does.
#[test]
fn registry_while_another_session_writes() {
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    run("other", data.path()).arg("set").outcome().expect_code(0);
    let session = format!("registry-{}-busy", std::process::id());
    let observer = Run::bare(haft()).args(["--session", &session]).arg(fixture("storm.exe"));
    let mut observer =
        observer.arg("observer").env("XDG_DATA_HOME", data.path().to_str().expect("plain")).start();
    let mut questions = observer.stdin.take().expect("stdin is a pipe");
    let mut answers = BufReader::new(observer.stdout.take().expect("stdout is a pipe")).lines();
    let mut next = || answers.next().expect("the observer lives").expect("text");
    assert!(next().starts_with("ready "));

    let file = data.path().join("haft/registry.db");
    let other = rusqlite::Connection::open(file).expect("the registry is there");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let mut writer = run("busy", data.path()).arg("set").start();
    let (begun, mut answered) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_millis(150) {
        writeln!(questions, "event busy").expect("the observer listens");
        assert_eq!(next().trim(), "event 1 0 258");
        answered += 1;
    }
    assert!(answered > 1, "the observer was answered {answered} times");
    assert_eq!(writer.try_wait().expect("it is ours"), None, "it does not wait");
    other.execute_batch("COMMIT").expect("it is ours");
    let outcome = haft_tests::finish(writer, Duration::from_secs(60));
    outcome.expect_code(0).expect_out("0 still here\n");
    drop(questions);
    assert_eq!(observer.wait().expect("it is ours").code(), Some(0));
}

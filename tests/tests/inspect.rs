//! `haft ps` and `haft handles`: processes seen from outside.

use haft_tests::{Run, fixture, haft, stopped};
use rustix::process::Pid;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

/// A process that has said that it runs, and is killed at the end of the test.
struct Running(Child);

impl Running {
    /// `child.exe`, which does this and then sleeps.
    fn new(arguments: &[&str]) -> Self {
        let mut run = Run::new(fixture("child.exe"));
        run =
            run.args(arguments).args(["echo", "ready", "then", "flush", "then", "sleep", "600000"]);
        let mut child = run.start();
        let output = child.stdout.take().expect("stdout is a pipe");
        let mut lines = BufReader::new(output).lines();
        while lines.next().expect("it says that it is ready").expect("text") != "ready" {}
        Self(child)
    }

    fn pid(&self) -> u64 {
        self.0.id().into()
    }

    /// Its number for Linux.
    fn linux(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn listed(arguments: &[&str]) -> Vec<Value> {
    let outcome = Run::bare(haft()).args(arguments).outcome();
    outcome.expect_code(0).expect_quiet();
    serde_json::from_str(&outcome.out()).expect("what --json prints is a list")
}

fn find(processes: &[Value], pid: u64) -> &Value {
    processes.iter().find(|p| p["pid"] == pid).expect("the process is listed")
}

#[test]
fn a_process_is_listed_also_when_it_is_stopped() {
    let child = Running::new(&[]);
    let processes = listed(&["ps", "--json"]);
    let seen = find(&processes, child.pid());
    assert_eq!((&seen["state"], &seen["program"]), (&"running".into(), &"child.exe".into()));
    assert_eq!(seen["handles"], 3);
    stopped::stop(child.linux());
    let processes = listed(&["ps", "--json"]);
    assert_eq!(find(&processes, child.pid())["state"], "stopped");
    let text = Run::bare(haft()).arg("ps").outcome().out();
    let line = text.lines().find(|l| l.contains(&child.pid().to_string())).expect("a line");
    assert!(line.contains("stopped") && line.ends_with("child.exe"), "{line}");
}

#[test]
fn handles_are_told_with_access_flags_names_and_holders() {
    let file = fixture("child.exe");
    let path = format!("Z:{}", file.display());
    let first = Running::new(&["hold", &path, "then"]);
    let second = Running::new(&["hold", &path, "then"]);
    let tables = listed(&["handles", &first.pid().to_string(), "--json"]);
    assert_eq!(tables.len(), 1);
    let table = tables[0]["table"].as_array().expect("a table");
    let held = table.iter().find(|h| h["name"] == *file.to_string_lossy()).expect("the file");
    assert_eq!(held["type"], "File");
    assert_eq!(held["access_mask"], 0x0012_0089);
    assert_eq!(held["inheritable"], false);
    let holders = held["holders"].as_array().expect("a list");
    assert!(holders.contains(&second.pid().into()), "{held}");
    assert!(table[..3].iter().all(|h| h["inheritable"] == true), "{table:?}");
}

#[test]
fn a_process_that_is_not_there_is_named() {
    let outcome = Run::bare(haft()).args(["handles", "no-such-program"]).outcome();
    outcome.expect_code(2).expect_one_line(&["no-such-program", "haft ps"]);
}

/// What the table of a process says of the handle to the object of a name.
fn named(pid: u64, name: &str) -> Value {
    let tables = listed(&["handles", &pid.to_string(), "--json"]);
    let table = tables[0]["table"].as_array().expect("a table");
    table.iter().find(|handle| handle["name"] == name).expect("the object").clone()
}

#[test]
fn shared_objects_are_told_by_their_names_and_holders() {
    let name = format!("haft-inspect-{}", std::process::id());
    let path = format!(r"\Sessions\1\BaseNamedObjects\{name}");
    let first = Running::new(&["create", "event", &name, "then"]);
    let second = Running::new(&["open", "event", &name, "then"]);
    stopped::stop(first.linux());
    let seen = named(first.pid(), &path);
    assert_eq!((&seen["type"], &seen["shared"]), (&"Event".into(), &true.into()));
    assert_eq!(seen["holders"], Value::from(vec![second.pid()]));
    assert_eq!(named(second.pid(), &path)["holders"], Value::from(vec![first.pid()]));
    let text = Run::bare(haft()).args(["handles", &first.pid().to_string()]).outcome().out();
    let line = text.lines().find(|line| line.ends_with(&path)).expect("a line");
    assert!(line.contains(&second.pid().to_string()), "{line}");
    stopped::go(first.linux());
    drop(second);
    let seen = named(first.pid(), &path);
    assert_eq!(seen["holders"], Value::Array(Vec::new()), "{seen}");
}

/// An executive that hangs is not waited for: what the blocks say is there, and one line says what is
/// not.
#[test]
fn handles_are_told_also_when_the_executive_hangs() {
    let session = format!("hangs-{}", std::process::id());
    let name = format!("haft-hung-{}", std::process::id());
    let mut run = Run::bare(haft()).args(["--session", &session]).arg(fixture("child.exe"));
    run = run.args(["create", "event", &name, "then", "echo", "ready", "then", "flush"]);
    let mut child = run.args(["then", "sleep", "600000"]).start();
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
    while lines.next().expect("it says that it is ready").expect("text") != "ready" {}
    let child = Running(child);
    let executive = executive_of(child.pid());
    stopped::stop(executive);
    let outcome = Run::bare(haft()).args(["handles", &child.pid().to_string()]).outcome();
    stopped::go(executive);
    outcome.expect_code(0).expect_one_line(&["executive", "does not answer"]);
    assert!(outcome.out().lines().any(|line| line.contains("Event")), "{}", outcome.out());
}

/// The executive that a process has started.
fn executive_of(pid: u64) -> Pid {
    let entries = std::fs::read_dir("/proc").expect("Linux lists processes");
    let is_its = |candidate: &i32| {
        let read =
            |what: &str| std::fs::read(format!("/proc/{candidate}/{what}")).unwrap_or_default();
        let status = String::from_utf8_lossy(&read("status")).into_owned();
        read("cmdline").ends_with(b"--internal-executive\0")
            && status.lines().any(|line| line == format!("PPid:\t{pid}"))
    };
    let mut all = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.find(is_its).and_then(Pid::from_raw).expect("the executive runs")
}

/// A child that was ended a moment ago, and whose creator has a handle to it.
#[test]
fn a_process_that_has_just_ended_still_shows_its_handles() {
    let mut run = Run::new(fixture("child.exe"));
    run = run.args(["killed", "then", "flush", "then", "sleep", "600000"]);
    let mut creator = run.start();
    let mut lines = BufReader::new(creator.stdout.take().expect("stdout is a pipe")).lines();
    let line = lines.next().expect("it says whom it has ended").expect("text");
    let creator = Running(creator);
    let pid = line.strip_prefix("killed ").expect("a process has ended").trim().to_owned();
    let processes = listed(&["ps", "--json"]);
    let seen = find(&processes, pid.parse().expect("a number"));
    assert_eq!((&seen["state"], &seen["exit_code"]), (&"ended".into(), &5.into()));
    assert_eq!(seen["parent"], creator.pid());
    let tables = listed(&["handles", &pid, "--json"]);
    let table = tables[0]["table"].as_array().expect("a table");
    assert!(table.len() >= 3 && table.iter().all(|handle| handle["type"] == "File"), "{table:?}");
}

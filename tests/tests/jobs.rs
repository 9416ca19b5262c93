//! Job objects.

use haft_tests::{Run, fixture, fixtures, haft};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

fixtures! {
    job,
    job_nested,
}

const PATIENCE: Duration = Duration::from_secs(60);

/// A fixture that checks itself, and of which haft says these things.
#[track_caller]
fn check_saying(name: &str, lines: &[&str]) {
    let outcome = Run::new(fixture(&format!("{name}.exe"))).outcome();
    let text = outcome.out();
    let fine = text.lines().last().is_some_and(|last| last.starts_with("ok: "));
    assert!(outcome.code == 0 && fine, "{text}{}", outcome.err());
    let said = outcome.err();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), lines.len(), "{said:?}");
    for (said, expected) in said.iter().zip(lines) {
        assert!(said.contains(expected), "{expected:?} in {said:?}");
    }
}

/// One of its processes is ended by an exception, and says so.
#[test]
fn job_messages() {
    check_saying("job_messages", &["unhandled exception 0xC0000005"]);
}

/// What is refused is named once.
#[test]
fn job_limits() {
    check_saying(
        "job_limits",
        &["(0x1); it is refused", "(0x80); it is refused", "information class 15 of jobs"],
    );
}

/// A program in a session of its own, and all that comes of it: the processes whose environment
/// has its mark.
struct Tree {
    mark: String,
    child: Child,
    /// Keeps its folder.
    _run: Run,
}

impl Tree {
    fn start(name: &str, work: &[&str]) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let mut run = Run::bare(haft())
            .args(["--session", &format!("test-{name}")])
            .arg(fixture("job.exe"))
            .args(work)
            .env("HAFT_TEST_TREE", &name);
        let child = run.start();
        Self { mark: format!("HAFT_TEST_TREE={name}"), child, _run: run }
    }

    /// Waits until the program says that it is ready.
    fn ready(&mut self) {
        let out = self.child.stdout.as_mut().expect("stdout is a pipe");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("it can be read");
        assert_eq!(line.trim(), "ready");
    }

    /// The processes that there are, each by its identifier and command line.
    fn processes(&self) -> Vec<(u32, String)> {
        let wanted = self.mark.as_bytes();
        let found = fs::read_dir("/proc").expect("/proc").filter_map(|entry| {
            let path = entry.ok()?.path();
            let pid = path.file_name()?.to_str()?.parse().ok()?;
            let environment = fs::read(path.join("environ")).ok()?;
            let marked = environment.split(|&byte| byte == 0).any(|variable| variable == wanted);
            let line = String::from_utf8_lossy(&fs::read(path.join("cmdline")).ok()?).into_owned();
            marked.then_some((pid, line))
        });
        found.collect()
    }

    /// Ends the program, and nothing else, at once.
    fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Waits until nothing is left, not even the executive.
    #[track_caller]
    fn gone(&self) {
        let start = Instant::now();
        while !self.processes().is_empty() {
            assert!(start.elapsed() < PATIENCE, "left over: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Of a test that fails nothing is left either.
        for (pid, _) in self.processes() {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        let _ = self.child.wait();
    }
}

/// Who holds the last handle is killed: all that is in the job ends.
#[test]
fn a_killed_holder_takes_its_job_along() {
    let mut tree = Tree::start("holder", &["hold", "tree 1 4", "5"]);
    tree.ready();
    tree.kill();
    tree.gone();
}

/// 211 processes, each in a job of its own in its creator's, end together.
#[test]
fn a_large_nested_tree_ends_on_close() {
    let mut tree = Tree::start("nested", &["hold", "nest 2 14", "211"]);
    tree.ready();
    assert!(tree.processes().len() > 211);
    tree.kill();
    tree.gone();
}

/// Processes that start processes all the time are ended at random instants, in CreateProcess as
/// anywhere: no child is left. More rounds with `HAFT_JOB_ROUNDS`.
#[test]
fn no_child_escapes_from_a_creator_that_is_killed() {
    let rounds = std::env::var("HAFT_JOB_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let mut random = u64::from(std::process::id()) | 1;
    for round in 0..rounds {
        let mut tree = Tree::start(&format!("breed-{round}"), &["hold", "breed", "0"]);
        tree.ready();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros((random >> 33) % 150_000));
        tree.kill();
        tree.gone();
    }
}

/// Without the executive a process in a job has no children, since they would not be in it; it
/// goes on otherwise.
#[test]
fn a_member_outlives_the_executive_and_lets_nobody_out() {
    let mut tree = Tree::start("executive", &["alone"]);
    tree.ready();
    let all = tree.processes();
    let executive = all.iter().find(|(_, line)| line.contains("--internal-executive"));
    let pid = executive.expect("there is one").0.to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().expect("kill can be run").success());
    std::thread::sleep(Duration::from_millis(50));
    let mut stdin = tree.child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(b"go\n").expect("it reads");
    let mut text = String::new();
    let out = tree.child.stdout.as_mut().expect("stdout is a pipe");
    out.read_to_string(&mut text).expect("it can be read");
    assert!(text.trim().ends_with("ok: 5 checks"), "{text}");
}

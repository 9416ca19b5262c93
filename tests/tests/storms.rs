//! Processes are killed at random instants; what they shared with the living stays consistent.
//!
//! `HAFT_KILLS` is how many kills each storm makes (20 where it is not set).

use haft_tests::session::{descriptors_of, executive_of};
use haft_tests::{Run, fixture, haft};
use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant, SystemTime};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a wait says, as Windows numbers it.
const OBJECT_0: u32 = 0;
const ABANDONED: u32 = 0x80;
const TIMED_OUT: u32 = 0x102;

fn kills() -> u32 {
    let wanted = std::env::var("HAFT_KILLS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(20)
}

/// Instants that differ from run to run, and that a failure names.
struct Instants {
    seed: u64,
    state: u64,
}

impl Instants {
    fn new() -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("it is later than 1970");
        let seed = now.as_nanos() as u64 | 1;
        Self { seed, state: seed }
    }

    /// A time below `limit`.
    fn below(&mut self, limit: Duration) -> Duration {
        // xorshift64 (Marsaglia, "Xorshift RNGs").
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        limit.mul_f64((self.state >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// A session of its own with one process that lives through the storm and looks.
struct Storm {
    session: String,
    program: PathBuf,
    /// The folder in which the program has a name that no other test's processes have.
    folder: tempfile::TempDir,
    observer: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    observer_pid: u32,
    instants: Instants,
}

impl Storm {
    fn new(name: &str) -> Self {
        let session = format!("storm-{}-{name}", std::process::id());
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let program = folder.path().join(format!("{session}.exe"));
        fs::copy(fixture("storm.exe"), &program).expect("the fixture can be copied");
        let mut run = Self::prepare(&session, &program, &["observer"]);
        let mut observer = run.start();
        let questions = observer.stdin.take().expect("stdin is a pipe");
        let stdout = observer.stdout.take().expect("stdout is a pipe");
        let mut answers = BufReader::new(stdout).lines();
        let ready = answers.next().expect("the observer begins").expect("text");
        let observer_pid =
            ready.trim().strip_prefix("ready ").expect("ready").parse().expect("a pid");
        let instants = Instants::new();
        Self { session, program, folder, observer, questions, answers, observer_pid, instants }
    }

    fn prepare(session: &str, program: &PathBuf, role: &[&str]) -> Run {
        Run::bare(haft()).args(["--session", session]).arg(program).args(role)
    }

    fn start(&self, role: &[&str]) -> Child {
        Self::prepare(&self.session, &self.program, role).start()
    }

    /// Starts a victim, and kills it at an instant of its life.
    fn kill_one(&mut self, role: &[&str], longest: Duration) {
        let mut victim = self.start(role);
        std::thread::sleep(self.instants.below(longest));
        victim.kill().expect("a child can be killed");
        let status = victim.wait().expect("a child can be waited for");
        if status.code().is_some() {
            let (mut out, mut err) = (String::new(), String::new());
            let _ = victim.stdout.take().expect("stdout is a pipe").read_to_string(&mut out);
            let _ = victim.stderr.take().expect("stderr is a pipe").read_to_string(&mut err);
            let seed = self.instants.seed;
            panic!("{role:?} ended by itself, {status} (seed {seed})\n{out}{err}");
        }
    }

    /// Asks the observer; the numbers of its answer.
    fn ask(&mut self, question: &str) -> Vec<u32> {
        writeln!(self.questions, "{question}").expect("the observer listens");
        let answer = self.answers.next().expect("the observer lives").expect("text");
        let mut words = answer.split_whitespace();
        assert_eq!(words.next(), question.split(' ').next(), "{answer}");
        words.map(|word| word.parse().expect("a number")).collect()
    }

    /// The processes of this session: those that run this program.
    fn processes(&self) -> usize {
        let listed = Run::bare(haft()).args(["ps", "--json"]).outcome();
        listed.expect_code(0);
        let listed: serde_json::Value = serde_json::from_str(&listed.out()).expect("a list");
        let own = format!("{}.exe", self.session);
        let runs = |p: &&serde_json::Value| p["program"] == *own && p["state"] != "ended";
        listed.as_array().expect("a list").iter().filter(runs).count()
    }

    /// The executive of this session: it has the socket open whose name ends with the session's.
    fn executive(&self) -> u32 {
        executive_of(&self.session).expect("an executive serves the session")
    }

    #[track_caller]
    fn until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            let seed = self.instants.seed;
            assert!(start.elapsed() < PATIENCE, "{what} did not happen (seed {seed})");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Nobody but the observer is left, and the executive holds no more than before.
    #[track_caller]
    fn expect_calm(&self, executive: u32, descriptors: usize) {
        self.until("the end of all processes but the observer", || self.processes() == 1);
        self.until("that the executive lets go", || descriptors_of(executive) <= descriptors);
        assert_eq!(self.executive(), executive);
    }

    /// Ends the observer, and with it the session.
    fn end(self) {
        drop(self.questions);
        finish_quietly(self.observer);
        let start = Instant::now();
        while executive_of(&self.session).is_some() {
            assert!(start.elapsed() < PATIENCE, "the executive goes on without anybody");
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(self.folder);
    }
}

/// Waits for a program whose output was read already.
fn finish_quietly(mut child: Child) {
    let status = child.wait().expect("a child can be waited for");
    assert_eq!(status.code(), Some(0));
}

/// After each kill the mutex is to be had, by both who want it, and is abandoned at most once; and
/// exactly once after the end of one who is known to have owned it.
#[test]
fn mutex_owners() {
    let mut storm = Storm::new("mutex");
    for name in ["m0", "m1", "m2"] {
        assert_eq!(storm.ask(&format!("mutex {name}")), [OBJECT_0, OBJECT_0]);
    }
    let executive = storm.executive();
    let descriptors = descriptors_of(executive);
    for round in 0..kills() {
        let name = format!("m{}", round % 3);
        storm.kill_one(&["mutex", &name], Duration::from_millis(12));
        let got = storm.ask(&format!("mutex {name}"));
        let abandoned = got.iter().filter(|&&g| g == ABANDONED).count();
        let fine = got.len() == 2 && got.iter().all(|&g| g == OBJECT_0 || g == ABANDONED);
        assert!(fine && abandoned <= 1, "{got:?} (seed {})", storm.instants.seed);

        let mut holder = storm.start(&["holder", &name]);
        let stdout = holder.stdout.take().expect("stdout is a pipe");
        let said = BufReader::new(stdout).lines().next().expect("it says so").expect("text");
        assert_eq!(said.trim(), "holds");
        holder.kill().expect("a child can be killed");
        holder.wait().expect("a child can be waited for");
        let mut got = storm.ask(&format!("mutex {name}"));
        got.sort_unstable();
        assert_eq!(got, [OBJECT_0, ABANDONED], "(seed {})", storm.instants.seed);
    }
    storm.expect_calm(executive, descriptors);
    storm.end();
}

/// A signal given after a kill is there for the living, once.
#[test]
fn event_waiters() {
    let mut storm = Storm::new("event");
    storm.ask("event calm");
    let executive = storm.executive();
    let descriptors = descriptors_of(executive);
    for round in 0..kills() {
        let name = format!("e{}", round % 3);
        storm.kill_one(&["waiter", &name], Duration::from_millis(12));
        let got = storm.ask(&format!("event {name}"));
        assert_eq!(got, [1, OBJECT_0, TIMED_OUT], "(seed {})", storm.instants.seed);
    }
    storm.expect_calm(executive, descriptors);
    storm.end();
}

/// Children of a parent that is killed in CreateProcess run to their end or never run.
#[test]
fn parents() {
    let mut storm = Storm::new("parent");
    storm.ask("event calm");
    let executive = storm.executive();
    let descriptors = descriptors_of(executive);
    for round in 0..kills() {
        let name = format!("p{}", round % 3);
        storm.kill_one(&["parent", &name], Duration::from_millis(25));
        assert_eq!(storm.ask(&format!("event {name}")), [1, OBJECT_0, TIMED_OUT]);
        if round % 10 == 9 {
            storm.expect_calm(executive, descriptors);
        }
    }
    storm.expect_calm(executive, descriptors);
    storm.end();
}

/// One who is killed while it duplicates handles into another process and takes them back leaves
/// that process's table whole: what it put there can be closed, and the count is right.
#[test]
fn duplicators() {
    let mut storm = Storm::new("duplicator");
    let before = storm.ask("table");
    let executive = storm.executive();
    // It keeps one of who was ever offered something, by which it learns of its end.
    let descriptors = descriptors_of(executive) + 1;
    let pid = storm.observer_pid.to_string();
    for _ in 0..kills() {
        storm.kill_one(&["duplicator", &pid], Duration::from_millis(15));
        // What it asked for last may be done a moment after its end.
        let (mut after, start) = (storm.ask("table"), Instant::now());
        while after != before && start.elapsed() < PATIENCE {
            after = storm.ask("table");
        }
        assert_eq!(after, before, "(seed {})", storm.instants.seed);
    }
    // What the last one asked for last may have been done behind the observer's last look.
    let start = Instant::now();
    while descriptors_of(executive) > descriptors && start.elapsed() < PATIENCE {
        storm.ask("table");
    }
    assert_eq!(storm.ask("table"), before);
    storm.expect_calm(executive, descriptors);
    storm.end();
}

/// One who is killed in the midst of calls over shared memory, in four threads at once, leaves nothing:
/// its objects are gone, and what the executive had of it.
#[test]
fn callers() {
    let mut storm = Storm::new("caller");
    storm.ask("event calm");
    let executive = storm.executive();
    let descriptors = descriptors_of(executive);
    for round in 0..kills() {
        let name = format!("c{round}");
        storm.kill_one(&["caller", &name], Duration::from_millis(12));
        let (mut left, start) = (storm.ask(&format!("caller {name}")), Instant::now());
        while left != [0] && start.elapsed() < PATIENCE {
            left = storm.ask(&format!("caller {name}"));
        }
        assert_eq!(left, [0], "(seed {})", storm.instants.seed);
        assert_eq!(storm.ask("event calm"), [1, OBJECT_0, TIMED_OUT]);
    }
    storm.expect_calm(executive, descriptors);
    storm.end();
}

/// The executive is killed at random instants: its processes are told, and private work goes on.
#[test]
fn executives() {
    let mut instants = Instants::new();
    for round in 0..kills() {
        let session = format!("storm-{}-executive-{round}", std::process::id());
        let mut sharers: Vec<Sharer> = (0..2).map(|_| Sharer::start(&session)).collect();
        let executive = executive_of(&session).expect("an executive serves the session");
        std::thread::sleep(instants.below(Duration::from_millis(5)));
        let pid = rustix::process::Pid::from_raw(executive as i32).expect("an identifier");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
        for sharer in &mut sharers {
            sharer.expect_told(instants.seed);
        }
    }
}

/// A process that shares objects without end.
struct Sharer {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Sharer {
    /// Starts one, which has an executive when this returns.
    fn start(session: &str) -> Self {
        let run = Run::bare(haft()).args(["--session", session]);
        let mut child = run.arg(fixture("storm.exe")).arg("sharer").start();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it says that it is ready");
        assert_eq!(line.trim(), "ready");
        Self { child, stdout }
    }

    /// It was told that the executive has ended, and has done what needs none.
    fn expect_told(&mut self, seed: u64) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).expect("text");
        let mut stderr = self.child.stderr.take().expect("stderr is a pipe");
        stderr.read_to_string(&mut err).expect("text");
        let status = self.child.wait().expect("a child can be waited for");
        let fine =
            status.code() == Some(0) && out.contains("ok: ") && err.contains("executive has ended");
        assert!(fine, "{status:?} (seed {seed})\n{out}{err}");
    }
}

/// A process whose event an executive has taken over, and that has never asked for anything itself, does not
/// take the next executive's objects for it.
#[test]
fn the_numbers_of_an_executive_that_was_killed() {
    let session = format!("storm-{}-numbers", std::process::id());
    let storm = fixture("storm.exe");
    let start = |role: &[&str]| Storm::prepare(&session, &storm, role).start();
    let mut quiet = start(&["quiet"]);
    let mut said = BufReader::new(quiet.stdout.take().expect("stdout is a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says its event");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut taker = start(&["taker", words[1], words[2]]);
    let mut taken = String::new();
    let mut answers = BufReader::new(taker.stdout.take().expect("stdout is a pipe"));
    answers.read_line(&mut taken).expect("it says so");
    assert_eq!(taken.trim(), "taken");
    let executive = executive_of(&session).expect("an executive serves the session");
    let pid = rustix::process::Pid::from_raw(executive as i32).expect("an identifier");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
    taker.kill().expect("it is ours");
    taker.wait().expect("a child can be waited for");
    let mut observer = start(&["observer"]);
    let mut ready = BufReader::new(observer.stdout.take().expect("stdout is a pipe"));
    ready.read_line(&mut String::new()).expect("it is ready");
    assert!(executive_of(&session).is_some_and(|next| next != executive));
    writeln!(quiet.stdin.as_ref().expect("stdin is a pipe"), "go").expect("it listens");
    let mut out = String::new();
    said.read_to_string(&mut out).expect("text");
    assert_eq!(quiet.wait().expect("a child can be waited for").code(), Some(0), "{out}");
    // Neither is to be had; what is private goes on.
    assert!(out.starts_with("set 0 other 0 (6)"), "{out}");
    drop(observer.stdin.take());
    finish_quietly(observer);
}

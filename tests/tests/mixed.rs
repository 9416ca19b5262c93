//! Builds, pipes, sockets and Ctrl-C together, round after round: nothing is left over.
//!
//! `HAFT_MIXED_SECONDS` is how long that goes on (three rounds where it is not set).

use haft_tests::session::{descriptors_of, executive_of};
use haft_tests::{Run, fixture, haft, program};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
/// Until everything that is made once has been made: threads of haft's own, zygote, executive.
const WARM_UP: u32 = 2;

const BLOCK: &str = "/memfd:haft-process-block (deleted)";

/// The program that does the rounds, alone in a session of haft's and one of Linux's.
struct Driver {
    session: String,
    /// With the folder that it works in.
    _run: Run,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// Everything that could leak, as haft counts it and as Linux does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Census {
    /// What the program is told of its own handles, threads and children.
    told: String,
    /// The types of its handles, as `haft handles` sees them.
    handles: BTreeMap<String, usize>,
    /// What its descriptors are open on; where one of a kind is like another, the kind alone.
    descriptors: BTreeMap<String, usize>,
    threads: usize,
    executive_descriptors: usize,
    executive_threads: usize,
    zygote_descriptors: Vec<usize>,
    /// The names of Linux's processes in the session, spares aside; how they ended if they did.
    processes: Vec<String>,
    spares: usize,
}

impl Driver {
    fn start() -> Self {
        let session = format!("mixed-{}", std::process::id());
        let ninja = format!("Z:{}", program("ninja.exe").display());
        // Ctrl-C may be ignored by who started the tests; here it must be heard.
        let mut run = Run::bare("env").args(["--default-signal=INT,QUIT", "setsid"]).arg(haft());
        run = run.args(["--session", &session]).arg(fixture("mixed.exe")).arg(ninja);
        let mut child = run.start();
        let input = child.stdin.take().expect("stdin is a pipe");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut output = BufReader::new(stdout).lines();
        assert_eq!(output.next().expect("it begins").expect("text").trim_end(), "ready");
        Self { session, _run: run, child, input, output }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.input, "{what}").expect("it listens");
        self.output.next().expect("it answers").expect("text").trim_end().to_owned()
    }

    /// One round, and an interrupt from outside somewhere in it.
    fn round(&mut self, number: u32) {
        writeln!(self.input, "round").expect("it listens");
        std::thread::sleep(Duration::from_millis(u64::from(number * 37 % 400)));
        let group = Pid::from_raw(self.child.id().cast_signed()).expect("an identifier");
        kill_process_group(group, Signal::INT).expect("the group is ours");
        let Some(said) = self.output.next() else {
            panic!("{:?}, round {number}", self.child.wait());
        };
        let said = said.expect("text");
        assert_eq!(said.trim_end(), "done 0", "round {number}: {}", self.rest());
    }

    /// What else it says until it has done its round.
    fn rest(&mut self) -> String {
        let lines = self.output.by_ref().map_while(Result::ok);
        lines.take_while(|line| !line.starts_with("done")).collect::<Vec<_>>().join("\n")
    }

    /// The census, once nobody but the program and its zygote runs.
    fn census(&mut self) -> Census {
        let start = Instant::now();
        loop {
            let census = self.count();
            let calm = census.processes == ["haft", "haft-zygote"] && census.spares == 2;
            if calm || start.elapsed() > PATIENCE {
                return census;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn count(&mut self) -> Census {
        let told = self.ask("count");
        let pid = self.child.id();
        let listed = Run::bare(haft()).args(["handles", &pid.to_string(), "--json"]).outcome();
        let listed: serde_json::Value =
            serde_json::from_str(&listed.expect_code(0).out()).expect("a list");
        let mut handles = BTreeMap::new();
        for handle in listed[0]["table"].as_array().expect("a table") {
            let kind = handle["type"].as_str().expect("a name").to_owned();
            *handles.entry(kind).or_default() += 1;
        }
        let mut descriptors: BTreeMap<String, usize> = BTreeMap::new();
        let session = session_of(pid);
        let spares: Vec<u32> =
            session.iter().filter(|p| p.name == "haft-spare").map(|p| p.pid).collect();
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").flatten() {
            if process_behind(pid, &entry.file_name()).is_some_and(|pid| spares.contains(&pid)) {
                continue;
            }
            let to = fs::read_link(entry.path()).unwrap_or_default().to_string_lossy().into_owned();
            let kind = to.split_once(":[").map_or(&*to, |(kind, _)| kind).to_owned();
            *descriptors.entry(kind).or_default() += 1;
        }
        // A spare that has said where it is is one of a block and a wire.
        let blocks = descriptors.get_mut(BLOCK).expect("its own block");
        let known_spares = std::mem::replace(blocks, 1) - 1;
        assert!(known_spares <= 2, "{known_spares} process blocks too many: {descriptors:?}");
        *descriptors.get_mut("socket").expect("haft has some") -= known_spares;
        let executive = executive_of(&self.session).expect("an executive serves the session");
        let mut census = Census {
            told,
            handles,
            descriptors,
            threads: threads_of(pid),
            executive_descriptors: descriptors_of(executive),
            executive_threads: threads_of(executive),
            zygote_descriptors: Vec::new(),
            processes: Vec::new(),
            spares: spares.len(),
        };
        for process in session {
            if process.name == "haft-zygote" {
                census.zygote_descriptors.push(descriptors_of(process.pid));
            }
            if process.name != "haft-spare" {
                census.processes.push(process.name);
            }
        }
        census.processes.sort();
        census
    }

    /// Ends the program; nothing of it may be left over, nor of its executive.
    fn end(mut self) {
        let leader = self.child.id();
        drop(self.input);
        let rest: Vec<String> = self.output.map_while(Result::ok).collect();
        assert!(self.child.wait().expect("it can be waited for").success(), "{rest:?}");
        let start = Instant::now();
        while executive_of(&self.session).is_some() || !session_of(leader).is_empty() {
            assert!(start.elapsed() < PATIENCE, "left over: {:?}", session_of(leader));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[derive(Debug)]
struct Process {
    pid: u32,
    name: String,
}

/// The processes of a Linux session; one that has ended and was not waited for says so.
fn session_of(leader: u32) -> Vec<Process> {
    let all = fs::read_dir("/proc").expect("there is /proc").flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        let of_session = fields.get(3) == Some(&leader.to_string().as_str());
        let dead = if fields[0] == "Z" { " (dead)" } else { "" };
        // The program has its own file's name.
        let name = head.split_once('(')?.1;
        let name = if pid == leader { "haft" } else { name };
        of_session.then(|| Process { pid, name: format!("{name}{dead}") })
    })
    .collect()
}

/// The process that a descriptor of a process is for, if it is for one.
fn process_behind(pid: u32, descriptor: &std::ffi::OsStr) -> Option<u32> {
    let path = format!("/proc/{pid}/fdinfo/{}", descriptor.to_str()?);
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim().parse().ok()
}

fn threads_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// Kilobytes in use, and mappings: told, since memory is kept for what comes next.
fn memory_of(pid: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    (kilobytes.unwrap_or(0), maps.lines().count())
}

#[test]
fn mixed() {
    let seconds = std::env::var("HAFT_MIXED_SECONDS").ok().and_then(|n| n.parse().ok());
    let limit = seconds.map(Duration::from_secs);
    let mut driver = Driver::start();
    let mut rounds = 0;
    while rounds < WARM_UP {
        driver.round(rounds);
        rounds += 1;
    }
    let executive = executive_of(&driver.session).expect("an executive serves the session");
    let before = driver.census();
    let memory = [driver.child.id(), executive].map(memory_of);
    assert_eq!(before.processes, ["haft", "haft-zygote"], "{before:?}");
    let start = Instant::now();
    while limit.map_or(rounds < WARM_UP + 3, |limit| start.elapsed() < limit) {
        driver.round(rounds);
        rounds += 1;
    }
    let after = driver.census();
    assert_eq!(executive_of(&driver.session), Some(executive));
    eprintln!(
        "{rounds} rounds in {:?}: {after:?}\nmemory (KiB, mappings) of the program and its \
         executive: {memory:?}, then {:?}",
        start.elapsed(),
        [driver.child.id(), executive].map(memory_of)
    );
    assert_eq!(after, before, "left: what there is; right: what there was");
    driver.end();
}

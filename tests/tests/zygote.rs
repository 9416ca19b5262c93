//! Processes that are forked from a zygote are what processes that are executed are, and a zygote's
//! death costs nothing but time.
//!
//! `HAFT_KILLS` is how many zygotes are killed (20 where it is not set).

use haft_tests::{Run, fixture, haft};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The fixture that creates children as it is told.
struct Creator {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Creator {
    fn start() -> Self {
        Self::of(Run::new(fixture("many_children.exe")))
    }

    fn of(mut run: Run) -> Self {
        let mut child = run.start();
        let input = child.stdin.take().expect("stdin is a pipe");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        Self { child, input, output: BufReader::new(stdout).lines() }
    }

    fn say(&mut self, words: &str) {
        writeln!(self.input, "{words}").expect("the creator listens");
    }

    fn hear(&mut self) -> String {
        self.output.next().expect("the creator answers").expect("text").trim_end().to_owned()
    }

    fn ask(&mut self, words: &str) -> String {
        self.say(words);
        self.hear()
    }

    /// What a new child sees of itself.
    fn report(&mut self) -> Vec<String> {
        self.say("report");
        let mut lines = Vec::new();
        loop {
            let line = self.hear();
            if let Some(code) = line.strip_prefix("end ") {
                assert_eq!(code, "0", "{lines:?}");
                return lines;
            }
            lines.push(line);
        }
    }

    /// Has a zygote started, and seen to work.
    fn warm_up(&mut self) {
        let start = Instant::now();
        while children(self.child.id(), "haft-spare").is_empty() {
            assert!(start.elapsed() < PATIENCE, "there is no zygote");
            assert_eq!(self.ask("burst 1 1"), "wrong 0");
        }
    }

    /// Ends the creator; nothing of it may be left over.
    fn end(mut self) {
        let all = children(self.child.id(), "haft-");
        drop(self.input);
        assert!(self.child.wait().expect("it can be waited for").success());
        for pid in all {
            assert!(name_of(pid).is_none(), "{pid} is left over");
        }
    }
}

fn name_of(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned())
}

/// The children of a process whose name begins so.
fn children(parent: u32, name: &str) -> Vec<u32> {
    let wanted = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let Some((head, tail)) = stat.rsplit_once(')') else { return false };
        let of_parent = tail.split_whitespace().nth(1) == Some(&parent.to_string());
        of_parent && head.split_once('(').is_some_and(|(_, own)| own.starts_with(name))
    };
    let all = fs::read_dir("/proc").expect("there is /proc").flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(wanted).collect()
}

/// The spares of a process, once there are both and each waits to be told what it is to be.
fn waiting_spares(creator: u32) -> Vec<u32> {
    let end = Instant::now() + Duration::from_secs(20);
    let sleeps = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") S "))
    };
    loop {
        let spares = children(creator, "haft-spare");
        if spares.len() == 2 && spares.iter().all(sleeps) {
            return spares;
        }
        assert!(Instant::now() < end, "{spares:?} are not two that wait");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process has ended, and was not waited for.
fn is_dead(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

/// When a process started, in Linux's ticks: identifiers begin anew when they have reached the highest.
fn started(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let field = stat.rsplit_once(')').and_then(|(_, tail)| tail.split_whitespace().nth(19));
    field.and_then(|field| field.parse().ok()).unwrap_or(u64::MAX)
}

/// What children of one parent have in common, and the rest.
fn split(report: Vec<String>) -> (BTreeSet<String>, Vec<String>) {
    // What tells of the process's own life.
    let own = [
        "Pid:", "Tgid:", "NStgid:", "NSpid:", "Vm", "Rss", "Hugetlb", "_ctxt", "FDSize:", "place:",
        // How many signals wait for all processes of the user.
        "SigQ:",
    ];
    let own = |line: &String| own.iter().any(|word| line.contains(word)) && !line.contains("PPid:");
    let (own, common): (Vec<String>, Vec<String>) = report.into_iter().partition(own);
    (common.into_iter().collect(), own)
}

/// Where a child has its program and its first memory.
fn place_of(own: &[String]) -> Option<(&str, &str)> {
    own.iter().find_map(|line| line.strip_prefix("place: "))?.split_once(' ')
}

/// A program that was run twice is kept ready for the next; nobody runs what it was before.
#[test]
fn a_program_that_changed_is_another_program() {
    let mut creator = Creator::start();
    creator.warm_up();
    // Which has been what it is for long: where one child has it, the next has it too.
    let start = Instant::now();
    let base = |creator: &mut Creator| {
        place_of(&creator.report()).map(|(program, _)| program.to_owned()).expect("a place")
    };
    let mut before = base(&mut creator);
    loop {
        let now = base(&mut creator);
        if now == before {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "no image is kept");
        before = now;
    }

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changes.exe");
    let mut program = fs::read(fixture("entry_return.exe")).expect("it is built");
    let code = [0xB8, 23, 0, 0, 0];
    let at = program.windows(5).position(|bytes| bytes == code).expect("mov eax, 23") + 1;
    fs::write(&path, &program).expect("it is written");
    let run = format!("program Z:{}", path.display());
    let settled = Duration::from_millis(4_200);
    std::thread::sleep(settled);
    for _ in 0..6 {
        assert_eq!(creator.ask(&run), "end 23");
    }
    // Another one in its place, and then the same file with other contents, twice within a moment.
    for (round, code) in [24, 25, 26].into_iter().enumerate() {
        program[at] = code;
        if round == 0 {
            let other = folder.path().join("other.exe");
            fs::write(&other, &program).expect("it is written");
            fs::rename(&other, &path).expect("it is moved");
        } else {
            fs::write(&path, &program).expect("it is written");
        }
        for _ in 0..4 {
            assert_eq!(creator.ask(&run), format!("end {code}"));
        }
    }
    creator.end();
}

#[test]
fn a_forked_child_has_what_an_executed_one_has() {
    let mut creator = Creator::start();
    let parent = format!("status: PPid:\t{}", creator.child.id());
    // The first is executed.
    let (mut executed, _) = split(creator.report());
    assert!(executed.contains(&parent), "{executed:?}");
    creator.warm_up();
    let (mut forked, own) = split(creator.report());
    assert!(!children(creator.child.id(), "haft-spare").is_empty());
    // Only one of them was given its program's name.
    assert!(forked.contains("comm: many_children.e"), "{forked:?}");
    let named = |line: &String| !line.contains("Name:") && !line.starts_with("comm:");
    executed.retain(named);
    forked.retain(named);
    assert_eq!(executed, forked);
    // Forked twice, memory is not at the same place.
    let place = |own: &[String]| Some(place_of(own)?.1.to_owned());
    let (_, again) = split(creator.report());
    assert_ne!(place(&own), place(&again));
    creator.end();
}

#[test]
fn what_changes_for_the_parent_changes_for_its_next_child() {
    let mut creator = Creator::start();
    creator.warm_up();
    let pid = creator.child.id().to_string();
    let change = |command: &str, args: &[&str]| {
        let status =
            Command::new(command).args(args).arg(&pid).output().expect("util-linux is there");
        assert!(status.status.success(), "{command}: {status:?}");
    };
    let has = |creator: &mut Creator, text: &str| {
        // Once executed, and then forked from a new zygote.
        for round in 0..6 {
            let report = creator.report();
            assert!(report.iter().any(|line| line.contains(text)), "{round}: {report:?}");
        }
    };
    change("prlimit", &["--core=12288:12288", "--pid"]);
    has(&mut creator, "Max core file size        12288                12288");
    change("taskset", &["-p", "1"]);
    has(&mut creator, "Cpus_allowed_list:\t0");
    change("renice", &["-n", "7", "-p"]);
    let stat = |pid: u32| fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    for _ in 0..4 {
        let child = creator.ask("sleep");
        let child: u32 = child.strip_prefix("pid ").expect("a child").parse().expect("a number");
        let stat = stat(child);
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        assert_eq!(fields.split_whitespace().nth(16), Some("7"), "{stat}");
        let child = rustix::process::Pid::from_raw(child.cast_signed()).expect("a process");
        rustix::process::kill_process(child, rustix::process::Signal::KILL).expect("it is ours");
        // The signal that ended it reaches its creator.
        assert_eq!(creator.ask("wait"), "end 137");
    }
    creator.end();
}

/// A Ctrl-C is for the processes that are there when it comes, also for one that has not woken yet.
#[test]
fn a_ctrl_c_is_for_who_is_created_and_not_for_who_will_be() {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    use std::os::unix::process::CommandExt as _;
    let mut run = Run::bare("env");
    run.command().arg("--default-signal=INT,QUIT").arg(haft());
    run.command().arg(fixture("many_children.exe")).process_group(0);
    let mut creator = Creator::of(run);
    creator.warm_up();
    assert_eq!(creator.ask("burst 4 1"), "wrong 0");
    let pid = creator.child.id();
    let group = Pid::from_raw(pid.cast_signed()).expect("a process");
    // A handler of its own from here on.
    creator.ask("listen 0");
    assert_eq!(creator.ask("wait"), "end 0");
    for signal in [Signal::INT, Signal::QUIT] {
        for after in [true, false, true] {
            let spares = waiting_spares(pid);
            let each = |signal| {
                for spare in &spares {
                    let spare = Pid::from_raw(spare.cast_signed()).expect("a process");
                    let _ = kill_process(spare, signal);
                }
            };
            // Whichever is taken does not wake before the Ctrl-C has come.
            each(Signal::STOP);
            if !after {
                kill_process_group(group, signal).expect("it is ours");
            }
            let child = creator.ask(if after { "listen 20000" } else { "listen 400" });
            let child: u32 =
                child.strip_prefix("pid ").expect("a child").parse().expect("a number");
            assert!(spares.contains(&child), "{child} is none of {spares:?}");
            if after {
                kill_process_group(group, signal).expect("it is ours");
            }
            each(Signal::CONT);
            // It has not got as far as to have a handler: STATUS_CONTROL_C_EXIT.
            let end = if after { "end 3221225786" } else { "end 0" };
            assert_eq!(creator.ask("wait"), end, "{signal:?} after: {after}");
            assert_eq!(creator.ask("burst 2 1"), "wrong 0");
        }
    }
    creator.end();
}

#[test]
fn a_hundred_children_at_once_from_a_zygote() {
    let mut creator = Creator::start();
    creator.warm_up();
    assert_eq!(creator.ask("burst 400 64"), "wrong 0");
    creator.end();
}

/// A creator hears of an end before Linux has told it, closes the handle, and does nothing more.
#[test]
fn no_child_stays_a_zombie() {
    let mut creator = Creator::start();
    creator.warm_up();
    for count in [1, 1, 30, 1] {
        assert_eq!(creator.ask(&format!("burst {count} 1")), "wrong 0");
        let start = Instant::now();
        loop {
            let all = children(creator.child.id(), "");
            if !all.into_iter().any(is_dead) {
                break;
            }
            assert!(start.elapsed() < PATIENCE, "nobody reaps it");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    creator.end();
}

#[test]
fn zygotes_are_killed() {
    let kills: u32 = std::env::var("HAFT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let mut creator = Creator::start();
    creator.warm_up();
    let handles = creator.ask("handles");
    let descriptors = |pid: u32| fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
    let pid = creator.child.id();
    let most = descriptors(pid) + 8;
    let mut killed = 0;
    let mut seed = Instant::now();
    while killed < kills {
        creator.say("burst 40 3");
        // At an instant that differs, as long as the burst lasts about.
        let wait = seed.elapsed().subsec_nanos() % 9_000_000;
        std::thread::sleep(Duration::from_nanos(u64::from(wait)));
        // A spare has this name too, for a moment. Whoever was forked is younger.
        let zygotes = children(pid, "haft-zygote").into_iter().filter(|&pid| !is_dead(pid));
        if let Some(zygote) = zygotes.min_by_key(|&pid| started(pid)) {
            let zygote = rustix::process::Pid::from_raw(zygote.cast_signed()).expect("a process");
            killed += u32::from(
                rustix::process::kill_process(zygote, rustix::process::Signal::KILL).is_ok(),
            );
        }
        assert_eq!(creator.hear(), "wrong 0", "after {killed} kills");
        seed = Instant::now() - Duration::from_nanos(u64::from(wait) * 7919 % 1_000_000_007);
        assert_eq!(creator.ask("handles"), handles, "after {killed} kills");
        // Those of children that are about to be gone are there for a moment.
        let start = Instant::now();
        while descriptors(pid) > most {
            assert!(start.elapsed() < PATIENCE, "after {killed} kills: {}", descriptors(pid));
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    // What was killed is forgotten when the next is created.
    creator.warm_up();
    assert_eq!(creator.ask("burst 2 1"), "wrong 0");
    assert!(children(pid, "haft-").len() <= 4, "{:?}", children(pid, "haft-"));
    creator.end();
}

#[test]
fn a_zygote_ends_with_its_creator() {
    let mut creator = Creator::start();
    creator.warm_up();
    let all = children(creator.child.id(), "haft-");
    assert!(all.len() >= 2, "{all:?}");
    creator.child.kill().expect("it is ours");
    creator.child.wait().expect("it can be waited for");
    let start = Instant::now();
    let gone = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Who reaps orphans here may take its time.
        stat.is_empty() || stat.contains(") Z ") || !stat.contains("(haft-")
    };
    while !all.iter().all(gone) {
        assert!(start.elapsed() < PATIENCE, "{all:?} go on without their creator");
        std::thread::sleep(Duration::from_millis(2));
    }
}

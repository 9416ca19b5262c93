//! The executive: it is there when it is needed, and only then.

use haft_abi::{AccessMask, Pid};
use haft_host::packet;
use haft_tests::client::{Block, Client, address_of};
use haft_tests::session::executive_of as serving;
use haft_tests::{Outcome, Run, finish, fixture, haft};
use haft_wire::{Answer, PROTOCOL, ProcessAnswer, ProcessRequest, Request};
use rustix::fd::AsFd;
use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// `child.exe` in a session, doing this.
fn in_session(session: &str, work: &[&str]) -> Run {
    Run::bare(haft()).args(["--session", session]).arg(fixture("child.exe")).args(work)
}

fn session(name: &str) -> String {
    format!("test-{}-{name}", std::process::id())
}

/// Whether somebody listens for a session: Linux lists every socket's name.
fn is_served(session: &str) -> bool {
    let sockets = fs::read_to_string("/proc/net/unix").expect("Linux lists sockets");
    sockets.lines().any(|line| line.ends_with(&format!("/{session}")))
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ended(child: Child) -> Outcome {
    finish(child, PATIENCE)
}

/// A hundred processes that all find no executive start one, and it ends with the last of them.
#[test]
fn a_hundred_start_one_executive() {
    let session = session("hundred");
    let mut runs: Vec<Run> =
        (0..100).map(|_| in_session(&session, &["open", "event", "nothing"])).collect();
    let children: Vec<Child> = runs.iter_mut().map(Run::start).collect();
    for child in children {
        ended(child).expect_code(0).expect_out("open 0 error=2\n").expect_quiet();
    }
    until("the end of the executive", || !is_served(&session));
}

/// Who answers is the executive, and Linux says so; whoever began to listen for it is not.
#[test]
fn who_answers_is_the_executive() {
    let session = session("answers");
    let mut run =
        in_session(&session, &["create", "event", "calm", "then", "flush", "then", "eof"]);
    let mut child = run.start();
    until("an executive", || serving(&session).is_some() && is_served(&session));
    let address = address_of(&session).expect("an executive serves the session");
    let block = Block::new(&address, Pid(std::process::id()));
    let client = Client::connect(&address).expect("it listens");
    packet::know_senders(&client.socket, true).expect("a socket");
    let hello = haft_wire::encode(&Request::Hello { protocol: PROTOCOL }).expect("it fits");
    client.send(&hello, &[block.file.as_fd()]).expect("it is sent");
    let mut buffer = [0; 64];
    let (_, _, sender) = packet::receive_from(&client.socket, &mut buffer).expect("an answer");
    assert_eq!(sender.map(|sender| sender.pid.0), serving(&session));
    let peer = packet::peer(&client.socket).expect("a socket");
    assert_eq!(peer.pid.0, child.id(), "who started it");
    drop(child.stdin.take());
    ended(child).expect_code(0);
}

/// A program that shares nothing has no executive.
#[test]
fn who_shares_nothing_starts_none() {
    let session = session("alone");
    let mut run = in_session(&session, &["echo", "here", "then", "flush", "then", "sleep", "300"]);
    let child = run.start();
    std::thread::sleep(Duration::from_millis(150));
    assert!(!is_served(&session));
    ended(child).expect_code(0);
}

/// The executive that a process has started: the child of it that says so.
fn executive_of(pid: u32) -> Option<u32> {
    fs::read_dir("/proc").expect("/proc").filter_map(Result::ok).find_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()?;
        let is_executive = line.ends_with(b"--internal-executive\0") && parent == pid;
        if is_executive { entry.file_name().to_str()?.parse().ok() } else { None }
    })
}

/// A wait that only the executive could satisfy fails when the executive is killed; the process
/// is told, and goes on with what is its own.
#[test]
fn a_killed_executive_is_told() {
    let session = session("killed");
    let work = "create event x then wait opened 600000 then set opened then echo alive";
    let mut run = in_session(&session, &work.split(' ').collect::<Vec<_>>());
    let child = run.start();
    let mut executive = None;
    until("the start of the executive", || {
        executive = executive_of(child.id());
        executive.is_some()
    });
    // The wait is under way when the thread sleeps in its futex.
    let waits = format!("/proc/{}/syscall", child.id());
    until("the wait", || match fs::read_to_string(&waits) {
        Ok(call) => call.starts_with("202 "),
        Err(_) => {
            // Linux does not let this user see it; it will not take longer than that.
            std::thread::sleep(Duration::from_secs(2));
            true
        }
    });
    let pid = executive.expect("it was found").to_string();
    let killed = std::process::Command::new("kill").args(["-9", &pid]).status();
    assert!(killed.expect("kill can be run").success());
    let outcome = ended(child);
    outcome.expect_code(0);
    let text = outcome.out();
    assert!(text.contains("wait 4294967295 error=6\nset 0 error=6\nalive\n"), "{text}");
    assert!(outcome.err().contains("executive has ended"), "{}", outcome.err());
}

/// A process that has an identifier which Linux has used before, of one that somebody still has a handle
/// to, is found by it.
#[test]
fn an_identifier_that_is_used_again() {
    const NEXT: &str = "/proc/sys/kernel/ns_last_pid";
    let session = session("again");
    let mut first = in_session(&session, &["create", "event", "x", "then", "eof"]).start();
    let address = {
        let mut found = None;
        until("the start of the executive", || {
            found = address_of(&session);
            found.is_some()
        });
        found.expect("it was found")
    };
    let block = Block::new(&address, Pid(std::process::id()));
    let client = Client::greeted(&address, &block);
    let start = |_| in_session(&session, &["eof"]).start();
    let mut old = start(0);
    let pid = Pid(old.id());
    let open = || client.ask(&about(ProcessRequest::Open { pid, access: AccessMask(0x400) }), &[]);
    let code = |object| match client.ask(&about(ProcessRequest::Query { object }), &[]) {
        Ok(Ok(Answer::Process(ProcessAnswer::Process(facts)))) => facts.exit_code,
        other => panic!("{other:?}"),
    };
    let mut opened = None;
    until("the first process", || match open() {
        Ok(Ok(Answer::Process(ProcessAnswer::Opened { object, .. }))) => {
            opened = Some(object);
            true
        }
        _ => false,
    });
    let before = opened.expect("it was opened");
    assert_eq!(code(before), None);
    old.kill().expect("a child can be killed");
    old.wait().expect("a child can be waited for");
    assert!(code(before).is_some());
    let again = (0..100).find_map(|round| {
        fs::write(NEXT, (pid.0 - 1).to_string()).ok()?;
        let mut new = start(round);
        if new.id() == pid.0 {
            return Some(new);
        }
        new.kill().expect("a child can be killed");
        new.wait().expect("a child can be waited for");
        None
    });
    match again {
        None => println!("not tried: {NEXT} does not choose the next identifier here"),
        Some(mut new) => {
            let mut after = None;
            until("that the new process is found", || match open() {
                Ok(Ok(Answer::Process(ProcessAnswer::Opened { object, .. }))) => {
                    after = Some(object);
                    true
                }
                _ => false,
            });
            assert_eq!(code(after.expect("it was opened")), None);
            assert!(code(before).is_some());
            new.kill().expect("a child can be killed");
            new.wait().expect("a child can be waited for");
        }
    }
    drop(first.stdin.take());
    ended(first).expect_code(0);
}

fn about(request: ProcessRequest) -> Request {
    Request::Process(request)
}

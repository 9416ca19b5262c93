//! A session in which a hostile client is let loose beside a haft process that works there.

use crate::client::{Block, Client, PATIENCE, address_of};
use crate::{Run, fixture, haft};
use haft_abi::Pid;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// A session with a process that works in it, and is asked whether it still can.
pub struct Session {
    /// Its name.
    pub name: String,
    /// Where its executive listens.
    pub address: Vec<u8>,
    /// Who works there.
    pub worker: Worker,
    /// The home of who started the executive, where its log is.
    home: PathBuf,
    run: Run,
    /// This process's block.
    pub block: Block,
}

/// A haft process that uses shared objects.
pub struct Worker {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Worker {
    /// Starts one.
    pub fn start(run: &mut Run) -> Self {
        let mut child = run.start();
        let questions = child.stdin.take();
        let lines: Lines<BufReader<ChildStdout>> =
            BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let worker = Self { child, questions, answers };
        assert!(worker.hears().starts_with("ready "));
        worker
    }

    #[track_caller]
    fn hears(&self) -> String {
        self.answers.recv_timeout(PATIENCE).expect("the worker answers").trim().to_owned()
    }

    /// Makes a named event, sets it, and waits for it twice.
    #[track_caller]
    pub fn expect_fine(&mut self) {
        let questions = self.questions.as_mut().expect("it listens");
        writeln!(questions, "event calm").expect("the worker listens");
        assert_eq!(self.hears(), "event 1 0 258");
    }

    /// Ends it.
    pub fn end(mut self) {
        drop(self.questions.take());
        assert_eq!(self.child.wait().expect("a child").code(), Some(0));
    }
}

fn in_session(name: &str) -> Run {
    Run::bare(haft()).args(["--session", name]).arg(fixture("storm.exe")).arg("observer")
}

impl Session {
    /// Starts a session with one who works there.
    pub fn new(name: &str) -> Self {
        let name = format!("hostile-{}-{name}", std::process::id());
        let mut run = in_session(&name);
        let home = run.folder().to_path_buf();
        let worker = Worker::start(&mut run);
        let address = address_of(&name).expect("an executive serves the session");
        let block = Block::new(&address, Pid(std::process::id()));
        Self { name, address, worker, home, run, block }
    }

    /// Connects, and says nothing.
    pub fn connect(&self) -> Client {
        Client::connect(&self.address).expect("the executive listens")
    }

    /// Connects and says hello.
    pub fn greeted(&self) -> Client {
        Client::greeted(&self.address, &self.block)
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<String> {
        let path = self.home.join(".local/share/haft/executive.log");
        fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The log has so many lines, each naming this process and this reason.
    #[track_caller]
    pub fn expect_log(&self, lines: usize, reason: &str) {
        let start = Instant::now();
        while self.log().len() < lines && start.elapsed() < PATIENCE {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let log = self.log();
        let own = format!("haft: process {}", std::process::id());
        let fits = |line: &String| line.contains(&own) && line.contains(reason);
        assert!(log.len() == lines && log.iter().all(fits), "{lines} x {reason:?}: {log:#?}");
    }

    /// The client is dropped, and others go on.
    #[track_caller]
    pub fn expect_dropped(&mut self, client: &Client) {
        assert!(client.is_dropped());
        self.worker.expect_fine();
    }

    /// A process that is new is served too.
    #[track_caller]
    pub fn expect_room(&self) {
        let mut worker = Worker::start(&mut in_session(&self.name));
        worker.expect_fine();
        worker.end();
    }

    /// Ends it, and whoever works there.
    pub fn end(self) {
        self.worker.end();
        drop(self.run);
    }
}

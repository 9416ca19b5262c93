//! What the end-to-end tests share: finding the command and the fixtures, running one on the
//! other with a time limit, and saying what was seen when it is not what was expected.
//!
//! The tests need three things built before, all of which `./test` does:
//! the command (`HAFT_BIN`, or `target/<triple>/release/haft`, or `target/release/haft`, or
//! their debug neighbours), the fixtures (`target/fixtures`) and the real programs
//! (`target/programs`). A test whose thing is missing fails and says so; none is skipped
//! in silence.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub mod client;
pub mod hostile;
pub mod image;
pub mod requests;
pub mod sandbox;
pub mod session;
pub mod stopped;
pub mod terminal;

/// How long one program may run: far more than any needs on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The repository's root (`HAFT_ROOT`, or where this crate was built).
pub fn root() -> PathBuf {
    if let Some(path) = std::env::var_os("HAFT_ROOT") {
        return PathBuf::from(path);
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

/// The command under test.
pub fn haft() -> PathBuf {
    if let Some(path) = std::env::var_os("HAFT_BIN") {
        return PathBuf::from(path);
    }
    let target = root().join("target");
    let triple = "x86_64-unknown-linux-gnu";
    let found = ["release", "debug"]
        .iter()
        .flat_map(|profile| [target.join(triple).join(profile), target.join(profile)])
        .map(|folder| folder.join("haft"))
        .find(|path| path.exists());
    found.expect("no haft under target/: build it with `cargo build --release`, or set HAFT_BIN")
}

/// A fixture built by `fixtures/build`, by its file name.
pub fn fixture(file: &str) -> PathBuf {
    let path = root().join("target/fixtures").join(file);
    assert!(path.exists(), "{} is missing: run fixtures/build", path.display());
    path
}

/// A real program fetched by `./test`, by its file name.
pub fn program(file: &str) -> PathBuf {
    let path = root().join("target/programs").join(file);
    assert!(path.exists(), "{} is missing: run ./test, which fetches it", path.display());
    path
}

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code, or 128 plus the signal as a shell has it.
    pub code: i32,
    /// Whether a signal ended it: never right for haft.
    pub signal: Option<i32>,
    /// Standard output, byte for byte.
    pub stdout: Vec<u8>,
    /// Standard error, byte for byte.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// Standard output as text, with `\r\n` as `\n`.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).replace("\r\n", "\n")
    }

    /// Standard error as text, with `\r\n` as `\n`.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).replace("\r\n", "\n")
    }

    /// Fails unless the program ended with this exit code.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert!(
            self.signal.is_none() && self.code == code,
            "exit code {} (signal {:?}), expected {code}\n--- stdout\n{}--- stderr\n{}",
            self.code,
            self.signal,
            self.out(),
            self.err()
        );
        self
    }

    /// Fails unless standard output is this text.
    #[track_caller]
    pub fn expect_out(&self, text: &str) -> &Self {
        assert_eq!(self.out(), text, "standard error was: {}", self.err());
        self
    }

    /// Fails unless nothing was written to standard error.
    #[track_caller]
    pub fn expect_quiet(&self) -> &Self {
        assert_eq!(self.err(), "", "expected nothing on standard error");
        self
    }

    /// Fails unless standard error is one line that contains each of these.
    #[track_caller]
    pub fn expect_one_line(&self, parts: &[&str]) -> &Self {
        let text = self.err();
        assert!(
            text.ends_with('\n') && text.matches('\n').count() == 1 && text.len() > 1,
            "expected one line on standard error, saw: {text:?}"
        );
        for part in parts {
            assert!(text.contains(part), "expected {part:?} in {text:?}");
        }
        self
    }
}

/// One run of the command, being prepared. Each has a fresh folder of its own, which is its
/// current directory, its home and its temporary folder.
pub struct Run {
    command: Command,
    input: Vec<u8>,
    folder: tempfile::TempDir,
}

impl Run {
    /// `haft PROGRAM`; in the sandbox if `HAFT_SANDBOX` is set.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        if std::env::var_os("HAFT_SANDBOX").is_some() {
            return Self::wrapped(&[program.as_ref()]);
        }
        let mut run = Self::bare(haft());
        run.command.arg(program);
        run
    }

    /// `haft PROGRAM` in the sandbox, in a session of its own: an executive can do what its first
    /// client could.
    pub fn sandboxed(program: impl AsRef<OsStr>) -> Self {
        Self::wrapped(&["--session=private".as_ref(), program.as_ref()])
    }

    fn wrapped(arguments: &[&OsStr]) -> Self {
        Self::made(|folder| {
            let mut command = sandbox::wrap(haft(), folder);
            command.args(arguments);
            command
        })
    }

    /// Any Linux command under the same limits.
    pub fn bare(command: impl AsRef<OsStr>) -> Self {
        Self::made(|_| Command::new(command))
    }

    fn made(command: impl FnOnce(&Path) -> Command) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = command(folder.path());
        command.current_dir(folder.path()).env("HOME", folder.path());
        command.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        command.env("TMPDIR", folder.path());
        Self { command, input: Vec::new(), folder }
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable in its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes every variable from its environment.
    pub fn env_clear(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Runs somewhere else than in the fresh folder.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives it this on standard input (which is a pipe, empty unless told).
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// The fresh folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command, for what this type does not offer.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it with pipes on its three standard streams.
    #[track_caller]
    pub fn start(&mut self) -> Child {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match self.command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {:?}: {error}", self.command.get_program()),
        }
    }

    /// Runs it to its end, and kills it (and fails) when that takes too long.
    #[track_caller]
    pub fn outcome(self) -> Outcome {
        self.outcome_within(TIME_LIMIT)
    }

    /// As [`Run::outcome`], with another limit.
    #[track_caller]
    pub fn outcome_within(mut self, limit: Duration) -> Outcome {
        let mut child = self.start();
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = std::mem::take(&mut self.input);
        // A program may end without reading; that is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let outcome = finish(child, limit);
        writer.join().expect("the writer does not panic");
        outcome
    }
}

/// Waits for a started program, reading what it writes; kills it when the limit is over.
#[track_caller]
pub fn finish(mut child: Child, limit: Duration) -> Outcome {
    let mut stdout = child.stdout.take().expect("stdout is a pipe");
    let mut stderr = child.stderr.take().expect("stderr is a pipe");
    let read_out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(stdout.read_to_end(&mut bytes));
        bytes
    });
    let read_err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(stderr.read_to_end(&mut bytes));
        bytes
    });
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    let mut killed = false;
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        if start.elapsed() > limit && !killed {
            killed = true;
            child.kill().expect("the child can be killed");
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    let stdout = read_out.join().expect("the reader does not panic");
    let stderr = read_err.join().expect("the reader does not panic");
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal();
    let code = status.code().unwrap_or(128 + signal.unwrap_or(0));
    let outcome = Outcome { code, signal, stdout, stderr };
    assert!(!killed, "still running after {limit:?}; killed; so far: {outcome:#?}");
    outcome
}

/// Runs a fixture that checks itself, and fails with what it saw unless all its checks held.
#[track_caller]
pub fn check(name: &str) {
    check_with(Run::new(fixture(&format!("{name}.exe"))));
}

/// As [`check`], with the run prepared by the caller.
#[track_caller]
pub fn check_with(run: Run) {
    let outcome = run.outcome();
    let text = outcome.out();
    let last = text.lines().last().unwrap_or_default();
    assert!(
        outcome.signal.is_none() && outcome.code == 0 && last.starts_with("ok: "),
        "exit code {} (signal {:?})\n--- stdout\n{text}--- stderr\n{}",
        outcome.code,
        outcome.signal,
        outcome.err()
    );
    outcome.expect_quiet();
}

/// Makes one `#[test]` of each fixture that checks itself.
#[macro_export]
macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::check(stringify!($name));
            }
        )*
    };
}

//! What may have to wait, done by threads of their own: the executive never waits for a client.
//!
//! Closing a descriptor can take long when somebody else has chosen it (a socket that lingers), and
//! so can writing the log.

use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::{clock, data_folder, descriptor, last_close};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log begins anew at this length; the one before is kept beside it.
const LONGEST_LOG: u64 = 1 << 20;

/// The most threads that close descriptors; others wait for their turn.
const MAX_CLOSERS: usize = 16;

type Queue<T> = Mutex<(VecDeque<T>, usize)>;

static CLOSING: Queue<Vec<OwnedFd>> = Mutex::new((VecDeque::new(), 0));
static ENDING: Queue<OwnedFd> = Mutex::new((VecDeque::new(), 0));
static LINES: Queue<String> = Mutex::new((VecDeque::new(), 0));

fn locked<T>(queue: &Queue<T>) -> MutexGuard<'_, (VecDeque<T>, usize)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a thread do `work` with `thing`: one of at most so many, which end when there is nothing
/// left to do. Where Linux gives no thread, it waits for the next one.
fn have_done<T: Send + 'static>(queue: &'static Queue<T>, most: usize, work: fn(T), thing: T) {
    let mut state = locked(queue);
    state.0.push_back(thing);
    if state.1 >= most {
        return;
    }
    let until_done = move || {
        loop {
            let mut state = locked(queue);
            let Some(thing) = state.0.pop_front() else {
                state.1 -= 1;
                return;
            };
            drop(state);
            work(thing);
        }
    };
    if std::thread::Builder::new().name("haft-chores".into()).spawn(until_done).is_ok() {
        state.1 += 1;
    }
}

/// Closes descriptors that clients have chosen. A file is closed when this returns: others wait for
/// its share modes.
pub fn close(mut fds: Vec<OwnedFd>) {
    fds.retain(|fd| descriptor::may_linger(fd));
    if !fds.is_empty() {
        have_done(&CLOSING, MAX_CLOSERS, drop, fds);
    }
}

/// Closes what nobody has taken, as its last holder: a file that is to be deleted then is deleted by a
/// thread.
pub fn close_as_last(fds: Vec<OwnedFd>) {
    let (marked, plain) = fds.into_iter().partition(|fd| last_close::is_marked(fd.as_fd()));
    close(plain);
    for fd in Vec::into_iter(marked) {
        have_done(&ENDING, MAX_CLOSERS, last_close::close, fd);
    }
}

/// Second references to those of `fds` whose closing could wait, to be given to [`close`] when the
/// first ones are closed.
pub fn keep_open(fds: &[OwnedFd]) -> Vec<OwnedFd> {
    let risky = fds.iter().filter(|fd| descriptor::may_linger(fd));
    risky.filter_map(|fd| fd.try_clone().ok()).collect()
}

/// Writes a line to the session's log.
pub fn log(line: String) {
    have_done(&LINES, 1, |line| write(&line), line);
}

fn write(line: &str) {
    // A name in it may hold anything; it stays one line all the same.
    let plain: String = line
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    // There may be no place for it, as in an empty root.
    let Some(mut file) = open() else { return };
    let seconds = clock::system_time() / 10_000_000 - 11_644_473_600;
    let when = haft_crt::time::gmtime(seconds).map_or_else(String::new, |t| {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z ",
            t.year + 1900,
            t.mon + 1,
            t.mday,
            t.hour,
            t.min,
            t.sec
        )
    });
    let _ = file.write_all(format!("{when}haft: {plain}\n").as_bytes());
}

/// Where the log is.
fn path() -> Option<PathBuf> {
    Some(data_folder::path()?.join("executive.log"))
}

fn open() -> Option<File> {
    let path = path()?;
    fs::create_dir_all(path.parent()?).ok()?;
    if fs::metadata(&path).is_ok_and(|log| log.len() >= LONGEST_LOG) {
        let _ = fs::rename(&path, path.with_extension("log.old"));
    }
    OpenOptions::new().append(true).create(true).open(path).ok()
}

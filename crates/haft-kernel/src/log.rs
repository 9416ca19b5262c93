//! What haft says to a person: one line on standard error, each starting with `haft: `.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

static KEPT: OnceLock<fn()> = OnceLock::new();

/// Tells of lines that are kept back until they are whole (the call trace): `write` writes the
/// running thread's as it is by now. The first call holds for the process.
pub fn keep_back(write: fn()) {
    let _ = KEPT.set(write);
}

/// Writes what this thread keeps back: before it waits, before the process ends, and before
/// anything else is said.
pub fn flush() {
    if let Some(write) = KEPT.get() {
        write();
    }
}

/// Writes one line with one write, so that lines of several processes do not mix.
pub fn say(message: &str) {
    flush();
    // A name in the message may hold anything; it stays one line all the same.
    let plain: String = message
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    let line = format!("haft: {plain}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Writes a line once in this process's life, however often it is asked to. It is written when
/// this returns, also where another thread has come first.
pub fn say_once(message: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if said.insert(message.to_owned()) {
        say(message);
    }
}

//! What haft says to a person: one line on standard error, each starting with `haft: `.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;

/// Writes one line with one write, so that lines of several processes do not mix.
pub fn say(message: &str) {
    // A name in the message may hold anything; it stays one line all the same.
    let plain: String = message
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    let line = format!("haft: {plain}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Writes a line once in this process's life, however often it is asked to.
pub fn say_once(message: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if said.insert(message.to_owned()) {
        drop(said);
        say(message);
    }
}

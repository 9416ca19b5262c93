//! A terminal for programs that want one: it answers where its cursor is, and types when it is
//! asked to.

use crate::{Outcome, Run, TIME_LIMIT, haft};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

/// Runs `haft PROGRAM` on a terminal of 80 columns and 25 rows. Each time it shows `<NAME>`, what
/// `keys` has for that name is typed. What it shows is the outcome's standard output.
#[track_caller]
pub fn on_terminal(program: &Path, arguments: &[&str], keys: &[(&str, &str)]) -> Outcome {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&master).expect("it is ours");
    unlockpt(&master).expect("it is ours");
    let name = ptsname(&master, Vec::new()).expect("it has a name");
    let size = Winsize { ws_row: 25, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let slave = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
        .expect("it can be opened");
    tcsetwinsize(&slave, size).expect("it has a size");
    let mut run = Run::bare("setsid").args(["--ctty", "--wait"]).arg(haft()).arg(program);
    run.command().args(arguments);
    let other = || Stdio::from(slave.try_clone().expect("it can be duplicated"));
    run.command().stdin(other()).stdout(other()).stderr(other());
    let mut child = run.command().spawn().expect("there is setsid");
    // Only the program has the terminal open now, so its end is the terminal's.
    run.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(slave);
    let shown = play(File::from(master), keys);
    // One that is still there hangs; else it has ended by now or is about to.
    if shown.is_err() {
        child.kill().expect("the child can be killed");
    }
    let shown = shown.unwrap_or_else(|shown| {
        panic!("still running; so far: {}", String::from_utf8_lossy(&shown))
    });
    let status = child.wait().expect("it can be waited for");
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal();
    let code = status.code().unwrap_or(128 + signal.unwrap_or(0));
    Outcome { code, signal, stdout: shown, stderr: Vec::new() }
}

/// Is the terminal until the last program on it has ended, and returns what it was shown; an error
/// when nothing more is shown for too long.
fn play(mut master: File, keys: &[(&str, &str)]) -> Result<Vec<u8>, Vec<u8>> {
    let limit = Timespec { tv_sec: TIME_LIMIT.as_secs().cast_signed(), tv_nsec: 0 };
    let mut shown = Vec::new();
    let mut seen = 0;
    let mut cursor = String::from("1;1");
    let mut bytes = [0; 4096];
    loop {
        let mut fds = [PollFd::new(&master, PollFlags::IN)];
        if poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready == 0) {
            return Err(shown);
        }
        // The end is an error on a terminal.
        let Ok(got @ 1..) = master.read(&mut bytes) else { return Ok(shown) };
        shown.extend_from_slice(&bytes[..got]);
        while let Some((answer, end)) = next_request(&shown[seen..], &mut cursor, keys) {
            seen += end;
            master.write_all(answer.as_bytes()).expect("it can be typed");
        }
    }
}

/// What is to be typed next, and where the request for it ends.
fn next_request(
    shown: &[u8],
    cursor: &mut String,
    keys: &[(&str, &str)],
) -> Option<(String, usize)> {
    let text = String::from_utf8_lossy(shown);
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        match c {
            '\x1b' => {
                let end = rest[1..].find(|c: char| c.is_ascii_alphabetic())? + 2;
                let body = rest[1..end].strip_prefix('[').unwrap_or_default();
                if let Some(place) = body.strip_suffix('H') {
                    *cursor = place.to_owned();
                }
                if body == "6n" {
                    return Some((format!("\x1b[{cursor}R"), at + end));
                }
            }
            '<' => {
                let end = rest.find('>')? + 1;
                let typed = keys.iter().find(|(name, _)| *name == &rest[1..end - 1]);
                if let Some((_, typed)) = typed {
                    return Some(((*typed).to_owned(), at + end));
                }
            }
            _ => {}
        }
    }
    None
}

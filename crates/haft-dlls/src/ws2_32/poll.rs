//! Waiting for an array of sockets.

use super::WsaError;
use super::startup::started;
use crate::abi::{OrMinusOne, Ptr};
use haft_abi::Handle;
use haft_kernel::io::socket::poll::{self, Ready, Watched};
use haft_macros::export;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::WSAPOLLFD;

const POLLERR: i16 = 1;
const POLLHUP: i16 = 2;
const POLLNVAL: i16 = 4;
const POLLWRNORM: i16 = 0x10;
const POLLWRBAND: i16 = 0x20;
const POLLRDNORM: i16 = 0x100;
const POLLRDBAND: i16 = 0x200;
const POLLPRI: i16 = 0x400;

/// What is waited for.
const MAY_ASK: i16 = POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLPRI;

/// What one entry asks for.
fn wanted(events: i16) -> Ready {
    let mut wanted = Ready::ERROR.with(Ready::HANG_UP).with(Ready::CONNECT_FAILED);
    for (event, what) in [
        (POLLRDNORM, Ready::READ),
        (POLLWRNORM, Ready::WRITE),
        (POLLRDBAND | POLLPRI, Ready::URGENT),
    ] {
        if events & event != 0 {
            wanted = wanted.with(what);
        }
    }
    wanted
}

/// What one entry is told.
fn told(ready: Ready, events: i16) -> i16 {
    if ready.any(Ready::INVALID) {
        return POLLNVAL;
    }
    let mut told = 0;
    let mut add = |what: Ready, event: i16| {
        if ready.any(what) {
            told |= event;
        }
    };
    add(Ready::READ, POLLRDNORM);
    add(Ready::WRITE, POLLWRNORM);
    add(Ready::CONNECT_FAILED, POLLWRNORM & events);
    add(Ready::URGENT, (POLLRDBAND | POLLPRI) & events);
    add(Ready::ERROR, POLLERR);
    add(Ready::HANG_UP, POLLHUP);
    told
}

/// Waits until sockets are ready. (Microsoft: "WSAPoll function")
#[export(ws2_32)]
fn WSAPoll(fdArray: Ptr<WSAPOLLFD>, fds: u32, timeout: i32) -> Result<OrMinusOne, WsaError> {
    started()?;
    let entries = fdArray.read_slice(fds as usize)?;
    if entries.iter().any(|entry| entry.events & !(MAY_ASK | POLLWRBAND) != 0) || fds == 0 {
        return Err(WsaError::EINVAL);
    }
    // A negative socket is not looked at.
    let looked_at = |entry: &WSAPOLLFD| (entry.fd as isize) >= 0;
    let mut watched: Vec<Watched> = entries
        .iter()
        .filter(|entry| looked_at(entry))
        .map(|entry| Watched {
            handle: Handle(entry.fd),
            wanted: wanted(entry.events),
            ready: Ready::default(),
        })
        .collect();
    let timeout = u64::try_from(timeout).ok().map(Duration::from_millis);
    poll::wait(&mut watched, timeout)?;
    let mut answers = watched.iter();
    let mut count = 0;
    for (n, entry) in entries.iter().enumerate() {
        let answer = if looked_at(entry) { answers.next() } else { None };
        let revents = answer.map_or(0, |watched| told(watched.ready, entry.events));
        count += i32::from(revents != 0);
        fdArray.at(n).write(WSAPOLLFD { revents, ..*entry })?;
    }
    Ok(OrMinusOne(count))
}

//! The asked side of a channel: the thread that serves.

use super::call;
use crate::ps::{current, hold};
use crate::session;
use haft_abi::NtStatus;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::service::Waker;
use haft_host::{clock, packet, thread};
use haft_wire::service::{Ask, Rights, Said, ServiceAnswer, ServiceRequest, Told, VERSION};
use haft_wire::{Answer, MAX_PACKET, Request};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a call is done that is not answered yet.
static ANSWERING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this is the thread that serves.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Lets who asked for something hear that it was done, before the process ends by that very thing:
/// a thread that was resumed, or an APC.
pub(in crate::ps) fn settle() {
    const PATIENCE: u64 = 200 * 10_000;
    const PAUSE: u64 = 1000;
    let until = clock::interrupt_time() + PATIENCE;
    while ANSWERING.load(Ordering::Acquire) && !SERVES.get() && clock::interrupt_time() < until {
        thread::sleep(PAUSE);
    }
}

struct End {
    socket: OwnedFd,
    rights: Rights,
}

/// Serves those who ask, for as long as the process lives.
pub(in crate::ps) fn serve() {
    SERVES.set(true);
    // The process may have only just begun.
    while !current::is_set() || !hold::is_ready() {
        thread::sleep(1000);
    }
    let Ok(mut waker) = Waker::new() else {
        crate::log::say("other processes cannot reach this one: too many files are open");
        return;
    };
    let mut ends: Vec<End> = Vec::new();
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        if waker.was_asked() {
            while let Some(end) = collect() {
                ends.push(end);
            }
        }
        let sockets: Vec<_> = ends.iter().map(|end| end.socket.as_fd()).collect();
        let mut ready = waker.wait(&sockets).into_iter();
        ends.retain(|end| {
            let asked = ready.next() == Some(true);
            ANSWERING.store(asked, Ordering::Release);
            let stays = !asked || answer(end, &mut buffer).is_ok();
            ANSWERING.store(false, Ordering::Release);
            stays
        });
    }
}

/// The next channel that others have asked the executive for.
fn collect() -> Option<End> {
    let request = Request::Service(ServiceRequest::Collect);
    match session::holding(|turn| turn.ask_with(&request, &[])) {
        Ok((Answer::Service(ServiceAnswer::Asked(rights)), mut fds)) => {
            Some(End { socket: fds.pop()?, rights })
        }
        _ => None,
    }
}

/// Answers one call.
///
/// # Errors
/// `PORT_DISCONNECTED` when the asker is gone, or does not speak haft's language.
fn answer(end: &End, buffer: &mut [u8]) -> Result<(), NtStatus> {
    let (bytes, fds) = packet::receive(&end.socket, buffer)?;
    let ask: Ask = haft_wire::decode(bytes)?;
    if ask.version != VERSION || !fds.is_empty() {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    if clock::interrupt_time() >= ask.until {
        // Nobody waits for it any more, and nobody believes that it is done.
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    let done = if end.rights.allow(&ask.call) {
        call::perform(ask.call)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    };
    let (told, fd): (Told, Option<OwnedFd>) = match done {
        Ok((said, fd)) => (Ok(said), fd),
        Err(status) => (Err(status), None),
    };
    let fds: Vec<_> = fd.iter().map(AsFd::as_fd).collect();
    Ok(packet::send(&end.socket, &haft_wire::encode(&told)?, &fds)?)
}

/// What was done, and a descriptor that goes with it.
pub(super) type Performed = Result<(Said, Option<OwnedFd>), NtStatus>;

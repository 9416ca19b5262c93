//! The one connection, and requests over it.

use super::{calls, launch};
use crate::ke::reactor::{self, Interest};
use crate::ob;
use crate::ps;
use crate::se::acting;
use haft_abi::{NtStatus, Pid};
use haft_host::packet;
use haft_host::rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use haft_wire::{Answer, MAX_PACKET, PROTOCOL, Reply, Request};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

struct Connection {
    socket: OwnedFd,
    /// Held while a request is under way.
    turn: Mutex<()>,
}

static CONNECTION: OnceLock<Connection> = OnceLock::new();
/// How many packets have been sent that no answer came for, and how many of them the executive has
/// read for certain, because it has answered a later one. A call must not overtake the others.
static TOLD: AtomicU64 = AtomicU64::new(0);
static HEARD: AtomicU64 = AtomicU64::new(0);
static CONNECTING: Mutex<()> = Mutex::new(());

/// How often an executive may be found that is just ending.
const ATTEMPTS: u32 = 100;

/// Whether anything was ever asked of the executive.
#[must_use]
pub fn is_connected() -> bool {
    CONNECTION.get().is_some()
}

fn connection() -> Result<&'static Connection, NtStatus> {
    if let Some(connection) = CONNECTION.get() {
        return Ok(connection);
    }
    let _one_at_a_time = CONNECTING.lock().unwrap_or_else(PoisonError::into_inner);
    if CONNECTION.get().is_none() {
        let (socket, bell, executive) = greet().inspect_err(|_| {
            crate::log::say_once(
                "the session's executive does not answer; what needs other processes fails",
            );
        })?;
        // When the executive is gone, nobody else ends the waits that only it could satisfy.
        let _ = reactor::watch(socket.as_fd(), Interest::HangUp, Box::new(interrupt_waits));
        // It duplicates handles for others, and is this user's own.
        haft_host::process::trust(executive);
        let _ = CONNECTION.set(Connection { socket, turn: Mutex::new(()) });
        calls::open(bell);
        ps::object::register_children();
    }
    CONNECTION.get().ok_or(NtStatus::PORT_DISCONNECTED)
}

/// Says hello to the executive: the socket, what rings for it, and who it is. One that has just ended does
/// not answer, and another is started, unless one that has ended had something of this process's
/// already: its numbers mean something else to the next one.
fn greet() -> Result<(OwnedFd, OwnedFd, Pid), NtStatus> {
    let block = ob::block_file().ok_or(NtStatus::PORT_DISCONNECTED)?;
    let hello = haft_wire::encode(&Request::Hello { protocol: PROTOCOL })?;
    for _ in 0..ATTEMPTS {
        if haft_host::process::has_named_ended(ob::objects().block().executive()) {
            say_that_it_ended();
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        let socket = launch::connect()?;
        // Whoever began to listen there has started it, and is somebody else.
        packet::know_senders(&socket, true)?;
        let sent = packet::send(&socket, &hello, &[block.as_fd()]);
        let mut buffer = [0; MAX_PACKET];
        let answer = sent.and_then(|()| packet::receive_from(&socket, &mut buffer));
        if let Ok((bytes, mut fds, Some(sender))) = answer
            && haft_wire::decode::<Reply>(bytes) == Ok(Ok(Answer::Done))
            && sender.user == super::user()
            && let (Some(bell), true) = (fds.pop(), fds.is_empty())
        {
            packet::know_senders(&socket, false)?;
            return Ok((socket, bell, sender.pid));
        }
    }
    Err(NtStatus::PORT_DISCONNECTED)
}

fn receive(socket: &OwnedFd) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
    let mut buffer = [0; MAX_PACKET];
    let (bytes, fds) = packet::receive(socket, &mut buffer)?;
    Ok((haft_wire::decode::<Reply>(bytes)??, fds))
}

fn say_that_it_ended() {
    crate::log::say_once(
        "the session's executive has ended; what this process shares with others is lost",
    );
}

/// Wakes every thread that waits, so that it asks the executive again, and learns that it is gone.
fn interrupt_waits() {
    say_that_it_ended();
    calls::lose();
    ob::objects().executive_is_gone();
}

/// The executive, while no other thread of this process asks it anything.
pub struct Turn<'c> {
    connection: &'c Connection,
    _turn: MutexGuard<'c, ()>,
}

impl Turn<'_> {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The executive's, or `PORT_DISCONNECTED` when it is gone.
    pub fn ask(&self, request: &Request) -> Reply {
        self.ask_with(request, &[]).map(|(answer, _)| answer)
    }

    /// [`Turn::ask`], with descriptors beside the request and the answer.
    ///
    /// # Errors
    /// As for [`Turn::ask`].
    pub fn ask_with(
        &self,
        request: &Request,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
        let told = TOLD.load(Ordering::SeqCst);
        let answer = packet::send(&self.connection.socket, &haft_wire::encode(request)?, fds)
            .map_err(NtStatus::from)
            .and_then(|()| receive(&self.connection.socket))
            .inspect_err(|&status| heard(status));
        HEARD.fetch_max(told, Ordering::SeqCst);
        answer
    }
}

/// Has several requests made with no other thread's in between.
///
/// # Errors
/// `PORT_DISCONNECTED` when there is no executive and none can be started; those of `work`.
pub fn holding<R>(work: impl FnOnce(&Turn<'_>) -> Result<R, NtStatus>) -> Result<R, NtStatus> {
    holding_this(connection()?, work)
}

fn holding_this<R>(
    connection: &Connection,
    work: impl FnOnce(&Turn<'_>) -> Result<R, NtStatus>,
) -> Result<R, NtStatus> {
    let turn = connection.turn.lock().unwrap_or_else(PoisonError::into_inner);
    work(&Turn { connection, _turn: turn })
}

/// Who asks hears of the executive's end before who watches the socket may have.
fn heard(status: NtStatus) {
    if status == NtStatus::PORT_DISCONNECTED {
        say_that_it_ended();
    }
}

/// Asks the executive.
///
/// # Errors
/// The executive's; `PORT_DISCONNECTED`.
pub fn ask(request: &Request) -> Reply {
    let request = &*acting::say_who(request)?;
    let connection = connection()?;
    let called = if may_call() { calls::ask(request) } else { None };
    match called {
        Some(reply) => reply.inspect_err(|&status| heard(status)),
        None => holding_this(connection, |turn| turn.ask(request)),
    }
}

/// Whether the executive has read all packets that this thread knows of.
fn may_call() -> bool {
    HEARD.load(Ordering::SeqCst) >= TOLD.load(Ordering::SeqCst)
}

/// Asks the executive without waiting for the answer, which is not heard; whether it has, by which
/// it is certain that it looks at the request before any that somebody makes who knows of
/// this one.
pub fn post(request: &Request) -> bool {
    connection().is_ok() && may_call() && calls::tell(request)
}

/// Asks the executive, and takes from the answer what `part` finds there.
///
/// # Errors
/// The executive's; `PORT_DISCONNECTED`, also for an answer to another question.
pub fn ask_for<R>(
    request: &Request,
    part: impl FnOnce(Answer) -> Option<R>,
) -> Result<R, NtStatus> {
    part(ask(request)?).ok_or(NtStatus::PORT_DISCONNECTED)
}

/// Tells the executive what needs no answer. If it is gone, so is what it would have done.
///
/// # Errors
/// `PORT_DISCONNECTED` when it is certain that it is gone.
pub fn tell(request: &Request) -> Result<(), NtStatus> {
    if is_connected() && may_call() && calls::tell(request) {
        Ok(())
    } else {
        tell_with(request, &[])
    }
}

/// [`tell`], with descriptors.
///
/// # Errors
/// As for [`tell`].
pub fn tell_with(request: &Request, fds: &[BorrowedFd<'_>]) -> Result<(), NtStatus> {
    let connection = CONNECTION.get().ok_or(NtStatus::PORT_DISCONNECTED)?;
    let sent = packet::send(&connection.socket, &haft_wire::encode(request)?, fds);
    TOLD.fetch_add(1, Ordering::SeqCst);
    Ok(sent?)
}

/// Sees to it that the executive is asked from now on, if it is not already.
///
/// # Errors
/// `PORT_DISCONNECTED` when there is no executive and none can be started.
pub fn connect() -> Result<(), NtStatus> {
    connection().map(drop)
}

//! The one connection, and requests over it.

use super::launch;
use crate::ke::reactor::{self, Interest};
use crate::ob;
use crate::ps;
use crate::se::acting;
use haft_abi::NtStatus;
use haft_host::packet;
use haft_host::rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use haft_object::Notice;
use haft_wire::{Answer, MAX_PACKET, PROTOCOL, Reply, Request};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

struct Connection {
    socket: OwnedFd,
    /// Held while a request is under way.
    turn: Mutex<()>,
}

static CONNECTION: OnceLock<Connection> = OnceLock::new();
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
        let socket = greet().inspect_err(|_| {
            crate::log::say_once(
                "the session's executive does not answer; what needs other processes fails",
            );
        })?;
        // When the executive is gone, nobody else ends the waits that only it could satisfy.
        let _ = reactor::watch(socket.as_fd(), Interest::HangUp, Box::new(interrupt_waits));
        // It duplicates handles for others, and is this user's own.
        if let Ok(executive) = packet::peer(&socket) {
            haft_host::process::trust(executive.pid);
        }
        let _ = CONNECTION.set(Connection { socket, turn: Mutex::new(()) });
        ps::object::register_children();
    }
    CONNECTION.get().ok_or(NtStatus::PORT_DISCONNECTED)
}

/// Says hello to the executive. One that has just ended does not answer, and another is started.
fn greet() -> Result<OwnedFd, NtStatus> {
    let block = ob::block_file().ok_or(NtStatus::PORT_DISCONNECTED)?;
    let hello = haft_wire::encode(&Request::Hello { protocol: PROTOCOL })?;
    for _ in 0..ATTEMPTS {
        let socket = launch::connect()?;
        let sent = packet::send(&socket, &hello, &[block.as_fd()]);
        if sent.is_ok() && receive(&socket).is_ok_and(|(answer, _)| answer == Answer::Done) {
            return Ok(socket);
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
    let threads = ps::process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    for thread in threads.iter() {
        if thread.asks_executive() {
            ob::objects().post_notice(thread.index(), Notice::Interrupt);
        }
    }
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
        packet::send(&self.connection.socket, &haft_wire::encode(request)?, fds)
            .map_err(NtStatus::from)
            .and_then(|()| receive(&self.connection.socket))
            .inspect_err(|&status| {
                // Who asks hears of its end before who watches the socket may have.
                if status == NtStatus::PORT_DISCONNECTED {
                    say_that_it_ended();
                }
            })
    }
}

/// Has several requests made with no other thread's in between.
///
/// # Errors
/// `PORT_DISCONNECTED` when there is no executive and none can be started; those of `work`.
pub fn holding<R>(work: impl FnOnce(&Turn<'_>) -> Result<R, NtStatus>) -> Result<R, NtStatus> {
    let connection = connection()?;
    let turn = connection.turn.lock().unwrap_or_else(PoisonError::into_inner);
    work(&Turn { connection, _turn: turn })
}

/// Asks the executive.
///
/// # Errors
/// The executive's; `PORT_DISCONNECTED`.
pub fn ask(request: &Request) -> Reply {
    let request = acting::say_who(request)?;
    holding(|turn| turn.ask(&request))
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
    tell_with(request, &[])
}

/// [`tell`], with descriptors.
///
/// # Errors
/// As for [`tell`].
pub fn tell_with(request: &Request, fds: &[BorrowedFd<'_>]) -> Result<(), NtStatus> {
    let connection = CONNECTION.get().ok_or(NtStatus::PORT_DISCONNECTED)?;
    Ok(packet::send(&connection.socket, &haft_wire::encode(request)?, fds)?)
}

/// Sees to it that the executive is asked from now on, if it is not already.
///
/// # Errors
/// `PORT_DISCONNECTED` when there is no executive and none can be started.
pub fn connect() -> Result<(), NtStatus> {
    connection().map(drop)
}

//! How clients in other processes of the user come to a named pipe: over an abstract socket that
//! is named after it, where they ask for the client's end and are sent its descriptor.

use super::named_pipe::{self, ClientEnd};
use crate::ke::reactor::{self, Interest, Watch};
use haft_abi::{AccessMask, NtStatus};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::Errno;
use haft_host::rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen,
    socket_with, sockopt,
};
use haft_host::rustix::process::getuid;
use haft_host::wire;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// What a client asks.
#[derive(Debug, Serialize, Deserialize)]
struct Question {
    name: Vec<u8>,
    access: u32,
    /// Whether it only wants to know if an instance listens.
    probe: bool,
}

/// What it is told: a status, and the end whose descriptor comes along.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    status: u32,
    client: Option<ClientEnd>,
    /// For how many milliseconds one waits for an instance unless told.
    usual_wait: u32,
}

/// The socket of one name.
pub(super) struct PipeServer {
    shared: Arc<Shared>,
}

struct Shared {
    socket: OwnedFd,
    watch: Mutex<Option<Watch>>,
}

impl Drop for PipeServer {
    fn drop(&mut self) {
        self.shared.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The address for a name of a pipe or a mailslot. Hashed, because it must be short; the question has the whole name.
pub(super) fn address(kind: &str, folded: &[u8]) -> Result<SocketAddrUnix, NtStatus> {
    let mut hash = [DefaultHasher::new(), DefaultHasher::new()];
    hash[1].write_u8(1);
    let [first, second] = hash.map(|mut h| {
        h.write(folded);
        h.finish()
    });
    let name = format!("haft/{kind}/{}/{first:016x}{second:016x}", getuid().as_raw());
    SocketAddrUnix::new_abstract_name(name.as_bytes()).map_err(|_| NtStatus::OBJECT_NAME_INVALID)
}

fn new_socket() -> Result<OwnedFd, NtStatus> {
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(haft_host::file::status)
}

impl PipeServer {
    /// Starts to answer for a name.
    ///
    /// # Errors
    /// `ACCESS_DENIED` when another process does.
    pub(super) fn start(folded: &[u8]) -> Result<Self, NtStatus> {
        let socket = new_socket()?;
        bind(&socket, &address("pipe", folded)?).map_err(|error| match error {
            Errno::ADDRINUSE => NtStatus::ACCESS_DENIED,
            error => haft_host::file::status(error),
        })?;
        listen(&socket, 64).map_err(haft_host::file::status)?;
        let shared = Arc::new(Shared { socket, watch: Mutex::default() });
        watch(&shared)?;
        Ok(Self { shared })
    }
}

fn watch(shared: &Arc<Shared>) -> Result<(), NtStatus> {
    let own = Arc::downgrade(shared);
    let action = Box::new(move || {
        if let Some(shared) = own.upgrade() {
            if let Ok(client) = accept_with(&shared.socket, SocketFlags::CLOEXEC) {
                // Its question is read elsewhere: the reactor waits for nobody.
                let _ = haft_host::thread::spawn(move || answer(&client));
            }
            let _ = watch(&shared);
        }
    });
    let watch = reactor::watch_until(shared.socket.as_fd(), Interest::Readable, action)?;
    *shared.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    Ok(())
}

fn answer(client: &OwnedFd) {
    let Ok(peer) = sockopt::socket_peercred(client) else { return };
    if peer.uid != getuid() && !peer.uid.is_root() {
        return;
    }
    let Ok((question, _)) = wire::receive(client) else { return };
    let Ok(question) = postcard::from_bytes::<Question>(&question) else { return };
    let process = peer.pid.as_raw_nonzero().get() as u32;
    let mut usual_wait = 0;
    let result = if question.probe {
        match named_pipe::listens(&question.name) {
            Ok((listens, usual)) => {
                usual_wait = usual;
                Err(if listens { NtStatus::SUCCESS } else { NtStatus::PIPE_NOT_AVAILABLE })
            }
            Err(status) => Err(status),
        }
    } else {
        named_pipe::take_client_end(&question.name, AccessMask(question.access), process)
    };
    let (answer, fd) = match result {
        Ok((client, fd)) => (Answer { status: 0, client: Some(client), usual_wait }, Some(fd)),
        Err(status) => (Answer { status: status.0, client: None, usual_wait }, None),
    };
    let fds: Vec<_> = fd.iter().map(AsFd::as_fd).collect();
    if let Ok(bytes) = postcard::to_allocvec(&answer) {
        // A client that has gone closes its end by that.
        let _ = wire::send(client, &bytes, &fds);
    }
}

fn exchange(question: &Question) -> Result<(Answer, Option<OwnedFd>), NtStatus> {
    let missing = NtStatus::OBJECT_NAME_NOT_FOUND;
    let socket = new_socket()?;
    connect(&socket, &address("pipe", &question.name)?).map_err(|_| missing)?;
    // Whoever listens under the name must be the user, or nobody is there.
    match sockopt::socket_peercred(&socket) {
        Ok(peer) if peer.uid == getuid() => {}
        _ => return Err(missing),
    }
    let bytes = postcard::to_allocvec(question).map_err(|_| NtStatus::NO_MEMORY)?;
    wire::send(&socket, &bytes, &[]).map_err(|_| missing)?;
    let (bytes, fds) = wire::receive(&socket).map_err(|_| missing)?;
    let answer = postcard::from_bytes(&bytes).map_err(|_| missing)?;
    Ok((answer, fds.into_iter().next()))
}

/// Asks the process that serves a pipe for a client's end.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` when none does, and what it says.
pub(super) fn ask(folded: &[u8], access: AccessMask) -> Result<(ClientEnd, OwnedFd), NtStatus> {
    let question = Question { name: folded.to_vec(), access: access.0, probe: false };
    match exchange(&question)? {
        (Answer { status: 0, client: Some(client), .. }, Some(fd)) => Ok((client, fd)),
        (Answer { status: 0, .. }, _) => Err(NtStatus::PIPE_NOT_AVAILABLE),
        (Answer { status, .. }, _) => Err(NtStatus(status)),
    }
}

/// Whether an instance of a pipe of another process listens, and for how many milliseconds one
/// waits for that unless told.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`.
pub(super) fn probe(folded: &[u8]) -> Result<(bool, u32), NtStatus> {
    let question = Question { name: folded.to_vec(), access: 0, probe: true };
    let answer = exchange(&question)?.0;
    match NtStatus(answer.status) {
        NtStatus::SUCCESS => Ok((true, answer.usual_wait)),
        NtStatus::PIPE_NOT_AVAILABLE => Ok((false, answer.usual_wait)),
        status => Err(status),
    }
}

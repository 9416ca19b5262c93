//! Named pipes (Microsoft: "Named Pipes").
//!
//! An instance is a pair of connected sockets: the server's end is its handle's, the other waits
//! for a client. Clients in the process take it from the table below; those in other processes
//! of the user ask for it over a socket that is named after the pipe, and are sent it.

use super::file::{self, FileDescription, FileKind, FileObject, PipeEnd, ReadMode};
use super::open::OpenOptions;
use super::request::{Armed, Request, arm};
use super::rights::{FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA};
use super::{blocking, lookup, pipe_server};
use crate::ob::{self, Pinned};
use haft_abi::{AccessMask, Handle, NtStatus, Tid, wide};
use haft_host::file as host;
use haft_host::rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::Errno;
use haft_host::rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, shutdown, socketpair,
};
use haft_host::spawn;
use haft_object::ObjectType;
use haft_object::types::grant;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// What all instances of a pipe have in common.
#[derive(Clone, Copy, Debug)]
pub struct PipeSettings {
    /// Whether it is a pipe of messages.
    pub message: bool,
    /// How the server reads it.
    pub read_mode: ReadMode,
    /// Whether the server's calls return at once (`PIPE_NOWAIT`).
    pub no_wait: bool,
    /// Which ways data goes: into the server 1, out of it 2.
    pub ways: u32,
    /// How many instances there may be; `u32::MAX` for any number.
    pub instances: u32,
    /// Sizes of the buffers: out and in.
    pub buffers: [u32; 2],
    /// How long `WaitNamedPipe` waits unless told, in milliseconds.
    pub default_timeout: u32,
    /// Whether the pipe must not be there yet (`FILE_FLAG_FIRST_PIPE_INSTANCE`).
    pub first: bool,
}

/// A pipe that this process serves.
pub(super) struct NamedPipe {
    name: Vec<u8>,
    settings: PipeSettings,
    instances: Mutex<Vec<Weak<Instance>>>,
    /// Where other processes ask, until the last instance is closed; none for a pipe without a
    /// name.
    server: Mutex<Option<pipe_server::PipeServer>>,
}

/// One instance.
pub(crate) struct Instance {
    pipe: Arc<NamedPipe>,
    state: Mutex<State>,
    /// What clients that were sent away hold on to: by this they know that they were.
    sent_away: Mutex<Vec<OwnedFd>>,
}

enum State {
    /// A client may come; its end is here. Someone may wait for that: with a request, or in a
    /// call that the descriptor wakes.
    Listening {
        client: OwnedFd,
        waiting: Option<(Weak<FileObject>, Armed)>,
        wake: Option<Arc<OwnedFd>>,
    },
    /// A client came.
    Connected { process: u32, noticed: bool },
    /// The server sent the client away.
    Disconnected,
}

static PIPES: Mutex<Option<HashMap<Vec<u8>, Arc<NamedPipe>>>> = Mutex::new(None);

/// The longest name, in UTF-16 units.
const LONGEST_NAME: usize = 248;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sockets(message: bool) -> Result<(OwnedFd, OwnedFd), NtStatus> {
    let kind = if message { SocketType::SEQPACKET } else { SocketType::STREAM };
    socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).map_err(host::status)
}

/// Creates an instance of a pipe, and a handle to the server's end (Microsoft:
/// "CreateNamedPipeW function"). `created` of the result says whether the pipe is new. A pipe
/// with an empty name can only be opened relative to the handle.
///
/// # Errors
/// `OBJECT_NAME_INVALID`, `INSTANCE_NOT_AVAILABLE` when there are as many as there may be,
/// `ACCESS_DENIED` when it is another process's or must be new.
pub fn create(
    name: &[u16],
    settings: PipeSettings,
    access: AccessMask,
    options: OpenOptions,
    inherit: bool,
) -> Result<(Handle, bool), NtStatus> {
    if name.len() > LONGEST_NAME || settings.instances == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let access = grant(ObjectType::File, access)?;
    let (server, client) = sockets(settings.message)?;
    let (instance, created) = add_instance(name, settings, client)?;
    let synchronous =
        options.any(OpenOptions::SYNCHRONOUS_ALERT.with(OpenOptions::SYNCHRONOUS_NONALERT));
    let description = FileDescription {
        synchronous,
        socket: true,
        pipe: Some(instance.pipe.end(true, 0)),
        message: settings.message.then_some(settings.read_mode),
        path: wide::to_bytes(name),
        ..FileDescription::plain(FileKind::Pipe)
    };
    let file = FileObject::new(server, description);
    file.state.pipe_mode.set(settings.read_mode, settings.no_wait);
    let _ = file.state.instance.set(instance);
    let object = file::create(file)?;
    Ok((ob::insert(object, access, inherit)?, created))
}

/// Puts another instance into the table; whether its pipe is new.
fn add_instance(
    name: &[u16],
    settings: PipeSettings,
    client: OwnedFd,
) -> Result<(Arc<Instance>, bool), NtStatus> {
    let folded = lookup::fold(&wide::to_bytes(name));
    let instance_of = |pipe: &Arc<NamedPipe>| {
        Arc::new(Instance {
            pipe: Arc::clone(pipe),
            state: Mutex::new(State::Listening { client, waiting: None, wake: None }),
            sent_away: Mutex::default(),
        })
    };
    let mut pipes = lock(&PIPES);
    let pipes = pipes.get_or_insert_default();
    if let Some(pipe) = pipes.get(&folded)
        && !folded.is_empty()
    {
        if settings.first || pipe.settings.ways != settings.ways {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if pipe.settings.message != settings.message {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let mut instances = lock(&pipe.instances);
        instances.retain(|instance| instance.strong_count() > 0);
        if instances.len() >= pipe.settings.instances as usize {
            return Err(NtStatus::INSTANCE_NOT_AVAILABLE);
        }
        let instance = instance_of(pipe);
        instances.push(Arc::downgrade(&instance));
        return Ok((instance, false));
    }
    let server =
        if folded.is_empty() { None } else { Some(pipe_server::PipeServer::start(&folded)?) };
    let pipe = Arc::new(NamedPipe {
        name: folded.clone(),
        settings,
        instances: Mutex::default(),
        server: Mutex::new(server),
    });
    let instance = instance_of(&pipe);
    lock(&pipe.instances).push(Arc::downgrade(&instance));
    if !folded.is_empty() {
        pipes.insert(folded, pipe);
    }
    Ok((instance, true))
}

impl NamedPipe {
    fn end(&self, server: bool, client_process: u32) -> PipeEnd {
        PipeEnd {
            server,
            server_process: std::process::id(),
            client_process,
            buffers: self.settings.buffers,
            instances: self.settings.instances,
            ways: self.settings.ways,
        }
    }
}

/// What a client is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientEnd {
    pub(super) end: PipeEnd,
    pub(super) message: bool,
}

/// Takes the client's end of an instance that listens.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `PIPE_NOT_AVAILABLE` when none listens, `ACCESS_DENIED` for a way that
/// data does not go.
pub(super) fn take_client_end(
    folded: &[u8],
    access: AccessMask,
    process: u32,
) -> Result<(ClientEnd, OwnedFd), NtStatus> {
    let pipe = lock(&PIPES)
        .as_ref()
        .and_then(|pipes| pipes.get(folded).cloned())
        .ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let instances: Vec<Arc<Instance>> =
        lock(&pipe.instances).iter().filter_map(Weak::upgrade).collect();
    for instance in instances {
        match instance.connect(access, process) {
            Err(NtStatus::PIPE_NOT_AVAILABLE) => {}
            connected => return connected,
        }
    }
    Err(NtStatus::PIPE_NOT_AVAILABLE)
}

/// Whether an instance listens, and for how many milliseconds one waits for that unless told.
pub(super) fn listens(folded: &[u8]) -> Result<(bool, u32), NtStatus> {
    let pipes = lock(&PIPES);
    let pipe = pipes
        .as_ref()
        .and_then(|pipes| pipes.get(folded))
        .ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let instances = lock(&pipe.instances);
    let listens = instances
        .iter()
        .filter_map(Weak::upgrade)
        .any(|instance| matches!(*lock(&instance.state), State::Listening { .. }));
    Ok((listens, pipe.settings.default_timeout))
}

impl Instance {
    /// Keeps the end of a client that was sent away, until that has closed its own.
    fn keep(&self, old: OwnedFd) {
        let mut kept = lock(&self.sent_away);
        kept.retain(|end| {
            let mut fds = [PollFd::new(end, PollFlags::empty())];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            poll(&mut fds, Some(&now)).is_ok() && !fds[0].revents().contains(PollFlags::HUP)
        });
        kept.push(old);
    }

    fn connect(&self, access: AccessMask, process: u32) -> Result<(ClientEnd, OwnedFd), NtStatus> {
        let reads = access.intersects(FILE_READ_DATA);
        let writes = access.intersects(FILE_WRITE_DATA | FILE_APPEND_DATA);
        let ways = self.pipe.settings.ways;
        if reads && ways & 2 == 0 || writes && ways & 1 == 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let mut state = lock(&self.state);
        if !matches!(*state, State::Listening { .. }) {
            return Err(NtStatus::PIPE_NOT_AVAILABLE);
        }
        let before = core::mem::replace(&mut *state, State::Connected { process, noticed: false });
        let State::Listening { client, waiting, wake } = before else {
            return Err(NtStatus::PIPE_NOT_AVAILABLE);
        };
        if (waiting.is_some() || wake.is_some())
            && let State::Connected { noticed, .. } = &mut *state
        {
            *noticed = true;
        }
        drop(state);
        wake_up(wake);
        if let Some((file, armed)) = waiting
            && let Some(file) = file.upgrade()
        {
            armed.complete(&file, NtStatus::SUCCESS, 0, false);
        }
        let end = self.pipe.end(false, process);
        Ok((ClientEnd { end, message: self.pipe.settings.message }, client))
    }
}

/// Wakes the call that waits for a client.
fn wake_up(wake: Option<Arc<OwnedFd>>) {
    if let Some(wake) = wake {
        let _ = haft_host::rustix::io::write(&*wake, &1u64.to_ne_bytes());
    }
}

/// Opens the client's end of a pipe (Microsoft: "CreateFileW function", "Pipes").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `PIPE_NOT_AVAILABLE`, `ACCESS_DENIED`.
pub(super) fn open_client(
    name: &[u16],
    access: AccessMask,
    synchronous: bool,
) -> Result<FileObject, NtStatus> {
    let folded = lookup::fold(&wide::to_bytes(name));
    let own = std::process::id();
    let (client, fd) = match take_client_end(&folded, access, own) {
        Err(NtStatus::OBJECT_NAME_NOT_FOUND) => pipe_server::ask(&folded, access)?,
        taken => taken?,
    };
    Ok(client_file(client, fd, name, synchronous))
}

fn client_file(client: ClientEnd, fd: OwnedFd, name: &[u16], synchronous: bool) -> FileObject {
    FileObject::new(
        fd,
        FileDescription {
            synchronous,
            socket: true,
            pipe: Some(client.end),
            // A client starts in byte mode, whatever the pipe is.
            message: client.message.then_some(ReadMode::Byte),
            path: wide::to_bytes(name),
            ..FileDescription::plain(FileKind::Pipe)
        },
    )
}

/// Opens the client's end of the very instance that a server's handle names: what NtOpenFile
/// does with an empty name relative to it.
///
/// # Errors
/// `PIPE_NOT_AVAILABLE`, `ACCESS_DENIED`, `OBJECT_TYPE_MISMATCH`.
pub fn open_client_of(
    server: Handle,
    access: AccessMask,
    options: OpenOptions,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let access = grant(ObjectType::File, access)?;
    let (_object, file) = file::by_handle(server, AccessMask::NONE)?;
    let instance = file.state.instance.get().ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
    let (client, fd) = instance.connect(access, std::process::id())?;
    let synchronous =
        options.any(OpenOptions::SYNCHRONOUS_ALERT.with(OpenOptions::SYNCHRONOUS_NONALERT));
    let object = file::create(client_file(client, fd, &[], synchronous))?;
    ob::insert(object, access, inherit)
}

/// The server's end that a handle names.
fn server_end(handle: Handle) -> Result<(Pinned, Arc<FileObject>, Arc<Instance>), NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let instance = file.state.instance.get().cloned();
    match instance {
        Some(instance) => Ok((object, file, instance)),
        None if file.description.pipe.is_some() => Err(NtStatus::INVALID_PARAMETER),
        None => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

fn is_gone(file: &FileObject) -> bool {
    let mut fds = [PollFd::new(&file.fd, PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok()
        && fds[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP)
}

/// Waits for a client (Microsoft: "ConnectNamedPipe function"): `SUCCESS` when one came, or
/// `PENDING`.
///
/// # Errors
/// `PIPE_CONNECTED` when one was there already, `PIPE_CLOSING` when that one has gone,
/// `PIPE_LISTENING` where calls return at once.
pub fn listen(handle: Handle, request: &Request) -> Result<NtStatus, NtStatus> {
    let (_object, file, instance) = server_end(handle)?;
    let mut state = lock(&instance.state);
    match &mut *state {
        State::Connected { .. } if is_gone(&file) => return Err(NtStatus::PIPE_CLOSING),
        State::Connected { noticed, .. } => {
            *noticed = true;
            return Err(NtStatus::PIPE_CONNECTED);
        }
        State::Disconnected => {
            let (server, client) = sockets(instance.pipe.settings.message)?;
            let old = spawn::above_standard(&file.fd)?;
            host::replace(server.as_fd(), file.fd.as_fd())?;
            instance.keep(old);
            *state = State::Listening { client, waiting: None, wake: None };
        }
        State::Listening { waiting, wake, .. } if waiting.is_some() || wake.is_some() => {
            return Err(NtStatus::PIPE_LISTENING);
        }
        State::Listening { .. } => {}
    }
    if file.state.pipe_mode.is_no_wait() {
        return Err(NtStatus::PIPE_LISTENING);
    }
    if file.is_synchronous() {
        let State::Listening { wake, .. } = &mut *state else { return Ok(NtStatus::SUCCESS) };
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(host::status)?);
        *wake = Some(Arc::clone(&bell));
        drop(state);
        let rung = blocking::wait(&file, host::status, || {
            poll(&mut [PollFd::new(&*bell, PollFlags::IN)], None)
        });
        return match &mut *lock(&instance.state) {
            State::Connected { .. } => Ok(NtStatus::SUCCESS),
            State::Listening { wake, .. } => {
                *wake = None;
                rung.and(Err(NtStatus::PIPE_BROKEN))
            }
            State::Disconnected => rung.and(Err(NtStatus::PIPE_BROKEN)),
        };
    }
    let armed = arm(&file, request)?;
    if let State::Listening { waiting, .. } = &mut *state {
        *waiting = Some((Arc::downgrade(&file), armed));
    }
    Ok(NtStatus::PENDING)
}

/// Sends the client away (Microsoft: "DisconnectNamedPipe function").
///
/// # Errors
/// `INVALID_PARAMETER` for the client's end, `PIPE_LISTENING` when there is no client.
pub fn disconnect(handle: Handle) -> Result<(), NtStatus> {
    let (_object, file, instance) = server_end(handle)?;
    let mut state = lock(&instance.state);
    match &*state {
        State::Listening { .. } => return Err(NtStatus::PIPE_LISTENING),
        State::Disconnected => return Err(NtStatus::PIPE_DISCONNECTED),
        State::Connected { .. } => {}
    }
    *state = State::Disconnected;
    drop(state);
    // One way only: by the other the client knows that this was no close.
    let _ = shutdown(&file.fd, Shutdown::Write);
    super::pending::end_all(&file, NtStatus::PIPE_DISCONNECTED);
    file.state.taken.clear();
    Ok(())
}

/// Whether data can go through a pipe now.
///
/// # Errors
/// `PIPE_LISTENING`, `PIPE_DISCONNECTED` for a server's end without a client.
pub(super) fn check(file: &FileObject) -> Result<(), NtStatus> {
    let Some(instance) = file.state.instance.get() else {
        return if is_sent_away(file) { Err(NtStatus::PIPE_DISCONNECTED) } else { Ok(()) };
    };
    match *lock(&instance.state) {
        State::Connected { .. } => Ok(()),
        State::Listening { .. } => Err(NtStatus::PIPE_LISTENING),
        State::Disconnected => Err(NtStatus::PIPE_DISCONNECTED),
    }
}

/// Whether the server has sent the client away whose end this is.
fn is_sent_away(file: &FileObject) -> bool {
    if file.description.pipe.is_none_or(|end| end.server) {
        return false;
    }
    let mut fds = [PollFd::new(&file.fd, PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok() && {
        let flags = fds[0].revents();
        flags.contains(PollFlags::RDHUP) && !flags.contains(PollFlags::HUP)
    }
}

/// What a read of a pipe at its end says.
pub(super) fn end_status(file: &FileObject) -> NtStatus {
    check(file).err().unwrap_or(NtStatus::PIPE_BROKEN)
}

/// Cancels a wait for a client; whether there was one.
pub(super) fn cancel_listen(
    file: &FileObject,
    thread: Option<Tid>,
    status_block: Option<usize>,
) -> bool {
    let Some(instance) = file.state.instance.get() else { return false };
    let taken = {
        let mut state = lock(&instance.state);
        let State::Listening { waiting, .. } = &mut *state else { return false };
        let meant = waiting.as_ref().is_some_and(|(_, armed)| {
            thread.is_none_or(|t| armed.thread.is_some_and(|own| own.tid() == t))
                && status_block.is_none_or(|b| armed.request.status_block == b)
        });
        if meant { waiting.take() } else { None }
    };
    let Some((_, armed)) = taken else { return false };
    armed.complete(file, NtStatus::CANCELLED, 0, false);
    true
}

/// Takes an instance out of the table when the server's handle is closed.
pub(super) fn at_close(file: &FileObject) {
    let Some(instance) = file.state.instance.get() else { return };
    let before = core::mem::replace(&mut *lock(&instance.state), State::Disconnected);
    if let State::Listening { wake, .. } = before {
        wake_up(wake);
    }
    let mut pipes = lock(&PIPES);
    let mut instances = lock(&instance.pipe.instances);
    instances.retain(|other| !core::ptr::eq(other.as_ptr(), Arc::as_ptr(instance)));
    let last = instances.is_empty();
    drop(instances);
    if !last || instance.pipe.name.is_empty() {
        return;
    }
    let gone = pipes.as_mut().and_then(|pipes| pipes.remove(&instance.pipe.name));
    // The name is free before the table is: the reactor may hold the instance for a while yet.
    drop(lock(&instance.pipe.server).take());
    drop(pipes);
    drop(gone);
}

/// Waits until an instance listens (Microsoft: "WaitNamedPipeW function"). `None` waits for as
/// long as the server said.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `IO_TIMEOUT`.
pub fn wait(name: &[u16], timeout: Option<Duration>) -> Result<(), NtStatus> {
    let folded = lookup::fold(&wide::to_bytes(name));
    let started = Instant::now();
    loop {
        let (ready, usual) = match listens(&folded) {
            Err(NtStatus::OBJECT_NAME_NOT_FOUND) => pipe_server::probe(&folded)?,
            answer => answer?,
        };
        if ready {
            return Ok(());
        }
        let usual = if usual == 0 { 50 } else { usual };
        let timeout = timeout.unwrap_or(Duration::from_millis(usual.into()));
        if started.elapsed() >= timeout {
            return Err(NtStatus::IO_TIMEOUT);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// An end of a pipe, as `GetNamedPipeInfo` and its relatives tell of it.
#[derive(Clone, Copy, Debug)]
pub struct PipeInformation {
    /// What it was made as; `None` for an anonymous pipe.
    pub end: Option<PipeEnd>,
    /// Whether it is a pipe of messages.
    pub message: bool,
    /// How this handle reads it.
    pub read_mode: ReadMode,
    /// Whether this handle's calls return at once.
    pub no_wait: bool,
    /// How many instances there are now.
    pub current_instances: u32,
}

/// What is known of a pipe's end.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no pipe.
pub fn information(handle: Handle) -> Result<PipeInformation, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if file.description.kind != FileKind::Pipe {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let opened = file.description.message.unwrap_or(ReadMode::Byte);
    let mut end = file.description.pipe;
    let mut current_instances = 1;
    if let Some(instance) = file.state.instance.get() {
        current_instances = lock(&instance.pipe.instances).len() as u32;
        if let (Some(end), State::Connected { process, .. }) = (&mut end, &*lock(&instance.state)) {
            end.client_process = *process;
        }
    }
    Ok(PipeInformation {
        end,
        message: file.description.message.is_some(),
        read_mode: file.state.pipe_mode.read_mode(opened),
        no_wait: file.state.pipe_mode.is_no_wait(),
        current_instances,
    })
}

/// Changes how a handle uses its pipe (Microsoft: "SetNamedPipeHandleState function").
///
/// # Errors
/// `INVALID_PARAMETER` for message mode on a pipe of bytes, `INVALID_DEVICE_REQUEST`.
pub fn set_mode(handle: Handle, read: ReadMode, no_wait: bool) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if file.description.kind != FileKind::Pipe {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    if read == ReadMode::Message && file.description.message.is_none() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    file.state.pipe_mode.set(read, no_wait);
    Ok(())
}

/// Waits until the other side has read everything that was written to a pipe (Microsoft:
/// "FlushFileBuffers function").
///
/// # Errors
/// `PIPE_BROKEN` when the other side has gone without that, and those of [`check`].
pub(super) fn flush(file: &FileObject) -> Result<(), NtStatus> {
    check(file)?;
    blocking::wait(file, host::status, || {
        if haft_host::socket::unread(file.fd.as_fd())? == 0 {
            return Ok(());
        }
        // Linux tells nobody when it is read.
        let pause = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let mut fds = [PollFd::new(&file.fd, PollFlags::empty())];
        poll(&mut fds, Some(&pause))?;
        let gone = fds[0].revents().contains(PollFlags::HUP);
        // It may have read the rest before it went.
        if gone && haft_host::socket::unread(file.fd.as_fd())? > 0 {
            return Err(Errno::CONNRESET);
        }
        Err(Errno::INTR)
    })
}

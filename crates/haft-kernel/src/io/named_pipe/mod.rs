//! Named pipes (Microsoft: "Named Pipes").
//!
//! An instance is a pair of connected sockets: the server's end is its handle's, the other waits
//! for a client. Clients in the process take it from the table below; those in other processes
//! of the user ask for it over a socket that is named after the pipe, and are sent it.

mod client;
mod server;
mod state;

pub(super) use client::{ClientEnd, listens, open_client, take_client_end};
pub use client::{open_client_of, wait};
pub(super) use server::cancel_listen;
pub use server::{disconnect, listen};
pub use state::{PipeInformation, information, set_mode};
pub(super) use state::{check, end_status, flush};

use super::file::{self, FileDescription, FileKind, FileObject, PipeEnd, ReadMode};
use super::open::OpenOptions;
use super::request::Armed;
use super::{lookup, pipe_server};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::file as host;
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use haft_object::ObjectType;
use haft_object::types::grant;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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

/// Wakes the call that waits for a client.
fn wake_up(wake: Option<Arc<OwnedFd>>) {
    if let Some(wake) = wake {
        let _ = haft_host::rustix::io::write(&*wake, &1u64.to_ne_bytes());
    }
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

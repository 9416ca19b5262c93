//! The client's end of a pipe.

use super::{Instance, PIPES, State, lock, wake_up};
use crate::io::file::{self, FileDescription, FileKind, FileObject, PipeEnd, ReadMode};
use crate::io::open::OpenOptions;
use crate::io::rights::{FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA};
use crate::io::{lookup, pipe_server};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_object::types::grant;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What a client is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::io) struct ClientEnd {
    pub(in crate::io) end: PipeEnd,
    pub(in crate::io) message: bool,
}

/// Takes the client's end of an instance that listens.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `PIPE_NOT_AVAILABLE` when none listens, `ACCESS_DENIED` for a way that
/// data does not go.
pub(in crate::io) fn take_client_end(
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
pub(in crate::io) fn listens(folded: &[u8]) -> Result<(bool, u32), NtStatus> {
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
    fn connect(&self, access: AccessMask, process: u32) -> Result<(ClientEnd, OwnedFd), NtStatus> {
        let reads = access.any(FILE_READ_DATA);
        let writes = access.any(FILE_WRITE_DATA | FILE_APPEND_DATA);
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

/// Opens the client's end of a pipe (Microsoft: "CreateFileW function", "Pipes").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `PIPE_NOT_AVAILABLE`, `ACCESS_DENIED`.
pub(in crate::io) fn open_client(
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

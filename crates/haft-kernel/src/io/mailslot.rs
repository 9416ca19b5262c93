//! Mailslots (Microsoft: "Mailslots"): many write messages, one reads them.
//!
//! Whoever writes connects to an abstract socket that is named after the slot; what they send waits
//! in the process that has the slot. The slot's own descriptor is a counter of the messages, which
//! is readable while there are some.

use super::file::{self, FileDescription, FileKind, FileObject};
use super::rights::{FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA};
use super::{blocking, lookup, message, pipe_server};
use crate::ke::reactor::{self, Interest, Watch};
use crate::ob;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::file as host;
use haft_host::guest;
use haft_host::rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::{Errno, read, write};
use haft_host::rustix::net::{
    AddressFamily, SocketFlags, SocketType, accept_with, bind, connect, listen, recv, send,
    socket_with, sockopt,
};
use haft_host::rustix::net::{RecvFlags, SendFlags};
use haft_host::rustix::process::getuid;
use haft_host::spawn;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// No time limit (`MAILSLOT_WAIT_FOREVER`).
const FOREVER: u32 = u32::MAX;

/// A slot that this process reads.
pub(crate) struct Slot {
    max_message: u32,
    /// How long a read waits, in milliseconds.
    timeout: AtomicU32,
    listener: OwnedFd,
    /// The counter, which is the file's descriptor too.
    bell: OwnedFd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Vec<u8>>,
    writers: Slab<Writer>,
    watch: Option<Watch>,
}

struct Writer {
    socket: OwnedFd,
    /// The packets so far of a message whose end has not come.
    part: Vec<u8>,
    watch: Option<Watch>,
}

fn new_socket(flags: SocketFlags) -> Result<OwnedFd, NtStatus> {
    let flags = flags | SocketFlags::CLOEXEC;
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).map_err(host::status)
}

/// Creates a slot, and a handle to read it (Microsoft: "CreateMailslotW function"). A longest
/// message of zero is none; the time limit is in milliseconds.
///
/// # Errors
/// `OBJECT_NAME_COLLISION` when there is one of the name.
pub fn create(
    name: &[u16],
    max_message: u32,
    timeout: u32,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let folded = lookup::fold(&wide::to_bytes(name));
    let listener = new_socket(SocketFlags::NONBLOCK)?;
    bind(&listener, &pipe_server::address("mailslot", &folded)?).map_err(|error| match error {
        Errno::ADDRINUSE => NtStatus::OBJECT_NAME_COLLISION,
        error => host::status(error),
    })?;
    listen(&listener, 64).map_err(host::status)?;
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK | EventfdFlags::SEMAPHORE;
    let counter = eventfd(0, flags).map_err(host::status)?;
    let slot = Arc::new(Slot {
        max_message,
        timeout: AtomicU32::new(timeout),
        listener,
        bell: spawn::above_standard(&counter)?,
        state: Mutex::default(),
    });
    slot.collect();
    let description = FileDescription {
        mailslot: Some(max_message),
        path: wide::to_bytes(name),
        ..FileDescription::plain(FileKind::Mailslot)
    };
    let file = FileObject::new(counter, description);
    let _ = file.state.slot.set(slot);
    ob::insert(file::create(file)?, AccessMask::GENERIC_READ | AccessMask::SYNCHRONIZE, inherit)
}

/// Opens a slot to write to it.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `ACCESS_DENIED` for reading it.
pub(super) fn open(name: &[u16], access: AccessMask) -> Result<FileObject, NtStatus> {
    let missing = NtStatus::OBJECT_NAME_NOT_FOUND;
    if access.any(FILE_READ_DATA) || !access.any(FILE_WRITE_DATA | FILE_APPEND_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let folded = lookup::fold(&wide::to_bytes(name));
    let socket = new_socket(SocketFlags::empty())?;
    connect(&socket, &pipe_server::address("mailslot", &folded)?).map_err(|_| missing)?;
    // Whoever has the name must be the user, or nobody has it.
    match sockopt::socket_peercred(&socket) {
        Ok(peer) if peer.uid == getuid() => {}
        _ => return Err(missing),
    }
    // The reactor of who has it says how long a message may be.
    let mut greeting = [0; 4];
    let (_, got) = recv(&socket, &mut greeting, RecvFlags::empty()).map_err(|_| missing)?;
    if got != greeting.len() {
        return Err(missing);
    }
    let description = FileDescription {
        socket: true,
        mailslot: Some(u32::from_le_bytes(greeting)),
        message: Some(file::ReadMode::Message),
        path: wide::to_bytes(name),
        ..FileDescription::plain(FileKind::Mailslot)
    };
    Ok(FileObject::new(socket, description))
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has come, and watches for more.
    fn collect(self: &Arc<Self>) {
        let state = &mut *self.lock();
        while let Ok(socket) =
            accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)
        {
            let friend = sockopt::socket_peercred(&socket)
                .is_ok_and(|peer| peer.uid == getuid() || peer.uid.is_root());
            let greeting = self.max_message.to_le_bytes();
            if friend && send(&socket, &greeting, SendFlags::NOSIGNAL) == Ok(greeting.len()) {
                state.writers.insert(Writer { socket, part: Vec::new(), watch: None });
            }
        }
        if state.watch.is_none() {
            state.watch = self.watch(&self.listener, |state| state.watch = None);
        }
        let keys: Vec<usize> = state.writers.iter().map(|(key, _)| key).collect();
        for key in keys {
            let Some(writer) = state.writers.get_mut(key) else { continue };
            let before = state.messages.len();
            let open = writer.receive(&mut state.messages);
            for _ in before..state.messages.len() {
                let _ = write(&self.bell, &1u64.to_ne_bytes());
            }
            if !open {
                state.writers.remove(key);
            } else if writer.watch.is_none() {
                writer.watch = self.watch(&writer.socket, move |state| {
                    if let Some(writer) = state.writers.get_mut(key) {
                        writer.watch = None;
                    }
                });
            }
        }
    }

    fn watch(
        self: &Arc<Self>,
        socket: &OwnedFd,
        fired: impl FnOnce(&mut State) + Send + 'static,
    ) -> Option<Watch> {
        let own = Arc::downgrade(self);
        let action = Box::new(move || {
            if let Some(slot) = own.upgrade() {
                fired(&mut slot.lock());
                slot.collect();
            }
        });
        reactor::watch_until(socket.as_fd(), Interest::Readable, action).ok()
    }
}

impl Writer {
    /// Takes every message that has come; whether more can come.
    fn receive(&mut self, messages: &mut VecDeque<Vec<u8>>) -> bool {
        loop {
            match message::packet(self.socket.as_fd(), &mut self.part) {
                Ok(message::Packet::Last) => messages.push_back(core::mem::take(&mut self.part)),
                Ok(message::Packet::More) => {}
                Ok(message::Packet::Later) => return true,
                Ok(message::Packet::End) | Err(_) => return false,
            }
        }
    }
}

/// Reads the next message, if there is one.
///
/// # Errors
/// `BUFFER_TOO_SMALL` for one that does not fit and stays, `ACCESS_VIOLATION`.
fn try_read(slot: &Arc<Slot>, address: usize, length: usize) -> Result<Option<usize>, NtStatus> {
    slot.collect();
    let mut state = slot.lock();
    let Some(first) = state.messages.front() else { return Ok(None) };
    if first.len() > length {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    guest::copy_out(address, first)?;
    let count = first.len();
    state.messages.pop_front();
    let _ = read(&slot.bell, &mut [0; 8]);
    Ok(Some(count))
}

fn slot(file: &FileObject) -> Result<&Arc<Slot>, NtStatus> {
    file.state.slot.get().ok_or(NtStatus::INVALID_DEVICE_REQUEST)
}

/// Reads the next message, waiting for it as long as the slot says.
///
/// # Errors
/// `IO_TIMEOUT`, `BUFFER_TOO_SMALL` for a message that does not fit, `CANCELLED`.
pub(super) fn read_message(
    file: &FileObject,
    address: usize,
    length: usize,
) -> Result<usize, NtStatus> {
    let slot = slot(file)?;
    let started = Instant::now();
    loop {
        if let Some(got) = try_read(slot, address, length)? {
            return Ok(got);
        }
        let left = match slot.timeout.load(Ordering::Relaxed) {
            FOREVER => None,
            timeout => {
                let limit = Duration::from_millis(timeout.into());
                let left = limit.checked_sub(started.elapsed()).filter(|left| !left.is_zero());
                Some(left.ok_or(NtStatus::IO_TIMEOUT)?)
            }
        };
        let limit = left.and_then(|left| Timespec::try_from(left).ok());
        blocking::wait(file, host::status, || {
            poll(&mut [PollFd::new(&file.fd, PollFlags::IN)], limit.as_ref())
        })?;
    }
}

/// What `GetMailslotInfo` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotInformation {
    /// The longest message; zero for any.
    pub max_message: u32,
    /// The size of the next message, if there is one.
    pub next: Option<u32>,
    /// How many messages there are.
    pub count: u32,
    /// How long a read waits, in milliseconds.
    pub timeout: u32,
}

/// What is in a slot.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no slot's handle to read it.
pub fn information(handle: Handle) -> Result<SlotInformation, NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let slot = slot(&file)?;
    slot.collect();
    let state = slot.lock();
    Ok(SlotInformation {
        max_message: slot.max_message,
        next: state.messages.front().map(|first| first.len() as u32),
        count: state.messages.len() as u32,
        timeout: slot.timeout.load(Ordering::Relaxed),
    })
}

/// Changes how long a read waits.
///
/// # Errors
/// As for [`information`].
pub fn set_timeout(handle: Handle, timeout: u32) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    slot(&file)?.timeout.store(timeout, Ordering::Relaxed);
    Ok(())
}

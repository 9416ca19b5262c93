//! Network events that set an event object (Microsoft: "WSAEventSelect function").
//!
//! Each kind of network event is told of once; then it is not looked for until a call of the
//! program's own that makes it worth knowing again: a receive for data that came, a send that had
//! to wait for room, an accept for connections.

use super::poll::{self, Ready};
use super::{CONNECTED, CONNECTING, Socket, accept, by_handle, connection, driver, status};
use crate::io::file::FileObject;
use crate::ke::event::{self, MODIFY_STATE};
use crate::ke::reactor::{self, Interest, Watch};
use crate::ob::{ObjectType, Pinned, reference};
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::event::epoll::EventFlags;
use haft_host::rustix::event::{PollFd, Timespec, poll as linux_poll};
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::io::{ioctl_fionbio, ioctl_fionread};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Data came, or the beginning of the end.
pub const READ: u32 = 1;
/// There is room to send.
pub const WRITE: u32 = 2;
/// Urgent data came.
pub const URGENT: u32 = 4;
/// A connection came in.
pub const ACCEPT: u32 = 8;
/// An attempt to connect is over.
pub const CONNECT: u32 = 16;
/// The other side has sent its last, or the connection is gone.
pub const CLOSE: u32 = 32;
/// How many kinds have an error code of their own.
pub const KINDS: usize = 10;
/// Every kind that there is, those that no protocol here has among them.
const ALL: u32 = 0x3FF;

/// What of a socket's events a program wants to hear.
#[derive(Default)]
pub(crate) struct Events {
    /// Whether anything is asked for: who makes a call looks at this alone.
    asked: AtomicBool,
    selection: Mutex<Option<Selection>>,
}

struct Selection {
    event: Pinned,
    wanted: u32,
    /// Those that are looked for.
    enabled: u32,
    /// Those that the program has yet to be told of, and how each ended.
    recorded: u32,
    errors: [NtStatus; KINDS],
    watch: Option<Watch>,
}

impl Events {
    fn lock(&self) -> MutexGuard<'_, Option<Selection>> {
        self.selection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }
}

/// Whether a socket's events are told of.
pub(super) fn are_told(file: &FileObject) -> bool {
    file.state.socket.events.is_asked()
}

/// Begins to tell of a socket's events, which makes that its calls return at once; or ends it,
/// for none.
///
/// # Errors
/// `INVALID_PARAMETER` for kinds that there are not, and those of the event's handle.
pub fn select(handle: Handle, event: Handle, wanted: u32) -> Result<(), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if wanted & !ALL != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let selection = if wanted == 0 {
        None
    } else {
        let event = reference(event, Some(ObjectType::Event), MODIFY_STATE)
            .map_err(|_| NtStatus::INVALID_PARAMETER)?;
        Some(event)
    };
    ioctl_fionbio(&socket.file.fd, true).map_err(status::of)?;
    socket.file.state.socket.set(super::WAITS_HERE, false);
    begin(&socket.file, selection.map(|event| (event, wanted)));
    Ok(())
}

fn begin(file: &Arc<FileObject>, selection: Option<(Pinned, u32)>) {
    let events = &file.state.socket.events;
    events.asked.store(selection.is_some(), Ordering::Release);
    *events.lock() = selection.map(|(event, wanted)| Selection {
        event,
        wanted,
        enabled: wanted,
        recorded: 0,
        errors: [NtStatus::SUCCESS; KINDS],
        watch: None,
    });
    look(file);
}

/// Has a connection's socket tell of the events that the listening one tells of.
pub(super) fn inherit(listener: &FileObject, file: &Arc<FileObject>) {
    if listener.state.socket.events.is_asked() {
        let selection = listener.state.socket.events.lock();
        let selection = selection.as_ref().map(|own| (own.event.clone(), own.wanted));
        begin(file, selection);
    }
}

/// Which events there were since the last time, and how each ended. With an event, that is reset in
/// the same step (Microsoft: "WSAEnumNetworkEvents function").
///
/// # Errors
/// Those of the two handles.
pub fn take(handle: Handle, event: Handle) -> Result<(u32, [NtStatus; KINDS]), NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    let event = if event.is_null() {
        None
    } else {
        Some(reference(event, Some(ObjectType::Event), MODIFY_STATE)?)
    };
    let mut selection = socket.file.state.socket.events.lock();
    if let Some(event) = &event {
        event::reset_object(event)?;
    }
    let Some(selection) = &mut *selection else {
        return Ok((0, [NtStatus::SUCCESS; KINDS]));
    };
    let errors = core::mem::replace(&mut selection.errors, [NtStatus::SUCCESS; KINDS]);
    Ok((core::mem::take(&mut selection.recorded), errors))
}

fn again(file: &Arc<FileObject>, kinds: u32) {
    if !file.state.socket.events.is_asked() {
        return;
    }
    if let Some(selection) = &mut *file.state.socket.events.lock() {
        selection.enabled |= selection.wanted & kinds;
    }
    look(file);
}

/// A receive was made.
pub(super) fn received(file: &Arc<FileObject>) {
    again(file, READ | URGENT);
}

/// A send found no room.
pub(super) fn sent_too_much(file: &Arc<FileObject>) {
    again(file, WRITE);
}

/// An accept was made.
pub(super) fn accepted(file: &Arc<FileObject>) {
    again(file, ACCEPT);
}

/// An attempt to connect began, or a socket began to listen.
pub(super) fn began(file: &Arc<FileObject>) {
    again(file, CONNECT);
    driver::began(file);
}

/// What a socket is ready for now.
pub(super) fn ready(file: &FileObject) -> Ready {
    let wanted = Ready::READ.with(Ready::WRITE).with(Ready::URGENT);
    let mut fds = [PollFd::new(&file.fd, poll::interest(wanted))];
    match linux_poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(1..) => poll::meaning(file, fds[0].revents()),
        _ => Ready::default(),
    }
}

/// Which events hold now, and how each ended.
fn holding(file: &FileObject, ready: Ready) -> Vec<(u32, NtStatus)> {
    let ok = NtStatus::SUCCESS;
    let state = &file.state.socket;
    if accept::is_listener(file) {
        return if ready.any(Ready::READ) { vec![(ACCEPT, ok)] } else { Vec::new() };
    }
    let mut holding = Vec::new();
    if state.has(CONNECTING) {
        if ready.any(Ready::CONNECT_FAILED) {
            let error = connection::take_error(file).map_or(ok, status::of);
            state.set(CONNECTING, false);
            return vec![(CONNECT, error)];
        }
        if !ready.any(Ready::WRITE) {
            return holding;
        }
        state.connected();
        holding.push((CONNECT, ok));
    }
    let stream = file.description.winsock.is_some_and(super::SocketKind::is_stream);
    let waiting = ioctl_fionread(&file.fd).unwrap_or(0) > 0;
    if ready.any(Ready::READ) && (waiting || !stream) {
        holding.push((READ, ok));
    }
    if ready.any(Ready::WRITE) && (!stream || state.has(CONNECTED)) {
        holding.push((WRITE, ok));
    }
    if ready.any(Ready::URGENT) {
        holding.push((URGENT, ok));
    }
    if stream && ready.any(Ready::HANG_UP) && !waiting {
        let error = if ready.any(Ready::ERROR) { NtStatus::CONNECTION_RESET } else { ok };
        holding.push((CLOSE, error));
    }
    holding
}

/// Takes note of the events that hold, and watches for those that do not.
fn look(file: &Arc<FileObject>) {
    let mut selection = file.state.socket.events.lock();
    let Some(selection) = &mut *selection else { return };
    selection.watch = None;
    let mut set = false;
    let now = holding(file, ready(file));
    let mut watched = selection.enabled;
    for (kind, error) in now {
        if kind & selection.enabled != 0 {
            selection.recorded |= kind;
            selection.errors[kind.trailing_zeros() as usize] = error;
            set = true;
        }
        // It holds whether or not somebody wants to know, and Linux would say so at once.
        selection.enabled &= !kind;
        watched &= !kind;
    }
    if set {
        let _ = event::set_object(&selection.event);
    }
    if let Some(interest) = interest(file, watched) {
        let own = Arc::downgrade(file);
        let action = Box::new(move || {
            if let Some(file) = own.upgrade() {
                look(&file);
            }
        });
        selection.watch =
            reactor::watch_until(file.fd.as_fd(), Interest::Events(interest), action).ok();
    }
}

/// What Linux is asked to tell of.
fn interest(file: &FileObject, kinds: u32) -> Option<EventFlags> {
    let state = &file.state.socket;
    let stream = file.description.winsock.is_some_and(super::SocketKind::is_stream);
    let listens = accept::is_listener(file);
    if stream && !listens && !state.has(CONNECTED | CONNECTING) {
        // Nothing happens to a socket that nobody has connected, and Linux calls it hung up.
        return None;
    }
    let mut flags = EventFlags::empty();
    if kinds & (READ | ACCEPT) != 0 {
        flags |= EventFlags::IN;
    }
    if kinds & WRITE != 0 || state.has(CONNECTING) {
        flags |= EventFlags::OUT;
    }
    if kinds & URGENT != 0 {
        flags |= EventFlags::PRI;
    }
    if kinds & CLOSE != 0 {
        flags |= EventFlags::RDHUP;
    }
    (!flags.is_empty()).then_some(flags)
}

/// As [`Socket`]s have it: after a call whose result says that it would have had to wait.
pub(super) fn after_send(socket: &Socket, result: &Result<usize, NtStatus>) {
    if matches!(result, Err(NtStatus::DEVICE_NOT_READY)) {
        sent_too_much(&socket.file);
    }
}

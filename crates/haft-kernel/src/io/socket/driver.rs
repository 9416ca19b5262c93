//! What programs ask the driver of sockets (AFD) without Winsock: to watch many sockets, and to tell by a
//! completion port. Runtimes of Rust and C that are built on readiness do so.
//!
//! Microsoft documents neither the device nor the request; they are told of by who uses them ("wepoll",
//! "mio"). The answer comes once for each request, and to no request before something holds.

use super::events;
use super::poll::Ready;
use super::{CONNECTED, CONNECTING, SocketKind, accept};
use crate::io::device::Device;
use crate::io::file::{self, FileObject};
use crate::io::request::{Armed, Request, arm};
use crate::ke::reactor::{self, Interest, Watch};
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::guest;
use haft_host::rustix::event::epoll::EventFlags;
use haft_host::rustix::fd::AsFd;
use haft_host::rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use haft_host::socket as host;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// The code of the request (`IOCTL_AFD_POLL`).
pub const POLL: u32 = 0x0001_2024;

// What a socket is watched for, and found.
const RECEIVE: u32 = 1;
const URGENT: u32 = 2;
const SEND: u32 = 4;
const DISCONNECT: u32 = 8;
const ABORT: u32 = 0x10;
const LOCAL_CLOSE: u32 = 0x20;
const ACCEPT: u32 = 0x80;
const CONNECT_FAIL: u32 = 0x100;

/// The request's head: how long to wait, for how many sockets, and whether others' requests for them end.
const HEAD: usize = 16;
/// A socket in it: handle, events, status.
const ENTRY: usize = 16;
/// More sockets than any runtime asks for at once.
const MOST: usize = 4096;
/// A request that is told of nothing so often in a row is left to its time limit.
const PATIENCE: u32 = 16;

/// A request that nothing has answered yet.
struct Poll {
    armed: Armed,
    /// Where the answer goes.
    output: usize,
    timeout: i64,
    sockets: Vec<Watched>,
    timer: Option<Watch>,
    /// How often in a row Linux told of something, and nothing held.
    misses: u32,
}

/// A socket that is watched; a closed one is not kept open for that.
struct Watched {
    handle: Handle,
    file: Weak<FileObject>,
    wanted: u32,
    watch: Option<Watch>,
}

/// The requests that were made through a file, and those of other files that watch it.
#[derive(Default)]
pub(crate) struct Polls {
    own: Mutex<HashMap<u64, Poll>>,
    watching: Mutex<Vec<(Weak<FileObject>, u64)>>,
}

impl Polls {
    fn own(&self) -> MutexGuard<'_, HashMap<u64, Poll>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watching(&self) -> MutexGuard<'_, Vec<(Weak<FileObject>, u64)>> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a file is the driver's own.
fn is_drivers(file: &FileObject) -> bool {
    file.description.device == Some(Device::Sockets)
}

fn is_stream(file: &FileObject) -> bool {
    file.description.winsock.is_some_and(SocketKind::is_stream)
}

/// Whether a stream is connected, also by another process that had it before.
fn is_connected(file: &FileObject) -> bool {
    let state = &file.state.socket;
    if state.has(CONNECTED) {
        return true;
    }
    let connected = !state.has(CONNECTING) && host::peer_name(file.fd.as_fd()).is_ok();
    if connected {
        state.connected();
    }
    connected
}

/// What holds of a socket now.
fn holding(file: &FileObject) -> u32 {
    let ready = events::ready(file);
    let event = |condition: bool, event: u32| if condition { event } else { 0 };
    if accept::is_listener(file) {
        return event(ready.any(Ready::READ), ACCEPT);
    }
    let (state, stream) = (&file.state.socket, is_stream(file));
    if state.has(CONNECTING) {
        // The error stays in the socket for who asks for it.
        if ready.any(Ready::CONNECT_FAILED) {
            return CONNECT_FAIL;
        }
        if !ready.any(Ready::WRITE) {
            return 0;
        }
        state.connected();
    }
    if stream && !is_connected(file) {
        return 0;
    }
    event(ready.any(Ready::READ), RECEIVE)
        | event(ready.any(Ready::WRITE), SEND)
        | event(ready.any(Ready::URGENT), URGENT)
        | event(stream && ready.any(Ready::HANG_UP), DISCONNECT)
        // Of a datagram that met nobody a receive tells.
        | event(ready.any(Ready::ERROR), if stream { ABORT } else { RECEIVE })
}

/// What Linux is asked to tell of; nothing while nobody has connected a stream.
fn interest(file: &FileObject, wanted: u32) -> Option<EventFlags> {
    let connecting = file.state.socket.has(CONNECTING);
    if is_stream(file) && !connecting && !accept::is_listener(file) && !is_connected(file) {
        return None;
    }
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, wanted & (RECEIVE | ACCEPT) != 0);
    flags.set(EventFlags::OUT, wanted & SEND != 0 || connecting);
    flags.set(EventFlags::PRI, wanted & URGENT != 0);
    flags.set(EventFlags::RDHUP, wanted & DISCONNECT != 0);
    Some(flags)
}

/// Watches sockets until one of the events that are wanted holds, and tells which (`SUCCESS`), or that it
/// will (`PENDING`). The answer has the form of the request, with the sockets alone for which something
/// holds.
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for a file that is no socket and not the driver's; `BUFFER_TOO_SMALL`;
/// `INVALID_HANDLE` for what is no socket, `ACCESS_VIOLATION`.
pub fn poll(
    handle: Handle,
    (input, given): (usize, usize),
    (output, room): (usize, usize),
    request: &Request,
) -> Result<(NtStatus, usize), NtStatus> {
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    if !is_drivers(&file) && file.description.winsock.is_none() {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    if given < HEAD {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let (timeout, count) = (guest::read::<i64>(input)?, guest::read::<u32>(input + 8)? as usize);
    if count > MOST || given.min(room) < HEAD + count * ENTRY {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let mut sockets = Vec::with_capacity(count);
    for entry in (0..count).map(|n| input + HEAD + n * ENTRY) {
        let handle = Handle(guest::read::<usize>(entry)?);
        let wanted = guest::read::<u32>(entry + 8)?;
        let socket = super::by_handle(handle, AccessMask::NONE);
        let file = Arc::downgrade(&socket.map_err(|_| NtStatus::INVALID_HANDLE)?.file);
        sockets.push(Watched { handle, file, wanted, watch: None });
    }
    guest::probe(output, HEAD + count * ENTRY, true)?;
    let armed = arm(&file, request)?;
    let mut poll = Poll { armed, output, timeout, sockets, timer: None, misses: 0 };
    let found = poll.look();
    if !found.is_empty() || timeout == 0 {
        let status = if found.is_empty() { NtStatus::TIMEOUT } else { NtStatus::SUCCESS };
        let length = poll.answer(&found);
        poll.armed.complete(&file, status, length, true);
        return Ok((status, length));
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let key = NEXT.fetch_add(1, Ordering::Relaxed);
    // Nothing is told before all is in place.
    let mut own = file.state.polls.own();
    watch(&file, &mut poll, key)?;
    poll.timer = time_limit(&file, key, timeout)?;
    for socket in poll.sockets.iter().filter_map(|watched| watched.file.upgrade()) {
        socket.state.polls.watching().push((Arc::downgrade(&file), key));
    }
    own.insert(key, poll);
    Ok((NtStatus::PENDING, 0))
}

impl Poll {
    /// For which sockets something holds, and what.
    fn look(&self) -> Vec<(Handle, u32)> {
        let found = self.sockets.iter().map(|watched| {
            let holds = watched.file.upgrade().map_or(LOCAL_CLOSE, |file| holding(&file));
            (watched.handle, holds & (watched.wanted | LOCAL_CLOSE))
        });
        found.filter(|&(_, holds)| holds != 0).collect()
    }

    /// Writes the answer: its length.
    fn answer(&self, found: &[(Handle, u32)]) -> usize {
        // The program's memory was there when it asked; where it is gone, nobody reads it.
        let _ = guest::write(self.output, self.timeout);
        let _ = guest::write(self.output + 8, found.len() as u32);
        for (n, (handle, events)) in found.iter().enumerate() {
            let entry = self.output + HEAD + n * ENTRY;
            let _ = guest::write(entry, handle.0 as u64);
            let _ = guest::write(entry + 8, [*events, NtStatus::SUCCESS.0]);
        }
        HEAD + found.len() * ENTRY
    }
}

/// Has the reactor look again when Linux tells of a socket.
fn watch(file: &Arc<FileObject>, poll: &mut Poll, key: u64) -> Result<(), NtStatus> {
    for watched in &mut poll.sockets {
        let Some(socket) = watched.file.upgrade() else { continue };
        let Some(flags) = interest(&socket, watched.wanted) else { continue };
        let own = Arc::downgrade(file);
        let action = Box::new(move || {
            if let Some(file) = own.upgrade() {
                advance(&file, key);
            }
        });
        // The last one's first: it is the same socket's.
        watched.watch = None;
        let events = Interest::Events(flags);
        watched.watch = Some(reactor::watch_until(socket.fd.as_fd(), events, action)?);
    }
    Ok(())
}

/// Has the reactor end a request when its time is over: in 100 ns from now where it is negative.
fn time_limit(file: &Arc<FileObject>, key: u64, timeout: i64) -> Result<Option<Watch>, NtStatus> {
    if timeout == i64::MAX {
        return Ok(None);
    }
    let ticks = match timeout {
        ..=0 => timeout.unsigned_abs(),
        at => u64::try_from(at - haft_host::clock::system_time()).unwrap_or(0),
    };
    let failed = haft_host::file::status;
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).map_err(failed)?;
    let left = Duration::from_nanos(ticks.saturating_mul(100).max(1));
    let it_value = Timespec::try_from(left).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
    let time = Itimerspec { it_interval, it_value };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &time).map_err(failed)?;
    let own = Arc::downgrade(file);
    let action = Box::new(move || {
        if let Some(file) = own.upgrade() {
            end(&file, NtStatus::TIMEOUT, |known, _| known == key);
        }
    });
    reactor::watch_until(timer.as_fd(), Interest::Readable, action).map(Some)
}

/// Answers a request if something holds now, else watches on.
fn advance(file: &Arc<FileObject>, key: u64) {
    let mut own = file.state.polls.own();
    let Some(poll) = own.get_mut(&key) else { return };
    let found = poll.look();
    if found.is_empty() {
        poll.misses += 1;
        if poll.misses < PATIENCE {
            let _ = watch(file, poll, key);
        }
        return;
    }
    let poll = own.remove(&key);
    drop(own);
    if let Some(poll) = poll {
        complete(file, key, poll, &found, NtStatus::SUCCESS);
    }
}

fn complete(
    file: &Arc<FileObject>,
    key: u64,
    poll: Poll,
    found: &[(Handle, u32)],
    status: NtStatus,
) {
    let its = |(of, known): &(Weak<FileObject>, u64)| {
        *known == key && core::ptr::eq(of.as_ptr(), Arc::as_ptr(file))
    };
    for socket in poll.sockets.iter().filter_map(|watched| watched.file.upgrade()) {
        socket.state.polls.watching().retain(|entry| !its(entry));
    }
    let length = poll.answer(found);
    // What it watches is let go of before anybody hears of the end.
    let Poll { armed, sockets, timer, .. } = poll;
    drop((sockets, timer));
    armed.complete(file, status, length, false);
}

/// Ends the requests of a file that are meant, with a status: whether there was one.
fn end(file: &Arc<FileObject>, status: NtStatus, meant: impl Fn(u64, &Poll) -> bool) -> bool {
    let mut own = file.state.polls.own();
    let ended: Vec<(u64, Poll)> = own.extract_if(|key, poll| meant(*key, poll)).collect();
    drop(own);
    let any = !ended.is_empty();
    for (key, poll) in ended {
        complete(file, key, poll, &[], status);
    }
    any
}

/// Looks at a socket again that began to be connected or to listen: until then nobody watched it.
pub(super) fn began(socket: &FileObject) {
    let watching = socket.state.polls.watching().clone();
    for (file, key) in watching.into_iter().filter_map(|(w, key)| Some((w.upgrade()?, key))) {
        advance(&file, key);
    }
}

/// Cancels requests, as for [`crate::io::transfer::cancel`].
pub(crate) fn cancel(
    file: &Arc<FileObject>,
    thread: Option<Tid>,
    status_block: Option<usize>,
) -> bool {
    end(file, NtStatus::CANCELLED, |_, poll| {
        thread.is_none_or(|t| poll.armed.thread.is_some_and(|own| own.tid() == t))
            && status_block.is_none_or(|block| poll.armed.request.status_block == block)
    })
}

/// Ends what was asked through a file whose last handle is closed, and tells of its end who watches it.
pub(crate) fn at_close(file: &Arc<FileObject>) {
    if !is_drivers(file) && file.description.winsock.is_none() {
        return;
    }
    end(file, NtStatus::CANCELLED, |_, _| true);
    let watching = core::mem::take(&mut *file.state.polls.watching());
    for (other, key) in watching.into_iter().filter_map(|(w, key)| Some((w.upgrade()?, key))) {
        let mut own = other.state.polls.own();
        let is_this = |watched: &Watched| core::ptr::eq(watched.file.as_ptr(), Arc::as_ptr(file));
        let Some(poll) = own.remove(&key) else { continue };
        drop(own);
        let closed = poll.sockets.iter().filter(|watched| is_this(watched));
        let found: Vec<_> = closed.map(|watched| (watched.handle, LOCAL_CLOSE)).collect();
        complete(&other, key, poll, &found, NtStatus::SUCCESS);
    }
}

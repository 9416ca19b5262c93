//! One thread of haft's own that watches descriptors for the others (epoll).

use haft_abi::NtStatus;
use haft_host::rustix::event::epoll;
use haft_host::rustix::fd::{BorrowedFd, OwnedFd};
use haft_host::rustix::io::Errno;
use slab::Slab;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What is done once when a descriptor becomes ready. It runs on the reactor's thread and must
/// neither block nor call the program.
pub type Action = Box<dyn FnOnce() + Send>;

struct Reactor {
    epoll: OwnedFd,
    actions: Mutex<Slab<Watched>>,
    /// Counts watches, so that a late event never meets the next user of a place.
    serial: AtomicU32,
}

struct Watched {
    fd: OwnedFd,
    action: Action,
    serial: u32,
}

/// A watch that ends when this is dropped.
pub struct Watch(u64);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(reactor) = REACTOR.get() {
            drop(reactor.take(self.0));
        }
    }
}

impl Reactor {
    /// Ends a watch; none if it has ended already.
    fn take(&self, data: u64) -> Option<Watched> {
        let (key, serial) = (data as u32 as usize, (data >> 32) as u32);
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        if actions.get(key).is_none_or(|watched| watched.serial != serial) {
            return None;
        }
        let watched = actions.try_remove(key)?;
        drop(actions);
        let _ = epoll::delete(&self.epoll, &watched.fd);
        Some(watched)
    }
}

static REACTOR: OnceLock<Reactor> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// What readiness is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or the end.
    Readable,
    /// Room to write, or nobody to read it.
    Writable,
    /// The other side is gone.
    HangUp,
    /// Whatever these say.
    Events(epoll::EventFlags),
}

fn reactor() -> Result<&'static Reactor, NtStatus> {
    if let Some(reactor) = REACTOR.get() {
        return Ok(reactor);
    }
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if REACTOR.get().is_none() {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let _ = REACTOR.set(Reactor {
            epoll,
            actions: Mutex::new(Slab::new()),
            serial: AtomicU32::new(0),
        });
        haft_host::thread::spawn(run)?;
    }
    REACTOR.get().ok_or(NtStatus::INSUFFICIENT_RESOURCES)
}

/// Calls `action` once when `fd` becomes ready. The descriptor may be closed meanwhile: the
/// reactor watches a duplicate.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn watch(fd: BorrowedFd<'_>, interest: Interest, action: Action) -> Result<(), NtStatus> {
    // Nobody ends this one before its time.
    watch_until(fd, interest, action).map(core::mem::forget)
}

/// [`watch`], until the result is dropped.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn watch_until(
    fd: BorrowedFd<'_>,
    interest: Interest,
    action: Action,
) -> Result<Watch, NtStatus> {
    let reactor = reactor()?;
    let own = haft_host::spawn::above_standard(fd)?;
    let flags = match interest {
        Interest::Readable => epoll::EventFlags::IN,
        Interest::Writable => epoll::EventFlags::OUT,
        // What epoll always tells.
        Interest::HangUp => epoll::EventFlags::empty(),
        Interest::Events(flags) => flags,
    } | epoll::EventFlags::ONESHOT;
    let mut actions = reactor.actions.lock().unwrap_or_else(PoisonError::into_inner);
    let serial = reactor.serial.fetch_add(1, Ordering::Relaxed);
    let entry = actions.vacant_entry();
    let data = entry.key() as u64 | u64::from(serial) << 32;
    epoll::add(&reactor.epoll, &own, epoll::EventData::new_u64(data), flags)
        .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    entry.insert(Watched { fd: own, action, serial });
    Ok(Watch(data))
}

fn run() {
    let Some(reactor) = REACTOR.get() else { return };
    let mut ready = Vec::with_capacity(64);
    loop {
        ready.clear();
        match epoll::wait(
            &reactor.epoll,
            haft_host::rustix::buffer::spare_capacity(&mut ready),
            None,
        ) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        for event in &ready {
            if let Some(Watched { fd, action, .. }) = reactor.take(event.data.u64()) {
                // Before: whoever hears of what the action does may count on the file's end.
                drop(fd);
                action();
            }
        }
    }
}

//! One thread of haft's own that watches descriptors for the others (epoll).

use haft_abi::NtStatus;
use haft_host::rustix::event::epoll;
use haft_host::rustix::fd::{BorrowedFd, OwnedFd};
use haft_host::rustix::io::Errno;
use slab::Slab;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What is done once when a descriptor becomes ready. It runs on the reactor's thread and must
/// neither block nor call the program.
pub type Action = Box<dyn FnOnce() + Send>;

struct Reactor {
    epoll: OwnedFd,
    actions: Mutex<Slab<(OwnedFd, Action)>>,
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
}

fn reactor() -> Result<&'static Reactor, NtStatus> {
    if let Some(reactor) = REACTOR.get() {
        return Ok(reactor);
    }
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if REACTOR.get().is_none() {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let _ = REACTOR.set(Reactor { epoll, actions: Mutex::new(Slab::new()) });
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
    let reactor = reactor()?;
    let own = haft_host::spawn::above_standard(fd)?;
    let flags = match interest {
        Interest::Readable => epoll::EventFlags::IN,
        Interest::Writable => epoll::EventFlags::OUT,
    } | epoll::EventFlags::ONESHOT;
    let mut actions = reactor.actions.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = actions.vacant_entry();
    let data = epoll::EventData::new_u64(entry.key() as u64);
    epoll::add(&reactor.epoll, &own, data, flags).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    entry.insert((own, action));
    Ok(())
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
            let key = event.data.u64() as usize;
            let taken =
                reactor.actions.lock().unwrap_or_else(PoisonError::into_inner).try_remove(key);
            if let Some((fd, action)) = taken {
                let _ = epoll::delete(&reactor.epoll, &fd);
                action();
            }
        }
    }
}

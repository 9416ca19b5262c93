//! Callbacks for completed I/O (Microsoft: "CreateThreadpoolIo function",
//! "BindIoCompletionCallback function"). All files share one completion port, which one worker
//! waits for.

use super::callbacks::{Arguments, Callback, Callbacks, Environment};
use super::work::Item;
use super::workers::Pool;
use crate::io::completion_port::{self, Packet, Port, Removed};
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::{Handle, NtStatus};
use haft_object::Timeout;
use std::sync::{Arc, OnceLock};

/// What a callback is told of a completion: the status, as a number of the caller's choice.
pub type Told = fn(NtStatus) -> u32;

/// Completions of a file's I/O.
pub struct Io {
    /// Its callbacks.
    pub callbacks: Arc<Callbacks>,
    /// How many I/Os were announced and are not complete.
    started: AtomicU32,
    told: Told,
    /// Whether callbacks get the three arguments of the old kind.
    old: bool,
}

/// The port, for which a worker waits.
fn port() -> Result<Arc<Port>, NtStatus> {
    static PORT: OnceLock<Arc<Port>> = OnceLock::new();
    if let Some(port) = PORT.get() {
        return Ok(Arc::clone(port));
    }
    let new = completion_port::new()?;
    let port = PORT.get_or_init(|| Arc::clone(&new));
    if Arc::ptr_eq(port, &new) {
        Pool::waiters().submit(Box::new(move || serve(&new)))?;
    }
    Ok(Arc::clone(port))
}

fn serve(port: &Port) {
    while let Ok(Removed::Packets(packets)) =
        completion_port::remove_from(port, 1, Timeout::Never, false)
    {
        for packet in packets {
            if let Some(Item::Io(io)) = super::item(packet.key).as_deref() {
                io.complete(packet);
            }
        }
    }
}

impl Io {
    fn complete(&self, packet: Packet) {
        let Packet { key, context, status, information } = packet;
        let error = (self.told)(status) as usize;
        let arguments = if self.old {
            Arguments::Bare([error, information, context])
        } else {
            Arguments::Long([context, error, information, key])
        };
        if self.callbacks.submit(arguments).is_err() {
            self.callbacks.call_here(arguments);
        }
        self.forget();
    }

    /// Announces an I/O: those who wait for callbacks wait for its.
    fn start(&self) {
        self.started.fetch_add(1, Ordering::AcqRel);
        self.callbacks.tally().begin();
    }

    /// Takes an announcement back.
    fn forget(&self) {
        let less = |n: u32| n.checked_sub(1);
        if self.started.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok() {
            self.callbacks.tally().end();
        }
    }
}

/// Has a callback called for each I/O of a file that is complete; the value that stands for it.
///
/// # Errors
/// `INVALID_HANDLE`, `INVALID_PARAMETER` for a file that is not overlapped or is bound already,
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn bind(
    file: Handle,
    callback: Callback,
    environment: Environment,
    told: Told,
    old: bool,
) -> Result<usize, NtStatus> {
    let port = port()?;
    let callbacks = Callbacks::new(callback, environment);
    let value = super::keep(Item::Io(Io { callbacks, started: AtomicU32::new(0), told, old }));
    completion_port::bind_to(port, file, value).inspect_err(|_| super::close(value))?;
    Ok(value)
}

/// Says that an I/O is about to begin.
pub fn start(value: usize) {
    if let Some(Item::Io(io)) = super::item(value).as_deref() {
        io.start();
    }
}

/// Says that an I/O which was announced will have no callback.
pub fn cancel(value: usize) {
    if let Some(Item::Io(io)) = super::item(value).as_deref() {
        io.forget();
    }
}

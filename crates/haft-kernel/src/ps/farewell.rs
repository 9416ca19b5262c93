//! Telling the creator of the end before Linux does.
//!
//! Linux tells of a process's end when it has taken its memory apart, which is a fifth of what a
//! short process takes. Nobody misses the memory: what others can miss are files, with their locks
//! and the other ends of pipes. So a process that ends closes them, says so in its block, and then
//! closes the wire that it was born over, for whose end its creator waits.

use super::exit::linux_status;
use crate::io::file;
use crate::mm::section;
use crate::ob::objects;
use crate::session;
use haft_host::rustix::fd::OwnedFd;
use haft_host::{descriptor, thread};
use haft_object::JobState;
use std::sync::{Mutex, PoisonError};

/// The wire.
static WIRE: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Keeps the wire that the running process was born over.
pub(super) fn keep(wire: OwnedFd) {
    *WIRE.lock().unwrap_or_else(PoisonError::into_inner) = Some(wire);
}

/// Ends the running process, whose block says how it ended. Its creator hears of it first, where
/// nothing but memory is left of it then.
pub(super) fn leave(code: u32) -> ! {
    if nothing_else_is_left()
        && let Ok(mut wire) = WIRE.try_lock()
        && let Some(wire) = wire.take()
        && descriptor::close_all_but(&wire)
    {
        objects().block().set_let_go();
        drop(wire);
    }
    thread::exit_process(linux_status(code))
}

/// Whether nothing that others could miss would be left of this process without its descriptors:
/// no thread that goes on, no view that keeps a file and its locks, no socket whose close waits. What
/// the executive knows of, others hear of from it, by Linux's word; so they are all told by that.
fn nothing_else_is_left() -> bool {
    thread::is_alone()
        && !session::is_connected()
        && !objects().block().job().contains(JobState::MEMBER)
        && !section::has_viewed()
        && !file::has_had_sockets()
}

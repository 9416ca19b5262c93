//! What a process and the executive do together, so that objects move and waits span both.
//!
//! * [`process`]: the process's part: an object is published, a wait is begun and ended;
//! * [`proxies`]: the executive's part: threads that stand for the clients' threads.
//!
//! Between the two are calls, which [`process::Authority`] makes, and the wait words in the process
//! blocks. How a call travels is not known here: tests explore both parts with calls of their own.

pub mod process;
pub mod proxies;

use crate::dispatcher::join::Wait;
use crate::dispatcher::wait::WaitKind;
use serde::{Deserialize, Serialize};

/// The executive's number of an object, as one process knows it. Another process has another
/// number for the same object, and this one means nothing to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SharedId(pub u64);

/// A shared object of a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The object.
    pub object: SharedId,
    /// Its place among all objects of the wait.
    pub place: u8,
}

/// A wait that has begun, and the shared objects that it is to wait for too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Joining {
    /// The wait.
    pub wait: Wait,
    /// Whether one of the objects decides it, or all of them; these are all of its objects then.
    pub kind: WaitKind,
    /// The objects, in the order in which they are looked at.
    pub members: Vec<Member>,
    /// Whether it stays in the queues of those that are not signalled.
    pub stay: bool,
    /// Whether the thread waits for no answer but that its wait is decided.
    pub posted: bool,
}

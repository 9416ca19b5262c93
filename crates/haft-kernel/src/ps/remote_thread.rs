//! The first thread of a child, as its creator holds it.

use super::object::ProcessObject;
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, pending};
use haft_abi::{NtStatus, Tid};
use haft_object::{Backing, ObjectType};
use std::sync::Arc;

/// A thread of another process.
pub struct RemoteThread {
    /// Its identifier.
    pub tid: Tid,
    /// Its process.
    pub process: Arc<ProcessObject>,
}

static REMOTE: SideTable<RemoteThread> = SideTable::new();

/// Makes the object of the first thread of `process`. It is signalled with its process.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(process: Arc<ProcessObject>, tid: Tid) -> Result<Pinned, NtStatus> {
    let thread = RemoteThread { tid, process };
    // The second word of one's own threads is zero; who looks from outside is told which it is.
    let foreign = u64::from(tid.0);
    let key = REMOTE.insert(Arc::new(thread));
    objects()
        .create_object(ObjectType::Thread, Backing::Kernel { words: [key, foreign] }, false)
        .inspect_err(|_| drop(REMOTE.remove(key)))
}

/// The thread of another process behind a thread object, if it is one.
#[must_use]
pub fn of(object: &Pinned) -> Option<Arc<RemoteThread>> {
    match (object.object_type(), pending::backing(object).ok()?) {
        (ObjectType::Thread, Backing::Kernel { words: [key, foreign] }) if foreign != 0 => {
            REMOTE.get(key)
        }
        _ => None,
    }
}

/// Lets go of a thread object.
pub(crate) fn dispose(words: [u64; 2]) {
    match words {
        [key, 0] => super::thread::dispose(key),
        [key, _] => drop(REMOTE.remove(key)),
    }
}

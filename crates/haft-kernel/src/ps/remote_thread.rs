//! Threads of other processes.

use super::object::ProcessObject;
use super::opened;
use super::thread::STILL_ACTIVE;
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, pending};
use haft_abi::{NtStatus, Pid, Tid};
use haft_object::{Backing, ObjectType};
use haft_wire::SharedId;
use std::sync::Arc;

/// A thread of another process.
pub struct RemoteThread {
    /// Its identifier.
    pub tid: Tid,
    /// Its process's identifier.
    pub pid: Pid,
    place: Place,
}

/// How this process knows a thread of another one.
enum Place {
    /// As the first thread of a child.
    First(Arc<ProcessObject>),
    /// By the executive's number of it.
    Elsewhere(SharedId),
}

static REMOTE: SideTable<RemoteThread> = SideTable::new();

impl RemoteThread {
    /// The child whose first thread it is, if this process created it.
    #[must_use]
    pub fn first_of(&self) -> Option<Arc<ProcessObject>> {
        match &self.place {
            Place::First(process) => Some(Arc::clone(process)),
            Place::Elsewhere(_) => None,
        }
    }

    /// Its exit code, `STILL_ACTIVE` while it runs. What the creator of a child holds as the first
    /// thread of it ends with the child.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a thread that only the executive knows, and it is gone.
    pub fn exit_code(&self) -> Result<u32, NtStatus> {
        match &self.place {
            Place::First(process) => process.exit_code(),
            Place::Elsewhere(number) => {
                Ok(opened::thread_exit_code(*number)?.unwrap_or(STILL_ACTIVE))
            }
        }
    }

    /// The executive's number of it, and whether that is a new one, which the caller has to
    /// release.
    ///
    /// # Errors
    /// `INVALID_CID` for one that has ended, `PORT_DISCONNECTED` without an executive.
    pub fn number(&self) -> Result<(SharedId, bool), NtStatus> {
        match &self.place {
            Place::Elsewhere(number) => Ok((*number, false)),
            Place::First(process) => {
                // The executive has to know its process.
                process.number()?;
                Ok((opened::thread_number(self.pid, self.tid)?, true))
            }
        }
    }
}

/// Makes the object of the first thread of `process`. It is signalled with its process.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(process: Arc<ProcessObject>, tid: Tid) -> Result<Pinned, NtStatus> {
    let thread = RemoteThread { tid, pid: process.pid, place: Place::First(process) };
    // The second word of one's own threads is zero; who looks from outside is told which it is.
    let foreign = u64::from(tid.0);
    let notes = [u64::from(thread.pid.0), foreign];
    let key = REMOTE.insert(Arc::new(thread));
    let made = objects()
        .create_object(ObjectType::Thread, Backing::Kernel { words: [key, foreign] }, false)
        .inspect_err(|_| drop(REMOTE.remove(key)))?;
    made.record().set_notes(notes);
    Ok(made)
}

/// The thread of another process behind a thread object, if it is one.
#[must_use]
pub fn of(object: &Pinned) -> Option<Arc<RemoteThread>> {
    match (object.object_type(), pending::backing(object).ok()?) {
        (ObjectType::Thread, Backing::Kernel { words: [key, foreign] }) if foreign != 0 => {
            REMOTE.get(key)
        }
        (ObjectType::Thread, Backing::Executive { id }) => {
            let [pid, tid] = object.record().notes().map(|word| word as u32);
            let place = Place::Elsewhere(SharedId(id));
            Some(Arc::new(RemoteThread { tid: Tid(tid), pid: Pid(pid), place }))
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

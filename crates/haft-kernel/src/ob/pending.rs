//! Objects that another process has given this one, which fetches them at their first use.

use super::{Pinned, objects, shared};
use crate::io::file;
use crate::mm::section;
use crate::ps;
use crate::session::{self, Turn};
use haft_abi::NtStatus;
use haft_host::rustix::fd::OwnedFd;
use haft_object::{Backing, ObjectType};
use haft_wire::{Answer, Request};

/// Where an object really is; one that was given is fetched first.
///
/// # Errors
/// `PORT_DISCONNECTED` when it cannot be fetched any more, `TOO_MANY_OPENED_FILES`.
pub fn backing(object: &Pinned) -> Result<Backing, NtStatus> {
    match object.backing() {
        Backing::Pending { .. } => fetch(object),
        backing => Ok(backing),
    }
}

#[cold]
fn fetch(object: &Pinned) -> Result<Backing, NtStatus> {
    session::holding(|turn| {
        // Another thread may have had the turn before, for the same.
        let Backing::Pending { id } = object.backing() else { return Ok(object.backing()) };
        let real = accept(turn, id)?;
        if real.object_type() != object.object_type() {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        let description = objects().block().description(real.index());
        objects().block().describe(object.index(), &description);
        if matches!(real.object_type(), ObjectType::Process | ObjectType::Thread) {
            object.record().set_notes(real.record().notes());
        }
        let backing = objects().take_backing(real);
        objects().resolve_pending(object, id, backing).map_err(|_| NtStatus::RETRY)?;
        Ok(backing)
    })
}

fn accept(turn: &Turn<'_>, offer: u64) -> Result<Pinned, NtStatus> {
    let request = Request::Accept { offer };
    let real = match turn.ask_with(&request, &[])? {
        (Answer::Parcel(parcel), fds) => ps::unwrap_one(&parcel, fds)?,
        (Answer::Taken { object_type, description, path }, fds) => {
            taken(object_type, &description, path, fds)?
        }
        (answer, _) => shared::adopt(answer)?.0,
    };
    if file::of(&real).is_ok_and(|file| file.description.delete_on_close) {
        // It refuses, and by then has closed its own descriptor: so this process's is the last.
        let _ = turn.ask(&request);
    }
    Ok(real)
}

/// Makes the object of what was taken from another process.
fn taken(
    object_type: u8,
    description: &[u8],
    path: Vec<u8>,
    fds: Vec<OwnedFd>,
) -> Result<Pinned, NtStatus> {
    let fd = fds.into_iter().next().ok_or(NtStatus::PORT_DISCONNECTED)?;
    match ObjectType::from_number(object_type) {
        Some(ObjectType::File) => file::create_taken(fd, description, path),
        Some(ObjectType::Section) => section::create_taken(fd, description),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// Says that what was given is not wanted: its last handle was closed before it was used.
pub(super) fn decline(object_type: ObjectType, offer: u64) {
    // A file that is to be deleted on its last close is gone when its handle is: by who closes it.
    if object_type == ObjectType::File {
        let file = session::holding(|turn| accept(turn, offer));
        if file.is_ok() {
            return;
        }
    }
    let _ = session::tell(&Request::Decline { offer });
}

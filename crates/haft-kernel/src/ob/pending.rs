//! Objects that another process has given this one, which fetches them at their first use.

use super::{Pinned, objects, shared};
use crate::ps;
use crate::session;
use haft_abi::NtStatus;
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
        let real = match turn.ask_with(&Request::Accept { offer: id }, &[])? {
            (Answer::Parcel(parcel), fds) => ps::unwrap_one(&parcel, fds)?,
            (answer, _) => shared::adopt(answer)?.0,
        };
        if real.object_type() != object.object_type() {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        if matches!(real.object_type(), ObjectType::Process | ObjectType::Thread) {
            object.record().set_notes(real.record().notes());
        }
        let backing = objects().take_backing(real);
        objects().resolve_pending(object, id, backing).map_err(|_| NtStatus::RETRY)?;
        Ok(backing)
    })
}

/// Says that what was given is not wanted: its last handle was closed before it was used.
pub(super) fn decline(offer: u64) {
    let _ = session::tell(&Request::Decline { offer });
}

//! Sections that have a name: the executive has their files, and a process asks for one when it
//! first needs it.

use super::section::{SectionDescription, SectionObject};
use crate::ob::Pinned;
use crate::ob::shared::{self, ObjectName};
use crate::se::acting;
use crate::session;
use haft_abi::NtStatus;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_object::security::SecurityDescriptor;
use haft_wire::section::{SectionAnswer, SectionRequest};
use haft_wire::{Answer, Request, SharedId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Those that this process has used, by the executive's numbers.
static USED: Mutex<BTreeMap<u64, Arc<SectionObject>>> = Mutex::new(BTreeMap::new());

fn used() -> MutexGuard<'static, BTreeMap<u64, Arc<SectionObject>>> {
    USED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a section over a file, or opens the one of the name; whether that was there.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, those of a path,
/// `INSUFFICIENT_RESOURCES`, `PORT_DISCONNECTED`.
pub(super) fn create(
    name: ObjectName,
    file: &OwnedFd,
    description: SectionDescription,
    descriptor: Option<SecurityDescriptor>,
) -> Result<(Pinned, bool), NtStatus> {
    let description =
        postcard::to_allocvec(&description).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    let request = Request::Section(SectionRequest::Create { name, description });
    let request = if descriptor.is_some() || acting::is_needed() {
        acting::protecting(&request, descriptor)?
    } else {
        request
    };
    let (answer, _) = session::holding(|turn| turn.ask_with(&request, &[file.as_fd()]))?;
    shared::adopt(answer)
}

/// The section of a number.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`, `PORT_DISCONNECTED`.
pub(super) fn of(id: u64) -> Result<Arc<SectionObject>, NtStatus> {
    if let Some(known) = used().get(&id) {
        return Ok(Arc::clone(known));
    }
    let request = Request::Section(SectionRequest::Get { object: SharedId(id) });
    let (answer, fds) = session::holding(|turn| turn.ask_with(&request, &[]))?;
    let Answer::Section(SectionAnswer::Section { description }) = answer else {
        return Err(NtStatus::PORT_DISCONNECTED);
    };
    let fd = fds.into_iter().next().ok_or(NtStatus::PORT_DISCONNECTED)?;
    let description =
        postcard::from_bytes(&description).map_err(|_| NtStatus::PORT_DISCONNECTED)?;
    let section = Arc::new(SectionObject { fd, description });
    Ok(Arc::clone(used().entry(id).or_insert(section)))
}

/// Lets go of the file of a number whose last handle here is gone; views stay.
pub(crate) fn dispose(id: u64) {
    used().remove(&id);
}

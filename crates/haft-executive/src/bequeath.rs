//! What a child inherits from another process than its creator (Microsoft:
//! "UpdateProcThreadAttribute function", of `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`).

use crate::client::Session;
use crate::duplicate::{self, Stuck};
use crate::process_calls::{PROCESS_CREATE_PROCESS, held};
use haft_abi::{Handle, NtStatus, Pid};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;
use haft_object::HandleFlags;
use haft_wire::process::Descriptor;
use haft_wire::{NewHandle, ProcessAnswer, SharedId};

/// Offers a child of the asker's what a handle of another process is.
///
/// # Errors
/// `INVALID_HANDLE` for a handle that is none, `INVALID_PARAMETER` for one that is not inheritable or
/// a child that is none; else as for [`duplicate::duplicate`].
pub fn bequeath(
    asker: Pid,
    parent: SharedId,
    handle: Handle,
    child: Pid,
    beside: Option<(Descriptor, OwnedFd)>,
    session: &mut Session<'_>,
) -> Result<ProcessAnswer, Stuck> {
    let process = held(asker, parent, PROCESS_CREATE_PROCESS, session)?;
    duplicate::check_table(&process)?;
    if linux::parent_of(child).is_some_and(|creator| creator != asker) {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let seen = process.block()?.look_at(handle)?;
    let (access, flags) = (seen.entry.access, seen.entry.flags);
    if !flags.contains(HandleFlags::INHERIT) {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let offer = duplicate::take(asker, &process, &seen, access, beside, session)?;
    let offer = duplicate::offer(asker, child, offer, session)?;
    let new = NewHandle { object_type: seen.object_type as u8, access, flags: flags.bits() };
    Ok(ProcessAnswer::Bequeathed { new, offer })
}

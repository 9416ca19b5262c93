//! What a child inherits from another process than its creator (Microsoft:
//! "UpdateProcThreadAttribute function", of `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`).

use super::gift::Inheritance;
use super::object::ProcessObject;
use super::{handles, opened, service};
use crate::session;
use haft_abi::{Handle, NtStatus, Pid};
use haft_host::rustix::fd::{AsFd, BorrowedFd};
use haft_object::HandleFlags;
use haft_wire::process::Descriptor;
use haft_wire::service::Call;
use haft_wire::{Answer, ProcessAnswer, ProcessRequest, Request, SharedId};

/// Has a child, which has not begun, inherit from `parent`: all of its inheritable handles, or
/// those of the list.
///
/// # Errors
/// `INVALID_PARAMETER` for a list with a handle that is none of the parent's or is not inheritable;
/// `PROCESS_IS_TERMINATING` for a parent that has ended; `ACCESS_DENIED`; those of duplicating a
/// handle of the parent.
pub fn inherit(
    inheritance: &mut Inheritance,
    parent: &ProcessObject,
    child: Pid,
    list: Option<&[Handle]>,
) -> Result<(), NtStatus> {
    let number = parent.number()?;
    let chosen: Vec<Handle> = match list {
        Some(list) => list.to_vec(),
        None => {
            let listed = handles::known_as(number)?;
            let inheritable = listed.into_iter().filter(|handle| {
                HandleFlags::from_bits(handle.flags)
                    .is_some_and(|flags| flags.contains(HandleFlags::INHERIT))
            });
            inheritable.map(|handle| Handle(handle.value as usize)).collect()
        }
    };
    for handle in chosen {
        match opened::until_settled(|| bequeath(number, handle, child)) {
            Ok(ProcessAnswer::Bequeathed { new, offer }) => inheritance.add(handle, new, offer),
            Ok(_) => return Err(NtStatus::PORT_DISCONNECTED),
            Err(NtStatus::INVALID_HANDLE) if list.is_some() => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            // It was closed, or is not to be inherited any more, since it was listed.
            Err(NtStatus::INVALID_HANDLE | NtStatus::INVALID_PARAMETER) if list.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn bequeath(parent: SharedId, handle: Handle, child: Pid) -> Result<ProcessAnswer, NtStatus> {
    let descriptor = match ask(parent, handle, child, None)? {
        ProcessAnswer::AskSource(descriptor) => descriptor,
        other => return Ok(other),
    };
    let call = Call::Descriptor { number: descriptor.number };
    let (_, fds) = service::ask(parent, &call)?;
    let [fd] = &fds[..] else { return Err(NtStatus::PORT_DISCONNECTED) };
    match ask(parent, handle, child, Some((descriptor, fd.as_fd())))? {
        // The handle has become another meanwhile.
        ProcessAnswer::AskSource(_) => Err(NtStatus::RETRY),
        other => Ok(other),
    }
}

fn ask(
    parent: SharedId,
    handle: Handle,
    child: Pid,
    beside: Option<(Descriptor, BorrowedFd<'_>)>,
) -> Result<ProcessAnswer, NtStatus> {
    let request = Request::Process(ProcessRequest::Bequeath {
        parent,
        handle: handle.0 as u64,
        child,
        beside: beside.map(|(descriptor, _)| descriptor),
    });
    let fds: Vec<_> = beside.iter().map(|&(_, fd)| fd).collect();
    match session::holding(|turn| turn.ask_with(&request, &fds))? {
        (Answer::Process(answer), _) => Ok(answer),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

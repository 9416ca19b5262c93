//! Directories and symbolic links of the namespace (Microsoft: "Object Namespaces"). They are the
//! executive's.

use super::shared::{self, Created, Wanted};
use super::{ObjectType, Pinned, insert, reference};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_object::security::SecurityDescriptor;
pub use haft_wire::names::NameEntry;
use haft_wire::names::{Held, Holder, NamesAnswer, NamesRequest};
use haft_wire::{Answer, Request, SharedId};

/// The right to list a directory (`DIRECTORY_QUERY`).
const DIRECTORY_QUERY: AccessMask = AccessMask(1);
/// The right to read a link (`SYMBOLIC_LINK_QUERY`).
const SYMBOLIC_LINK_QUERY: AccessMask = AccessMask(1);

/// Asks about names, and takes from the answer what `part` finds there.
fn ask<R>(
    request: NamesRequest,
    part: impl FnOnce(NamesAnswer) -> Option<R>,
) -> Result<R, NtStatus> {
    session::ask_for(&Request::Names(request), |answer| match answer {
        Answer::Names(answer) => part(answer),
        _ => None,
    })
}

fn text(answer: NamesAnswer) -> Option<String> {
    match answer {
        NamesAnswer::Text(text) => Some(text),
        _ => None,
    }
}

fn create(
    request: NamesRequest,
    (access, inherit): (AccessMask, bool),
    descriptor: Option<SecurityDescriptor>,
) -> Result<Created, NtStatus> {
    let answer = shared::create_protected(&Request::Names(request), descriptor)?;
    let (object, existed) = shared::adopt(answer)?;
    Ok(Created { handle: insert(object, access, inherit)?, existed })
}

/// Makes a directory, or opens the one of the name (Microsoft: "ZwCreateDirectoryObject function").
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, those of a path, `ACCESS_DENIED` for
/// rights that directories do not have, `PORT_DISCONNECTED` without an executive.
pub fn create_directory(wanted: Wanted) -> Result<Created, NtStatus> {
    let Wanted { name, access, inherit, descriptor } = wanted;
    let descriptor = descriptor.map(|descriptor| *descriptor);
    create(NamesRequest::CreateDirectory { name }, (access, inherit), descriptor)
}

/// Makes a symbolic link to a path, or opens the one of the name.
///
/// # Errors
/// As for [`create_directory`]; `OBJECT_PATH_SYNTAX_BAD` for a path that does not begin at the root.
pub fn create_link(wanted: Wanted, target: String) -> Result<Created, NtStatus> {
    let Wanted { name, access, inherit, descriptor } = wanted;
    let descriptor = descriptor.map(|descriptor| *descriptor);
    create(NamesRequest::CreateLink { name, target }, (access, inherit), descriptor)
}

/// The executive's number of the object that a handle names.
fn by_handle(
    handle: Handle,
    object_type: ObjectType,
    wanted: AccessMask,
) -> Result<(Pinned, SharedId), NtStatus> {
    let object = reference(handle, Some(object_type), wanted)?;
    let id = shared::id_of(&object).ok_or(NtStatus::INVALID_HANDLE)?;
    Ok((object, id))
}

/// The directory that names are relative to: what keeps it open, and its number.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH` for what is no directory.
pub fn directory(handle: Handle) -> Result<(Pinned, SharedId), NtStatus> {
    by_handle(handle, ObjectType::Directory, AccessMask::NONE)
}

/// Where a symbolic link leads to (Microsoft: "ZwQuerySymbolicLinkObject function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` without SYMBOLIC_LINK_QUERY,
/// `PORT_DISCONNECTED`.
pub fn target(handle: Handle) -> Result<String, NtStatus> {
    let (_object, link) = by_handle(handle, ObjectType::SymbolicLink, SYMBOLIC_LINK_QUERY)?;
    ask(NamesRequest::Target { link }, text)
}

/// What is in a directory, from an entry on, and whether there is more behind that
/// (NtInternals: "NtQueryDirectoryObject").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` without DIRECTORY_QUERY,
/// `PORT_DISCONNECTED`.
pub fn list(handle: Handle, from: u32) -> Result<(Vec<NameEntry>, bool), NtStatus> {
    let (_object, directory) = by_handle(handle, ObjectType::Directory, DIRECTORY_QUERY)?;
    ask(NamesRequest::List { directory, from }, |answer| match answer {
        NamesAnswer::Entries(entries, more) => Some((entries, more)),
        _ => None,
    })
}

/// Has a named object be there without a handle (`OBJ_PERMANENT`), or no longer (Microsoft:
/// "ZwMakeTemporaryObject function"). One without a name is never.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED` without the right in `wanted`, `PORT_DISCONNECTED`.
pub fn keep(handle: Handle, permanent: bool, wanted: AccessMask) -> Result<(), NtStatus> {
    let object = reference(handle, None, wanted)?;
    let Some(id) = shared::id_of(&object) else { return Ok(()) };
    let request = NamesRequest::Keep { object: id, permanent };
    ask(request, |answer| (answer == NamesAnswer::Done).then_some(()))
}

/// The path of a shared object.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub(super) fn path(object: SharedId) -> Result<String, NtStatus> {
    ask(NamesRequest::Name { object }, text)
}

/// Which object it is, of all that the executive has, and who has handles to it.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub(super) fn holders(object: SharedId) -> Result<(u64, Vec<Holder>), NtStatus> {
    ask(NamesRequest::Holders { object }, |answer| match answer {
        NamesAnswer::Holders(id, holders) => Some((id.0, holders)),
        _ => None,
    })
}

/// What a process of the session has of the executive.
///
/// # Errors
/// `PORT_DISCONNECTED`.
pub fn held_by(pid: Pid) -> Result<Vec<Held>, NtStatus> {
    let mut all = Vec::new();
    loop {
        let request = NamesRequest::HeldBy { pid, from: all.len() as u32 };
        let (some, more) = ask(request, |answer| match answer {
            NamesAnswer::Held(held, more) => Some((held, more)),
            _ => None,
        })?;
        let is_last = some.is_empty() || !more;
        all.extend(some);
        if is_last {
            return Ok(all);
        }
    }
}

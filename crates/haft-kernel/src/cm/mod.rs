//! The configuration manager: the registry's keys by handle (Microsoft: "Registry"). The registry
//! itself is the executive's.
//!
//! * `root`: predefined keys, paths, views; `key`: opening, making and removing keys;
//! * `value`: values; `query`: what is known of keys; `security`: how they are protected.

mod key;
mod query;
mod root;
mod security;
mod value;

pub use haft_wire::registry::KeyInformation;
pub use key::{
    Created, KeyOptions, close, create, delete, delete_subkey, delete_tree, flush, open,
};
pub use query::{Subkey, information, subkey};
pub use root::{KeyHandle, is_predefined, system_path};
pub use security::{security, set_security};
pub use value::{Value, delete_value, set_value, value, value_at};

use crate::ob::{ObjectType, Pinned, reference, shared};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::fd::{BorrowedFd, OwnedFd};
use haft_wire::registry::{RegistryAnswer, RegistryRequest};
use haft_wire::{Answer, Request, SharedId};

/// The right to read values and what is known of a key (`KEY_QUERY_VALUE`).
const QUERY_VALUE: AccessMask = AccessMask(1);
/// The right to write values (`KEY_SET_VALUE`).
const SET_VALUE: AccessMask = AccessMask(2);
/// The right to make keys below (`KEY_CREATE_SUB_KEY`).
const CREATE_SUB_KEY: AccessMask = AccessMask(4);
/// The right to list the keys below (`KEY_ENUMERATE_SUB_KEYS`).
const ENUMERATE_SUB_KEYS: AccessMask = AccessMask(8);

/// A key of this process that the executive knows by a number.
struct OpenKey {
    /// Keeps the key open.
    _object: Pinned,
    id: SharedId,
}

impl OpenKey {
    fn new(object: Pinned) -> Result<Self, NtStatus> {
        let id = shared::id_of(&object).ok_or(NtStatus::INVALID_HANDLE)?;
        Ok(Self { _object: object, id })
    }

    /// The key of a handle that has these rights.
    fn by_handle(key: Handle, wanted: AccessMask) -> Result<Self, NtStatus> {
        Self::new(reference(key, Some(ObjectType::Key), wanted)?)
    }
}

/// Asks, and takes from the answer what `part` finds there.
fn ask<R>(
    request: RegistryRequest,
    part: impl FnOnce(RegistryAnswer) -> Option<R>,
) -> Result<R, NtStatus> {
    ask_with(request, &[]).and_then(|(answer, _)| part(answer).ok_or(NtStatus::PORT_DISCONNECTED))
}

/// Asks with descriptors beside the request and the answer.
fn ask_with(
    request: RegistryRequest,
    fds: &[BorrowedFd<'_>],
) -> Result<(RegistryAnswer, Vec<OwnedFd>), NtStatus> {
    let request = Request::Registry(request);
    let (answer, fds) = session::holding(|turn| turn.ask_with(&request, fds))?;
    match answer {
        Answer::Registry(answer) => Ok((answer, fds)),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

fn done(answer: RegistryAnswer) -> Option<()> {
    (answer == RegistryAnswer::Done).then_some(())
}

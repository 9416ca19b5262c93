//! Opening, making and removing keys.

use super::root::{KeyHandle, starts};
use super::{CREATE_SUB_KEY, OpenKey, ask, done};
use crate::ob::{self, ObjectType, Pinned, shared};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::security::SecurityDescriptor;
use haft_object::types::grant;
use haft_wire::Request;
use haft_wire::registry::{KeyPlace, NewKey, RegistryAnswer, RegistryRequest};

/// `dwOptions` of RegCreateKeyEx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOptions(pub u32);

impl KeyOptions {
    const VOLATILE: u32 = 1;
    const CREATE_LINK: u32 = 2;
    const BACKUP_RESTORE: u32 = 4;

    /// Whether the key is to last no longer than the session.
    fn volatile(self) -> Result<bool, NtStatus> {
        if self.0 & !(Self::VOLATILE | Self::CREATE_LINK | Self::BACKUP_RESTORE) != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if self.0 & Self::CREATE_LINK != 0 {
            crate::log::say_once("links in the registry are not there yet; making one fails");
            return Err(NtStatus::NOT_IMPLEMENTED);
        }
        if self.0 & Self::BACKUP_RESTORE != 0 {
            return Err(NtStatus::PRIVILEGE_NOT_HELD);
        }
        Ok(self.0 & Self::VOLATILE != 0)
    }
}

/// A key that was made, or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// A handle to it.
    pub handle: Handle,
    /// Whether it was there.
    pub existed: bool,
}

/// Says once where what is written goes no further than this session.
fn warn_if_not_kept() {
    static ASKED: std::sync::Once = std::sync::Once::new();
    ASKED.call_once(|| {
        let kept = ask(RegistryRequest::IsKept, |answer| match answer {
            RegistryAnswer::Kept(kept) => Some(kept),
            _ => None,
        });
        if kept == Ok(false) && !session::name().starts_with(haft_wire::PRIVATE_SESSION) {
            crate::log::say(
                "the registry cannot be kept in $XDG_DATA_HOME/haft/registry.db; what programs \
                 write to it lasts as long as the session",
            );
        }
    });
}

fn open_at(
    at: KeyPlace,
    path: Vec<u16>,
    create: Option<NewKey>,
    descriptor: Option<SecurityDescriptor>,
) -> Result<(Pinned, bool), NtStatus> {
    let request = Request::Registry(RegistryRequest::Open { at, path, create });
    shared::adopt(shared::create_protected(&request, descriptor)?)
}

/// Opens a key (Microsoft: "RegOpenKeyExW function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`; `OBJECT_NAME_NOT_FOUND`; `ACCESS_DENIED` for rights
/// that keys do not have; `KEY_DELETED`; `PORT_DISCONNECTED` without an executive.
pub fn open(
    key: KeyHandle,
    path: &[u16],
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    grant(ObjectType::Key, access)?;
    let mut last = Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    // What a user has comes before what all have.
    for start in starts(key, path, access)?.into_iter().rev() {
        last = open_at(start.place, start.path, None, None);
        if !matches!(last, Err(NtStatus::OBJECT_NAME_NOT_FOUND)) {
            break;
        }
    }
    ob::insert(last?.0, access, inherit)
}

/// Makes a key, or opens the one that is there (Microsoft: "RegCreateKeyExW function").
///
/// # Errors
/// As for [`open`]; `ACCESS_DENIED` below a handle without KEY_CREATE_SUB_KEY;
/// where the descriptor of the key above gives nobody the right; `INVALID_OWNER` for an owner that the
/// creator may not name; `CHILD_MUST_BE_VOLATILE` for a lasting key below a volatile one; `DISK_FULL`,
/// `REGISTRY_IO_FAILED`.
pub fn create(
    key: KeyHandle,
    path: &[u16],
    class: Vec<u16>,
    options: KeyOptions,
    access: AccessMask,
    (inherit, descriptor): (bool, Option<SecurityDescriptor>),
) -> Result<Created, NtStatus> {
    grant(ObjectType::Key, access)?;
    let volatile = options.volatile()?;
    // One that is there may be opened without the right to make it.
    match open(key, path, access, inherit) {
        Ok(handle) => return Ok(Created { handle, existed: true }),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND) => {}
        Err(error) => return Err(error),
    }
    if !super::is_predefined(key) {
        OpenKey::by_handle(key.0, CREATE_SUB_KEY)?;
    }
    let start = starts(key, path, access)?.into_iter().next();
    let start = start.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    warn_if_not_kept();
    let new = Some(NewKey { class, volatile });
    let (object, existed) = open_at(start.place, start.path, new, descriptor)?;
    Ok(Created { handle: ob::insert(object, access, inherit)?, existed })
}

/// Calls `body` with the number of a key that has these rights: that of a handle, or a predefined
/// key, which is opened for it.
pub(super) fn with_key<R>(
    key: KeyHandle,
    wanted: AccessMask,
    body: impl FnOnce(haft_wire::SharedId) -> Result<R, NtStatus>,
) -> Result<R, NtStatus> {
    let open = if super::is_predefined(key) {
        let start = starts(key, &[], AccessMask::NONE)?.into_iter().next();
        let start = start.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        // The key of a user who has come later than the registry is made here.
        let new = NewKey { class: Vec::new(), volatile: false };
        OpenKey::new(open_at(start.place, start.path, Some(new), None)?.0)?
    } else {
        OpenKey::by_handle(key.0, wanted)?
    };
    body(open.id)
}

/// Closes a key; a predefined one stays (Microsoft: "RegCloseKey function").
///
/// # Errors
/// `INVALID_HANDLE`, also for a handle to anything else.
pub fn close(key: KeyHandle) -> Result<(), NtStatus> {
    if super::is_predefined(key) {
        return Ok(());
    }
    drop(OpenKey::by_handle(key.0, AccessMask::NONE)?);
    ob::close(key.0)
}

/// `DELETE`.
const DELETE: AccessMask = AccessMask(0x0001_0000);

/// Removes a key by a handle that has DELETE (Microsoft: "ZwDeleteKey function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `CANNOT_DELETE` for one that has
/// subkeys, and for the predefined ones; `KEY_DELETED`.
pub fn delete(key: Handle) -> Result<(), NtStatus> {
    let key = OpenKey::by_handle(key, DELETE)?;
    warn_if_not_kept();
    ask(RegistryRequest::DeleteKey { key: key.id }, done)
}

/// Removes a key below another (Microsoft: "RegDeleteKeyExW function").
///
/// # Errors
/// As for [`open`] and [`delete`].
pub fn delete_subkey(key: KeyHandle, path: &[u16], view: AccessMask) -> Result<(), NtStatus> {
    let handle = open(key, path, DELETE.with(view), false)?;
    let deleted = delete(handle);
    ob::close(handle)?;
    deleted
}

/// Has everything that was written be on disk (Microsoft: "RegFlushKey function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `REGISTRY_IO_FAILED`, `DISK_FULL`.
pub fn flush(key: KeyHandle) -> Result<(), NtStatus> {
    with_key(key, AccessMask::NONE, |_| ask(RegistryRequest::Flush, done))
}

pub(super) fn about_to_write() {
    warn_if_not_kept();
}

/// Removes everything below a key, and the key itself where it is named by a path (Microsoft:
/// "RegDeleteTreeW function").
///
/// # Errors
/// As for [`open`] and [`delete`].
pub fn delete_tree(key: KeyHandle, path: Option<&[u16]>) -> Result<(), NtStatus> {
    /// DELETE, KEY_ENUMERATE_SUB_KEYS, KEY_QUERY_VALUE and KEY_SET_VALUE, as documented.
    const WANTED: AccessMask = AccessMask(0x0001_000B);
    let Some(path) = path else { return empty(key) };
    let handle = open(key, path, WANTED, false)?;
    let removed = empty(KeyHandle(handle)).and_then(|()| delete(handle));
    ob::close(handle)?;
    removed
}

/// Removes the values of a key and the keys below it.
fn empty(key: KeyHandle) -> Result<(), NtStatus> {
    loop {
        match super::subkey(key, 0) {
            Ok(subkey) => delete_tree(key, Some(&subkey.name))?,
            Err(NtStatus::NO_MORE_ENTRIES) => break,
            Err(error) => return Err(error),
        }
    }
    loop {
        match super::value_at(key, 0) {
            Ok(value) => super::delete_value(key, &value.name)?,
            Err(NtStatus::NO_MORE_ENTRIES) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

//! What clients ask of the registry.

use super::store::{KeyRow, Value};
use crate::client::{Client, Session};
use crate::objects::Key;
use haft_abi::{AccessMask, NtStatus};
use haft_host::mem;
use haft_host::rustix::fd::OwnedFd;
use haft_object::security::{SecurityDescriptor, access_check};
use haft_object::{Backing, ObjectType};
use haft_wire::registry::{
    Data, KeyPlace, MAX_DATA, MAX_INLINE, MAX_KEY_NAME, MAX_PATH, MAX_VALUE_NAME, NewKey,
    RegistryAnswer, RegistryRequest,
};
use haft_wire::{Answer, SharedId};
use std::borrow::Cow;

const QUERY_VALUE: AccessMask = AccessMask(1);
const SET_VALUE: AccessMask = AccessMask(2);
const ENUMERATE_SUB_KEYS: AccessMask = AccessMask(8);
const DELETE: AccessMask = AccessMask::DELETE;

const BACKSLASH: u16 = b'\\' as u16;

impl Client {
    /// Answers a request about the registry.
    ///
    /// # Errors
    /// As for [`Client::answer`]; `RETRY` while another session writes: nothing has been done.
    pub(super) fn try_registry(
        &mut self,
        request: &RegistryRequest,
        fds: &[OwnedFd],
        session: &mut Session<'_>,
    ) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
        let mut beside = Vec::new();
        let answer = match request {
            RegistryRequest::SetValue { key, name, kind, data } => {
                let key = self.row(*key, SET_VALUE, session)?;
                let name = value_name(name)?;
                let data = received(data, fds)?;
                session.registry.store()?.set(key, name, *kind, &data)?;
                RegistryAnswer::Done
            }
            _ if !fds.is_empty() => return Err(NtStatus::PORT_DISCONNECTED),
            RegistryRequest::IsKept => RegistryAnswer::Kept(session.registry.opened()?.kept),
            RegistryRequest::Open { at, path, create } => {
                return Ok((self.open_key(*at, path, create.as_ref(), session)?, beside));
            }
            RegistryRequest::DeleteKey { key } => {
                let key = self.row(*key, DELETE, session)?;
                session.registry.store()?.delete(key)?;
                RegistryAnswer::Done
            }
            RegistryRequest::Query { key } => {
                let key = self.row(*key, QUERY_VALUE, session)?;
                RegistryAnswer::Information(session.registry.store()?.information(key)?)
            }
            RegistryRequest::Subkey { key, index } => {
                let key = self.row(*key, ENUMERATE_SUB_KEYS, session)?;
                let (name, class, written) = session.registry.store()?.subkey(key, *index)?;
                RegistryAnswer::Subkey { name, class, written }
            }
            RegistryRequest::Value { key, name } => {
                let key = self.row(*key, QUERY_VALUE, session)?;
                let value = session.registry.store()?.value(key, value_name(name)?)?;
                sent(value, &mut beside)?
            }
            RegistryRequest::ValueAt { key, index } => {
                let key = self.row(*key, QUERY_VALUE, session)?;
                sent(session.registry.store()?.value_at(key, *index)?, &mut beside)?
            }
            RegistryRequest::DeleteValue { key, name } => {
                let key = self.row(*key, SET_VALUE, session)?;
                session.registry.store()?.delete_value(key, value_name(name)?)?;
                RegistryAnswer::Done
            }
            RegistryRequest::Protect { key, parts, descriptor } => {
                self.require(*key, access_check::needed(*parts, true))?;
                let object = self.key(*key)?;
                let row = row_of(object, session)?;
                session.know_key(object)?;
                let security = &session.objects.security;
                let asker = self.process.pid;
                let now = security.changed(asker, object, ObjectType::Key, *parts, descriptor)?;
                session.registry.store()?.protect(row, &now)?;
                RegistryAnswer::Done
            }
            RegistryRequest::Flush => {
                session.registry.store()?.flush()?;
                RegistryAnswer::Done
            }
        };
        Ok((Answer::Registry(answer), beside))
    }

    /// The row of a key that the client has open, and may do this with.
    fn row(
        &self,
        key: SharedId,
        access: AccessMask,
        session: &Session<'_>,
    ) -> Result<KeyRow, NtStatus> {
        self.require(key, access)?;
        row_of(self.key(key)?, session)
    }

    fn open_key(
        &mut self,
        at: KeyPlace,
        path: &[u16],
        create: Option<&NewKey>,
        session: &mut Session<'_>,
    ) -> Result<Answer, NtStatus> {
        self.check_room()?;
        let names = names(path)?;
        let start = match at {
            KeyPlace::Machine => KeyRow::MACHINE,
            KeyPlace::Users => KeyRow::USERS,
            KeyPlace::Key(key) => self.row(key, AccessMask::NONE, session)?,
        };
        let store = session.registry.store()?;
        let found = names.iter().try_fold(start, |key, name| store.find(key, name));
        // One that is there needs no transaction that writes.
        let (row, existed) = match (found, create) {
            (_, Some(new)) if new.class.len() > MAX_PATH => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            (Err(NtStatus::OBJECT_NAME_NOT_FOUND), Some(new)) => {
                let (security, asker) = (&session.objects.security, self.process.pid);
                let protection = |above: Option<&SecurityDescriptor>, last: bool| {
                    security.of_new_key(asker, above, last)
                };
                store.create(start, &names, new, protection)?
            }
            (found, _) => {
                let found = found?;
                // Also for a path of no names, which finds nothing by looking.
                store.information(found)?;
                (found, true)
            }
        };
        let backing = Backing::Kernel { words: [row.0 as u64, 0] };
        let object = session.objects.manager.create_object(ObjectType::Key, backing, false)?;
        let key = session.objects.keep(None, object);
        if let Err(error) = session.know_key(key) {
            session.objects.release(key, 1);
            return Err(error);
        }
        if existed {
            return self.object(key, true, session.objects);
        }
        // Whoever has made it may do everything with it.
        let access = AccessMask(u32::MAX);
        let kept = self.keep(key, access).inspect_err(|_| session.objects.release(key, 1))?;
        Ok(Answer::Object { object: kept, object_type: ObjectType::Key, existed, access })
    }
}

/// The row of a key.
fn row_of(key: Key, session: &Session<'_>) -> Result<KeyRow, NtStatus> {
    let object = session.objects.get(key)?;
    match (object.object_type(), object.backing()) {
        (ObjectType::Key, Backing::Kernel { words: [row, _] }) => Ok(KeyRow(row as i64)),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

impl Session<'_> {
    /// Looks up how a key that is open is protected, if the object is one: any process of the user's may
    /// have changed it.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn know_key(&mut self, key: Key) -> Result<(), NtStatus> {
        if let Ok(row) = row_of(key, self) {
            let said = self.registry.store()?.security(row)?;
            self.objects.security.know(key, said);
        }
        Ok(())
    }

    /// The path of a key in the namespace.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn key_path(&mut self, key: Key) -> Result<String, NtStatus> {
        let row = row_of(key, self)?;
        self.registry.store()?.path(row)
    }
}

/// The names of a path. A backslash at its end, or two for one, is as good as none.
fn names(path: &[u16]) -> Result<Vec<&[u16]>, NtStatus> {
    if path.len() > MAX_PATH {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let names: Vec<&[u16]> =
        path.split(|&unit| unit == BACKSLASH).filter(|name| !name.is_empty()).collect();
    match names.iter().all(|name| name.len() <= MAX_KEY_NAME) {
        true => Ok(names),
        false => Err(NtStatus::INVALID_PARAMETER),
    }
}

fn value_name(name: &[u16]) -> Result<&[u16], NtStatus> {
    if name.len() <= MAX_VALUE_NAME { Ok(name) } else { Err(NtStatus::INVALID_PARAMETER) }
}

/// The data that a client has sent.
fn received<'d>(data: &'d Data, fds: &[OwnedFd]) -> Result<Cow<'d, [u8]>, NtStatus> {
    match (data, fds) {
        (Data::Inline(bytes), []) if bytes.len() <= MAX_INLINE => Ok(Cow::Borrowed(bytes)),
        (&Data::Beside(length), [file]) if length as usize <= MAX_DATA => {
            let read = mem::read_back(file, length as usize);
            read.map(Cow::Owned).map_err(|_| NtStatus::PORT_DISCONNECTED)
        }
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// A value as it is sent to a client.
fn sent(value: Value, beside: &mut Vec<OwnedFd>) -> Result<RegistryAnswer, NtStatus> {
    let Value { name, kind, data } = value;
    let data = match data.len() {
        0..=MAX_INLINE => Data::Inline(data),
        length => {
            beside.push(mem::memfd_of("haft-registry-data", &data)?);
            Data::Beside(length as u32)
        }
    };
    Ok(RegistryAnswer::Value { name, kind, data })
}

//! What clients ask about names.

use super::tree::{DirectoryId, Is, Place};
use crate::client::{Client, Session};
use crate::objects::{Key, Meaning, Named, SharedObjects};
use haft_abi::{NtStatus, Pid};
use haft_object::ObjectType;
use haft_wire::names::{
    Held, Holder, MAX_HOLDERS, MAX_LISTED_BYTES, MAX_SHOWN, NameEntry, NamesAnswer, NamesRequest,
};
use haft_wire::{Answer, MAX_PATH, ObjectName, SharedId};

impl Client {
    /// Answers a request about names.
    ///
    /// # Errors
    /// As for [`Client::answer`].
    pub fn names(
        &mut self,
        request: NamesRequest,
        session: &mut Session<'_>,
    ) -> Result<Answer, NtStatus> {
        let objects = &mut *session.objects;
        Ok(Answer::Names(match request {
            NamesRequest::CreateDirectory { name } => {
                return self.create_entry(name, ObjectType::Directory, None, objects);
            }
            NamesRequest::CreateLink { name, target } => {
                if target.encode_utf16().count() > MAX_PATH {
                    return Err(NtStatus::NAME_TOO_LONG);
                }
                if !target.is_empty() && !target.starts_with('\\') {
                    return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
                }
                return self.create_entry(name, ObjectType::SymbolicLink, Some(target), objects);
            }
            NamesRequest::Target { link } => match objects.meaning(self.key(link)?) {
                Meaning::Link(target) => NamesAnswer::Text(target.clone()),
                _ => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
            },
            NamesRequest::List { directory, from } => {
                list(objects, objects.directory(self.key(directory)?)?, from as usize)
            }
            NamesRequest::Name { object } => NamesAnswer::Text(session.path_of(self.key(object)?)?),
            NamesRequest::Keep { object, permanent } => {
                objects.set_permanent(self.key(object)?, permanent);
                NamesAnswer::Done
            }
            NamesRequest::Holders { object } => {
                let key = self.key(object)?;
                let id = session.objects.id(key);
                if self.is_only_holder(object, session.objects) {
                    let pid = self.process.pid;
                    let only = Holder { pid, number: object.0, is_offer: false };
                    return Ok(Answer::Names(NamesAnswer::Holders(id, vec![only])));
                }
                let mut holders = self.numbers_of(key);
                holders.extend(session.clients.numbers_of(key));
                holders.extend(session.offers.numbers_of(key));
                holders.truncate(MAX_HOLDERS);
                NamesAnswer::Holders(id, holders)
            }
            // It is for everybody, and answered before.
            NamesRequest::HeldBy { .. } => return Err(NtStatus::PORT_DISCONNECTED),
        }))
    }

    /// The client's numbers of an object.
    pub fn numbers_of(&self, key: Key) -> Vec<Holder> {
        let pid = self.process.pid;
        let numbers = self.numbers(key);
        numbers.map(|SharedId(number)| Holder { pid, number, is_offer: false }).collect()
    }

    /// Where a name of the client's begins.
    ///
    /// # Errors
    /// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH` for what is no directory; those of a name.
    fn beginning(
        &self,
        name: &ObjectName,
        objects: &SharedObjects,
    ) -> Result<Option<DirectoryId>, NtStatus> {
        name.check()?;
        name.root().map(|root| objects.directory(self.key(root)?)).transpose()
    }

    /// The object of a name, held once more, or the place where one may be made.
    ///
    /// # Errors
    /// `OBJECT_TYPE_MISMATCH` for an object of another type; those of a path.
    pub fn find_named(
        &self,
        name: &ObjectName,
        object_type: ObjectType,
        objects: &mut SharedObjects,
    ) -> Result<Named, NtStatus> {
        let from = self.beginning(name, objects)?;
        objects.find(from, name.path(), name.ignores_case(), object_type)
    }

    /// The same for what may have no name.
    ///
    /// # Errors
    /// As for [`Client::find_named`].
    pub fn find_if_named(
        &self,
        name: Option<&ObjectName>,
        object_type: ObjectType,
        objects: &mut SharedObjects,
    ) -> Result<Named, NtStatus> {
        name.map_or(Ok(Named::Free(None)), |name| self.find_named(name, object_type, objects))
    }

    fn create_entry(
        &mut self,
        name: Option<ObjectName>,
        object_type: ObjectType,
        target: Option<String>,
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        self.check_room()?;
        match self.find_if_named(name.as_ref(), object_type, objects)? {
            Named::There(key) => self.object(key, true, objects),
            Named::Free(place) => {
                let key = match target {
                    Some(target) => objects.add_link(place, target)?,
                    None => objects.add_directory(place)?,
                };
                self.object(key, false, objects)
            }
        }
    }
}

/// The bytes that an entry of a list takes beside its name: three numbers and two lengths.
const LEAST: usize = 32;

impl Session<'_> {
    /// What a process has, from an entry of the list on.
    pub fn held_by(&mut self, pid: Pid, from: u32) -> NamesAnswer {
        const MOST: usize = MAX_LISTED_BYTES / LEAST;
        let offered = self.offers.objects_for(pid);
        let numbers = self.clients.get(pid).into_iter().flat_map(Client::all_numbers);
        let all = offered.chain(numbers.map(|(SharedId(number), key)| (number, false, key)));
        // No more than the answer has room for, of what may be a million.
        let held: Vec<_> = all.skip(from as usize).take(MOST).collect();
        let mut shown = Vec::new();
        let mut room = MAX_LISTED_BYTES;
        for &(number, is_offer, key) in &held {
            let name = self.path_of(key).unwrap_or_default();
            let name = beginning_of(&name, MAX_SHOWN).to_owned();
            let bytes = name.len() + LEAST;
            if bytes > room {
                return NamesAnswer::Held(shown, true);
            }
            room -= bytes;
            shown.push(Held { number, is_offer, id: self.objects.id(key), name });
        }
        NamesAnswer::Held(shown, held.len() == MOST)
    }

    /// The path of an object's name; empty where it has none.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED` for a key.
    fn path_of(&mut self, key: Key) -> Result<String, NtStatus> {
        match self.objects.get(key)?.object_type() {
            ObjectType::Key => self.key_path(key),
            _ => Ok(self.objects.name_of(key)),
        }
    }
}

/// As much of a text as so many bytes hold.
fn beginning_of(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most)).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

fn list(objects: &SharedObjects, directory: DirectoryId, from: usize) -> NamesAnswer {
    let mut entries = Vec::new();
    let mut room = MAX_LISTED_BYTES;
    for (name, type_name) in objects.names.list(directory).skip(from) {
        // A name that would fill a packet alone is shown by its beginning.
        let name = beginning_of(name, MAX_LISTED_BYTES / 2);
        let bytes = name.len() + type_name.len() + 8;
        if bytes > room {
            return NamesAnswer::Entries(entries, true);
        }
        room -= bytes;
        entries.push(NameEntry { name: name.to_owned(), type_name: type_name.to_owned() });
    }
    NamesAnswer::Entries(entries, false)
}

impl SharedObjects {
    /// A directory, held once.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`.
    fn add_directory(&mut self, place: Option<Place>) -> Result<Key, NtStatus> {
        let object = self.state_of_names(ObjectType::Directory)?;
        let directory = self.names.add_directory();
        Ok(self.keep_as(place, object, Is::Directory(directory), Meaning::Directory(directory)))
    }

    /// A symbolic link, held once.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`.
    fn add_link(&mut self, place: Option<Place>, target: String) -> Result<Key, NtStatus> {
        let object = self.state_of_names(ObjectType::SymbolicLink)?;
        Ok(self.keep_as(place, object, Is::Link(target.clone()), Meaning::Link(target)))
    }

    fn free_place(&mut self, path: &str) -> Result<Option<Place>, NtStatus> {
        match self.find(None, path, false, ObjectType::SymbolicLink)? {
            Named::Free(place) => Ok(place),
            Named::There(_) => Err(NtStatus::OBJECT_NAME_COLLISION),
        }
    }

    /// A directory that stays.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`; those of a path.
    pub fn add_fixed_directory(&mut self, path: &str) -> Result<(), NtStatus> {
        let place = self.free_place(path)?;
        self.add_directory(place).map(drop)
    }

    /// A symbolic link that stays.
    ///
    /// # Errors
    /// As for [`SharedObjects::add_fixed_directory`].
    pub fn add_fixed_link(&mut self, path: &str, target: &str) -> Result<(), NtStatus> {
        let place = self.free_place(path)?;
        self.add_link(place, target.to_owned()).map(drop)
    }

    /// An entry that cannot be opened here.
    ///
    /// # Errors
    /// Those of a path.
    pub fn add_elsewhere(&mut self, path: &str, is: Is) -> Result<(), NtStatus> {
        if let Some(place) = self.free_place(path)? {
            self.names.add(&place, Key::MAX, is);
        }
        Ok(())
    }
}

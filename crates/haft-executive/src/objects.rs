//! Shared objects. An object is there as long as somebody holds it.

use crate::host::{ExecutiveHost, Objects, Pinned};
use crate::names::{self, DirectoryId, Found, Is, Names, Place};
use crate::process::Process;
use crate::sections::Section;
use crate::security::Security;
use haft_abi::{NtStatus, Pid, Tid};
use haft_host::mem::{self, SharedWords};
use haft_object::shared::proxies::Proxies;
use haft_object::{Backing, Deadline, Geometry, ObjectManager, ObjectType, ProcessBlock};
use haft_wire::ObjectId;
use slab::Slab;
use std::collections::HashMap;
use std::sync::Arc;

/// How much the executive has room for.
const GEOMETRY: Geometry = Geometry { threads: 1 << 20, records: 1 << 22, handles: 1 };

/// The place of a shared object.
pub type Key = usize;

/// What an object is besides its signal state.
#[derive(Clone)]
pub enum Meaning {
    /// Nothing: it is dispatcher state alone.
    State,
    /// A directory of the namespace.
    Directory(DirectoryId),
    /// A symbolic link of the namespace, and the path that it leads to.
    Link(String),
    /// A named section.
    Section(Arc<Section>),
    /// A process.
    Process(Arc<Process>),
    /// A thread.
    Thread {
        /// Its process.
        process: Arc<Process>,
        /// The object of its process, which it holds.
        process_key: Key,
        /// Its identifier.
        tid: Tid,
        /// Its exit code, once it has ended before its process.
        exit_code: Option<u32>,
    },
}

impl Meaning {
    /// The process of an object.
    ///
    /// # Errors
    /// `OBJECT_TYPE_MISMATCH` for an object that is none.
    pub fn process_of(objects: &SharedObjects, key: Key) -> Result<Arc<Process>, NtStatus> {
        match objects.meaning(key) {
            Self::Process(process) => Ok(Arc::clone(process)),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    /// The process that it is or that it belongs to; the thread that it is, and its exit code.
    ///
    /// # Errors
    /// `OBJECT_TYPE_MISMATCH` for neither.
    #[expect(clippy::type_complexity, reason = "two facts about a thread need no name")]
    pub fn process_and_thread(
        &self,
    ) -> Result<(Arc<Process>, Option<(Tid, Option<u32>)>), NtStatus> {
        match self {
            Self::Process(process) => Ok((Arc::clone(process), None)),
            Self::Thread { process, tid, exit_code, .. } => {
                Ok((Arc::clone(process), Some((*tid, *exit_code))))
            }
            Self::State | Self::Directory(_) | Self::Link(_) | Self::Section(_) => {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            }
        }
    }
}

struct Shared {
    /// `None` for one that was reserved and is not published yet.
    object: Option<Pinned>,
    meaning: Meaning,
    /// Where its name is.
    place: Option<Place>,
    /// Whether it is held without a holder, for its name's sake.
    permanent: bool,
    holders: u64,
    id: ObjectId,
}

/// What a name leads to.
pub enum Named {
    /// An object, held once more.
    There(Key),
    /// Nothing: there may be one, with this name or with none.
    Free(Option<Place>),
}

/// The shared objects of the session.
pub struct SharedObjects {
    /// The object model's part.
    pub manager: &'static Objects,
    /// Who stands for the clients' threads.
    pub proxies: Proxies<'static, ExecutiveHost, Pid>,
    objects: Slab<Shared>,
    /// Their names.
    pub names: Names,
    /// The job objects whose last holder has let go of them.
    closed_jobs: Vec<Pinned>,
    /// How many are named sections.
    sections: usize,
    most_sections: usize,
    /// Those that are timers, which the executive has to look at when they are due.
    timers: Vec<Key>,
    /// The objects of processes and threads, by identifier.
    processes: HashMap<Pid, Key>,
    threads: HashMap<Tid, Key>,
    next_id: u64,
    /// Tokens and descriptors.
    pub security: Security,
}

impl SharedObjects {
    /// No objects.
    ///
    /// # Errors
    /// `NO_MEMORY`, `TOO_MANY_OPENED_FILES`.
    pub fn new() -> Result<Self, NtStatus> {
        let size = GEOMETRY.words() * size_of::<u64>();
        let file = mem::memfd("haft-executive", size as u64)?;
        let words = SharedWords::map(&file, size)?.leak();
        let own = Pid(std::process::id());
        let block =
            ProcessBlock::format(words, GEOMETRY, own, Pid(0), haft_host::clock::system_time())?;
        let manager: &'static Objects =
            Box::leak(Box::new(ObjectManager::new(block, ExecutiveHost::default())));
        let mut objects = Self {
            manager,
            proxies: Proxies::new(manager),
            objects: Slab::new(),
            names: Names::new(),
            closed_jobs: Vec::new(),
            sections: 0,
            most_sections: 0,
            timers: Vec::new(),
            processes: HashMap::new(),
            threads: HashMap::new(),
            next_id: 1,
            security: Security::new(),
        };
        let root = objects.state_of_names(ObjectType::Directory)?;
        let root = objects.insert(Some(root), None);
        objects.objects[root].meaning = Meaning::Directory(objects.names.root());
        objects.names.set_root(root);
        names::fill(&mut objects)?;
        Ok(objects)
    }

    /// The object of a directory or link, which is nothing but a name.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`.
    pub fn state_of_names(&self, object_type: ObjectType) -> Result<Pinned, NtStatus> {
        self.manager.create_object(object_type, Backing::Private, false)
    }

    fn insert(&mut self, object: Option<Pinned>, place: Option<Place>) -> Key {
        let id = ObjectId(self.next_id);
        self.next_id += 1;
        let is_timer = object.as_ref().is_some_and(|o| o.object_type() == ObjectType::Timer);
        let key = self.objects.insert(Shared {
            object,
            meaning: Meaning::State,
            place,
            permanent: false,
            holders: 1,
            id,
        });
        if is_timer {
            self.timers.push(key);
        }
        key
    }

    /// A place for an object that is to come; held once.
    pub fn reserve(&mut self) -> Key {
        self.insert(None, None)
    }

    /// Fills a place that was reserved.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for one that is filled already.
    pub fn fill(&mut self, key: Key, object: Pinned) -> Result<(), NtStatus> {
        let shared = self.objects.get_mut(key).ok_or(NtStatus::INVALID_PARAMETER)?;
        if shared.object.is_some() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if object.object_type() == ObjectType::Timer {
            self.timers.push(key);
        }
        shared.object = Some(object);
        Ok(())
    }

    /// Keeps an object, under a name that is free if it has one; held once.
    pub fn keep(&mut self, place: Option<Place>, object: Pinned) -> Key {
        let is = Is::Object(object.object_type());
        self.keep_as(place, object, is, Meaning::State)
    }

    /// [`SharedObjects::keep`], for what is more than its state.
    pub fn keep_as(
        &mut self,
        place: Option<Place>,
        object: Pinned,
        is: Is,
        meaning: Meaning,
    ) -> Key {
        let key = self.insert(Some(object), place.clone());
        self.sections += usize::from(matches!(meaning, Meaning::Section(_)));
        self.objects[key].meaning = meaning;
        if let Some(place) = place {
            self.names.add(&place, key, is);
        }
        key
    }

    /// The path of an object's name; empty where it has none.
    pub fn name_of(&self, key: Key) -> String {
        let shared = &self.objects[key];
        match (&shared.place, &shared.meaning) {
            (Some(place), _) => self.names.path(place),
            (None, Meaning::Directory(id)) if *id == self.names.root() => "\\".to_owned(),
            (None, _) => String::new(),
        }
    }

    /// Says how many named sections there may be.
    pub const fn limit_sections(&mut self, most: usize) {
        self.most_sections = most;
    }

    /// Whether there may be another named section.
    pub const fn has_room_for_section(&self) -> bool {
        self.sections < self.most_sections
    }

    /// Has an object be there for its name's sake, or no longer.
    pub fn set_permanent(&mut self, key: Key, permanent: bool) {
        let shared = &mut self.objects[key];
        if shared.place.is_none() || shared.permanent == permanent {
            return;
        }
        shared.permanent = permanent;
        if permanent {
            self.hold(key);
        } else {
            self.release(key, 1);
        }
    }

    /// The directory that an object is.
    ///
    /// # Errors
    /// `OBJECT_TYPE_MISMATCH`.
    pub fn directory(&self, key: Key) -> Result<DirectoryId, NtStatus> {
        match self.meaning(key) {
            Meaning::Directory(directory) => Ok(*directory),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    /// The jobs whose last holder has let go of them since this was asked last.
    pub fn take_closed_jobs(&mut self) -> Vec<Pinned> {
        core::mem::take(&mut self.closed_jobs)
    }

    /// What a path leads to, from the root or from a directory.
    ///
    /// # Errors
    /// `OBJECT_TYPE_MISMATCH` for an object of another type, and those of [`Names::find`].
    pub fn find(
        &mut self,
        from: Option<DirectoryId>,
        path: &str,
        ignore_case: bool,
        object_type: ObjectType,
    ) -> Result<Named, NtStatus> {
        match self.names.find(from, path, ignore_case, object_type)? {
            Found::Missing(place) => Ok(Named::Free(Some(place))),
            Found::There(key) if self.get(key)?.object_type() != object_type => {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            }
            Found::There(key) => {
                self.hold(key);
                Ok(Named::There(key))
            }
        }
    }

    /// Makes the object of a process, held once.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`.
    pub fn add_process(&mut self, process: Arc<Process>) -> Result<Key, NtStatus> {
        let ended = process.has_ended();
        let object = self.manager.create_object(ObjectType::Process, Backing::Private, ended)?;
        let pid = process.pid;
        let key = self.insert(Some(object), None);
        self.objects[key].meaning = Meaning::Process(process);
        self.processes.insert(pid, key);
        Ok(key)
    }

    /// Makes the object of a thread, held once, which holds that of its process.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`.
    pub fn add_thread(
        &mut self,
        process: Arc<Process>,
        process_key: Key,
        tid: Tid,
    ) -> Result<Key, NtStatus> {
        let ended = process.has_ended();
        let object = self.manager.create_object(ObjectType::Thread, Backing::Private, ended)?;
        let key = self.insert(Some(object), None);
        self.objects[key].meaning = Meaning::Thread { process, process_key, tid, exit_code: None };
        self.threads.insert(tid, key);
        Ok(key)
    }

    /// The object of a process, if there is one.
    pub fn process(&self, pid: Pid) -> Option<Key> {
        self.processes.get(&pid).copied()
    }

    /// The object of a thread, if there is one, and its process.
    pub fn thread(&self, tid: Tid) -> Option<(Key, Pid)> {
        let key = *self.threads.get(&tid)?;
        let (process, _) = self.meaning(key).process_and_thread().ok()?;
        Some((key, process.pid))
    }

    /// A process has ended: its object and those of its threads are signalled. Linux may give
    /// the threads' identifiers to others from now on.
    pub fn signal_ended(&mut self, pid: Pid) {
        self.security.process_ended(pid);
        let of_process = |key: &Key| {
            self.meaning(*key).process_and_thread().is_ok_and(|(process, _)| process.pid == pid)
        };
        let threads: Vec<Tid> =
            self.threads.iter().filter(|(_, key)| of_process(key)).map(|(tid, _)| *tid).collect();
        let keys = threads.iter().filter_map(|tid| self.threads.remove(tid));
        let keys: Vec<Key> = keys.chain(self.processes.get(&pid).copied()).collect();
        for key in keys {
            if let Ok(object) = self.get(key) {
                // A shared object never moves.
                let _ = self.manager.signal_object(object);
            }
        }
    }

    /// An identifier stands for another process from now on than the one whose object there is.
    pub fn renounce(&mut self, pid: Pid) {
        self.signal_ended(pid);
        self.processes.remove(&pid);
    }

    /// A thread has ended, before its process: its object is signalled.
    pub fn thread_ended(&mut self, pid: Pid, tid: Tid, code: u32) {
        let Some((key, owner)) = self.thread(tid) else { return };
        if owner != pid {
            return;
        }
        self.security.thread_ended(tid);
        self.threads.remove(&tid);
        if let Meaning::Thread { exit_code, .. } = &mut self.objects[key].meaning {
            *exit_code = Some(code);
        }
        if let Ok(object) = self.get(key) {
            let _ = self.manager.signal_object(object);
        }
    }

    /// What the object at a place is.
    pub fn meaning(&self, key: Key) -> &Meaning {
        &self.objects[key].meaning
    }

    /// The object at a place.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for one that is not published.
    pub fn get(&self, key: Key) -> Result<&Pinned, NtStatus> {
        let shared = self.objects.get(key).ok_or(NtStatus::INVALID_HANDLE)?;
        shared.object.as_ref().ok_or(NtStatus::INVALID_HANDLE)
    }

    /// Which object it is.
    pub fn id(&self, key: Key) -> ObjectId {
        self.objects[key].id
    }

    /// Holds an object once more.
    pub fn hold(&mut self, key: Key) {
        self.objects[key].holders += 1;
    }

    /// Holds an object so many times less; the last time ends it.
    pub fn release(&mut self, key: Key, times: u64) {
        let shared = &mut self.objects[key];
        shared.holders -= times;
        if shared.holders > 0 {
            return;
        }
        let shared = self.objects.remove(key);
        self.security.forget(key);
        if let Some(place) = &shared.place {
            self.names.remove(place);
        }
        self.timers.retain(|&timer| timer != key);
        self.closed_jobs.extend(shared.object.filter(|o| o.object_type() == ObjectType::Job));
        match shared.meaning {
            Meaning::State | Meaning::Link(_) => {}
            Meaning::Section(_) => self.sections -= 1,
            Meaning::Directory(directory) => self.names.close_directory(directory),
            Meaning::Process(process) => {
                self.processes.retain(|&pid, &mut k| pid != process.pid || k != key);
            }
            Meaning::Thread { process_key, .. } => {
                self.threads.retain(|_, k| *k != key);
                self.release(process_key, 1);
            }
        }
    }

    /// Signals the timers that are due; when the next one is.
    pub fn expire_timers(&self) -> Option<Deadline> {
        let mut next: Option<Deadline> = None;
        for &key in &self.timers {
            let Ok(timer) = self.get(key) else { continue };
            // A shared object never moves.
            let _ = self.manager.expire_timer(timer);
            let Some(due) = self.manager.timer_due(timer) else { continue };
            if next.is_none_or(|n| self.left(due) < self.left(n)) {
                next = Some(due);
            }
        }
        next
    }

    /// 100 ns units until a deadline, 0 if it has passed.
    pub fn left(&self, deadline: Deadline) -> u64 {
        match deadline {
            Deadline::Interrupt(at) => at.saturating_sub(haft_host::clock::interrupt_time()),
            Deadline::System(at) => {
                u64::try_from(at.saturating_sub(haft_host::clock::system_time())).unwrap_or(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_object::EventKind;
    use haft_wire::ObjectName;

    #[test]
    fn a_name_lives_as_long_as_somebody_holds_its_object() {
        let mut objects = SharedObjects::new().unwrap();
        let before = objects.objects.len();
        let name = ObjectName::parse("Local\\x").unwrap();
        fn open(
            objects: &mut SharedObjects,
            name: &ObjectName,
            t: ObjectType,
        ) -> Result<Key, NtStatus> {
            match objects.find(None, name.path(), false, t)? {
                Named::There(key) => Ok(key),
                Named::Free(_) => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
            }
        }
        let event = objects.manager.create_event(EventKind::Notification, true).unwrap();
        let Ok(Named::Free(place)) = objects.find(None, name.path(), false, ObjectType::Event)
        else {
            panic!("the name is taken");
        };
        let key = objects.keep(place, event);
        assert_eq!(objects.name_of(key), r"\Sessions\1\BaseNamedObjects\x");
        assert_eq!(open(&mut objects, &name, ObjectType::Event), Ok(key));
        let other = open(&mut objects, &name, ObjectType::Mutant);
        assert_eq!(other, Err(NtStatus::OBJECT_TYPE_MISMATCH));
        objects.release(key, 1);
        assert_eq!(open(&mut objects, &name, ObjectType::Event), Ok(key));
        // A permanent one stays without a holder, until it is one no longer.
        objects.set_permanent(key, true);
        objects.release(key, 2);
        assert_eq!(open(&mut objects, &name, ObjectType::Event), Ok(key));
        objects.set_permanent(key, false);
        objects.release(key, 1);
        let gone = open(&mut objects, &name, ObjectType::Event);
        assert_eq!(gone, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
        assert_eq!(objects.objects.len(), before);
    }

    #[test]
    fn a_reserved_place_is_filled_once() {
        let mut objects = SharedObjects::new().unwrap();
        let event = || objects.manager.create_event(EventKind::Notification, true).unwrap();
        let (first, second) = (event(), event());
        let key = objects.reserve();
        assert_eq!(objects.get(key).err(), Some(NtStatus::INVALID_HANDLE));
        assert_eq!(objects.fill(key, first), Ok(()));
        assert_eq!(objects.fill(key, second), Err(NtStatus::INVALID_PARAMETER));
        assert!(objects.get(key).is_ok());
    }
}

//! The tree of directories, by which objects have names.
//!
//! An entry stands for an object of [`SharedObjects`](crate::objects::SharedObjects), which takes it
//! away when the object's last holder is gone. A directory that has lost its own name lives on as
//! long as something is in it, and is reached through no path.

use crate::objects::Key;
use haft_abi::NtStatus;
use haft_crt::ctype::upcase_name;
use haft_object::ObjectType;
use slab::Slab;
use std::collections::BTreeMap;

/// How many symbolic links one path may lead through.
const MAX_LINKS: usize = 32;

/// The most bytes of a path that links have made.
const MAX_BYTES: usize = 1 << 16;

/// A directory of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryId(usize);

/// Where a name is, or may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    directory: DirectoryId,
    name: String,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Is {
    /// Another directory.
    Directory(DirectoryId),
    /// A symbolic link, and the path that it leads to.
    Link(String),
    /// Any other object.
    Object(ObjectType),
    /// What cannot be opened here, by the name of its type: a device, the registry.
    Elsewhere(&'static str),
}

impl Is {
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Directory(_) => ObjectType::Directory.name(),
            Self::Link(_) => ObjectType::SymbolicLink.name(),
            Self::Object(object_type) => object_type.name(),
            Self::Elsewhere(name) => name,
        }
    }
}

struct Entry {
    name: String,
    key: Key,
    is: Is,
}

#[derive(Default)]
struct Directory {
    /// By the name in upper case; those that differ in case alone are under one.
    entries: BTreeMap<Vec<u16>, Vec<Entry>>,
    place: Option<Place>,
    /// Whether its object is there.
    open: bool,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An object.
    There(Key),
    /// Nothing, in a directory that is there.
    Missing(Place),
}

/// All names.
pub struct Names {
    directories: Slab<Directory>,
    root: DirectoryId,
    /// The object of the root.
    root_key: Key,
}

fn fold(name: &str) -> Vec<u16> {
    name.encode_utf16().map(upcase_name).collect()
}

impl Names {
    /// No name but the root's.
    pub fn new() -> Self {
        let mut directories = Slab::new();
        let root =
            DirectoryId(directories.insert(Directory { open: true, ..Directory::default() }));
        Self { directories, root, root_key: Key::MAX }
    }

    /// The root.
    pub const fn root(&self) -> DirectoryId {
        self.root
    }

    /// Says which object the root is.
    pub const fn set_root(&mut self, key: Key) {
        self.root_key = key;
    }

    /// A directory without a name.
    pub fn add_directory(&mut self) -> DirectoryId {
        DirectoryId(self.directories.insert(Directory { open: true, ..Directory::default() }))
    }

    /// Gives an object a name that is free.
    pub fn add(&mut self, place: &Place, key: Key, is: Is) {
        if let Is::Directory(child) = is {
            self.directories[child.0].place = Some(place.clone());
        }
        let entry = Entry { name: place.name.clone(), key, is };
        let entries = &mut self.directories[place.directory.0].entries;
        entries.entry(fold(&place.name)).or_default().push(entry);
    }

    /// Takes a name away.
    pub fn remove(&mut self, place: &Place) {
        let Some(directory) = self.directories.get_mut(place.directory.0) else { return };
        let folded = fold(&place.name);
        if let Some(same) = directory.entries.get_mut(&folded) {
            let removed = same.iter().position(|entry| entry.name == place.name);
            let removed = removed.map(|at| same.remove(at));
            if same.is_empty() {
                directory.entries.remove(&folded);
            }
            if let Some(Entry { is: Is::Directory(child), .. }) = removed {
                self.directories[child.0].place = None;
            }
        }
        self.tidy(place.directory);
    }

    /// The object of a directory has ended.
    pub fn close_directory(&mut self, directory: DirectoryId) {
        self.directories[directory.0].open = false;
        self.tidy(directory);
    }

    /// Forgets a directory that nobody reaches.
    fn tidy(&mut self, id: DirectoryId) {
        let directory = &self.directories[id.0];
        if !directory.open && directory.entries.is_empty() {
            self.directories.remove(id.0);
        }
    }

    fn lookup(&self, at: DirectoryId, name: &str, ignore_case: bool) -> Option<&Entry> {
        let same = self.directories[at.0].entries.get(&fold(name))?;
        let exact = same.iter().find(|entry| entry.name == name);
        exact.or_else(|| same.first().filter(|_| ignore_case))
    }

    /// What a path leads to, from the root or from a directory, for who wants an object of this
    /// type. Directories and links are the same in upper and lower case to who wants one of them.
    ///
    /// # Errors
    /// `OBJECT_PATH_SYNTAX_BAD`, `OBJECT_NAME_INVALID` for a name that is empty,
    /// `OBJECT_PATH_NOT_FOUND` for a directory that is not there, `OBJECT_TYPE_MISMATCH` for one
    /// that is none and for what cannot be opened here, `OBJECT_NAME_NOT_FOUND` for links that lead
    /// nowhere.
    pub fn find(
        &self,
        from: Option<DirectoryId>,
        path: &str,
        ignore_case: bool,
        object_type: ObjectType,
    ) -> Result<Found, NtStatus> {
        let wants_link = object_type == ObjectType::SymbolicLink;
        let ignore_case = ignore_case || wants_link || object_type == ObjectType::Directory;
        let mut path = path.to_owned();
        let mut from = from;
        for _ in 0..MAX_LINKS {
            let (mut at, mut rest) = match (from, path.strip_prefix('\\')) {
                (Some(directory), None) => (directory, path.as_str()),
                (None, Some("")) => return Ok(Found::There(self.root_key)),
                (None, Some(rest)) => (self.root, rest),
                _ => return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD),
            };
            let (target, behind) = loop {
                let (name, more) = match rest.split_once('\\') {
                    Some((name, more)) => (name, Some(more)),
                    None => (rest, None),
                };
                if name.is_empty() {
                    return Err(NtStatus::OBJECT_NAME_INVALID);
                }
                let Some(entry) = self.lookup(at, name, ignore_case) else {
                    if more.is_some() {
                        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
                    }
                    return Ok(Found::Missing(Place { directory: at, name: name.to_owned() }));
                };
                match (&entry.is, more) {
                    (Is::Directory(inner), Some(more)) => (at, rest) = (*inner, more),
                    (Is::Link(target), more) if more.is_some() || !wants_link => {
                        break (target, more);
                    }
                    (Is::Elsewhere(_), None) | (_, Some(_)) => {
                        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
                    }
                    (_, None) => return Ok(Found::There(entry.key)),
                }
            };
            let mut led = target.clone();
            if let Some(behind) = behind {
                led.push('\\');
                led.push_str(behind);
            }
            if led.is_empty() {
                led.push('\\');
            }
            if led.len() > MAX_BYTES {
                return Err(NtStatus::OBJECT_NAME_INVALID);
            }
            (path, from) = (led, None);
        }
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    }

    /// The path of a name. Below a directory that has lost its own it begins with `\...`.
    pub fn path(&self, place: &Place) -> String {
        let mut names = vec![place.name.as_str()];
        let mut at = place.directory;
        while at != self.root {
            match &self.directories[at.0].place {
                Some(place) => {
                    names.push(&place.name);
                    at = place.directory;
                }
                None => {
                    names.push("...");
                    break;
                }
            }
        }
        names.iter().rev().fold(String::new(), |path, name| path + "\\" + name)
    }

    /// The names in a directory and those of their types, in the order of the names.
    pub fn list(&self, directory: DirectoryId) -> impl Iterator<Item = (&str, &'static str)> {
        let entries = self.directories[directory.0].entries.values().flatten();
        entries.map(|entry| (entry.name.as_str(), entry.is.type_name()))
    }

    /// Whether there are no directories but the root.
    #[cfg(test)]
    pub fn directories(&self) -> usize {
        self.directories.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: ObjectType = ObjectType::Event;

    fn place(names: &Names, path: &str) -> Place {
        match names.find(None, path, false, EVENT) {
            Ok(Found::Missing(place)) => place,
            other => panic!("{path}: {other:?}"),
        }
    }

    fn directory(names: &mut Names, path: &str, key: Key) -> (DirectoryId, Place) {
        let at = place(names, path);
        let id = names.add_directory();
        names.add(&at, key, Is::Directory(id));
        (id, at)
    }

    fn example() -> (Names, DirectoryId, Place) {
        let mut names = Names::new();
        names.set_root(1);
        let (a, at) = directory(&mut names, "\\A", 2);
        let event = place(&names, "\\A\\Event");
        names.add(&event, 3, Is::Object(EVENT));
        let link = place(&names, "\\Link");
        names.add(&link, 4, Is::Link("\\A".to_owned()));
        let own = place(&names, "\\Own");
        names.add(&own, 5, Is::Link("\\Own".to_owned()));
        (names, a, at)
    }

    #[test]
    fn a_path_leads_through_directories_and_links() {
        let (names, a, _) = example();
        let find = |path, ignore| names.find(None, path, ignore, EVENT);
        assert_eq!(find("\\A\\Event", false), Ok(Found::There(3)));
        assert_eq!(find("\\Link\\Event", false), Ok(Found::There(3)));
        assert_eq!(names.find(Some(a), "Event", false, EVENT), Ok(Found::There(3)));
        assert_eq!(find("\\A\\event", true), Ok(Found::There(3)));
        assert!(matches!(find("\\A\\event", false), Ok(Found::Missing(_))));
        assert_eq!(find("\\a\\Event", false), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
        assert_eq!(find("\\A\\Event\\x", false), Err(NtStatus::OBJECT_TYPE_MISMATCH));
        assert_eq!(find("\\A\\", false), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(find("\\A\\\\Event", false), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(find("A", false), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        assert_eq!(find("\\Own\\x", false), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
        let link = |path| names.find(None, path, false, ObjectType::SymbolicLink);
        assert_eq!(link("\\link"), Ok(Found::There(4)));
        let directory = |path| names.find(None, path, false, ObjectType::Directory);
        assert_eq!(directory("\\link"), Ok(Found::There(2)));
        assert_eq!(directory("\\"), Ok(Found::There(1)));
    }

    #[test]
    fn names_that_differ_in_case_are_two() {
        let (mut names, a, _) = example();
        let other = place(&names, "\\A\\EVENT");
        names.add(&other, 6, Is::Object(EVENT));
        assert_eq!(names.find(None, "\\A\\EVENT", true, EVENT), Ok(Found::There(6)));
        assert_eq!(names.find(None, "\\A\\Event", false, EVENT), Ok(Found::There(3)));
        assert_eq!(names.list(a).collect::<Vec<_>>(), [("Event", "Event"), ("EVENT", "Event")]);
        names.remove(&other);
        assert_eq!(names.find(None, "\\A\\EVENT", true, EVENT), Ok(Found::There(3)));
    }

    #[test]
    fn a_directory_lives_as_long_as_something_is_in_it() {
        let (mut names, a, at) = example();
        let event = Place { directory: a, name: "Event".to_owned() };
        assert_eq!(names.path(&event), "\\A\\Event");
        names.remove(&at);
        names.close_directory(a);
        assert_eq!(names.path(&event), "\\...\\Event");
        assert_eq!(names.directories(), 2);
        names.remove(&event);
        assert_eq!(names.directories(), 1);
        assert_eq!(names.find(None, "\\A\\x", false, EVENT), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
    }
}

//! One watched directory, and what inotify says of it in the words of Windows.

use super::{Action, Change, Filter};
use crate::io::path::name_from_linux;
use haft_abi::NtStatus;
use haft_host::rustix::fd::{BorrowedFd, OwnedFd};
use haft_host::rustix::fs::inotify::{
    CreateFlags, Event, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch,
};
use haft_host::rustix::io::Errno;
use std::collections::{HashMap, HashSet, VecDeque};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A watched directory.
pub(super) struct Watcher {
    root: PathBuf,
    filter: Filter,
    subtree: bool,
    flags: WatchFlags,
    /// The watched directories by watch descriptor, as paths below the root.
    folders: HashMap<i32, PathBuf>,
    /// What was found in a new directory before inotify told of it.
    found: HashSet<PathBuf>,
    /// A name that was moved away, and not yet to anywhere.
    moved: Option<Moved>,
    /// What is to be told.
    pub(super) changes: VecDeque<Change>,
    /// Whether something was missed.
    pub(super) lost: bool,
    /// Whether the directory itself is gone.
    pub(super) gone: bool,
}

struct Moved {
    cookie: u32,
    from: PathBuf,
    is_folder: bool,
}

fn flags(filter: Filter, subtree: bool) -> WatchFlags {
    let mut flags = WatchFlags::ONLYDIR | WatchFlags::EXCL_UNLINK | WatchFlags::DELETE_SELF;
    let names = Filter(Filter::FILE_NAME.0 | Filter::DIRECTORY_NAME.0);
    if subtree || filter.any(names) {
        flags |= WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
    }
    if filter.any(Filter(Filter::SIZE.0 | Filter::LAST_WRITE.0)) {
        flags |= WatchFlags::MODIFY;
    }
    // The time of the last write, when it is set, comes as an attribute.
    if filter.any(Filter(Filter::ATTRIBUTES.0 | Filter::LAST_WRITE.0)) {
        flags |= WatchFlags::ATTRIB;
    }
    if filter.any(Filter::LAST_ACCESS) {
        flags |= WatchFlags::ACCESS;
    }
    flags
}

impl Watcher {
    /// Begins to watch: the descriptor that tells of changes, and the watcher.
    pub(super) fn new(
        root: &Path,
        filter: Filter,
        subtree: bool,
    ) -> Result<(OwnedFd, Self), NtStatus> {
        let notifier = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let mut watcher = Self {
            root: root.to_owned(),
            filter,
            subtree,
            flags: flags(filter, subtree),
            folders: HashMap::new(),
            found: HashSet::new(),
            moved: None,
            changes: VecDeque::new(),
            lost: false,
            gone: false,
        };
        watcher.add(notifier.as_fd(), PathBuf::new()).map_err(|error| match error {
            Errno::ACCESS => NtStatus::ACCESS_DENIED,
            Errno::NOENT => NtStatus::DELETE_PENDING,
            _ => NtStatus::INSUFFICIENT_RESOURCES,
        })?;
        if subtree {
            // Nobody has to hear of what is there already.
            let _ = watcher.add_below(notifier.as_fd(), Path::new(""));
        }
        Ok((notifier, watcher))
    }

    fn add(&mut self, notifier: BorrowedFd<'_>, folder: PathBuf) -> Result<(), Errno> {
        let watch = add_watch(notifier, self.root.join(&folder), self.flags)?;
        self.folders.insert(watch, folder);
        Ok(())
    }

    /// Watches the directories below one, and returns the names below it. A directory that may
    /// not be read is left out; where Linux watches no more, changes are missed.
    fn add_below(&mut self, notifier: BorrowedFd<'_>, folder: &Path) -> Vec<(PathBuf, bool)> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = folder.join(entry.file_name());
            names.push((name.clone(), is_folder));
            if !is_folder {
                continue;
            }
            match self.add(notifier, name.clone()) {
                Ok(()) => names.extend(self.add_below(notifier, &name)),
                Err(Errno::NOSPC | Errno::NOMEM) => self.lost = true,
                Err(_) => {}
            }
        }
        names
    }

    /// Takes what inotify has.
    pub(super) fn gather(&mut self, notifier: BorrowedFd<'_>) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(notifier, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => self.take(notifier, &event),
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.settle(notifier);
    }

    fn take(&mut self, notifier: BorrowedFd<'_>, event: &Event<'_>) {
        let events = event.events();
        if events.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.lost = true;
            return;
        }
        let Some(folder) = self.folders.get(&event.wd()).cloned() else { return };
        if events.intersects(ReadFlags::DELETE_SELF | ReadFlags::IGNORED | ReadFlags::UNMOUNT) {
            self.folders.remove(&event.wd());
            self.gone |= folder.as_os_str().is_empty();
            return;
        }
        // What has no name happened to the directory itself, whose own folder tells of it.
        let Some(name) = event.file_name() else { return };
        let path = folder.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let is_folder = events.contains(ReadFlags::ISDIR);
        if events.contains(ReadFlags::MOVED_TO) {
            return self.moved_to(notifier, path, is_folder, event.cookie());
        }
        self.settle(notifier);
        if events.contains(ReadFlags::CREATE) {
            if !self.found.remove(&path) {
                self.added(notifier, path, is_folder);
            }
        } else if events.contains(ReadFlags::DELETE) {
            self.found.remove(&path);
            self.named(Action::Removed, &path, is_folder);
        } else if events.contains(ReadFlags::MOVED_FROM) {
            self.found.remove(&path);
            self.moved = Some(Moved { cookie: event.cookie(), from: path, is_folder });
        } else {
            self.tell(Action::Modified, &path);
        }
    }

    fn added(&mut self, notifier: BorrowedFd<'_>, path: PathBuf, is_folder: bool) {
        self.named(Action::Added, &path, is_folder);
        if is_folder && self.subtree {
            // What was made in it before it was watched comes by looking.
            let below = match self.add(notifier, path.clone()) {
                Ok(()) => self.add_below(notifier, &path),
                Err(_) => Vec::new(),
            };
            for (path, is_folder) in below {
                self.named(Action::Added, &path, is_folder);
                self.found.insert(path);
            }
        }
    }

    fn moved_to(&mut self, notifier: BorrowedFd<'_>, path: PathBuf, is_folder: bool, cookie: u32) {
        if self.moved.as_ref().is_none_or(|moved| moved.cookie != cookie) {
            self.settle(notifier);
            // Everything below came with it, and nobody told of that.
            self.named(Action::Added, &path, is_folder);
            if is_folder && self.subtree && self.add(notifier, path.clone()).is_ok() {
                let _ = self.add_below(notifier, &path);
            }
            return;
        }
        let Some(Moved { from, .. }) = self.moved.take() else { return };
        for folder in self.folders.values_mut() {
            if let Ok(rest) = folder.strip_prefix(&from) {
                *folder = if rest.as_os_str().is_empty() { path.clone() } else { path.join(rest) };
            }
        }
        // A name that goes to another directory is gone from one and new in the other.
        let (old, new) = if from.parent() == path.parent() {
            (Action::RenamedFrom, Action::RenamedTo)
        } else {
            (Action::Removed, Action::Added)
        };
        self.named(old, &from, is_folder);
        self.named(new, &path, is_folder);
    }

    /// A name that was moved out of the watched directories is gone.
    fn settle(&mut self, notifier: BorrowedFd<'_>) {
        let Some(Moved { from, is_folder, .. }) = self.moved.take() else { return };
        self.named(Action::Removed, &from, is_folder);
        let gone = |(&watch, path): (&i32, &PathBuf)| path.starts_with(&from).then_some(watch);
        let watches: Vec<i32> = self.folders.iter().filter_map(gone).collect();
        for watch in watches {
            self.folders.remove(&watch);
            let _ = remove_watch(notifier, watch);
        }
    }

    /// Tells of a change of names, if it is wanted.
    fn named(&mut self, action: Action, path: &Path, is_folder: bool) {
        let wanted = if is_folder { Filter::DIRECTORY_NAME } else { Filter::FILE_NAME };
        if self.filter.any(wanted) {
            self.tell(action, path);
        }
    }

    fn tell(&mut self, action: Action, path: &Path) {
        let parts: Vec<Vec<u16>> =
            path.iter().map(|part| name_from_linux(part.as_bytes())).collect();
        let change = Change { action, name: parts.join(&u16::from(b'\\')) };
        if self.changes.back() != Some(&change) {
            self.changes.push_back(change);
        }
    }
}

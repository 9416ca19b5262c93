//! The handle table of a process, and who else holds what is in it.

use super::processes::Process;
use super::shared::Shared;
use haft_object::{Backing, HandleFlags, ObjectType, rights};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// The handles of one process.
#[derive(Serialize)]
pub struct Table<'p> {
    /// The process.
    #[serde(flatten)]
    pub process: &'p Process,
    /// Its handles, in the order of their values.
    pub table: Vec<Handle>,
}

/// A handle.
#[derive(Serialize)]
pub struct Handle {
    /// Its value.
    pub handle: usize,
    /// Its object's type, by NT's name.
    #[serde(rename = "type")]
    pub object_type: &'static str,
    /// Its granted access.
    pub access_mask: u32,
    /// The rights in that, by name.
    pub access: Vec<String>,
    /// Its granted access in a few words.
    #[serde(skip)]
    pub summary: String,
    /// Whether children inherit it.
    pub inheritable: bool,
    /// Whether it cannot be closed.
    pub protected: bool,
    /// Whether the object is one that the executive has.
    pub shared: bool,
    /// What the object is called; empty where it has no name that is known.
    pub name: String,
    /// The other haft processes that hold the same.
    pub holders: Vec<u32>,
}

/// What a descriptor refers to, equal in every process.
type Identity = (u64, u64);

/// Which processes hold what.
pub struct Holders(HashMap<Identity, BTreeSet<u32>>);

impl Holders {
    /// What these processes hold by their handles.
    pub fn of(processes: &[Process]) -> Self {
        let mut holders: HashMap<_, BTreeSet<u32>> = HashMap::new();
        for process in processes {
            for_each_object(process, |_, _, _, backing| {
                if let Backing::Descriptor { fd, .. } = backing
                    && let Some(identity) = identity(process.pid, fd)
                {
                    holders.entry(identity).or_default().insert(process.pid);
                }
            });
        }
        Self(holders)
    }

    fn besides(&self, pid: u32, fd: i32) -> Vec<u32> {
        let all = identity(pid, fd).and_then(|identity| self.0.get(&identity));
        all.into_iter().flatten().copied().filter(|&holder| holder != pid).collect()
    }
}

fn identity(pid: u32, fd: i32) -> Option<Identity> {
    let data = fs::metadata(format!("/proc/{pid}/fd/{fd}")).ok()?;
    Some((data.dev(), data.ino()))
}

/// Calls `each` with every handle of a process and what its object is.
pub fn for_each_object(
    process: &Process,
    mut each: impl FnMut(haft_abi::Handle, haft_object::Entry, ObjectType, Backing),
) {
    let Some(block) = process.block() else { return };
    block.for_each_handle(|handle, entry| {
        // A record that is just being made, or that was tampered with, says nothing.
        let Some(record) = block.record_at(entry.record) else { return };
        if let (Some(object_type), Some(backing)) = (record.object_type(), record.backing()) {
            each(handle, entry, object_type, backing);
        }
    });
}

/// The handles of a process.
pub fn table<'p>(process: &'p Process, holders: &Holders, shared: &Shared) -> Table<'p> {
    let mut table = Vec::new();
    for_each_object(process, |handle, entry, object_type, backing| {
        let (name, others) = match backing {
            Backing::Descriptor { fd, .. } => {
                (descriptor_name(process.pid, fd), holders.besides(process.pid, fd))
            }
            Backing::Kernel { words: [_, id] } => (kernel_name(object_type, id), Vec::new()),
            _ => match shared.find(process.pid, backing) {
                Some(known) => (known.name.clone(), shared.besides(process.pid, known.object)),
                None => (String::new(), Vec::new()),
            },
        };
        table.push(Handle {
            handle: handle.0,
            object_type: object_type.name(),
            access_mask: entry.access.0,
            access: rights::names(object_type, entry.access),
            summary: rights::summary(object_type, entry.access),
            inheritable: entry.flags.contains(HandleFlags::INHERIT),
            protected: entry.flags.contains(HandleFlags::PROTECT_FROM_CLOSE),
            shared: matches!(backing, Backing::Executive { .. }),
            name,
            holders: others,
        });
    });
    Table { process, table }
}

/// What the kernel of the process says of an object that has no descriptor.
fn kernel_name(object_type: ObjectType, id: u64) -> String {
    match object_type {
        ObjectType::Process => format!("process {id}"),
        ObjectType::Thread if id != 0 => format!("thread {id}"),
        _ => String::new(),
    }
}

/// What a descriptor is open on: a path, or what Linux calls it.
fn descriptor_name(pid: u32, fd: i32) -> String {
    fs::read_link(format!("/proc/{pid}/fd/{fd}"))
        .map(|to| to.to_string_lossy().into_owned())
        .unwrap_or_default()
}

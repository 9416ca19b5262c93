//! What a program leaves open (`haft --leaks`): each handle that it made and that is still there at
//! its end, and where it was made. Windows closes them all then; a program that runs for longer
//! would have lost them.

use super::{Pinned, name_of, objects};
use crate::io::standard::{self, Standard};
use crate::ke::exception::back_trace;
use crate::ldr::Place;
use crate::{log, ps};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::process::path_of_descriptor;
use haft_object::{Backing, Entry, HandleFlags, ObjectType, RecordIndex, rights};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

static WATCHED: AtomicBool = AtomicBool::new(false);

/// What each handle that the program made was made for, and where.
static MADE: Mutex<BTreeMap<usize, (RecordIndex, Place)>> = Mutex::new(BTreeMap::new());

/// Has the process say at its end what it leaves open. Called before the program runs.
pub fn watch() {
    WATCHED.store(true, Ordering::Relaxed);
}

/// Whether it is to.
#[must_use]
#[inline]
pub fn is_watched() -> bool {
    WATCHED.load(Ordering::Relaxed)
}

/// Puts an object into the handle table, and notes where in the program that is asked for.
///
/// # Errors
/// As for [`ObjectManager::insert`](haft_object::ObjectManager::insert).
#[cold]
pub(super) fn insert(
    object: Pinned,
    access: AccessMask,
    flags: HandleFlags,
) -> Result<Handle, NtStatus> {
    let index = object.index();
    let handle = objects().insert(object, access, flags)?;
    if ps::thread::try_current().is_some()
        && let Some(&caller) = back_trace(0, 1).first()
    {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(handle.0, (index, Place(caller)));
    }
    Ok(handle)
}

/// Says what is left open, if that is wanted: a line for each place that made handles, and one for
/// each that was inherited and is no standard handle.
pub(crate) fn report() {
    if !WATCHED.swap(false, Ordering::Relaxed) {
        return;
    }
    let made = core::mem::take(&mut *MADE.lock().unwrap_or_else(PoisonError::into_inner));
    let standard = Standard::ALL.map(|which| standard::get(which).unwrap_or_default());
    let mut left: BTreeMap<(Place, &str), Vec<Left>> = BTreeMap::new();
    let mut inherited = Vec::new();
    objects().for_each_handle(|handle, entry| {
        let Some(record) = objects().block().record_at(entry.record) else { return };
        let Some(object_type) = record.object_type() else { return };
        let one = Left { handle, entry, object_type };
        match made.get(&handle.0) {
            Some(&(object, place)) if object == entry.record => {
                left.entry((place, object_type.name())).or_default().push(one);
            }
            _ if standard.contains(&handle) => {}
            _ => inherited.push(one),
        }
    });
    let count = left.values().map(Vec::len).sum::<usize>() + inherited.len();
    let program = &crate::ldr::main_module().name;
    if count == 0 {
        return log::say(&format!("{program}: left no handle open"));
    }
    let handles = if count == 1 { "handle" } else { "handles" };
    log::say(&format!("{program}: left {count} {handles} open"));
    for ((place, _), handles) in &left {
        let [first, ..] = &handles[..] else { continue };
        let more = if handles.len() > 1 {
            format!(" and {} more", handles.len() - 1)
        } else {
            String::new()
        };
        log::say(&format!("{program}: {first}{more}, made at {}", place.in_full()));
    }
    for one in inherited {
        let from = if one.entry.flags.contains(HandleFlags::INHERIT) {
            "inherited"
        } else {
            "given to it"
        };
        log::say(&format!("{program}: {one}, {from}"));
    }
}

/// A handle that is left open.
struct Left {
    handle: Handle,
    entry: Entry,
    object_type: ObjectType,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = rights::summary(self.object_type, self.entry.access);
        write!(f, "{:#x} {} ({access})", self.handle.0, self.object_type.name())?;
        let name = self.name();
        if name.is_empty() { Ok(()) } else { write!(f, " {name}") }
    }
}

impl Left {
    fn name(&self) -> String {
        let record = objects().block().record_at(self.entry.record);
        match (self.object_type, record.and_then(|record| record.backing())) {
            (ObjectType::Process, Some(Backing::Kernel { words: [_, pid] })) => pid.to_string(),
            (_, Some(Backing::Descriptor { fd, .. })) => {
                String::from_utf8_lossy(&path_of_descriptor(ps::process().pid, fd)).into_owned()
            }
            _ => name_of(self.handle)
                .map_or_else(|_| String::new(), |name| String::from_utf16_lossy(&name)),
        }
    }
}

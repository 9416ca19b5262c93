//! All processes of the session and all of their handles (Microsoft: "NtQuerySystemInformation
//! function"). Process blocks say it, so nobody is asked but the executive: which objects of
//! different processes are one.

use super::snapshot::{self, with_block};
use crate::ob::{HandleFlags, ObjectType, names, objects};
use haft_abi::{AccessMask, Pid};
use haft_host::usage::{self, Transferred, Used};
use haft_object::{Backing, Entry, ProcessBlock, RecordIndex};
use haft_wire::names::Held;
use std::collections::HashMap;

/// A handle of some process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemHandle {
    /// The process.
    pub pid: u32,
    /// The handle's value there.
    pub handle: usize,
    /// What it may do.
    pub access: AccessMask,
    /// Its flags.
    pub flags: HandleFlags,
    /// Its object's type.
    pub object_type: ObjectType,
    /// Which object it is: the same number for the same object, in the form of an address of the
    /// system's.
    pub object: u64,
}

/// Where the addresses of objects begin that one process has for itself, and of shared ones.
const PRIVATE: u64 = 0xFFFF_8000_0000_0000;
const SHARED: u64 = 0xFFFF_C000_0000_0000;

/// The processes of this one's session.
fn session() -> Vec<u32> {
    let own = objects().block().session();
    let is_ours = |pid: &u32| with_block(*pid, |block| block.session() == own).unwrap_or(false);
    snapshot::numbers_in("/proc").into_iter().filter(is_ours).collect()
}

/// Every handle of every process of the session, process by process.
#[must_use]
pub fn handles() -> Vec<SystemHandle> {
    let pids = session();
    let alone = pids.len() < 2;
    let mut all = Vec::new();
    for pid in pids {
        // Who is alone shares nothing, and needs no executive.
        let held = if alone { Vec::new() } else { names::held_by(Pid(pid)).unwrap_or_default() };
        let address = |held: &Held| ((held.number, held.is_offer), SHARED | held.id.0 << 6);
        let shared: HashMap<(u64, bool), u64> = held.iter().map(address).collect();
        with_block(pid, |block| {
            block.for_each_handle(|handle, entry| {
                let Some((object_type, backing)) = object_of(block, entry) else { return };
                let number = match backing {
                    Backing::Executive { id } => Some((id, false)),
                    Backing::Pending { id } => Some((id, true)),
                    _ => None,
                };
                let object = number.and_then(|number| shared.get(&number).copied());
                all.push(SystemHandle {
                    pid,
                    handle: handle.0,
                    access: entry.access,
                    flags: entry.flags,
                    object_type,
                    object: object.unwrap_or_else(|| private(pid, entry.record)),
                });
            });
        });
    }
    all
}

fn private(pid: u32, record: RecordIndex) -> u64 {
    PRIVATE | (u64::from(pid) << 24 | u64::from(record.get()) & 0xFF_FFFF)
}

fn object_of(block: ProcessBlock<'_>, entry: Entry) -> Option<(ObjectType, Backing)> {
    let record = block.record_at(entry.record)?;
    Some((record.object_type()?, record.backing()?))
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemProcess {
    /// Its identifier.
    pub pid: u32,
    /// Its creator's identifier.
    pub parent: u32,
    /// Its program's name without the folder.
    pub name: Vec<u16>,
    /// When it was created, in system time.
    pub created: i64,
    /// Its open handles.
    pub handles: u32,
    /// The time that it has used.
    pub used: Used,
    /// The bytes that it has committed.
    pub committed: u64,
    /// What it has read and written.
    pub transferred: Transferred,
    /// Its threads.
    pub threads: Vec<u32>,
}

/// Every process of the session.
#[must_use]
pub fn processes() -> Vec<SystemProcess> {
    session().into_iter().filter_map(of).collect()
}

fn of(pid: u32) -> Option<SystemProcess> {
    with_block(pid, |block| SystemProcess {
        pid,
        parent: block.parent().0,
        name: snapshot::program_name(block),
        created: block.created(),
        handles: block.handle_count(),
        used: usage::of_process(pid).unwrap_or_default(),
        committed: usage::committed_by(pid).unwrap_or_default(),
        transferred: usage::transferred_by(pid).unwrap_or_default(),
        threads: snapshot::threads_of(pid),
    })
}

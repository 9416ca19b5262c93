//! What the executives know: which objects of different processes are one, and their names.

use super::processes::Process;
use haft_abi::{NtStatus, Pid};
use haft_kernel::log;
use haft_kernel::session::Inspector;
use haft_object::Backing;
use std::collections::{BTreeSet, HashMap};

/// An object of some session.
pub type ObjectKey = (u64, u64);

/// What an executive says of something that a process has.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which object it is.
    pub object: ObjectKey,
    /// Its path; empty where it has no name.
    pub name: String,
}

/// What the executives of this user's sessions say. One that does not answer says nothing.
#[derive(Default)]
pub struct Shared {
    /// By process, number, and whether that is an offer's.
    known: HashMap<(u32, u64, bool), Known>,
    holders: HashMap<ObjectKey, BTreeSet<u32>>,
}

impl Shared {
    /// What processes have of their executives, where one of the `chosen` is in their session: an
    /// executive that hangs is only asked about its own.
    pub fn of(processes: &[Process], chosen: &[&Process]) -> Self {
        let mut shared = Self::default();
        for inspector in Inspector::all() {
            let is_in = |process: &Process| {
                process.block().is_some_and(|block| block.session() == inspector.session)
            };
            if !chosen.iter().any(|process| is_in(process)) {
                continue;
            }
            let of_session = processes.iter().filter(|process| is_in(process));
            for process in of_session {
                match inspector.held_by(Pid(process.pid)) {
                    Ok(held) => held.into_iter().for_each(|held| {
                        let object = (inspector.session, held.id.0);
                        let known = Known { object, name: held.name };
                        shared.known.insert((process.pid, held.number, held.is_offer), known);
                    }),
                    Err(NtStatus::IO_TIMEOUT) => {
                        log::say_once(
                            "a session's executive does not answer; names and holders of what its \
                             processes share are not shown",
                        );
                        break;
                    }
                    // It has just ended.
                    Err(_) => break,
                }
            }
        }
        shared.count(processes);
        shared
    }

    /// Finds out who has handles to what: a process may have let go of what its executive has.
    fn count(&mut self, processes: &[Process]) {
        for process in processes {
            super::handles::for_each_object(process, |_, _, _, backing| {
                if let Some(known) = self.find(process.pid, backing) {
                    let object = known.object;
                    self.holders.entry(object).or_default().insert(process.pid);
                }
            });
        }
    }

    /// What is known of an object of a process.
    pub fn find(&self, pid: u32, backing: Backing) -> Option<&Known> {
        match backing {
            Backing::Executive { id } => self.known.get(&(pid, id, false)),
            Backing::Pending { id } => self.known.get(&(pid, id, true)),
            _ => None,
        }
    }

    /// The other processes that have an object.
    pub fn besides(&self, pid: u32, object: ObjectKey) -> Vec<u32> {
        let all = self.holders.get(&object).into_iter().flatten();
        all.copied().filter(|&holder| holder != pid).collect()
    }
}

//! Objects on their way from one process to another: held for the receiver until it takes them
//! or ends.

use crate::objects::{Key, SharedObjects};
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_wire::names::Holder;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The most objects that wait for one receiver.
const MAX_WAITING: usize = 1 << 16;

/// What is on its way.
pub enum Offer {
    /// A shared object, held for the receiver, and what the receiver may do with it.
    Object(Key, AccessMask),
    /// What another process has wrapped, and its descriptors.
    Parcel(Vec<u8>, Vec<OwnedFd>),
    /// A file or section that was taken from another process.
    Taken(Taken),
    /// What nobody can use (Microsoft: "DuplicateHandle function", of I/O completion ports).
    Nothing,
}

/// A file or section on its way.
pub struct Taken {
    /// Which of the two.
    pub object_type: ObjectType,
    /// What the kernel of the process that had it says of it.
    pub description: Vec<u8>,
    /// The Linux path that it is open under; empty where that is not known.
    pub path: Vec<u8>,
    /// The descriptor.
    pub fd: OwnedFd,
}

struct Receiver {
    /// Readable once the receiver has ended.
    pidfd: OwnedFd,
    waiting: HashMap<u64, Offer>,
}

/// All offers that nobody has taken yet.
#[derive(Default)]
pub struct Offers {
    receivers: HashMap<Pid, Receiver>,
    next: u64,
}

impl Offers {
    /// Offers something to a process: the number of the first offer. `watch` is given the pidfd of
    /// a receiver that is new. An object is held by its offer from now on.
    ///
    /// # Errors
    /// `INVALID_CID` when there is no such process, `INSUFFICIENT_RESOURCES` for too many.
    pub fn add(
        &mut self,
        to: Pid,
        offers: Vec<Offer>,
        objects: &mut SharedObjects,
        watch: impl FnOnce(&OwnedFd) -> Result<(), NtStatus>,
    ) -> Result<u64, NtStatus> {
        let receiver = match self.receivers.entry(to) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let pidfd = haft_host::spawn::open_process(to)?;
                watch(&pidfd)?;
                new.insert(Receiver { pidfd, waiting: HashMap::new() })
            }
        };
        let first = self.next;
        if receiver.waiting.len() + offers.len() > MAX_WAITING {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        for offer in offers {
            if let Offer::Object(key, _) = offer {
                objects.hold(key);
            }
            receiver.waiting.insert(self.next, offer);
            self.next += 1;
        }
        Ok(first)
    }

    /// What was offered, for its receiver, who holds it from now on.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND` for an offer that is not there, or not the receiver's.
    pub fn take(&mut self, receiver: Pid, offer: u64) -> Result<Offer, NtStatus> {
        let found = self.receivers.get_mut(&receiver);
        found.and_then(|r| r.waiting.remove(&offer)).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
    }

    /// The same as an offer that waits for its receiver, to be offered to somebody else.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND` as for [`Offers::take`]; `TOO_MANY_OPENED_FILES`.
    pub fn copy(&self, receiver: Pid, offer: u64) -> Result<Offer, NtStatus> {
        let found = self.receivers.get(&receiver).and_then(|r| r.waiting.get(&offer));
        let clone = |fd: &OwnedFd| fd.try_clone().map_err(|_| NtStatus::TOO_MANY_OPENED_FILES);
        Ok(match found.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)? {
            Offer::Object(key, access) => Offer::Object(*key, *access),
            Offer::Parcel(parcel, fds) => {
                Offer::Parcel(parcel.clone(), fds.iter().map(clone).collect::<Result<_, _>>()?)
            }
            Offer::Taken(taken) => Offer::Taken(Taken {
                object_type: taken.object_type,
                description: taken.description.clone(),
                path: taken.path.clone(),
                fd: clone(&taken.fd)?,
            }),
            Offer::Nothing => Offer::Nothing,
        })
    }

    /// Whether an offer waits for its receiver.
    pub fn is_waiting(&self, receiver: Pid, offer: u64) -> bool {
        self.receivers.get(&receiver).is_some_and(|r| r.waiting.contains_key(&offer))
    }

    /// Forgets what was offered to a process that has ended. Its pidfd closes with that.
    pub fn forget(&mut self, receiver: Pid, objects: &mut SharedObjects) {
        let Some(receiver) = self.receivers.remove(&receiver) else { return };
        for offer in receiver.waiting.into_values() {
            offer.end(objects);
        }
        drop(receiver.pidfd);
    }

    /// The offers of an object.
    pub fn numbers_of(&self, key: Key) -> Vec<Holder> {
        let all = self.receivers.iter().flat_map(|(&pid, receiver)| {
            receiver.waiting.iter().map(move |(&number, offer)| (pid, number, offer))
        });
        all.filter(|(_, _, offer)| matches!(offer, Offer::Object(of, _) if *of == key))
            .map(|(pid, number, _)| Holder { pid, number, is_offer: true })
            .collect()
    }

    /// The objects that are offered to a process: the offer's number, that it is one, the object.
    pub fn objects_for(&self, receiver: Pid) -> impl Iterator<Item = (u64, bool, Key)> {
        let waiting = self.receivers.get(&receiver).into_iter().flat_map(|r| &r.waiting);
        waiting.filter_map(|(&number, offer)| match offer {
            Offer::Object(key, _) => Some((number, true, *key)),
            _ => None,
        })
    }

    /// Whether nobody is offered anything.
    pub fn is_empty(&self) -> bool {
        self.receivers.values().all(|r| r.waiting.is_empty())
    }
}

impl Offer {
    /// Ends an offer that nobody takes.
    pub fn end(self, objects: &mut SharedObjects) {
        if let Self::Object(key, _) = self {
            objects.release(key, 1);
        }
    }
}

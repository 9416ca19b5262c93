//! Objects on their way from one process to another: held for the receiver until it takes them
//! or ends.

use crate::chores;
use crate::objects::{Key, SharedObjects};
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_wire::names::Holder;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The most objects that wait for one receiver.
const MAX_WAITING: usize = 1 << 16;
/// The most bytes of parcels that one process has on their way.
const MAX_BYTES: usize = 64 << 20;

/// What is on its way.
pub enum Offer {
    /// A shared object, held for the receiver, and what the receiver may do with it.
    Object(Key, AccessMask),
    /// What another process has wrapped.
    Parcel(Parcel),
    /// A file or section that was taken from another process.
    Taken(Taken),
    /// What nobody can use (Microsoft: "DuplicateHandle function", of I/O completion ports).
    Nothing,
}

/// What another process has wrapped.
pub struct Parcel {
    /// What it says.
    pub bytes: Vec<u8>,
    /// Its descriptors.
    pub fds: Vec<OwnedFd>,
    /// As [`Taken::is_own`].
    pub is_own: bool,
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
    /// Whether it is from the session's own user. What he wants deleted on its last close is deleted here
    /// if that is the last; for others the executive does nothing that they perhaps may not do.
    pub is_own: bool,
}

/// What an offer takes up.
#[derive(Clone, Copy, Default)]
struct Load {
    descriptors: u64,
    bytes: usize,
}

impl Load {
    fn of(offer: &Offer) -> Self {
        match offer {
            Offer::Parcel(parcel) => {
                Self { descriptors: parcel.fds.len() as u64, bytes: parcel.bytes.len() }
            }
            Offer::Taken(taken) => Self { descriptors: 1, bytes: taken.description.len() },
            Offer::Object(..) | Offer::Nothing => Self::default(),
        }
    }

    fn add(&mut self, other: Self) {
        self.descriptors += other.descriptors;
        self.bytes += other.bytes;
    }

    fn subtract(&mut self, other: Self) {
        self.descriptors = self.descriptors.saturating_sub(other.descriptors);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

struct Receiver {
    /// Readable once the receiver has ended.
    pidfd: OwnedFd,
    /// Who has made it one.
    first_sender: Pid,
    /// What is offered, and by whom.
    waiting: HashMap<u64, (Offer, Pid)>,
}

/// All offers that nobody has taken yet.
pub struct Offers {
    receivers: HashMap<Pid, Receiver>,
    /// What is on its way from whom.
    senders: HashMap<Pid, Load>,
    in_all: Load,
    /// How many descriptors the executive may have.
    room: u64,
    next: u64,
}

/// A receiver takes a descriptor.
const RECEIVER: Load = Load { descriptors: 1, bytes: 0 };

impl Offers {
    /// None yet, in an executive that may have so many descriptors.
    pub fn new(room: u64) -> Self {
        Self {
            receivers: HashMap::new(),
            senders: HashMap::new(),
            in_all: Load::default(),
            room,
            next: 0,
        }
    }

    /// Counts what a process is about to have on its way.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` where that is more than its share, or leaves too little for all
    /// others' connections.
    fn load(&mut self, from: Pid, more: Load) -> Result<(), NtStatus> {
        let sender = self.senders.entry(from).or_default();
        let is_fair = sender.descriptors + more.descriptors <= self.room / 4
            && sender.bytes + more.bytes <= MAX_BYTES
            && self.in_all.descriptors + more.descriptors <= self.room / 2;
        if !is_fair {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        sender.add(more);
        self.in_all.add(more);
        Ok(())
    }

    fn unload(&mut self, from: Pid, load: Load) {
        self.in_all.subtract(load);
        if let Entry::Occupied(mut sender) = self.senders.entry(from) {
            sender.get_mut().subtract(load);
            if sender.get().descriptors == 0 && sender.get().bytes == 0 {
                sender.remove();
            }
        }
    }

    /// Offers something of `from` to a process: the number of the first offer. `watch` is given the pidfd of
    /// a receiver that is new. An object is held by its offer from now on.
    ///
    /// # Errors
    /// `INVALID_CID` when there is no such process, `INSUFFICIENT_RESOURCES` for too many.
    pub fn add(
        &mut self,
        from: Pid,
        to: Pid,
        offers: Vec<Offer>,
        objects: &mut SharedObjects,
        watch: impl FnOnce(&OwnedFd) -> Result<(), NtStatus>,
    ) -> Result<u64, NtStatus> {
        // Linux may have given its identifier to another one.
        self.forget(to, objects);
        if !self.receivers.contains_key(&to) {
            self.load(from, RECEIVER)?;
            let opened = haft_host::spawn::open_process(to).and_then(|pidfd| {
                watch(&pidfd)?;
                Ok(pidfd)
            });
            let pidfd = opened.inspect_err(|_| self.unload(from, RECEIVER))?;
            let receiver = Receiver { pidfd, first_sender: from, waiting: HashMap::new() };
            self.receivers.insert(to, receiver);
        }
        let mut load = Load::default();
        offers.iter().for_each(|offer| load.add(Load::of(offer)));
        let waiting = self.receivers.get(&to).map_or(0, |receiver| receiver.waiting.len());
        if waiting + offers.len() > MAX_WAITING {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.load(from, load)?;
        let first = self.next;
        let receiver = self.receivers.get_mut(&to).ok_or(NtStatus::INVALID_CID)?;
        for offer in offers {
            if let Offer::Object(key, _) = offer {
                objects.hold(key);
            }
            receiver.waiting.insert(self.next, (offer, from));
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
        let (offer, from) =
            found.and_then(|r| r.waiting.remove(&offer)).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        self.unload(from, Load::of(&offer));
        Ok(offer)
    }

    /// The same as an offer that waits for its receiver, to be offered to somebody else.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND` as for [`Offers::take`]; `TOO_MANY_OPENED_FILES`.
    pub fn copy(&self, receiver: Pid, offer: u64) -> Result<Offer, NtStatus> {
        let found = self.receivers.get(&receiver).and_then(|r| r.waiting.get(&offer));
        let clone = |fd: &OwnedFd| fd.try_clone().map_err(|_| NtStatus::TOO_MANY_OPENED_FILES);
        let (offer, _) = found.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        Ok(match offer {
            Offer::Object(key, access) => Offer::Object(*key, *access),
            Offer::Parcel(parcel) => Offer::Parcel(Parcel {
                bytes: parcel.bytes.clone(),
                fds: parcel.fds.iter().map(clone).collect::<Result<_, _>>()?,
                is_own: parcel.is_own,
            }),
            Offer::Taken(taken) => Offer::Taken(Taken {
                object_type: taken.object_type,
                description: taken.description.clone(),
                path: taken.path.clone(),
                fd: clone(&taken.fd)?,
                is_own: taken.is_own,
            }),
            Offer::Nothing => Offer::Nothing,
        })
    }

    /// Forgets what was offered to a process that has ended. Its pidfd closes with that.
    pub fn forget(&mut self, receiver: Pid, objects: &mut SharedObjects) {
        let has_ended = |known: &Receiver| linux::has_ended(&known.pidfd);
        if !self.receivers.get(&receiver).is_some_and(has_ended) {
            return;
        }
        let Some(receiver) = self.receivers.remove(&receiver) else { return };
        self.unload(receiver.first_sender, RECEIVER);
        for (offer, from) in receiver.waiting.into_values() {
            self.unload(from, Load::of(&offer));
            offer.end(objects);
        }
        drop(receiver.pidfd);
    }

    /// The offers of an object.
    pub fn numbers_of(&self, key: Key) -> Vec<Holder> {
        let all = self.receivers.iter().flat_map(|(&pid, receiver)| {
            receiver.waiting.iter().map(move |(&number, (offer, _))| (pid, number, offer))
        });
        all.filter(|(_, _, offer)| matches!(offer, Offer::Object(of, _) if *of == key))
            .map(|(pid, number, _)| Holder { pid, number, is_offer: true })
            .collect()
    }

    /// The objects that are offered to a process: the offer's number, that it is one, the object.
    pub fn objects_for(&self, receiver: Pid) -> impl Iterator<Item = (u64, bool, Key)> {
        let waiting = self.receivers.get(&receiver).into_iter().flat_map(|r| &r.waiting);
        waiting.filter_map(|(&number, (offer, _))| match offer {
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
        match self {
            Self::Object(key, _) => objects.release(key, 1),
            Self::Parcel(parcel) if parcel.is_own => chores::close_as_last(parcel.fds),
            Self::Parcel(parcel) => chores::close(parcel.fds),
            Self::Taken(taken) if taken.is_own => chores::close_as_last(vec![taken.fd]),
            Self::Taken(taken) => chores::close(vec![taken.fd]),
            Self::Nothing => {}
        }
    }
}

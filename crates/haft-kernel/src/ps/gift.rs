//! Objects on their way into a child: what describes them, and the descriptors that carry them.

use crate::io::file::{self, FileDescription, FileObject};
use crate::mm::section::{self, SectionDescription, SectionObject};
use crate::ob::{HandleFlags, KernelHost, Pinned, objects, shared};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_host::rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use haft_host::spawn;
use haft_object::{Inherited, ObjectType, RecordIndex};
use haft_wire::{
    Answer, MAX_OFFERS, MAX_PARCEL, NewHandle, ProcessAnswer, ProcessRequest, Request, SharedId,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An object that a child is given. Its descriptors travel in the order of the objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Gift {
    /// A file; one descriptor.
    File(FileDescription),
    /// A file on whose account operations may be under way; its descriptor, and two that say who
    /// has it.
    HeldFile(FileDescription),
    /// A section; one descriptor.
    Section(SectionDescription),
    /// What the executive has, by the number of its offer, and the number of its type.
    Shared { object_type: u8, offer: u64 },
}

/// A handle that a child is given: its value, what it may do, its flags, and the place of its
/// object among the gifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GivenHandle {
    value: u64,
    access: u32,
    flags: u32,
    object: u32,
}

/// All that a child inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inheritance {
    gifts: Vec<Gift>,
    handles: Vec<GivenHandle>,
}

/// A descriptor on its way. It stays open as long as this is there, whatever the program closes.
enum Carried {
    /// A file object's.
    File(Arc<FileObject>),
    /// A section's.
    Section(Arc<SectionObject>),
    /// One for the way alone.
    Own(OwnedFd),
}

impl AsFd for Carried {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::File(file) => file.fd.as_fd(),
            Self::Section(section) => section.fd.as_fd(),
            Self::Own(fd) => fd.as_fd(),
        }
    }
}

/// What an object needs to be given to another process, or why it cannot.
fn wrap(object: &Pinned, described: &mut Described) -> Result<Gift, NtStatus> {
    let fds = &mut described.descriptors;
    match object.object_type() {
        ObjectType::File => {
            let file = file::of(object)?;
            fds.push(Carried::File(Arc::clone(&file)));
            let description = file.description.clone();
            if !file.may_be_under_way() {
                return Ok(Gift::File(description));
            }
            fds.extend(file.share_holders()?.map(Carried::Own));
            Ok(Gift::HeldFile(description))
        }
        ObjectType::Section if !is_named(object) => {
            let section = section::of(object)?;
            let description = section.description;
            fds.push(Carried::Section(section));
            Ok(Gift::Section(description))
        }
        shared_type
            if shared_type.is_shared_by_executive() || shared_type == ObjectType::Section =>
        {
            let (number, temporary) = shared::number(object)?;
            described.shared.push(SharedGift {
                object: object.clone(),
                number,
                temporary,
                access: AccessMask::NONE,
            });
            // The number of the offer is known when there is somebody to offer it to.
            Ok(Gift::Shared { object_type: object.object_type() as u8, offer: 0 })
        }
        _ => Err(stays(object)),
    }
}

/// Whether a section is the executive's, as one with a name is.
fn is_named(section: &Pinned) -> bool {
    shared::id_of(section).is_some()
}

/// An object that the executive is to offer to another process.
struct SharedGift {
    /// Keeps it.
    object: Pinned,
    number: SharedId,
    /// Whether the number is of no use once it has been offered.
    temporary: bool,
    /// What the other process may do with it.
    access: AccessMask,
}

impl Drop for SharedGift {
    fn drop(&mut self) {
        if self.temporary {
            shared::release(self.number);
        }
    }
}

/// Says that an object cannot leave its process yet.
fn stays(object: &Pinned) -> NtStatus {
    let name = object.object_type().name();
    let article = if name.starts_with('E') { "an" } else { "a" };
    crate::log::say_once(&format!(
        "a handle to {article} {name} cannot be inherited yet; CreateProcess fails"
    ));
    NtStatus::NOT_SUPPORTED
}

/// An inherited set on its way.
#[derive(Default)]
pub struct Described {
    /// What the child is told.
    pub inheritance: Inheritance,
    /// The descriptors that go with it.
    descriptors: Vec<Carried>,
    /// The place among them of each gift's first.
    first: Vec<u32>,
    /// The objects that the executive is to offer to the child, in the order of their gifts.
    shared: Vec<SharedGift>,
}

impl Described {
    /// The descriptors, in the order in which they are unwrapped.
    #[must_use]
    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.descriptors.iter().map(AsFd::as_fd).collect()
    }

    /// The places among the descriptors of those of the child's standard handles.
    #[must_use]
    pub fn standard_places(&self, standard: [Handle; 3]) -> [Option<u32>; 3] {
        standard.map(|handle| {
            let given = self.inheritance.handles.iter().find(|h| h.value == handle.0 as u64)?;
            let object = given.object as usize;
            match self.inheritance.gifts.get(object)? {
                Gift::File(_) | Gift::HeldFile(_) => self.first.get(object).copied(),
                _ => None,
            }
        })
    }
}

/// Describes an inherited set, and keeps each descriptor that it needs. What only
/// this process knows of moves to the executive.
///
/// # Errors
/// `NOT_SUPPORTED` for an object that cannot leave its process yet, `TOO_MANY_OPENED_FILES`,
/// `PORT_DISCONNECTED` when an executive is needed and there is none.
pub fn describe(set: &[Inherited<'static, KernelHost>]) -> Result<Described, NtStatus> {
    let mut described = Described::default();
    let mut known: Vec<RecordIndex> = Vec::new();
    for item in set {
        let index = item.object.index();
        let place = match known.iter().position(|&k| k == index) {
            Some(place) => place,
            None => {
                let first = described.descriptors.len() as u32;
                let gift = wrap(&item.object, &mut described)?;
                described.first.push(first);
                described.inheritance.gifts.push(gift);
                known.push(index);
                known.len() - 1
            }
        };
        for shared in described.shared.iter_mut().filter(|s| s.object.index() == index) {
            shared.access |= item.access;
        }
        described.inheritance.handles.push(GivenHandle {
            value: item.handle.0 as u64,
            access: item.access.0,
            flags: item.flags.bits(),
            object: place as u32,
        });
    }
    Ok(described)
}

impl Inheritance {
    /// One more handle, to what the executive keeps for the child.
    pub fn add(&mut self, handle: Handle, new: NewHandle, offer: u64) {
        self.handles.push(GivenHandle {
            value: handle.0 as u64,
            access: new.access.0,
            flags: new.flags,
            object: self.gifts.len() as u32,
        });
        self.gifts.push(Gift::Shared { object_type: new.object_type, offer });
    }
}

impl Described {
    /// Offers the child what the executive has of its inheritance.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` when the executive is gone, `INVALID_CID` when the child is.
    pub fn offer(&mut self, child: Pid) -> Result<(), NtStatus> {
        let shared = core::mem::take(&mut self.shared);
        let mut gifts = self.inheritance.gifts.iter_mut().filter_map(|gift| match gift {
            Gift::Shared { offer, .. } => Some(offer),
            _ => None,
        });
        for some in shared.chunks(MAX_OFFERS) {
            let objects = some.iter().map(|gift| (gift.number, gift.access)).collect();
            let request = Request::Offer { to: child, objects };
            let first = session::ask_for(&request, offered)?;
            for (gift, offer) in gifts.by_ref().zip(first..first + some.len() as u64) {
                *gift = offer;
            }
        }
        Ok(())
    }
}

/// Makes the objects of what this process was given, and handles to them of the same values.
///
/// # Errors
/// `INVALID_PARAMETER` when descriptors are missing, `INSUFFICIENT_RESOURCES`.
pub fn unwrap(
    inheritance: &Inheritance,
    fds: &mut impl Iterator<Item = OwnedFd>,
) -> Result<(), NtStatus> {
    let mut made = Vec::with_capacity(inheritance.gifts.len());
    for gift in &inheritance.gifts {
        made.push(make(gift, fds)?);
    }
    for given in &inheritance.handles {
        let object = made.get(given.object as usize).ok_or(NtStatus::INVALID_PARAMETER)?.clone();
        let flags = HandleFlags::from_bits(given.flags).ok_or(NtStatus::INVALID_PARAMETER)?;
        let handle = Handle(given.value as usize);
        objects().insert_at(handle, object, AccessMask(given.access), flags)?;
    }
    Ok(())
}

/// The number of the first offer that an answer tells.
fn offered(answer: Answer) -> Option<u64> {
    match answer {
        Answer::Offers(first) => Some(first),
        _ => None,
    }
}

/// Has the executive make a handle to an object in another process, which it knows as `target`:
/// the handle's value there.
///
/// # Errors
/// As for [`describe`]; `PROCESS_IS_TERMINATING` for a process that has ended; `RETRY` for one that
/// has not entered yet what it inherits; `BUFFER_TOO_SMALL` for a file whose path is too long to
/// be sent.
pub fn send(object: &Pinned, target: SharedId, new: NewHandle) -> Result<Handle, NtStatus> {
    let mut described = Described::default();
    let gift = wrap(object, &mut described)?;
    let answer = if let Some(shared) = described.shared.first() {
        let object = shared.number;
        session::ask(&Request::Process(ProcessRequest::Insert { target, object, new }))?
    } else {
        let parcel = postcard::to_allocvec(&gift).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        if parcel.len() > MAX_PARCEL {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let fds = described.descriptors();
        let request = Request::Send { target, parcel, new };
        session::holding(|turn| turn.ask_with(&request, &fds))?.0
    };
    match answer {
        Answer::Process(ProcessAnswer::Duplicated(value)) => Ok(Handle(value as usize)),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

/// Makes the object that another process has sent.
///
/// # Errors
/// `INVALID_PARAMETER` for a parcel that is none, `INSUFFICIENT_RESOURCES`.
pub fn unwrap_one(parcel: &[u8], fds: Vec<OwnedFd>) -> Result<Pinned, NtStatus> {
    let gift = postcard::from_bytes(parcel).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    make(&gift, &mut fds.into_iter())
}

/// Makes the object of a gift.
fn make(gift: &Gift, fds: &mut impl Iterator<Item = OwnedFd>) -> Result<Pinned, NtStatus> {
    let mut take = || fds.next().ok_or(NtStatus::INVALID_PARAMETER);
    match gift {
        Gift::File(description) => file::create(FileObject::new(take()?, description.clone())),
        Gift::HeldFile(description) => {
            let file = FileObject::new(take()?, description.clone());
            file.accept_holders(take()?, take()?);
            file::create(file)
        }
        Gift::Section(description) => {
            section::create_object(SectionObject { fd: take()?, description: *description })
        }
        // It is fetched when it is first used.
        Gift::Shared { object_type, offer } => {
            let object_type = ObjectType::from_number(*object_type);
            objects().create_pending(object_type.ok_or(NtStatus::INVALID_PARAMETER)?, *offer)
        }
    }
}

/// The descriptors of a child's standard handles, where those are files: what Linux is told.
#[must_use]
pub fn standard_files(
    standard: [Handle; 3],
    set: &[Inherited<'static, KernelHost>],
) -> [Option<OwnedFd>; 3] {
    standard.map(|handle| {
        let item = set.iter().find(|item| item.handle == handle)?;
        let file = file::of(&item.object).ok()?;
        spawn::above_standard(&file.fd).ok()
    })
}

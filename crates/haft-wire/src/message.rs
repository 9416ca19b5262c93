//! Requests and replies.

use crate::job::{JobAnswer, JobRequest};
use crate::name::ObjectName;
use crate::names::{NamesAnswer, NamesRequest};
use crate::process::{NewHandle, ProcessAnswer, ProcessRequest};
use crate::registry::{RegistryAnswer, RegistryRequest};
use crate::section::{SectionAnswer, SectionRequest};
use crate::security::{SecurityAnswer, SecurityRequest};
use crate::service::{ServiceAnswer, ServiceRequest};
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_object::dispatcher::mutant::MutantState;
use haft_object::{
    DispatcherState, DueTime, EventKind, Joining, ObjectType, SharedId, ThreadIndex, TimerState,
    Wait, Waiting,
};
use serde::{Deserialize, Serialize};

/// Changes with every change of a message. Processes of another build have another executive.
pub const PROTOCOL: u32 = 10;

/// The most waits that one request moves along with an object.
pub const MAX_WAITING: usize = 512;

/// The most bytes of a parcel.
pub const MAX_PARCEL: usize = 12 << 10;

/// The most objects that one request offers.
pub const MAX_OFFERS: usize = 1024;

/// Which object it is, equal in every process; good for comparing alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ObjectId(pub u64);

/// What a process asks of the executive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// The first request; the file of the asker's process block is beside it.
    Hello {
        /// [`PROTOCOL`].
        protocol: u32,
    },
    /// A number for an object that is about to move to the executive, and has no use before
    /// [`Request::Publish`].
    Reserve,
    /// The state of the object whose number was reserved.
    Publish {
        /// The number.
        object: SharedId,
        /// Its state; an owner is a thread block of the asker.
        state: DispatcherState,
        /// Who of the asker's threads waits for it, first come first; at most [`MAX_WAITING`].
        waiting: Vec<Waiting>,
    },
    /// More threads of the asker that wait for an object that it has just published.
    Queue {
        /// The number.
        object: SharedId,
        /// The threads, first come first; at most [`MAX_WAITING`].
        waiting: Vec<Waiting>,
    },
    /// Makes a named object, or opens the one there is.
    Create {
        /// What it is to be; an owner is a thread block of the asker.
        state: DispatcherState,
        /// Its name.
        name: ObjectName,
    },
    /// Opens a named object.
    Open {
        /// The type that it must have.
        object_type: ObjectType,
        /// Its name.
        name: ObjectName,
    },
    /// One reference of the asker to the object is gone. Not answered.
    Release {
        /// The object.
        object: SharedId,
    },
    /// Does something to an object.
    Operate {
        /// The object.
        object: SharedId,
        /// What.
        operation: Operation,
    },
    /// Has a wait of a thread of the asker join queues: [`Answer::Joined`].
    Join(Joining),
    /// A wait is over that the executive has not decided: it leaves the queues that it joined. Not
    /// answered.
    Leave {
        /// The wait.
        wait: Wait,
    },
    /// A thread of the asker has ended: what it owns is abandoned.
    ThreadEnded {
        /// The thread.
        thread: ThreadIndex,
        /// Its exit code.
        code: u32,
    },
    /// Lets another process have objects of the asker's.
    Offer {
        /// The process, which need not have said hello yet.
        to: Pid,
        /// The objects, and what the process may do with them; at most [`MAX_OFFERS`].
        objects: Vec<(SharedId, AccessMask)>,
    },
    /// Makes a handle in another process to what the asker wraps for it, whose descriptors are
    /// beside the request: [`ProcessAnswer::Duplicated`].
    Send {
        /// The process.
        target: SharedId,
        /// What is wrapped, in the language of the two processes; at most [`MAX_PARCEL`] bytes.
        parcel: Vec<u8>,
        /// The handle.
        new: NewHandle,
    },
    /// An offer is not wanted. Not answered.
    Decline {
        /// The offer.
        offer: u64,
    },
    /// Takes an object or a parcel that was offered to the asker.
    Accept {
        /// The offer.
        offer: u64,
    },
    /// About processes and threads.
    Process(ProcessRequest),
    /// About channels into processes: [`Answer::Service`].
    Service(ServiceRequest),
    /// Something about jobs: [`Answer::Job`], where it does not say another.
    Job(JobRequest),
    /// Something about the registry: [`Answer::Registry`], where it does not say another.
    Registry(RegistryRequest),
    /// Something about security: [`Answer::Security`], or the answer to what is asked so.
    Security(SecurityRequest),
    /// Something about the namespace: [`Answer::Names`], where it does not say another.
    Names(NamesRequest),
    /// Something about named sections: [`Answer::Section`], where it does not say another.
    Section(SectionRequest),
}

impl Request {
    /// Whether it may travel in the process block: neither it nor its answer has descriptors or
    /// bytes without a small limit.
    #[must_use]
    pub const fn is_small(&self) -> bool {
        match self {
            Self::Reserve
            | Self::Publish { .. }
            | Self::Queue { .. }
            | Self::Open { .. }
            | Self::Create { .. }
            | Self::Release { .. }
            | Self::Operate { .. }
            | Self::Join(_)
            | Self::Leave { .. }
            | Self::ThreadEnded { .. }
            | Self::Offer { .. }
            | Self::Decline { .. } => true,
            Self::Process(request) => request.is_small(),
            _ => false,
        }
    }
}

/// What can be done to an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Operation {
    /// Sets an event: [`Answer::Was`].
    SetEvent,
    /// Resets an event: [`Answer::Was`].
    ResetEvent,
    /// Releases an event's waiters: [`Answer::Was`].
    PulseEvent,
    /// [`Answer::Event`].
    QueryEvent,
    /// Gives one ownership back: [`Answer::Count`], of before.
    ReleaseMutant {
        /// The asker's thread that gives it back.
        thread: ThreadIndex,
    },
    /// [`Answer::Mutant`].
    QueryMutant,
    /// Adds to the count: [`Answer::Count`], of before.
    ReleaseSemaphore {
        /// How much.
        count: i32,
    },
    /// [`Answer::Semaphore`].
    QuerySemaphore,
    /// Sets a timer: [`Answer::Was`].
    SetTimer {
        /// When it is to be due.
        due: DueTime,
        /// Milliseconds; 0 for none.
        period: u32,
    },
    /// Makes a timer not set: [`Answer::Was`].
    CancelTimer,
    /// [`Answer::Timer`].
    QueryTimer,
    /// Which object it is: [`Answer::Identity`].
    Identify,
}

impl Operation {
    /// The right that it needs (Microsoft: "Synchronization Object Security and Access Rights").
    #[must_use]
    pub const fn access(self) -> AccessMask {
        AccessMask(match self {
            Self::QueryEvent | Self::QueryMutant | Self::QuerySemaphore | Self::QueryTimer => 1,
            Self::SetEvent
            | Self::ResetEvent
            | Self::PulseEvent
            | Self::ReleaseSemaphore { .. }
            | Self::SetTimer { .. }
            | Self::CancelTimer => 2,
            // Who owns a mutex has waited for it.
            Self::ReleaseMutant { .. } | Self::Identify => 0,
        })
    }

    /// The type of the objects that it is for; `None` for any.
    #[must_use]
    pub const fn object_type(self) -> Option<ObjectType> {
        Some(match self {
            Self::SetEvent | Self::ResetEvent | Self::PulseEvent | Self::QueryEvent => {
                ObjectType::Event
            }
            Self::ReleaseMutant { .. } | Self::QueryMutant => ObjectType::Mutant,
            Self::ReleaseSemaphore { .. } | Self::QuerySemaphore => ObjectType::Semaphore,
            Self::SetTimer { .. } | Self::CancelTimer | Self::QueryTimer => ObjectType::Timer,
            Self::Identify => return None,
        })
    }
}

/// A request's answer, or why there is none.
pub type Reply = Result<Answer, NtStatus>;

/// What the executive answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// The number of an object that is to come.
    Reserved(SharedId),
    /// An object of the asker's from now on.
    Object {
        /// Its number.
        object: SharedId,
        /// Its type.
        object_type: ObjectType,
        /// Whether there was one of the name.
        existed: bool,
        /// All that the asker may do with it.
        access: AccessMask,
    },
    /// Whether it was signalled before.
    Was(bool),
    /// A count before.
    Count(i32),
    /// An event's kind, and whether it is set.
    Event(EventKind, bool),
    /// A mutant's state.
    Mutant(MutantState),
    /// A semaphore's count and limit.
    Semaphore(i32, i32),
    /// A timer's state.
    Timer(TimerState),
    /// Which object it is.
    Identity(ObjectId),
    /// Whether the wait is decided.
    Joined(bool),
    /// A parcel; its descriptors are beside it.
    Parcel(Vec<u8>),
    /// A file or section that was taken from another process; its descriptor is beside it.
    Taken {
        /// The number of its type.
        object_type: u8,
        /// What the process's kernel says of it.
        description: Vec<u8>,
        /// The Linux path that it is open under, where that is known.
        path: Vec<u8>,
    },
    /// The number of the first offer; the others follow one by one.
    Offers(u64),
    /// About processes and threads.
    Process(ProcessAnswer),
    /// About channels into processes.
    Service(ServiceAnswer),
    /// Something about jobs.
    Job(JobAnswer),
    /// Something about the registry.
    Registry(RegistryAnswer),
    /// Something about security.
    Security(SecurityAnswer),
    /// Something about the namespace.
    Names(NamesAnswer),
    /// Something about named sections.
    Section(SectionAnswer),
}

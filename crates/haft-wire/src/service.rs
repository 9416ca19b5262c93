//! The channel into a process: what others have it do in itself.
//!
//! Who holds a process or a thread asks the executive for a channel ([`ServiceRequest::Connect`]);
//! the process is told, and collects its end with what the asker may do
//! ([`ServiceRequest::Collect`]). From then on the two speak without the executive: an [`Ask`] is
//! answered by one [`Told`], each one packet. The process checks every call against the access
//! that the executive has told it of.

use haft_abi::{AccessMask, NtStatus, Tid};
use haft_object::ObjectType;
use haft_object::SharedId;
use serde::{Deserialize, Serialize};

/// Changes with every change of [`Call`] or [`Said`].
pub const VERSION: u32 = 1;

/// The most bytes of memory that one call reads or writes.
pub const MAX_BYTES: usize = 12 << 10;

/// What a process asks the executive about channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ServiceRequest {
    /// A channel into a process, or into a thread's process for that thread alone:
    /// [`ServiceAnswer::Channel`].
    Connect {
        /// The process or thread.
        object: SharedId,
    },
    /// The next channel that others have asked for into the asker: [`ServiceAnswer::Asked`].
    Collect,
}

/// What the executive answers about channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ServiceAnswer {
    /// The asker's end is beside it.
    Channel,
    /// Somebody's channel; its end is beside it.
    Asked(Rights),
    /// Nobody has asked for another.
    Nobody,
}

/// What may be asked over a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Rights {
    /// What this access to the process gives.
    Process(AccessMask),
    /// What this access to one thread gives.
    Thread(Tid, AccessMask),
}

/// All access to a process: its creator's, who has all access to the threads as well.
#[must_use]
pub fn all_of_process() -> AccessMask {
    ObjectType::Process.mapping().valid
}

impl Rights {
    /// Whether a call may be asked.
    #[must_use]
    pub fn allow(self, call: &Call) -> bool {
        match (self, call) {
            (Self::Process(access), Call::Thread { .. }) => access.contains(all_of_process()),
            (Self::Thread(own, access), Call::Thread { tid, call }) => {
                own == *tid && access.contains(call.access())
            }
            (Self::Process(access), call) => access.contains(call.access()),
            (Self::Thread(..), _) => false,
        }
    }
}

/// One call, as it is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ask {
    /// [`VERSION`].
    pub version: u32,
    /// When the asker stops waiting, in the units of the machine's interrupt time (100 ns): nothing is done for it
    /// from then on.
    pub until: u64,
    /// What is to be done.
    pub call: Call,
}

/// What a process is asked to do in itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Call {
    /// A duplicate of a descriptor: [`Said::Descriptor`].
    Descriptor {
        /// Its number.
        number: u32,
    },
    /// Reserves or commits memory: [`Said::Range`].
    Allocate {
        /// Where, or zero for anywhere.
        address: u64,
        /// How many bytes.
        size: u64,
        /// `MEM_*`.
        kind: u32,
        /// `PAGE_*`.
        protection: u32,
        /// One past the highest address that will do.
        limit: u64,
        /// What the address is to be a multiple of; zero for the usual.
        align: u64,
    },
    /// Decommits or releases memory: [`Said::Range`].
    Free {
        /// Where.
        address: u64,
        /// How many bytes; zero for all of a reservation.
        size: u64,
        /// `MEM_DECOMMIT` or `MEM_RELEASE`.
        kind: u32,
    },
    /// Changes a protection: [`Said::Protected`].
    Protect {
        /// Where.
        address: u64,
        /// How many bytes.
        size: u64,
        /// `PAGE_*`.
        protection: u32,
    },
    /// What an address is part of: [`Said::Region`].
    Query {
        /// The address.
        address: u64,
    },
    /// Bytes of memory, at most [`MAX_BYTES`]; fewer where the rest cannot be read: [`Said::Bytes`].
    Read {
        /// Where.
        address: u64,
        /// How many bytes.
        size: u32,
    },
    /// Stores bytes, at most [`MAX_BYTES`], in read-only pages too.
    Write {
        /// Where.
        address: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Starts a thread: [`Said::Thread`].
    CreateThread {
        /// Its routine.
        routine: u64,
        /// What the routine is called with.
        parameter: u64,
        /// Bytes of its stack to commit and to reserve, each zero for the default.
        stack: [u64; 2],
        /// Whether it waits to be resumed.
        suspended: bool,
    },
    /// Suspends every thread of the program's once more.
    Suspend,
    /// Resumes every thread of the program's once.
    Resume,
    /// Something about one thread.
    Thread {
        /// The thread.
        tid: Tid,
        /// What.
        call: ThreadCall,
    },
}

/// What is done to a thread.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ThreadCall {
    /// Suspends it once more: [`Said::Count`], of before.
    Suspend,
    /// Resumes it once: [`Said::Count`], of before.
    Resume,
    /// Its registers: [`Said::Context`].
    Context {
        /// `CONTEXT_*`: which ones.
        flags: u32,
    },
    /// Sets its registers.
    SetContext {
        /// A CONTEXT as programs have it.
        context: Vec<u8>,
    },
    /// Queues an APC.
    QueueApc {
        /// The procedure.
        routine: u64,
        /// Its arguments.
        arguments: [u64; 4],
    },
    /// Ends it.
    Terminate {
        /// Its exit code.
        code: u32,
    },
    /// What is known of it: [`Said::Facts`].
    Facts,
    /// Sets its priority within its process's class.
    SetPriority {
        /// The priority.
        priority: i32,
    },
}

impl Call {
    /// The access to the process that it takes (Microsoft: "Process Security and Access Rights").
    #[must_use]
    pub fn access(&self) -> AccessMask {
        AccessMask(match self {
            Self::Descriptor { .. } => 0x40,
            Self::Allocate { .. } | Self::Free { .. } | Self::Protect { .. } => 0x8,
            Self::Query { .. } => 0x1000,
            Self::Read { .. } => 0x10,
            Self::Write { .. } => 0x28,
            Self::CreateThread { .. } => 0x2,
            Self::Suspend | Self::Resume => 0x800,
            Self::Thread { .. } => all_of_process().0,
        })
    }
}

impl ThreadCall {
    /// The access to the thread that it takes (Microsoft: "Thread Security and Access Rights").
    #[must_use]
    pub const fn access(&self) -> AccessMask {
        AccessMask(match self {
            Self::Suspend | Self::Resume => 0x2,
            Self::Context { .. } => 0x8,
            Self::SetContext { .. } | Self::QueueApc { .. } => 0x10,
            Self::Terminate { .. } => 0x1,
            Self::Facts => 0x800,
            Self::SetPriority { .. } => 0x400,
        })
    }
}

/// A call's answer, or why there is none.
pub type Told = Result<Said, NtStatus>;

/// What a process answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Said {
    /// It is done.
    Done,
    /// The descriptor is beside it.
    Descriptor,
    /// A base address and a size.
    Range(u64, u64),
    /// A base address, a size, and the protection of before.
    Protected(u64, u64, u32),
    /// A region.
    Region(RegionFacts),
    /// Memory.
    Bytes(Vec<u8>),
    /// A thread that was started.
    Thread(Tid),
    /// A count.
    Count(u32),
    /// A CONTEXT as programs have it.
    Context(Vec<u8>),
    /// What is known of a thread.
    Facts(ThreadFacts),
}

/// Pages of one kind in a row (Microsoft: "MEMORY_BASIC_INFORMATION structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RegionFacts {
    /// Their first page.
    pub base: u64,
    /// Where their allocation starts.
    pub allocation_base: u64,
    /// The protection that the allocation was made with.
    pub allocation_protection: u32,
    /// Bytes.
    pub size: u64,
    /// Their protection if they are committed, `None` if they are reserved; of free ones neither.
    pub state: Option<Option<u32>>,
    /// What backs them: 0 private memory, 1 a section, 2 an image.
    pub kind: u8,
}

/// What is known of a thread that runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThreadFacts {
    /// Its exit code; `STILL_ACTIVE` while it runs.
    pub exit_code: u32,
    /// The address of its TEB; zero once it has ended.
    pub teb: u64,
    /// Its priority within its process's class.
    pub priority: i32,
    /// The address that it began to run at.
    pub start: u64,
    /// When it was created and when it ended, and its processor time in the system and in its own
    /// code, in 100 ns units.
    pub times: [u64; 4],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};
    use proptest::prelude::*;

    #[test]
    fn a_channel_allows_what_its_access_does() {
        let read = Call::Read { address: 0, size: 1 };
        let write = Call::Write { address: 0, bytes: vec![1] };
        let suspend = |tid| Call::Thread { tid, call: ThreadCall::Suspend };
        let process = |access| Rights::Process(AccessMask(access));
        assert!(process(0x10).allow(&read) && !process(0x10).allow(&write));
        assert!(process(0x28).allow(&write) && !process(0x20).allow(&write));
        assert!(!process(0x2).allow(&suspend(Tid(7))));
        assert!(Rights::Process(all_of_process()).allow(&suspend(Tid(7))));
        let thread = Rights::Thread(Tid(7), AccessMask(2));
        assert!(thread.allow(&suspend(Tid(7))) && !thread.allow(&suspend(Tid(8))));
        assert!(!thread.allow(&read));
        assert!(!Rights::Thread(Tid(7), AccessMask(8)).allow(&suspend(Tid(7))));
    }

    #[test]
    fn the_largest_call_fits_a_packet() {
        let call = Call::Write { address: u64::MAX, bytes: vec![0xFF; MAX_BYTES] };
        let ask = Ask { version: VERSION, until: u64::MAX, call };
        assert_eq!(decode::<Ask>(&encode(&ask).unwrap()), Ok(ask));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_call_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(ask) = decode::<Ask>(&bytes) {
                prop_assert_eq!(decode::<Ask>(&encode(&ask).unwrap()), Ok(ask));
            }
            if let Ok(told) = decode::<Told>(&bytes) {
                prop_assert_eq!(decode::<Told>(&encode(&told).unwrap()), Ok(told));
            }
        }
    }
}

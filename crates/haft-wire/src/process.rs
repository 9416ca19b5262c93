//! Requests about processes and threads: opening them by identifier, what is known of them.

use haft_abi::{AccessMask, Handle, Pid, Tid};
use haft_object::{Entry, ProcessBlock, SharedId};
use serde::{Deserialize, Serialize};

/// The most handles that one answer lists.
pub const MAX_LISTED: usize = 512;

/// The number by which a creator holds the child `pid`, from [`ProcessRequest::Register`] on: one
/// that it need not be told.
#[must_use]
pub const fn child_number(pid: Pid) -> SharedId {
    SharedId(1 << 63 | pid.0 as u64)
}

/// Whether a number is one of [`child_number`].
#[must_use]
pub const fn is_child_number(number: SharedId) -> bool {
    number.0 >> 63 != 0
}

/// Which session an address stands for, in a process block: processes of different sessions do
/// not reach one another.
#[must_use]
pub fn session_tag(address: &[u8]) -> u64 {
    // FNV-1a, which is all that telling a few names apart takes.
    address.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The descriptor of a handle of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Descriptor {
    /// Its number in the process.
    pub number: u32,
    /// What the handle was seen to be: as long as it is that, the descriptor is its own.
    pub seen: [u64; 2],
}

/// A handle that is to be made in another process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewHandle {
    /// The number of the object's type.
    pub object_type: u8,
    /// Its access.
    pub access: AccessMask,
    /// Its flags, as GetHandleInformation gives them.
    pub flags: u32,
}

/// What a process asks about processes and threads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ProcessRequest {
    /// The asker has created a process, which it holds from now on as [`child_number`]; its pidfd
    /// and the file of its block are beside it. Not answered.
    Register {
        /// The child.
        pid: Pid,
    },
    /// Opens a process: [`ProcessAnswer::Opened`].
    Open {
        /// Its identifier.
        pid: Pid,
        /// What is to be done with it; generic rights are mapped.
        access: AccessMask,
    },
    /// Opens a thread: [`ProcessAnswer::Opened`].
    OpenThread {
        /// Its identifier.
        tid: Tid,
        /// The process that it must belong to; any, if none is named.
        process: Option<Pid>,
        /// What is to be done with it; generic rights are mapped.
        access: AccessMask,
    },
    /// More access to a process or thread that the asker holds: [`ProcessAnswer::Opened`].
    Widen {
        /// The object.
        object: SharedId,
        /// What is to be done with it.
        access: AccessMask,
    },
    /// What is known of a process or of a thread's process: [`ProcessAnswer::Process`].
    Query {
        /// The process or thread.
        object: SharedId,
    },
    /// What is known of a thread: [`ProcessAnswer::Thread`].
    QueryThread {
        /// The thread.
        object: SharedId,
    },
    /// Ends a process.
    Terminate {
        /// The process.
        object: SharedId,
        /// Its exit code.
        code: u32,
    },
    /// Duplicates a handle of one process into another, or closes it (Microsoft: "DuplicateHandle
    /// function"): [`ProcessAnswer::Duplicated`].
    Duplicate {
        /// The process whose handle it is.
        source: SharedId,
        /// The handle.
        handle: u64,
        /// The asker's own thread, which is what the pseudo handle of a thread names.
        thread: Tid,
        /// The process that gets the duplicate; none if the handle is only to be closed.
        target: Option<SharedId>,
        /// The access that is asked for.
        access: AccessMask,
        /// Whether the duplicate is to be inheritable.
        inherit: bool,
        /// `DUPLICATE_*`.
        options: u32,
        /// What the descriptor beside the request is, where [`ProcessAnswer::AskSource`] told to
        /// get it from its process.
        beside: Option<Descriptor>,
    },
    /// Makes a handle in another process to an object of the asker's:
    /// [`ProcessAnswer::Duplicated`].
    Insert {
        /// The process.
        target: SharedId,
        /// The object.
        object: SharedId,
        /// The handle.
        new: NewHandle,
    },
    /// Lets a child of the asker's, which has not begun, inherit a handle of another process that is
    /// to be its parent: [`ProcessAnswer::Bequeathed`].
    Bequeath {
        /// The parent.
        parent: SharedId,
        /// The handle.
        handle: u64,
        /// The child.
        child: Pid,
        /// As in [`ProcessRequest::Duplicate`].
        beside: Option<Descriptor>,
    },
    /// The handles of a process above one: [`ProcessAnswer::Handles`].
    Handles {
        /// The process.
        object: SharedId,
        /// The last value that is known already; 0 for none.
        after: u64,
    },
}

impl ProcessRequest {
    /// As for [`crate::Request::is_small`].
    pub(crate) const fn is_small(&self) -> bool {
        matches!(
            self,
            Self::Open { .. }
                | Self::OpenThread { .. }
                | Self::Widen { .. }
                | Self::QueryThread { .. }
                | Self::Terminate { .. }
                | Self::Duplicate { .. }
                | Self::Insert { .. }
        )
    }
}

/// What the executive answers about processes and threads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ProcessAnswer {
    /// A process or thread is the asker's to use.
    Opened {
        /// Its number.
        object: SharedId,
        /// What the asker may do with it.
        access: AccessMask,
        /// The process, or the thread's.
        pid: Pid,
        /// The thread, if it is one.
        tid: Option<Tid>,
    },
    /// What is known of a process.
    Process(ProcessFacts),
    /// What is known of a thread.
    Thread {
        /// Its process.
        pid: Pid,
        /// Its identifier.
        tid: Tid,
        /// Its exit code, once it has ended.
        exit_code: Option<u32>,
    },
    /// The value of a new handle; 0 when one was only to be closed.
    Duplicated(u64),
    /// Linux refuses the descriptor of the handle: its process has to be asked for it, over a
    /// channel. Nothing was done.
    AskSource(Descriptor),
    /// A handle that is offered to a child.
    Bequeathed {
        /// What the child's is to be like.
        new: NewHandle,
        /// The number of the offer.
        offer: u64,
    },
    /// Handles of a process, at most [`MAX_LISTED`]; fewer are the last.
    Handles(Vec<ListedHandle>),
}

/// What is known of a process, also after its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// Its identifier.
    pub pid: Pid,
    /// That of the process that created it.
    pub parent: Pid,
    /// Its exit code, once it has ended.
    pub exit_code: Option<u32>,
    /// When it was created, in system time.
    pub created: i64,
    /// When it ended, in system time; 0 while it runs.
    pub exited: i64,
    /// Processor time in its own code and in the system, in 100 ns units, once it has ended.
    pub used: [u64; 2],
    /// Its open handles.
    pub handles: u32,
    /// Whether its handle table has what it inherits.
    pub settled: bool,
    /// The address of its PEB; 0 before it has one.
    pub peb: u64,
    /// The Linux path of its image.
    pub image: Vec<u8>,
}

/// A handle as its process's table has it (Microsoft: "PROCESS_HANDLE_TABLE_ENTRY_INFO").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListedHandle {
    /// Its value.
    pub value: u64,
    /// Its granted access.
    pub access: AccessMask,
    /// Its flags, as GetHandleInformation gives them.
    pub flags: u32,
    /// The number of its object's type.
    pub object_type: u8,
    /// Handles to the object in that process.
    pub handles: u32,
    /// References to the object in that process.
    pub references: u32,
}

impl ListedHandle {
    /// What the block of a process says of a handle; `None` where it says nonsense.
    #[must_use]
    pub fn of(block: ProcessBlock<'_>, handle: Handle, entry: Entry) -> Option<Self> {
        let record = block.record_at(entry.record)?;
        Some(Self {
            value: handle.0 as u64,
            access: entry.access,
            flags: entry.flags.bits(),
            object_type: record.object_type()? as u8,
            handles: record.handles(),
            references: record.references(),
        })
    }
}

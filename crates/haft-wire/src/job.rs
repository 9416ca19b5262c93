//! Jobs: what is asked and answered of them (Microsoft: "Job Objects").

use crate::name::ObjectName;
use haft_abi::Pid;
use haft_object::SharedId;
use serde::{Deserialize, Serialize};

/// The most identifiers that one answer lists.
pub const MAX_LISTED: usize = 2048;

/// The most jobs that a process is born into by its creator's list.
pub const MAX_JOB_LIST: usize = 64;

/// What a process asks about jobs. A job that is `None` is the asker's own, the innermost one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum JobRequest {
    /// Makes a job, or opens the one of the name: [`Answer::Object`](crate::Answer::Object).
    Create {
        /// Its name, if it is to have one.
        name: Option<ObjectName>,
    },
    /// Puts a process into a job.
    Assign {
        /// The job.
        job: SharedId,
        /// The process.
        process: SharedId,
    },
    /// Puts a process that the asker has just started, and that runs nothing before its creator
    /// tells it to, into the jobs that it is born into. Beside it: a descriptor of the process, and
    /// its block's file.
    Born {
        /// The process.
        process: Pid,
        /// Whose jobs it is born into, if not the asker's.
        parent: Option<Pid>,
        /// Whether it is to leave those (`CREATE_BREAKAWAY_FROM_JOB`).
        breakaway: bool,
        /// The jobs that it is put into besides, one after the other; at most [`MAX_JOB_LIST`].
        jobs: Vec<SharedId>,
    },
    /// Whether a process is in the job, or in any: [`JobAnswer::Contains`].
    Contains {
        /// The job; any for `None`.
        job: Option<SharedId>,
        /// The process.
        process: Pid,
    },
    /// Ends every process of the job.
    Terminate {
        /// The job.
        job: SharedId,
        /// Their exit code.
        code: u32,
    },
    /// The processes of the job: [`JobAnswer::Processes`].
    Processes {
        /// The job.
        job: Option<SharedId>,
        /// How many of the list the asker has already.
        from: u32,
    },
    /// What the job's processes have used: [`JobAnswer::Accounting`].
    Accounting {
        /// The job.
        job: Option<SharedId>,
    },
    /// The job's limits: [`JobAnswer::Limits`].
    Limits {
        /// The job.
        job: Option<SharedId>,
    },
    /// Sets the job's limits.
    SetLimits {
        /// The job.
        job: SharedId,
        /// What they are to be.
        limits: JobLimits,
        /// Whether the extended ones are meant too.
        extended: bool,
    },
    /// What the job keeps its processes from, and what happens when its time is over:
    /// [`JobAnswer::Options`].
    Options {
        /// The job.
        job: Option<SharedId>,
    },
    /// Sets what the job keeps its processes from.
    Restrict {
        /// The job.
        job: SharedId,
        /// `UIRestrictionsClass`.
        restrictions: u32,
    },
    /// Sets whether a message is sent when the job's time is over, and the processes go on.
    PostAtEnd {
        /// The job.
        job: SharedId,
        /// Whether.
        post: bool,
    },
    /// Has messages about the job sent to the asker: a socket is beside the answer, each packet a
    /// [`JobMessage`].
    Listen {
        /// The job.
        job: SharedId,
    },
    /// Has nobody told of the job any more.
    Mute {
        /// The job.
        job: SharedId,
    },
    /// The asker is about to commit memory.
    Commit {
        /// How much, in bytes.
        bytes: u64,
    },
}

/// What is told of a job (Microsoft: "JOBOBJECT_ASSOCIATE_COMPLETION_PORT structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JobMessage {
    /// What has happened.
    pub event: JobEvent,
    /// The process that it is about; 0 for none.
    pub process: Pid,
}

/// What can happen to a job, by the numbers of `JOB_OBJECT_MSG_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[repr(u32)]
pub enum JobEvent {
    /// Its time is over, and its processes go on.
    EndOfJobTime = 1,
    /// A process's time is over, and it ends.
    EndOfProcessTime = 2,
    /// It has as many processes as it may have, and another one was to be added.
    ActiveProcessLimit = 3,
    /// It has no process any more.
    ActiveProcessZero = 4,
    /// A process was added.
    NewProcess = 6,
    /// A process has ended.
    ExitProcess = 7,
    /// A process has ended by an exception or a signal.
    AbnormalExitProcess = 8,
    /// A process wanted more memory than it may have.
    ProcessMemoryLimit = 9,
    /// A process wanted more memory than all of them may have.
    JobMemoryLimit = 10,
}

/// What the executive answers about jobs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum JobAnswer {
    /// It is done.
    Done,
    /// Whether the process is in the job.
    Contains(bool),
    /// Processes of the job.
    Processes {
        /// How many there are in all.
        assigned: u32,
        /// Some of them, at most [`MAX_LISTED`].
        listed: Vec<Pid>,
    },
    /// What its processes have used.
    Accounting(JobAccounting),
    /// Its limits.
    Limits(JobLimits),
    /// What it keeps its processes from, and whether a message is sent when its time is over.
    Options {
        /// `UIRestrictionsClass`.
        restrictions: u32,
        /// Whether.
        post_at_end: bool,
    },
}

/// What the processes of a job have used, those that have ended among them (Microsoft:
/// "JOBOBJECT_BASIC_ACCOUNTING_INFORMATION structure"). Times are in 100 ns units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct JobAccounting {
    /// Time in their own code.
    pub user: u64,
    /// Time in the system.
    pub kernel: u64,
    /// The same since the job's time limit was set last.
    pub period_user: u64,
    /// The same since the job's time limit was set last.
    pub period_kernel: u64,
    /// Page faults.
    pub page_faults: u64,
    /// Processes that ever were in the job.
    pub total: u32,
    /// Processes that are.
    pub active: u32,
    /// Processes that were ended because of a limit.
    pub terminated: u32,
    /// Calls that read, and their bytes.
    pub read: Transfers,
    /// Calls that wrote, and their bytes.
    pub written: Transfers,
}

/// Calls and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Transfers {
    /// How many calls.
    pub calls: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// The limits of a job (Microsoft: "JOBOBJECT_BASIC_LIMIT_INFORMATION structure",
/// "JOBOBJECT_EXTENDED_LIMIT_INFORMATION structure"). Those whose flag is not set mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct JobLimits {
    /// Which ones there are.
    pub flags: LimitFlags,
    /// The user time of each process, in 100 ns units.
    pub process_time: u64,
    /// The user time of the whole job, in 100 ns units.
    pub job_time: u64,
    /// How many processes there may be at once.
    pub active_processes: u32,
    /// The processors, a bit for each.
    pub affinity: u64,
    /// The priority class, by the numbers of NT.
    pub priority_class: u32,
    /// What one process may commit, in bytes.
    pub process_memory: u64,
    /// What all of them together may commit, in bytes.
    pub job_memory: u64,
    /// The most that one process had committed at once.
    pub peak_process_memory: u64,
    /// The most that all of them together had committed at once.
    pub peak_job_memory: u64,
}

/// `LimitFlags` (Microsoft: "JOBOBJECT_BASIC_LIMIT_INFORMATION structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LimitFlags(pub u32);

haft_abi::flags!(LimitFlags);

impl LimitFlags {
    /// `JOB_OBJECT_LIMIT_WORKINGSET`.
    pub const WORKING_SET: Self = Self(0x1);
    /// `JOB_OBJECT_LIMIT_PROCESS_TIME`.
    pub const PROCESS_TIME: Self = Self(0x2);
    /// `JOB_OBJECT_LIMIT_JOB_TIME`.
    pub const JOB_TIME: Self = Self(0x4);
    /// `JOB_OBJECT_LIMIT_ACTIVE_PROCESS`.
    pub const ACTIVE_PROCESS: Self = Self(0x8);
    /// `JOB_OBJECT_LIMIT_AFFINITY`.
    pub const AFFINITY: Self = Self(0x10);
    /// `JOB_OBJECT_LIMIT_PRIORITY_CLASS`.
    pub const PRIORITY_CLASS: Self = Self(0x20);
    /// `JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME`.
    pub const PRESERVE_JOB_TIME: Self = Self(0x40);
    /// `JOB_OBJECT_LIMIT_SCHEDULING_CLASS`.
    pub const SCHEDULING_CLASS: Self = Self(0x80);
    /// `JOB_OBJECT_LIMIT_PROCESS_MEMORY`.
    pub const PROCESS_MEMORY: Self = Self(0x100);
    /// `JOB_OBJECT_LIMIT_JOB_MEMORY`.
    pub const JOB_MEMORY: Self = Self(0x200);
    /// `JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION`.
    pub const DIE_ON_UNHANDLED_EXCEPTION: Self = Self(0x400);
    /// `JOB_OBJECT_LIMIT_BREAKAWAY_OK`.
    pub const BREAKAWAY_OK: Self = Self(0x800);
    /// `JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK`.
    pub const SILENT_BREAKAWAY_OK: Self = Self(0x1000);
    /// `JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE`.
    pub const KILL_ON_JOB_CLOSE: Self = Self(0x2000);
    /// `JOB_OBJECT_LIMIT_SUBSET_AFFINITY`.
    pub const SUBSET_AFFINITY: Self = Self(0x4000);

    /// Those that a job has in its basic limits.
    pub const BASIC: Self = Self(0xFF | Self::SUBSET_AFFINITY.0);
    /// Those that there are.
    pub const VALID: Self = Self(0x7FFF);
    /// Those that Linux has nothing for, and that are refused.
    pub const NOT_KEPT: Self = Self(Self::WORKING_SET.0 | Self::SCHEDULING_CLASS.0);
}

//! The header of the process block: what is known of the process.

use super::{ProcessBlock, halves, pair};
use crate::sync::Ordering;
use haft_abi::Pid;

pub(crate) const HEADER_WORDS: usize = if cfg!(feature = "shuttle") { 72 } else { 512 };

/// Words of the header. Those that are written all the time are 8 words (a cache line) apart.
pub(crate) mod word {
    pub const MAGIC: usize = 0;
    pub const VERSION: usize = 1;
    pub const THREADS_AND_RECORDS: usize = 2;
    pub const HANDLES: usize = 3;
    pub const PID_AND_PARENT: usize = 4;
    pub const STATE_AND_EXIT_CODE: usize = 5;
    pub const CREATED: usize = 6;
    pub const EXITED: usize = 7;
    pub const IMAGE_NAME_LENGTH: usize = 8;
    pub const INHERITED: usize = 9;
    pub const CONSOLE_GROUP: usize = 10;
    pub const SESSION: usize = 11;
    pub const PEB: usize = 12;
    pub const EXECUTIVE: usize = 13;
    pub const TABLE_TOP: usize = 16;
    pub const ENDED_OUTSIDE: usize = 17;
    pub const CHANGED_OUTSIDE: usize = 18;
    pub const TABLE_HIGH: usize = 24;
    pub const RECORD_HIGH: usize = 25;
    pub const THREAD_FREE: usize = 32;
    pub const THREAD_HIGH: usize = 33;
    pub const INHERIT_GATE: usize = 40;
    pub const WAIT_ALL_LOCK: usize = 48;
    pub const JOB: usize = 56;
    pub const USAGE: usize = 57;
    pub const IMAGE_NAME: usize = 64;
}

/// The state of a process that has ended and has let go of its files.
pub(crate) const LET_GO: u32 = 3;

/// Where a process is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessState {
    /// Its block is made; no instruction of its program has run.
    Starting,
    /// Its program runs.
    Running,
    /// It has ended, with this exit code.
    Exited(u32),
}

/// What a process's job asks of it, as the executive says it in the process block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JobState(pub u64);

haft_abi::flags!(JobState);

impl JobState {
    /// The process is in a job: who creates processes in it asks the executive.
    pub const MEMBER: Self = Self(1);
    /// What the process commits counts against a limit, which the executive keeps.
    pub const COUNTS_MEMORY: Self = Self(2);
    /// Its priority class is its job's.
    pub const FIXED_PRIORITY: Self = Self(4);
    /// The processors that it runs on are its job's.
    pub const FIXED_AFFINITY: Self = Self(8);
    /// It may choose among the processors of its job.
    pub const SUBSET_AFFINITY: Self = Self(16);
}

/// What a process has used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Time in its own code, in 100 ns units.
    pub user: u64,
    /// Time in the system, in 100 ns units.
    pub kernel: u64,
    /// Page faults.
    pub page_faults: u64,
}

impl ProcessBlock<'_> {
    /// The process's identifier.
    #[must_use]
    pub fn pid(self) -> Pid {
        Pid(halves(self.load(word::PID_AND_PARENT)).0)
    }

    /// The identifier of the process that created it, or that it was told to have as its parent.
    #[must_use]
    pub fn parent(self) -> Pid {
        Pid(halves(self.load(word::PID_AND_PARENT)).1)
    }

    /// Says that another process is its parent than the one that created it.
    pub fn set_parent(self, parent: Pid) {
        let words = pair(self.pid().0, parent.0);
        self.header[word::PID_AND_PARENT].store(words, Ordering::Release);
    }

    /// Where the process is in its life.
    #[must_use]
    pub fn state(self) -> ProcessState {
        ProcessState::from_word(self.load(word::STATE_AND_EXIT_CODE))
    }

    /// Says that the program runs now, unless another process has ended this one as it started.
    pub fn set_running(self) {
        let state = &self.header[word::STATE_AND_EXIT_CODE];
        // Where it fails an exit code is there, which stays.
        let _ = state.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Says that a process that has ended has closed all its files as well, and that there is nothing
    /// left of it that others could miss. Without effect on one that has not ended.
    pub fn set_let_go(self) {
        let state = &self.header[word::STATE_AND_EXIT_CODE];
        let seen = state.load(Ordering::Acquire);
        if let (2, exit_code) = halves(seen) {
            state.store(pair(LET_GO, exit_code), Ordering::Release);
        }
    }

    /// Says that the process has ended, at the system time `now`. The first exit code stays.
    /// Whether this was the first.
    pub fn set_exited(self, exit_code: u32, now: i64) -> bool {
        let state = &self.header[word::STATE_AND_EXIT_CODE];
        let mut seen = state.load(Ordering::Acquire);
        while halves(seen).0 < 2 {
            match state.compare_exchange(
                seen,
                pair(2, exit_code),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    self.header[word::EXITED].store(now.cast_unsigned(), Ordering::Release);
                    return true;
                }
                Err(changed) => seen = changed,
            }
        }
        false
    }

    /// Says that the process has entered what it inherits into its handle table. Until then its
    /// values are not to be given to anything else.
    pub fn set_inherited(self) {
        self.header[word::INHERITED].store(1, Ordering::Release);
    }

    /// Whether the process has entered what it inherits into its handle table.
    #[must_use]
    pub fn has_inherited(self) -> bool {
        self.load(word::INHERITED) != 0
    }

    /// Says which session the process belongs to, by a number that differs between sessions.
    pub fn set_session(self, tag: u64) {
        self.header[word::SESSION].store(tag, Ordering::Release);
    }

    /// Which session the process belongs to.
    #[must_use]
    pub fn session(self) -> u64 {
        self.load(word::SESSION)
    }

    /// Records the address of the process's PEB.
    pub fn set_peb(self, address: u64) {
        self.header[word::PEB].store(address, Ordering::Release);
    }

    /// The address of the process's PEB; 0 before it has one.
    #[must_use]
    pub fn peb(self) -> u64 {
        self.load(word::PEB)
    }

    /// Says which console process group the process is of, once it hears of console events.
    pub fn set_console_group(self, leader: Pid) {
        self.header[word::CONSOLE_GROUP].store(u64::from(leader.0), Ordering::Release);
    }

    /// The console process group that the process is of: its leader; `None` before it hears of
    /// console events.
    #[must_use]
    pub fn console_group(self) -> Option<Pid> {
        match self.load(word::CONSOLE_GROUP) as u32 {
            0 => None,
            leader => Some(Pid(leader)),
        }
    }

    /// Says that a process that was made in advance is created now.
    pub fn set_created(self, now: i64) {
        self.header[word::CREATED].store(now.cast_unsigned(), Ordering::Relaxed);
    }

    /// When the process was created, as system time.
    #[must_use]
    pub fn created(self) -> i64 {
        self.load(word::CREATED).cast_signed()
    }

    /// When the process ended, as system time; 0 if it has not.
    #[must_use]
    pub fn exited(self) -> i64 {
        self.load(word::EXITED).cast_signed()
    }

    /// Whether it was created: what was made in advance has no program yet.
    #[must_use]
    pub fn is_created(self) -> bool {
        self.load(word::IMAGE_NAME) != 0
    }

    /// Records the path of the process's image, for others to read. At most 3584 bytes are kept.
    pub fn set_image_name(self, name: &[u8]) {
        let room = &self.header[word::IMAGE_NAME..];
        let name = &name[..name.len().min(room.len() * 8)];
        self.header[word::IMAGE_NAME_LENGTH].store(0, Ordering::Release);
        for (slot, bytes) in room.iter().zip(name.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            slot.store(u64::from_le_bytes(eight), Ordering::Relaxed);
        }
        self.header[word::IMAGE_NAME_LENGTH].store(name.len() as u64, Ordering::Release);
    }

    /// The path of the process's image as [`ProcessBlock::set_image_name`] recorded it.
    #[must_use]
    pub fn image_name(self) -> Vec<u8> {
        let room = &self.header[word::IMAGE_NAME..];
        let length = self.load(word::IMAGE_NAME_LENGTH).min(room.len() as u64 * 8) as usize;
        let mut name: Vec<u8> = room[..length.div_ceil(8)]
            .iter()
            .flat_map(|w| w.load(Ordering::Relaxed).to_le_bytes())
            .collect();
        name.truncate(length);
        name
    }

    /// What the executive has said of the process's job.
    #[must_use]
    #[inline]
    pub fn job(self) -> JobState {
        JobState(self.load(word::JOB))
    }

    /// Says what the process's job asks of it. The executive says it, before the job holds.
    pub fn set_job(self, job: JobState) {
        self.header[word::JOB].store(job.0, Ordering::Release);
    }

    /// Records what the process has used, for who asks when Linux has forgotten it.
    pub fn set_usage(self, usage: Usage) {
        let words = [usage.user, usage.kernel, usage.page_faults];
        for (slot, value) in self.header[word::USAGE..].iter().zip(words) {
            slot.store(value, Ordering::Release);
        }
    }

    /// What the process has used, as far as it was recorded.
    #[must_use]
    pub fn usage(self) -> Usage {
        let [user, kernel, page_faults] = [0, 1, 2].map(|at| self.load(word::USAGE + at));
        Usage { user, kernel, page_faults }
    }

    #[inline]
    fn load(self, at: usize) -> u64 {
        self.header[at].load(Ordering::Acquire)
    }

    /// The executive that has changed this block from outside, by its [`Host::name`](crate::Host::name);
    /// 0 if none has.
    #[must_use]
    pub fn executive(self) -> u64 {
        self.header[word::EXECUTIVE].load(Ordering::SeqCst)
    }

    /// Sets [`ProcessBlock::executive`].
    pub fn set_executive(self, name: u64) {
        self.header[word::EXECUTIVE].store(name, Ordering::SeqCst);
    }
}

//! One job.

use super::port::Port;
use super::{JobKey, MemberKey};
use crate::host::Pinned;
use haft_wire::job::{JobAccounting, JobLimits, LimitFlags};
use std::collections::BTreeSet;

/// A job.
pub struct Job {
    /// Its dispatcher object, as long as somebody has a handle to it. It is signalled when its
    /// time is over.
    pub object: Option<Pinned>,
    /// The job that it lies in.
    pub parent: Option<JobKey>,
    /// The jobs that lie in it.
    pub children: Vec<JobKey>,
    /// The processes whose innermost job it is.
    pub members: BTreeSet<MemberKey>,
    /// Its limits.
    pub limits: JobLimits,
    /// What was counted: processes, and what those that have ended used. A process counts for the
    /// jobs that its innermost job lies in as well.
    pub counted: JobAccounting,
    /// What user and kernel time had been used when its limit of time was set.
    pub base: [u64; 2],
    /// Whether its time is over: it takes no process until another limit of time is set.
    pub time_is_over: bool,
    /// Whether a message is sent when its time is over, and its processes go on.
    pub post_at_end: bool,
    /// `UIRestrictionsClass`. What it keeps processes from, haft does not have.
    pub restrictions: u32,
    /// Who is told of it.
    pub port: Option<Port>,
}

impl Job {
    /// A job that was just created.
    pub fn new(object: Pinned) -> Self {
        Self {
            object: Some(object),
            parent: None,
            children: Vec::new(),
            members: BTreeSet::new(),
            limits: JobLimits::default(),
            counted: JobAccounting::default(),
            base: [0; 2],
            time_is_over: false,
            post_at_end: false,
            restrictions: 0,
            port: None,
        }
    }

    /// Whether it takes no process any more: it has as many as it may have, or its time is over.
    pub fn is_full(&self) -> bool {
        self.time_is_over
            || self.limits.flags.any(LimitFlags::ACTIVE_PROCESS)
                && self.counted.active >= self.limits.active_processes
    }

    /// Notes what one process, and all together, have committed, if it was never as much.
    pub fn note_peaks(&mut self, process: u64, all: u64) {
        let limits = &mut self.limits;
        limits.peak_process_memory = limits.peak_process_memory.max(process);
        limits.peak_job_memory = limits.peak_job_memory.max(all).max(process);
    }

    /// Whether nothing is in it, neither a process nor a job.
    pub fn is_blank(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }
}

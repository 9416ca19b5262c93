//! One job.

use super::{JobKey, MemberKey};
use haft_wire::job::{JobAccounting, JobLimits, LimitFlags};
use std::collections::BTreeSet;

/// A job.
pub struct Job {
    /// Whether somebody has a handle to it.
    pub open: bool,
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
}

impl Job {
    /// A job that was just created.
    pub fn new() -> Self {
        Self {
            open: true,
            parent: None,
            children: Vec::new(),
            members: BTreeSet::new(),
            limits: JobLimits::default(),
            counted: JobAccounting::default(),
        }
    }

    /// Whether it has as many processes as it may have.
    pub fn is_full(&self) -> bool {
        self.limits.flags.any(LimitFlags::ACTIVE_PROCESS)
            && self.counted.active >= self.limits.active_processes
    }

    /// Whether nothing is in it, neither a process nor a job.
    pub fn is_blank(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }
}
